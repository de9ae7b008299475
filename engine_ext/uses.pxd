"""C declarations of uses: what the rules that consume units did to a sheet."""

cimport cython
from libc.stdint cimport int64_t

from engine_ext.patterns cimport Patterns
from engine_ext.sheet cimport Sheet
from engine_ext.units cimport Units


@cython.final
cdef class PatternUse:
    cdef readonly str ref
    cdef readonly int64_t version
    cdef readonly Py_ssize_t discount
    cdef readonly bint chosen
    cdef readonly int64_t times
    cdef readonly tuple slots
    cdef readonly int64_t base_sum
    cdef readonly int64_t wanted
    cdef readonly int64_t granted


cdef Units apply_patterns(Sheet sheet, Patterns book, tuple menus)
