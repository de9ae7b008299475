"""C declarations of hints: the near misses of every kind of rule, the nearest first."""

from engine_ext.line_rules cimport Situation
from engine_ext.sheet cimport Sheet

cdef list line_misses(Sheet sheet, Situation situation)
cdef list ticket_misses(Sheet sheet, Situation situation)
cdef tuple nearest(list misses)
