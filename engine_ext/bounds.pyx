"""The bound of the search: potentials of classes, such that no use saves more than the potentials of its units."""

cimport cython
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from engine_ext.problem cimport Column, Part, Problem

include "stamp.pxi"

cdef extern from *:
    """
    #include <stdint.h>

    /* ceil(a*b/d), d > 0, all of them not negative and b <= d. */
    static inline int64_t guichet_share_up(int64_t a, int64_t b, int64_t d) {
        return (int64_t)(((unsigned __int128)a * (uint64_t)b + (uint64_t)d - 1) / (uint64_t)d);
    }
    """
    int64_t guichet_share_up(int64_t a, int64_t b, int64_t d) nogil

cdef enum:
    CHECKPOINTS = 16  # rules whose potentials are computed anew; the others use those of the one before


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class Bounds:
    """What bounds the columns of a problem from each of them on, computed once before a search."""

    def __dealloc__(self):
        free(self.block)


cdef int64_t *zeroed(Py_ssize_t count) except NULL:
    cdef int64_t *block = <int64_t *>calloc(count + 1, sizeof(int64_t))
    if block == NULL:
        raise MemoryError()
    return block


cdef Bounds open_bounds(Problem problem):
    cdef Bounds bounds = Bounds.__new__(Bounds)
    cdef Py_ssize_t columns = problem.columns
    cdef Py_ssize_t classes = problem.classes
    cdef Py_ssize_t takes = 0
    cdef Py_ssize_t k
    for k in range(columns):
        takes += problem.column[k].take_count
    bounds.problem = problem
    bounds.columns = columns
    bounds.block = zeroed((problem.rules + 4) * classes + 3 * columns + 2 * takes + 2)
    bounds.potential = bounds.block
    bounds.last_column = &bounds.potential[problem.rules * classes]
    bounds.trial = &bounds.last_column[classes]
    bounds.ranked = &bounds.trial[classes]
    bounds.wants = &bounds.ranked[classes]
    bounds.slope = &bounds.wants[classes + 1]
    bounds.largest = &bounds.slope[columns]
    bounds.slack = &bounds.largest[columns + 1]
    bounds.wanting = &bounds.slack[columns]
    bounds.amounts = &bounds.wanting[takes]
    index_columns(bounds)
    set_potentials(bounds)
    return bounds


cdef int index_columns(Bounds bounds) except -1:
    # Which columns want a class; the last of them; the largest saving from each column on.
    cdef Problem problem = bounds.problem
    cdef Column *column
    cdef Part *take
    cdef Py_ssize_t c, k
    cdef int i
    for c in range(problem.classes):
        bounds.last_column[c] = -1
    for k in range(bounds.columns):
        column = &problem.column[k]
        for i in range(column.take_count):
            c = problem.part[column.takes + i].cls
            bounds.last_column[c] = k
            bounds.wants[c + 1] += 1
    for c in range(problem.classes):
        bounds.wants[c + 1] += bounds.wants[c]
        bounds.ranked[c] = bounds.wants[c]
    for k in range(bounds.columns):
        column = &problem.column[k]
        for i in range(column.take_count):
            take = &problem.part[column.takes + i]
            bounds.wanting[bounds.ranked[take.cls]] = k
            bounds.amounts[bounds.ranked[take.cls]] = take.count
            bounds.ranked[take.cls] += 1
    for k in range(bounds.columns - 1, -1, -1):
        bounds.largest[k] = max(bounds.largest[k + 1], problem.column[k].saving)
    return 0


cdef int raise_for(Bounds bounds, Py_ssize_t low, Py_ssize_t high) except -1:
    # Raises the trial until each of these columns is worth no more than its units, by their worth.
    cdef Problem problem = bounds.problem
    cdef Column *column
    cdef Part *take
    cdef Py_ssize_t k
    cdef int i
    cdef int64_t base, least
    for k in range(low, high):
        column = &problem.column[k]
        base = 0
        for i in range(column.take_count):
            take = &problem.part[column.takes + i]
            base += problem.worth[take.cls] * take.count
        for i in range(column.take_count):
            take = &problem.part[column.takes + i]
            least = guichet_share_up(column.saving * FINE, problem.worth[take.cls], base)
            bounds.trial[take.cls] = max(bounds.trial[take.cls], least)
    return 0


cdef int lower(Bounds bounds, Py_ssize_t low) except -1:
    # Class by class, takes from the trial what no column from `low` on needs: what is left stays a bound.
    cdef Problem problem = bounds.problem
    cdef Column *column
    cdef Part *take
    cdef Py_ssize_t c, k, w, rank
    cdef int i
    cdef int64_t spare
    for k in range(low, bounds.columns):
        column = &problem.column[k]
        bounds.slack[k] = -column.saving * FINE
        for i in range(column.take_count):
            take = &problem.part[column.takes + i]
            bounds.slack[k] += bounds.trial[take.cls] * take.count
    for rank in range(problem.classes):
        c = bounds.ranked[rank]
        spare = bounds.trial[c]
        for w in range(bounds.wants[c], bounds.wants[c + 1]):
            if bounds.wanting[w] >= low:
                spare = min(spare, bounds.slack[bounds.wanting[w]] // bounds.amounts[w])
        bounds.trial[c] -= spare
        for w in range(bounds.wants[c], bounds.wants[c + 1]):
            if bounds.wanting[w] >= low:
                bounds.slack[bounds.wanting[w]] -= spare * bounds.amounts[w]
    return 0


cdef int rank_classes(Bounds bounds, bint many_first) except -1:
    cdef Problem problem = bounds.problem
    cdef Py_ssize_t c
    cdef list ranked
    if many_first:
        ranked = sorted([(-problem.left[c], -problem.worth[c], c) for c in range(problem.classes)])
    else:
        ranked = sorted([(problem.worth[c], problem.left[c], c) for c in range(problem.classes)])
    for c in range(problem.classes):
        bounds.ranked[c] = ranked[c][2]
    return 0


cdef int set_potential(Bounds bounds, int r, int beyond) except -1:
    # The best of four tries: from shares by worth or from the worths themselves, lowered in two orders of classes.
    cdef Problem problem = bounds.problem
    cdef int64_t *potential = &bounds.potential[r * problem.classes]
    cdef int64_t bound
    cdef int64_t least = 0
    cdef int attempt
    cdef Py_ssize_t c
    cdef Py_ssize_t low = problem.rule[r].first
    for attempt in range(4):
        for c in range(problem.classes):
            if attempt & 1:
                bounds.trial[c] = problem.worth[c] * FINE
            else:
                bounds.trial[c] = bounds.potential[beyond * problem.classes + c] if beyond < problem.rules else 0
        if not attempt & 1:
            raise_for(bounds, low, problem.rule[beyond].first if beyond < problem.rules else bounds.columns)
        rank_classes(bounds, attempt < 2)
        lower(bounds, low)
        bound = guichet_bound(bounds.trial, problem.left, bounds.last_column, problem.classes, low)
        if attempt == 0 or bound < least:
            least = bound
            memcpy(potential, bounds.trial, problem.classes * sizeof(int64_t))
    return 0


cdef int set_potentials(Bounds bounds) except -1:
    # From the last rule to the first, since the potentials of a rule cover all rules after it too.
    cdef Problem problem = bounds.problem
    cdef Column *column
    cdef Part *take
    cdef int step = 1 + (problem.rules - 1) // CHECKPOINTS
    cdef int r, i
    cdef int beyond = problem.rules
    cdef Py_ssize_t k, row
    for r in range((problem.rules - 1) // step * step, -1, -step):
        set_potential(bounds, r, beyond)
        for i in range(r + 1, min(beyond, problem.rules)):
            memcpy(
                &bounds.potential[i * problem.classes], &bounds.potential[r * problem.classes],
                problem.classes * sizeof(int64_t),
            )
        beyond = r
    for k in range(bounds.columns):
        column = &problem.column[k]
        bounds.slope[k] = column.saving * FINE
        if k + 1 == bounds.columns:
            break
        row = problem.column[k + 1].rule * problem.classes
        for i in range(column.take_count):
            take = &problem.part[column.takes + i]
            if bounds.last_column[take.cls] > k:
                bounds.slope[k] -= bounds.potential[row + take.cls] * take.count
    return 0
