"""C declarations of units: atoms of lines, classes of atoms, and the searches over them."""

cimport cython
from libc.stdint cimport int64_t

from engine_ext.patterns cimport Patterns
from engine_ext.problem cimport Problem
from engine_ext.sheet cimport Row, Sheet


cdef struct Atom:
    Py_ssize_t row  # in the order of pricing
    Py_ssize_t next  # atom of the same class, or -1
    int64_t worth
    int64_t left


cdef struct Stock:
    int64_t worth  # of the cheaper units of a line; the dearer ones are worth one more
    int64_t cheap
    int64_t dear


@cython.final
cdef class Units:
    cdef Sheet sheet
    cdef Patterns book
    cdef Stock *stock  # a row each
    cdef Atom *atom  # two a row at most
    cdef Py_ssize_t atoms
    cdef list hits  # the slots that each row may fill
    cdef list classes  # of [worth, count, slots, product], in the order of their earliest unit
    cdef list heads  # of each class: its first atom with any units left
    cdef list tails
    cdef list candidates  # places of the patterns that all slots of could be filled
    cdef dict held  # exclusivity group -> place of the pattern that holds it
    cdef list uses  # what came out: PatternUse
    cdef dict offered  # slot -> units that might fill it
    cdef list found  # what the search chose: (place, copies, [(slot, class, count)])
    cdef list counts  # of each class, before anything was chosen
    cdef dict savings  # place -> what the independent part that it belongs to saves
    cdef set by_button  # places of chosen menus
    cdef int64_t nodes
    cdef bint bounded


cdef Units open_units(Sheet sheet, Patterns book)
cdef bint takes_part(Row *row) noexcept
cdef int64_t units_of_row(Units units, Py_ssize_t i) noexcept
cdef list independent_parts(Units units)
cdef list classes_for(Units units, list places)
cdef Problem problem_of(Units units, list places, list numbers)
cdef int stock_row(Units units, Py_ssize_t i) except -1
cdef bint find_hits(Units units) except -1
cdef list choose_uses(Units units)
