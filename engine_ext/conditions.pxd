"""C declarations of conditions: when a rule holds, where and when a basket is priced, and what is counted in it."""

cimport cython
from libc.stdint cimport int64_t


@cython.final
cdef class Context:
    cdef readonly int64_t mode
    cdef readonly frozenset groups
    cdef readonly int64_t table
    cdef readonly int64_t till
    cdef readonly int64_t covers
    cdef readonly int64_t zone
    cdef readonly int64_t weekday
    cdef readonly int64_t minute
    cdef readonly int64_t day


@cython.final
cdef class Facts:
    cdef readonly int64_t items
    cdef readonly int64_t value
    cdef readonly int64_t value_left
    cdef readonly frozenset products
    cdef readonly frozenset departments


@cython.final
cdef class Conditions:
    cdef readonly frozenset modes
    cdef readonly frozenset groups
    cdef readonly frozenset tables
    cdef readonly frozenset tills
    cdef readonly frozenset zones
    cdef readonly frozenset weekdays
    cdef readonly object from_minute
    cdef readonly object until_minute
    cdef readonly tuple days
    cdef readonly int64_t min_items
    cdef readonly int64_t min_value
    cdef readonly int64_t min_covers
    cdef readonly bint after_discounts
    cdef readonly frozenset products
    cdef readonly frozenset departments
    cdef int64_t opens
    cdef int64_t closes
    cdef int64_t first_day
    cdef int64_t last_day
    cdef bint timed
    cdef bint depends  # on a context
    cdef bint looks_inside  # at the products and departments of the basket


cdef frozenset names_of(object given, str name)
cdef str failing(Conditions conditions, Context context, Facts facts, int64_t *distance)
