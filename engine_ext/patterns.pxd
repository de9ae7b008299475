"""C declarations of the pattern book: what the search and the handing out of units read of a rule."""

cimport cython
from libc.stdint cimport int64_t

from engine_ext.basket cimport BasketLine

cdef enum:
    SET_PRICE = 0
    PERCENT_OFF = 1
    AMOUNT_OFF = 2
    MOST_SLOTS = 8
    MOST_PATTERNS = 500
    MOST_GROUPS = 10
    MOST_MENUS = 200
    BEST = 0
    FIRST = 1
    SLOT_UNITS = 100
    MOST_UNITS = 800  # of one use


@cython.final
cdef class Slot:
    cdef readonly int64_t quantity
    cdef readonly frozenset products
    cdef readonly frozenset departments
    cdef readonly frozenset tags
    cdef readonly frozenset except_products
    cdef readonly frozenset except_tags
    cdef readonly tuple supplements
    cdef dict extra  # product id -> supplement


@cython.final
cdef class Pattern:
    cdef readonly str id
    cdef readonly int64_t version
    cdef readonly int64_t priority
    cdef readonly tuple slots
    cdef readonly str group
    cdef readonly tuple on
    cdef readonly int64_t count
    cdef readonly bint dearest
    cdef int kind
    cdef int64_t value  # the price of the set, or the percentage or amount taken off, as a positive number
    cdef int scope  # bit s is set where slot s counts for the benefit
    cdef int64_t size  # units of one use
    cdef readonly bint automatic


@cython.final
cdef class ChosenMenu:
    cdef readonly str pattern
    cdef readonly tuple lines


@cython.final
cdef class Patterns:
    cdef readonly tuple patterns
    cdef readonly int mode
    cdef readonly int64_t budget
    cdef dict places  # pattern id -> its place
    cdef dict groups  # name of an exclusivity group -> its number
    cdef list group_of  # number of the group of each pattern, or -1
    cdef dict by_product  # id -> numbers of the slots that want it; slot s of pattern p is p * MOST_SLOTS + s
    cdef dict by_department
    cdef dict by_tag
    cdef tuple anything  # slots that want whatever is sold
    cdef dict not_product
    cdef dict not_tag


cdef bint slot_takes(Slot slot, BasketLine line) except -1
cdef tuple slots_hit(Patterns book, BasketLine line)
