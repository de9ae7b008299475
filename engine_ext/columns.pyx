"""Int64 columns for reports: rows of stored integers turned into columns, and checked sums by key."""

include "stamp.pxi"

import numpy

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport int64_t, uint64_t

WIDTH_MAX = 256

cdef enum:
    CELL = 8


@cython.overflowcheck(False)  # Shifting a byte into the sign bit is what two's complement means.
cdef inline int64_t _cell(const unsigned char *data) noexcept:
    # Byte by byte, so that it means the same on every machine; compilers make one load of it where that is right.
    cdef uint64_t value = 0
    cdef int i
    for i in range(CELL):
        value |= <uint64_t>data[i] << (8 * i)
    return <int64_t>value


def gather(list rows not None, width):
    """Turn rows of ``width`` little-endian int64 (``bytes`` of 8 * width) into an int64 array of shape (width, rows).

    Each column is contiguous. Raises ``ValueError`` naming the first row of another length, ``TypeError`` naming the
    first that is not ``bytes``.
    """
    if type(width) is not int or not 1 <= width <= WIDTH_MAX:
        raise ValueError(f"a row has 1 to {WIDTH_MAX} columns, not {width!r}")
    cdef Py_ssize_t wide = width, high = len(rows), i, j
    columns = numpy.empty((width, high), dtype=numpy.int64)
    cdef int64_t[:, ::1] out = columns
    cdef const unsigned char *data
    for i in range(high):
        row = rows[i]
        if type(row) is not bytes:
            raise TypeError(f"row {i} must be bytes, not {type(row).__name__}")
        if PyBytes_GET_SIZE(row) != wide * CELL:
            raise ValueError(f"row {i} has {len(row)} bytes, {wide} columns need {wide * CELL}")
        data = <const unsigned char *>PyBytes_AS_STRING(row)
        for j in range(wide):
            out[j, i] = _cell(data + j * CELL)
    return columns


@cython.overflowcheck(False)  # A hash is meant to wrap around.
cdef inline Py_ssize_t _slot(int64_t key, Py_ssize_t mask) noexcept:
    # Keys are small and dense or bit fields; the product spreads both over the table (Fibonacci hashing).
    return <Py_ssize_t>((<uint64_t>key * <uint64_t>0x9E3779B97F4A7C15) >> 24) & mask


cdef Py_ssize_t _number(const int64_t[::1] keys, int64_t[::1] numbers, int64_t[::1] found) except -1:
    # Give each key the number of its first appearance; `found` receives the keys in that order.
    cdef Py_ssize_t room = 16, used = 0, i, slot, number
    while room < 2 * keys.shape[0]:
        room *= 2
    cdef Py_ssize_t *table = <Py_ssize_t *>PyMem_Calloc(room, sizeof(Py_ssize_t))
    if table is NULL:
        raise MemoryError()
    try:
        for i in range(keys.shape[0]):
            slot = _slot(keys[i], room - 1)
            while table[slot] and found[table[slot] - 1] != keys[i]:
                slot = (slot + 1) & (room - 1)
            if not table[slot]:
                found[used] = keys[i]
                used += 1
                table[slot] = used
            numbers[i] = table[slot] - 1
        return used
    finally:
        PyMem_Free(table)


def group_sum(const int64_t[::1] keys not None, const int64_t[::1] values not None):
    """Sum ``values`` by key: int64 arrays of the keys found (ascending), the rows of each, and the sum of each.

    Both inputs are int64 buffers of one length (a buffer of floats is refused). A sum that leaves 64 bits on the way is
    an ``OverflowError``, never a wrong number.
    """
    cdef Py_ssize_t rows = keys.shape[0], used, i
    if values.shape[0] != rows:
        raise ValueError(f"{rows} keys but {values.shape[0]} values")
    numbers = numpy.empty(rows, dtype=numpy.int64)
    found = numpy.empty(rows, dtype=numpy.int64)
    cdef int64_t[::1] number = numbers
    used = _number(keys, number, found)
    counts = numpy.zeros(used, dtype=numpy.int64)
    sums = numpy.zeros(used, dtype=numpy.int64)
    cdef int64_t[::1] count = counts, total = sums
    for i in range(rows):
        # Written out, because `+=` on an element of a memoryview escapes overflowcheck (Cython 3.3.1, tested).
        count[number[i]] = count[number[i]] + 1
        total[number[i]] = total[number[i]] + values[i]
    order = numpy.argsort(found[:used])
    return found[:used][order], counts[order], sums[order]
