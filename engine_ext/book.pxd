"""C declarations of the rule book: what the phases of pricing read of its rules."""

cimport cython
from libc.stdint cimport int64_t

from engine_ext.basket cimport BasketLine, LineAdjustment
from engine_ext.conditions cimport Conditions
from engine_ext.patterns cimport Patterns

cdef enum:
    MOST_RULES = 500
    MOST_COUPONS = 100
    MOST_REMOVED = 500


@cython.final
cdef class LineRule:
    cdef readonly str id
    cdef readonly int64_t version
    cdef readonly frozenset products
    cdef readonly frozenset departments
    cdef readonly frozenset tags
    cdef readonly frozenset except_products
    cdef readonly frozenset except_departments
    cdef readonly frozenset except_tags
    cdef readonly Conditions conditions
    cdef LineAdjustment step


@cython.final
cdef class AddedItem:
    cdef readonly BasketLine line
    cdef readonly bint per_cover


@cython.final
cdef class TicketRule:
    cdef readonly str id
    cdef readonly int64_t version
    cdef readonly int64_t priority
    cdef readonly Conditions conditions
    cdef readonly AddedItem item
    cdef readonly int64_t percent
    cdef readonly int64_t amount


@cython.final
cdef class CustomerDiscount:
    cdef readonly str id
    cdef readonly int64_t version
    cdef readonly int64_t percent
    cdef readonly int64_t amount


@cython.final
cdef class Coupon:
    cdef readonly str id
    cdef readonly int64_t version
    cdef readonly int64_t percent
    cdef readonly int64_t amount
    cdef readonly Conditions conditions
    cdef readonly frozenset products
    cdef readonly frozenset departments


@cython.final
cdef class Book:
    cdef readonly tuple line_rules
    cdef readonly Patterns patterns
    cdef readonly tuple ticket_rules
    cdef Py_ssize_t items  # rules that add one
    cdef bint depends  # on a context
    cdef bint looks_inside  # at the products and departments of the basket
    cdef dict by_product  # id -> places of the line rules that want it
    cdef dict by_department
    cdef dict by_tag
    cdef tuple anything  # places of the line rules that want whatever is sold
    cdef dict not_product
    cdef dict not_department
    cdef dict not_tag


cdef tuple rules_hit(Book book, BasketLine line)
