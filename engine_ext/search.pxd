"""C declarations of the search for the best multiset of uses."""

cimport cython
from libc.stdint cimport int32_t, int64_t

from engine_ext.bounds cimport Bounds
from engine_ext.problem cimport Problem


@cython.final
cdef class Search:
    cdef Problem problem
    cdef Py_ssize_t columns
    cdef Bounds bounds
    cdef int64_t *block  # one allocation for the arrays that follow
    cdef int64_t *times  # copies of each column
    cdef int64_t *vector  # uses of each rule
    cdef int64_t *stack
    cdef int64_t *best_times
    cdef int64_t *best_vector
    cdef Py_ssize_t depth
    cdef Py_ssize_t at  # the next column that fits
    cdef int64_t saving
    cdef int64_t uses
    cdef int64_t nodes
    cdef int64_t budget
    cdef int64_t best_saving
    cdef int64_t best_uses
    cdef bint is_found  # the best one was found by the search, not by the greedy start
    cdef int64_t *memo
    cdef int32_t *memo_table
    cdef Py_ssize_t memo_stride
    cdef Py_ssize_t memo_room
    cdef Py_ssize_t memo_count
    cdef Py_ssize_t memo_mask


@cython.final
cdef class Solution:
    cdef list uses  # (rule, copies, ((slot, class, count), ...)) in the order of rules, then of the ties
    cdef int64_t saving
    cdef int64_t greedy  # what the greedy start saved
    cdef int64_t nodes
    cdef bint bounded


cdef Solution solve(Problem problem, int64_t budget)
cdef Solution solve_first(Problem problem)
