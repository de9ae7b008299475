"""C declarations of proration: largest remainder over an array of weights."""

from libc.stdint cimport int64_t

cdef int split_into(int64_t total, const int64_t *weights, Py_ssize_t count, int64_t *shares) except -1
