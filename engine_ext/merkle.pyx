"""The growing RFC 6962 tree over all entries: its right edge, and the proofs of a group of leaves at its commit."""

include "stamp.pxi"

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.list cimport PyList_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc
from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.string cimport memcpy

from engine_ext.proofs cimport HASH, LEVELS, bits, bounded, byte, count, hash_bytes
from engine_ext.seal cimport leaf_into, node_into

# The names of the tree in one place: what grows it is here, what reads and checks proofs is in `proofs`.

from engine_ext.proofs import (
    EMPTY_ROOT,
    SIZE_MAX,
    TILE_HASHES,
    MerkleError,
    consistency,
    inclusion,
    root,
    tile_root,
    verify_consistency,
    verify_inclusion,
)


cdef enum:
    LINE = 45  # base64 of a hash and a newline
    GROUP_MAX = 4194304

GROUP_LEAVES_MAX = GROUP_MAX

cdef const byte *BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


cdef int _hash_of(object value, str what, Py_ssize_t position, byte *out) except -1:
    if type(value) is not bytes:
        raise TypeError(f"{what} {position} must be bytes, not {type(value).__name__}")
    if PyBytes_GET_SIZE(value) != HASH:
        raise MerkleError("merkle.hash", f"{what} {position} has {len(value)} bytes, a hash has {HASH}")
    memcpy(out, PyBytes_AS_STRING(value), HASH)
    return 0


@cython.final
@cython.auto_pickle(False)
cdef class Edge:
    """The right edge of the tree: for each bit set in ``size``, the root of the perfect subtree of that height.

    ``Edge(size, hashes)`` takes what ``.size`` and ``.hashes`` gave: 32 bytes per set bit, the largest subtree first.
    An edge is all that appending needs, so no append ever reads history. Raises ``MerkleError``: ``merkle.size``,
    ``merkle.edge``.
    """

    cdef count _size
    cdef byte _nodes[LEVELS][HASH]

    def __init__(self, size=0, bytes hashes not None=b""):
        cdef count leaves = bounded(size, "merkle.size", SIZE_MAX)
        cdef const byte *source = <const byte *>PyBytes_AS_STRING(hashes)
        cdef Py_ssize_t taken = 0
        cdef int level
        if len(hashes) != HASH * (<object>leaves).bit_count():
            raise MerkleError("merkle.edge", f"{len(hashes)} bytes cannot be the edge of a tree of size {leaves}")
        for level in range(LEVELS - 1, -1, -1):
            if (leaves >> level) & 1:
                memcpy(self._nodes[level], source + taken, HASH)
                taken += HASH
        self._size = leaves

    @property
    def size(self):
        """Number of leaves."""
        return self._size

    @property
    def hashes(self):
        """The stored form: the roots of the perfect subtrees, largest first, 32 bytes each."""
        cdef byte out[LEVELS * HASH]
        cdef Py_ssize_t filled = 0
        cdef int level
        for level in range(LEVELS - 1, -1, -1):
            if (self._size >> level) & 1:
                memcpy(out + filled, self._nodes[level], HASH)
                filled += HASH
        return PyBytes_FromStringAndSize(<char *>out, filled)

    def root(self):
        """The 32-byte root of the tree; of an empty tree, SHA-256 of nothing."""
        cdef byte out[HASH]
        cdef bint begun = False
        cdef int level
        if not self._size:
            return EMPTY_ROOT
        for level in range(LEVELS):
            if not (self._size >> level) & 1:
                continue
            if begun:
                node_into(self._nodes[level], out, out)
            else:
                memcpy(out, self._nodes[level], HASH)
                begun = True
        return hash_bytes(out)

    def append(self, list leaves not None):
        """Append 32-byte leaves in order and return their ``Group``, whose proofs are for the tree of the new size.

        The edge is advanced only when every leaf was accepted.
        """
        cdef Group group = _new_group(self, PyList_GET_SIZE(leaves))
        cdef Py_ssize_t i
        for i in range(PyList_GET_SIZE(leaves)):
            _hash_of(leaves[i], "leaf", i, group._leaf(i))
        group._grow(self)
        return group

    def append_entries(self, list entries not None):
        """Hash entries (``bytes``) into leaves and append them, in one go: the way of a verification at disk speed."""
        cdef Group group = _new_group(self, PyList_GET_SIZE(entries))
        cdef Py_ssize_t i
        cdef object entry
        for i in range(PyList_GET_SIZE(entries)):
            entry = entries[i]
            if type(entry) is not bytes:
                raise TypeError(f"entry {i} must be bytes, not {type(entry).__name__}")
            leaf_into(<const byte *>PyBytes_AS_STRING(entry), PyBytes_GET_SIZE(entry), group._leaf(i))
        group._grow(self)
        return group


cdef Group _new_group(Edge edge, Py_ssize_t leaves):
    if leaves > GROUP_MAX:
        raise MerkleError("merkle.group", f"{leaves} leaves in one group, at most {GROUP_MAX}")
    if edge._size + <count>leaves > <count>SIZE_MAX:
        raise MerkleError("merkle.size", f"{edge._size} + {leaves} leaves pass the largest tree")
    cdef Group group = Group.__new__(Group)
    group._lay_out(edge, leaves)
    return group


@cython.final
@cython.auto_pickle(False)
cdef class Group:
    """The leaves appended by one commit, with every tree node that they completed; made by ``Edge.append`` only.

    Row ``l`` holds the nodes of level ``l`` from ``_first[l]`` on: the old edge's node when the old size has bit
    ``l`` set, then the nodes that this group completed. ``_tail[l]`` is the root of the leaves right of the last
    complete node of level ``l``. Every sibling on the way from a leaf of the group to the root is one of these: a
    proof is copying.
    """

    cdef count _old
    cdef count _new
    cdef int _levels
    cdef count _first[LEVELS]
    cdef Py_ssize_t _row[LEVELS]
    cdef byte *_nodes
    cdef byte _tail[LEVELS + 1][HASH]

    def __cinit__(self):
        self._nodes = NULL
        self._old = self._new = 0
        self._levels = 0

    def __init__(self):
        raise TypeError("a Group comes from Edge.append")

    def __dealloc__(self):
        PyMem_Free(self._nodes)

    cdef int _lay_out(self, Edge edge, Py_ssize_t leaves) except -1:
        cdef Py_ssize_t total = 0
        cdef int level
        self._old = edge._size
        self._new = edge._size + <count>leaves
        self._levels = bits(self._new)
        for level in range(self._levels):
            self._first[level] = (self._old >> level) & ~<count>1
            self._row[level] = total
            total += <Py_ssize_t>((self._new >> level) - self._first[level])
        self._nodes = <byte *>PyMem_Malloc((total + 1) * HASH)
        if self._nodes is NULL:
            raise MemoryError()
        return 0

    cdef inline byte *_leaf(self, Py_ssize_t i):
        return self._nodes + (i + <Py_ssize_t>(self._old & 1)) * HASH

    cdef inline byte *_node(self, int level, count index):
        return self._nodes + (self._row[level] + <Py_ssize_t>(index - self._first[level])) * HASH

    cdef int _grow(self, Edge edge) except -1:
        cdef int level
        cdef count index
        cdef byte *pair
        for level in range(self._levels):
            if (self._old >> level) & 1:
                memcpy(self._node(level, self._first[level]), edge._nodes[level], HASH)
            if level:
                for index in range(self._old >> level, self._new >> level):
                    pair = self._node(level - 1, 2 * index)
                    node_into(pair, pair + HASH, self._node(level, index))
        self._close_tails()
        for level in range(self._levels):
            if (self._new >> level) & 1:
                memcpy(edge._nodes[level], self._node(level, (self._new >> level) - 1), HASH)
        edge._size = self._new
        return 0

    cdef inline bint _has_tail(self, int level):
        return (self._new & ((<count>1 << level) - 1)) != 0

    cdef int _close_tails(self) except -1:
        cdef int level
        cdef byte *last
        for level in range(self._levels):
            if not (self._new >> level) & 1:
                memcpy(self._tail[level + 1], self._tail[level], HASH)
                continue
            last = self._node(level, (self._new >> level) - 1)
            if self._has_tail(level):
                node_into(last, self._tail[level], self._tail[level + 1])
            else:
                memcpy(self._tail[level + 1], last, HASH)
        return 0

    cdef const byte *_sibling(self, int level, count index) except? NULL:
        # NULL where the tree ends left of the sibling: there the node moves up unchanged.
        cdef count sibling = (index >> level) ^ 1
        if sibling < self._new >> level:
            return self._node(level, sibling)
        if sibling == self._new >> level and self._has_tail(level):
            return self._tail[level]
        return NULL

    cdef count _index(self, object i) except? 0xFFFFFFFFFFFFFFFF:
        if self._old == self._new:
            raise MerkleError("merkle.index", "the group is empty")
        return self._old + bounded(i, "merkle.index", self._new - self._old - 1)

    @property
    def old_size(self):
        """Size of the tree before the group: the index of its first leaf."""
        return self._old

    @property
    def new_size(self):
        """Size of the tree with the group: the size that its proofs and its checkpoint are for."""
        return self._new

    def __len__(self):
        return <Py_ssize_t>(self._new - self._old)

    @property
    def root(self):
        """The 32-byte root of the tree of the new size."""
        return hash_bytes(self._tail[self._levels]) if self._new else EMPTY_ROOT

    def leaf(self, i):
        """The leaf of the group's entry ``i`` (from 0)."""
        return hash_bytes(self._node(0, self._index(i)))

    def completed(self, int level):
        """The nodes of a level that this group completed, concatenated; the first has index ``old_size >> level``.

        Level 0 gives the leaves, level 8 what it adds to tiles of level 1, and so on.
        """
        if not 0 <= level < LEVELS:
            raise MerkleError("merkle.level", f"{level} is not between 0 and {LEVELS - 1}")
        cdef count begin = self._old >> level, end = self._new >> level
        if begin == end:
            return b""
        return PyBytes_FromStringAndSize(<char *>self._node(level, begin), <Py_ssize_t>(end - begin) * HASH)

    def inclusion(self, i):
        """The proof that the group's leaf ``i`` (from 0) is in the tree of the new size: hashes from the leaf upwards.

        RFC 9162 section 2.1.3.1. Raises ``MerkleError``: ``merkle.index``.
        """
        cdef count index = self._index(i)
        cdef const byte *sibling
        cdef int level
        cdef list proof = []
        for level in range(self._levels):
            sibling = self._sibling(level, index)
            if sibling is not NULL:
                proof.append(hash_bytes(sibling))
        return proof

    def inclusion_text(self, i):
        """The same proof as the lines of a C2SP ``tlog-proof``: base64 of each hash, each line ended by a newline."""
        cdef count index = self._index(i)
        cdef char out[LEVELS * LINE]
        cdef Py_ssize_t filled = 0
        cdef const byte *sibling
        cdef int level
        for level in range(self._levels):
            sibling = self._sibling(level, index)
            if sibling is not NULL:
                _base64_line(sibling, out + filled)
                filled += LINE
        return PyUnicode_DecodeASCII(out, filled, NULL)


cdef inline int _base64_line(const byte *data, char *out) except -1:
    cdef unsigned int three
    cdef int i
    for i in range(10):
        three = (<unsigned int>data[3 * i] << 16) | (<unsigned int>data[3 * i + 1] << 8) | data[3 * i + 2]
        out[4 * i] = BASE64[three >> 18]
        out[4 * i + 1] = BASE64[(three >> 12) & 63]
        out[4 * i + 2] = BASE64[(three >> 6) & 63]
        out[4 * i + 3] = BASE64[three & 63]
    three = (<unsigned int>data[30] << 16) | (<unsigned int>data[31] << 8)
    out[40] = BASE64[three >> 18]
    out[41] = BASE64[(three >> 12) & 63]
    out[42] = BASE64[(three >> 6) & 63]
    out[43] = c"="
    out[44] = c"\n"
    return 0
