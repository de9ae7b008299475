# The hashing that other modules of the core share: each writes 32 bytes to `out` and raises on failure.

cdef int sha256_into(const unsigned char *data, size_t size, unsigned char *out) except -1
cdef int leaf_into(const unsigned char *entry, size_t size, unsigned char *out) except -1
cdef int node_into(const unsigned char *left, const unsigned char *right, unsigned char *out) except -1
