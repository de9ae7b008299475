"""C declarations of near misses: why the rules that consume units did not apply, and how far they were from it."""

cimport cython
from libc.stdint cimport int64_t

from engine_ext.units cimport Units

cdef enum:
    NEAREST = 20


@cython.final
cdef class NearMiss:
    cdef readonly str ref
    cdef readonly int64_t version
    cdef readonly str reason
    cdef readonly object slot
    cdef readonly int64_t missing
    cdef readonly str by
    cdef readonly int64_t amount
    cdef int place


cdef tuple near_misses(Units units)
