"""Proofs in the RFC 6962 tree: read from hash tiles (C2SP ``tlog-tiles``), and checked as RFC 9162 says."""

include "stamp.pxi"

import hashlib

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.string cimport memcmp, memcpy

from engine_ext.seal cimport node_into


cdef enum:
    TILE = 256  # hashes of a full tile
    TILE_LEVELS = 8  # levels of the tree between two levels of tiles

SIZE_MAX = 281_474_976_710_655  # 2^48 - 1
TILE_HASHES = TILE
EMPTY_ROOT = hashlib.sha256(b"").digest()


class MerkleError(ValueError):
    """A size, index, edge or tile that no tree can have; ``code`` is stable (``merkle.size``, ``merkle.tile`` ...)."""

    def __init__(self, code, message):
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self):
        return f"{self.code}: {self.message}"


cdef count bounded(object value, str code, count most) except? 0xFFFFFFFFFFFFFFFF:
    # A C argument would turn 3.9 into 3 and True into 1 without a word.
    if type(value) is not int:
        raise TypeError(f"{code}: an integer is needed, not {type(value).__name__}")
    if not 0 <= value <= most:
        raise MerkleError(code, f"{value} is not between 0 and {most}")
    return value


cdef int _fold(byte *hashes, Py_ssize_t wide) except -1:
    # Root of 2^k hashes, computed in place: the root ends up first.
    cdef Py_ssize_t i
    while wide > 1:
        wide >>= 1
        for i in range(wide):
            node_into(hashes + 2 * i * HASH, hashes + (2 * i + 1) * HASH, hashes + i * HASH)
    return 0


@cython.final
@cython.auto_pickle(False)
cdef class _Tiles:
    # The tree of one size as seen through its hash tiles; each tile is asked for once.

    cdef object _read
    cdef count _size
    cdef dict _seen

    def __cinit__(self, read, count size):
        self._read = read
        self._size = size
        self._seen = {}

    cdef bytes _tile(self, int level, count n):
        cdef bytes tile = <bytes>self._seen.get((level, n))
        if tile is not None:
            return tile
        cdef count width = min((self._size >> (TILE_LEVELS * level)) - n * TILE, <count>TILE)
        answer = self._read(level, n, width)
        if type(answer) is not bytes:
            raise TypeError(f"tile {level}/{n} must be bytes, not {type(answer).__name__}")
        if PyBytes_GET_SIZE(answer) != <Py_ssize_t>width * HASH:
            raise MerkleError("merkle.tile", f"tile {level}/{n} has {len(answer)} bytes, {width} hashes are needed")
        self._seen[(level, n)] = answer
        return answer

    cdef int _complete(self, int level, count index, byte *out) except -1:
        # The node over leaves index*2^level to (index+1)*2^level - 1, all of them in the tree.
        cdef byte work[TILE * HASH]
        cdef int inside = level % TILE_LEVELS
        cdef count first = index << inside
        cdef bytes tile = self._tile(level // TILE_LEVELS, first // TILE)
        cdef Py_ssize_t wide = 1 << inside
        memcpy(work, PyBytes_AS_STRING(tile) + <Py_ssize_t>(first % TILE) * HASH, wide * HASH)
        _fold(work, wide)
        memcpy(out, work, HASH)
        return 0

    cdef int _range(self, count low, count high, byte *out) except -1:
        # MTH(D[low:high]) where low is a multiple of the smallest power of two that covers the range.
        cdef byte left[HASH]
        cdef count half
        if not (high - low) & (high - low - 1):
            return self._complete(bits(high - low) - 1, low // (high - low), out)
        half = <count>1 << (bits(high - low) - 1)
        self._complete(bits(half) - 1, low // half, left)
        self._range(low + half, high, out)
        return node_into(left, out, out)

    cdef int _inclusion(self, count index, count low, count high, list proof) except -1:
        # PATH(index, D[low:high]) of RFC 6962 section 2.1.1.
        cdef byte out[HASH]
        cdef count middle
        if high - low == 1:
            return 0
        middle = low + (<count>1 << (bits(high - low - 1) - 1))
        if index < middle:
            self._inclusion(index, low, middle, proof)
            self._range(middle, high, out)
        else:
            self._inclusion(index, middle, high, proof)
            self._range(low, middle, out)
        proof.append(hash_bytes(out))
        return 0

    cdef int _consistency(self, count size, count low, count high, bint known, list proof) except -1:
        # SUBPROOF(size, D[low:high], known) of RFC 6962 section 2.1.2; `size` counts from leaf 0.
        cdef byte out[HASH]
        cdef count middle
        if size == high:
            if not known:
                self._range(low, high, out)
                proof.append(hash_bytes(out))
            return 0
        middle = low + (<count>1 << (bits(high - low - 1) - 1))
        if size <= middle:
            self._consistency(size, low, middle, known, proof)
            self._range(middle, high, out)
        else:
            self._consistency(size, middle, high, False, proof)
            self._range(low, middle, out)
        proof.append(hash_bytes(out))
        return 0


def root(size, tile):
    """The root of the tree of ``size`` leaves, read from its tiles.

    ``tile(level, n, width) -> bytes`` gives the first ``width`` hashes (32 bytes each) of tile ``n`` of a level,
    where level ``L`` holds the nodes of tree level ``8 L`` (C2SP ``tlog-tiles``); ``width`` is 256 for a full tile,
    else what a tree of that size has. Each tile is asked for once. Raises ``MerkleError``: ``merkle.size``,
    ``merkle.tile``.
    """
    cdef count leaves = bounded(size, "merkle.size", SIZE_MAX)
    cdef byte out[HASH]
    if not leaves:
        return EMPTY_ROOT
    _Tiles(tile, leaves)._range(0, leaves, out)
    return hash_bytes(out)


def inclusion(index, size, tile):
    """The inclusion proof of leaf ``index`` in the tree of ``size`` leaves, from tiles (see ``root``): hashes, leaf
    upwards.

    The tiles are believed: check the proof against a checkpoint. Raises ``MerkleError``: ``merkle.size``,
    ``merkle.index``, ``merkle.tile``.
    """
    cdef count leaves = bounded(size, "merkle.size", SIZE_MAX)
    cdef count leaf = bounded(index, "merkle.index", SIZE_MAX)
    cdef list proof = []
    if leaf >= leaves:
        raise MerkleError("merkle.index", f"leaf {leaf} is not in a tree of size {leaves}")
    _Tiles(tile, leaves)._inclusion(leaf, 0, leaves, proof)
    return proof


def consistency(size1, size2, tile):
    """The proof that the tree of ``size1`` leaves is the beginning of that of ``size2``, from the latter's tiles.

    ``tile`` as in ``root``. Empty for equal sizes. RFC 6962 section 2.1.2 defines no proof from an empty tree, so
    ``size1`` is at least 1. Raises ``MerkleError``: ``merkle.size``, ``merkle.tile``.
    """
    cdef count older = bounded(size1, "merkle.size", SIZE_MAX)
    cdef count newer = bounded(size2, "merkle.size", SIZE_MAX)
    cdef list proof = []
    if not 0 < older <= newer:
        raise MerkleError("merkle.size", f"no proof leads from size {older} to size {newer}")
    _Tiles(tile, newer)._consistency(older, 0, newer, True, proof)
    return proof


def tile_root(bytes hashes not None):
    """The root of a full tile (256 hashes of 32 bytes): the hash that stands for it in the tile one level up."""
    cdef byte work[TILE * HASH]
    if PyBytes_GET_SIZE(hashes) != TILE * HASH:
        raise MerkleError("merkle.tile", f"a full tile has {TILE * HASH} bytes, not {len(hashes)}")
    memcpy(work, PyBytes_AS_STRING(hashes), TILE * HASH)
    _fold(work, TILE)
    return hash_bytes(work)


cdef bint _is_size(object value) except -1:
    return type(value) is int and 0 <= value <= SIZE_MAX


cdef bint _are_hashes(list proof) except -1:
    for element in proof:
        if type(element) is not bytes or PyBytes_GET_SIZE(element) != HASH:
            return False
    return True


def verify_inclusion(bytes leaf not None, index, size, list proof not None, bytes root not None):
    """Does ``proof`` show that ``leaf`` is leaf ``index`` of the tree of ``size`` leaves with that root?

    RFC 9162 section 2.1.3.2. Anything malformed (hash lengths, index or size out of range) is ``False``: a verifier
    has one question.
    """
    cdef byte r[HASH]
    cdef count fn, sn
    if not (_is_size(index) and _is_size(size) and index < size and len(leaf) == HASH and _are_hashes(proof)):
        return False
    fn, sn = index, size - 1
    memcpy(r, PyBytes_AS_STRING(leaf), HASH)
    for p in proof:
        if not sn:
            return False
        if fn & 1 or fn == sn:
            node_into(<const byte *>PyBytes_AS_STRING(p), r, r)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            node_into(r, <const byte *>PyBytes_AS_STRING(p), r)
        fn >>= 1
        sn >>= 1
    return not sn and len(root) == HASH and memcmp(r, PyBytes_AS_STRING(root), HASH) == 0


def verify_consistency(size1, bytes root1 not None, size2, bytes root2 not None, list proof not None):
    """Does ``proof`` show that the tree of ``size1`` leaves is the beginning of that of ``size2``?

    RFC 9162 section 2.1.4.2. Equal sizes need an empty proof and equal roots. ``size1`` 0 is ``False``: the RFC
    defines no such proof, and an empty tree shows nothing about what came after it. Anything malformed is ``False``.
    """
    if not (_is_size(size1) and _is_size(size2) and 0 < size1 <= size2):
        return False
    if size1 == size2:
        return not proof and root1 == root2
    if not (proof and _are_hashes(proof) and len(root1) == HASH and len(root2) == HASH):
        return False
    return _walk_consistency(size1, root1, size2, root2, proof)


cdef bint _walk_consistency(count size1, bytes root1, count size2, bytes root2, list proof) except -1:
    cdef byte fr[HASH]
    cdef byte sr[HASH]
    cdef const byte *c
    cdef count fn = size1 - 1, sn = size2 - 1
    cdef Py_ssize_t at = 0
    # A perfect first tree is its own first step; the proof leaves it out.
    cdef bytes seed = root1
    if size1 & (size1 - 1):
        seed = proof[0]
        at = 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    memcpy(fr, PyBytes_AS_STRING(seed), HASH)
    memcpy(sr, PyBytes_AS_STRING(seed), HASH)
    for at in range(at, len(proof)):
        if not sn:
            return False
        c = <const byte *>PyBytes_AS_STRING(proof[at])
        if fn & 1 or fn == sn:
            node_into(c, fr, fr)
            node_into(c, sr, sr)
            while not fn & 1 and fn:
                fn >>= 1
                sn >>= 1
        else:
            node_into(sr, c, sr)
        fn >>= 1
        sn >>= 1
    if sn or memcmp(fr, PyBytes_AS_STRING(root1), HASH) != 0:
        return False
    return memcmp(sr, PyBytes_AS_STRING(root2), HASH) == 0
