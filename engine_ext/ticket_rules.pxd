"""C declarations of phase 3: the sources of discounts on the ticket, in their order."""

from engine_ext.book cimport Coupon
from engine_ext.line_rules cimport Situation
from engine_ext.sheet cimport Sheet

cdef bint reaches(Sheet sheet, Coupon coupon) except -1
cdef int apply_ticket_rules(Sheet sheet, object given, Situation situation) except -1
