"""C declarations of phase 1: the situation of one pricing, and what its rules do to lines."""

cimport cython
from libc.stdint cimport int64_t

from engine_ext.basket cimport BasketLine, LineAdjustment
from engine_ext.book cimport Book, CustomerDiscount
from engine_ext.conditions cimport Context, Facts
from engine_ext.sheet cimport Row, Sheet

cdef enum:
    # Where an offer comes from, beside the place of a line rule in the book.
    BY_HAND = -2
    BY_DEFAULT = -1


@cython.final
cdef class Situation:
    cdef Book book
    cdef Context context
    cdef Facts facts
    cdef CustomerDiscount customer
    cdef tuple coupons  # by id
    cdef frozenset removed
    cdef bint looks_inside  # whether any condition asks for products or departments
    cdef bytearray verdicts  # of each line rule: not tested yet, holds, or fails
    cdef dict known  # what a line is -> the places of the rules that name it
    cdef set used  # places of the line rules that applied


cdef tuple places_for(Situation situation, BasketLine line)
cdef bint holds(Situation situation, Py_ssize_t place) except -1
cdef int64_t effect(Sheet sheet, Row *row, LineAdjustment rule) noexcept
cdef list chosen_for(Sheet sheet, Row *row, Situation situation)
cdef int apply_line_rules(Sheet sheet, Situation situation) except -1
cdef int take_facts(Sheet sheet, Situation situation) except -1
