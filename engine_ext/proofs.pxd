# What the modules of the tree share: the limits, the guard on sizes, and two small helpers.

from cpython.bytes cimport PyBytes_FromStringAndSize

cdef enum:
    HASH = 32
    LEVELS = 48  # a tree has fewer than 2^48 leaves

ctypedef unsigned char byte
ctypedef unsigned long long count

cdef count bounded(object value, str code, count most) except? 0xFFFFFFFFFFFFFFFF


cdef inline bytes hash_bytes(const byte *data):
    return PyBytes_FromStringAndSize(<const char *>data, HASH)


cdef inline int bits(count value):
    cdef int length = 0
    while length < 64 and value >> length:
        length += 1
    return length
