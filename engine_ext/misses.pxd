"""C declarations of near misses: why rules did not apply, and how far those that consume units were from it."""

cimport cython
from libc.stdint cimport int64_t

from engine_ext.units cimport Units

cdef enum:
    NEAREST = 20


@cython.final
cdef class NearMiss:
    cdef readonly str ref
    cdef readonly int64_t version
    cdef readonly str rule
    cdef readonly str reason
    cdef readonly object slot
    cdef readonly int64_t missing
    cdef readonly str by
    cdef readonly int64_t amount
    cdef int rank  # how much it takes to get there: more articles, then another time, then another place
    cdef int kind  # patterns, line rules, automatic rules, coupons
    cdef int place  # in the book


cdef list near_misses(Units units)
