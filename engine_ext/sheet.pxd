"""C declarations of the sheet: what the steps of pricing share, in the order in which they run."""

cimport cython
from cpython.object cimport PyObject
from libc.stdint cimport int64_t

from engine_ext.basket cimport BasketLine

cdef enum:
    # The group of a row: GOODS (0) take discounts; deposits and advances never do, each direction on its own, nor do
    # vouchers of several purposes, which carry no VAT.
    WITH_SIGN = 1
    AGAINST_SIGN = 2
    UNTAXED = 3
    GROUPS = 4


cdef struct Row:
    PyObject *line  # borrowed from Sheet.given
    Py_ssize_t entered  # its place in the order of entry
    int64_t quantity  # with the sign of the mirror: positive in a refund without its ticket
    int64_t base
    int64_t remaining
    int64_t vat
    int64_t cost  # under the margin scheme
    int group
    PyObject *rule  # borrowed from the book: the automatic rule that added it, or NULL
    Py_ssize_t first_share
    Py_ssize_t last_share


cdef struct Share:
    int64_t amount
    Py_ssize_t discount
    Py_ssize_t next


@cython.final
cdef class Applied:
    cdef readonly str ref
    cdef readonly int phase
    cdef readonly str kind
    cdef readonly int64_t base_sum
    cdef readonly int64_t wanted
    cdef readonly int64_t granted
    cdef readonly str reason
    cdef readonly str rule
    cdef readonly int64_t version
    cdef readonly int64_t uses
    cdef readonly tuple units


@cython.final
cdef class Sheet:
    cdef list given  # keeps the lines alive that the rows point to
    cdef Py_ssize_t count
    cdef Py_ssize_t room  # rows that fit, items that rules may add included
    cdef Row *rows  # in the order of entry; the arrays below lie in the same block
    cdef Row **order  # in the order of pricing, once sorted
    cdef Row **spare
    cdef Row **table  # by hash of the id, open addressing
    cdef Py_ssize_t mask
    cdef int64_t *weights  # scratch of one step, a number per row in the order of pricing
    cdef int64_t *parts
    cdef Share *shares  # grows
    cdef Py_ssize_t share_count
    cdef Py_ssize_t share_room
    cdef int64_t scale  # unit price x quantity / scale is an amount
    cdef int64_t sign
    cdef int64_t mass  # the absolute amounts of all rows together: while it is within the limit, every partial sum is
    cdef list applied
    cdef str rule  # the kind of rule at work, for the explanation of its steps
    cdef int64_t version  # of that rule
    cdef bint stacked  # whether adjustments added up that stand alone in algorithm 1
    cdef str at  # the id of the line being worked on, for an error that names it


cdef Sheet open_sheet(object lines, int64_t scale, Py_ssize_t spare)
cdef int enter_lines(Sheet sheet) except -1
cdef int find_sign(Sheet sheet) except -1
cdef int turn_upright(Sheet sheet) except -1
cdef int sort_lines(Sheet sheet) except -1
cdef int add_line(Sheet sheet, BasketLine line, object rule) except -1
cdef Row **slot_of(Sheet sheet, str line_id) except NULL
cdef int within_limit(int64_t amount) except -1
cdef int64_t cut(int64_t wanted, int64_t base_sum) except? -1
cdef int give(Sheet sheet, Row *row, int64_t amount) except -1
cdef int take_off(Sheet sheet, Row *row, int64_t amount) except -1
cdef int explain(
    Sheet sheet, str ref, int phase, str kind, int64_t base_sum, int64_t wanted, int64_t granted
) except -1
cdef tuple shares_of(Sheet sheet, Row *row)
