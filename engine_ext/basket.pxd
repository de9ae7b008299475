"""C declarations of baskets: the fields that the steps of pricing read without touching Python objects."""

cimport cython
from libc.stdint cimport int64_t

cdef enum:
    GOODS = 0
    DEPOSIT = 1
    STORED = 2
    GROSS = 0
    NET = 1
    HIGHEST_PRIORITY = 1_000_000_000
    # How the VAT of a line is found; the two add up where margin goods go to somebody exempt.
    MARGIN = 1
    EXEMPT = 2


cdef int64_t bounded(object value, str name, str code, object line_id, int64_t low, int64_t high) except? -1
cdef int checked_nature(object value, str line_id) except -1
cdef int checked_basis(object value) except -1
cdef int64_t checked_priority(object value) except? -1
cdef object shown(object thing, tuple names)


@cython.final
cdef class LineAdjustment:
    cdef readonly str ref
    cdef readonly int64_t percent
    cdef readonly int64_t amount
    cdef readonly bint has_fixed
    cdef readonly int64_t priority
    cdef readonly str stack
    cdef int64_t fixed_unit


@cython.final
cdef class SubtotalAdjustment:
    cdef readonly str ref
    cdef readonly tuple lines
    cdef readonly int64_t percent
    cdef readonly int64_t amount
    cdef readonly bint has_fixed
    cdef int64_t fixed_amount


@cython.final
cdef class BasketLine:
    cdef readonly str id
    cdef readonly str product
    cdef readonly str department
    cdef readonly str category
    cdef readonly int64_t rate
    cdef readonly int64_t quantity
    cdef readonly int64_t unit
    cdef readonly bint is_typed
    cdef readonly int nature
    cdef readonly tuple options
    cdef readonly tuple tags
    cdef readonly LineAdjustment manual
    cdef readonly LineAdjustment default
    cdef readonly int scheme
    cdef int64_t unit_cost
    cdef str sold_as


@cython.final
cdef class RateTotal:
    cdef readonly str category
    cdef readonly int64_t rate
    cdef readonly int nature
    cdef readonly int scheme
    cdef readonly int64_t gross
    cdef readonly int64_t vat
    cdef readonly int64_t net


cdef BasketLine with_quantity(BasketLine line, int64_t quantity)
cdef RateTotal rate_total(
    str category, int64_t rate, int nature, int64_t amount, int64_t vat, int basis, int scheme
)
