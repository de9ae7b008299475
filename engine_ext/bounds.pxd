"""C declarations of the bound: potentials by rule and class, and the sum of them over the units left."""

cimport cython
from libc.stdint cimport int64_t

from engine_ext.problem cimport Problem

cdef extern from *:
    """
    #include <stdint.h>
    #include <stddef.h>

    /* Sum of potentials of the units left, of classes that column `from` or a later one still wants. A sum beyond 62
       bits bounds nothing, so it may as well stand at that. */
    static inline int64_t guichet_bound(
        const int64_t *potential, const int64_t *left, const int64_t *last, ptrdiff_t classes, ptrdiff_t from
    ) {
        unsigned __int128 sum = 0;
        for (ptrdiff_t c = 0; c < classes; c++)
            if (last[c] >= from) sum += (unsigned __int128)potential[c] * (uint64_t)left[c];
        return sum > (uint64_t)INT64_MAX / 2 ? INT64_MAX / 2 : (int64_t)sum;
    }
    """
    int64_t guichet_bound(
        const int64_t *potential, const int64_t *left, const int64_t *last, Py_ssize_t classes, Py_ssize_t first
    ) nogil

cdef enum:
    FINE = 256  # parts of a minor unit that potentials count in


@cython.final
cdef class Bounds:
    cdef Problem problem
    cdef Py_ssize_t columns
    cdef int64_t *block  # one allocation for all that follows
    cdef int64_t *potential  # [rule * classes + class], for the columns of this rule and of those after it
    cdef int64_t *last_column  # the last column that wants the class, or -1
    cdef int64_t *slope  # of each column: at least 0 where one copy less cannot raise the bound of what follows
    cdef int64_t *largest  # the largest saving of any column from here on
    cdef int64_t *slack  # scratch, as are the next two
    cdef int64_t *trial
    cdef int64_t *ranked
    cdef int64_t *wants  # the columns that want class c are wanting[wants[c]] .. wanting[wants[c + 1] - 1]
    cdef int64_t *wanting
    cdef int64_t *amounts  # how many units each of them wants


cdef Bounds open_bounds(Problem problem)
cdef int64_t *zeroed(Py_ssize_t count) except NULL


cdef inline int64_t bound_from(Bounds bounds, Py_ssize_t k) noexcept:
    # What the units left can still save by column k and those after it, rounded down: savings are whole.
    cdef Problem problem = bounds.problem
    if k == bounds.columns:
        return 0
    return guichet_bound(
        &bounds.potential[problem.column[k].rule * problem.classes], problem.left, bounds.last_column,
        problem.classes, k,
    ) // FINE
