"""Hashes of entries and commands: RFC 6962 leaves, the extract printed on receipts, content MACs; by OpenSSL."""

include "stamp.pxi"

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memcpy, memset


cdef extern from "openssl/evp.h" nogil:
    ctypedef struct EVP_MD:
        pass
    ctypedef struct EVP_MD_CTX:
        pass
    EVP_MD *EVP_MD_fetch(void *library, const char *algorithm, const char *properties)
    EVP_MD_CTX *EVP_MD_CTX_new()
    int EVP_DigestInit_ex2(EVP_MD_CTX *ctx, const EVP_MD *digest, const void *params)
    int EVP_DigestUpdate(EVP_MD_CTX *ctx, const void *data, size_t size)
    int EVP_DigestFinal_ex(EVP_MD_CTX *ctx, unsigned char *out, unsigned int *size)


HASH_BYTES = 32
MAC_BYTES = 16

cdef enum:
    HASH = 32
    BLOCK = 64
    MAC = 16

cdef const unsigned char *ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
cdef unsigned char LEAF_PREFIX = 0x00
cdef unsigned char NODE_PREFIX = 0x01

# Fetching a digest and making a context costs more than hashing a node, so both are made once. One context is enough:
# every function here holds the GIL from first to last byte and calls nothing that could come back in.
cdef EVP_MD *DIGEST = EVP_MD_fetch(NULL, b"SHA256", NULL)
cdef EVP_MD_CTX *CTX = EVP_MD_CTX_new()
if DIGEST is NULL or CTX is NULL:
    raise ImportError("OpenSSL offers no SHA-256: nothing can be sealed")


cdef inline int _digest(
    const unsigned char *head, size_t head_size, const unsigned char *body, size_t body_size, unsigned char *out
) except -1:
    if (
        EVP_DigestInit_ex2(CTX, DIGEST, NULL) != 1
        or (head_size and EVP_DigestUpdate(CTX, head, head_size) != 1)
        or EVP_DigestUpdate(CTX, body, body_size) != 1
        or EVP_DigestFinal_ex(CTX, out, NULL) != 1
    ):
        raise RuntimeError("OpenSSL failed to compute a SHA-256")
    return 0


cdef int sha256_into(const unsigned char *data, size_t size, unsigned char *out) except -1:
    return _digest(data, 0, data, size, out)


cdef int leaf_into(const unsigned char *entry, size_t size, unsigned char *out) except -1:
    return _digest(&LEAF_PREFIX, 1, entry, size, out)


cdef int node_into(const unsigned char *left, const unsigned char *right, unsigned char *out) except -1:
    # One update instead of three.
    cdef unsigned char pair[1 + 2 * HASH]
    pair[0] = NODE_PREFIX
    memcpy(pair + 1, left, HASH)
    memcpy(pair + 1 + HASH, right, HASH)
    return _digest(pair, 0, pair, 1 + 2 * HASH, out)


def leaf_hash(bytes entry not None):
    """SHA-256(0x00 || entry), 32 bytes: the leaf of an entry (RFC 6962 section 2.1, RFC 9162 section 2.1.1)."""
    cdef unsigned char out[HASH]
    leaf_into(<const unsigned char *>PyBytes_AS_STRING(entry), PyBytes_GET_SIZE(entry), out)
    return PyBytes_FromStringAndSize(<char *>out, HASH)


def leaf_hashes(list entries not None):
    """The leaf of every entry of a list of ``bytes``, in order.

    Raises ``TypeError`` that names the position of the first element that is not ``bytes``.
    """
    cdef unsigned char out[HASH]
    cdef list leaves = []
    cdef object entry
    for entry in entries:
        if type(entry) is not bytes:
            raise TypeError(f"entry {len(leaves)} must be bytes, not {type(entry).__name__}")
        leaf_into(<const unsigned char *>PyBytes_AS_STRING(entry), PyBytes_GET_SIZE(entry), out)
        leaves.append(PyBytes_FromStringAndSize(<char *>out, HASH))
    return leaves


def node_hash(bytes left not None, bytes right not None):
    """SHA-256(0x01 || left || right), 32 bytes: an inner node of the tree. ``ValueError`` if a side is not 32 bytes."""
    cdef unsigned char out[HASH]
    if PyBytes_GET_SIZE(left) != HASH or PyBytes_GET_SIZE(right) != HASH:
        raise ValueError("both sides of a node must be hashes of 32 bytes")
    node_into(
        <const unsigned char *>PyBytes_AS_STRING(left), <const unsigned char *>PyBytes_AS_STRING(right), out
    )
    return PyBytes_FromStringAndSize(<char *>out, HASH)


cdef inline unsigned char _sextet(const unsigned char *data, int position):
    # Character `position` (from 0) of base64 holds bits 6*position to 6*position+5 of the data.
    cdef int bit = 6 * position
    cdef unsigned int window = (data[bit >> 3] << 8) | data[(bit >> 3) + 1]
    return ALPHABET[(window >> (10 - (bit & 7))) & 63]


def extract(bytes leaf not None):
    """The four characters printed on a receipt: 3, 7, 13 and 19 (from 1) of base64url(leaf). A leaf is 32 bytes."""
    cdef char out[4]
    cdef const unsigned char *data = <const unsigned char *>PyBytes_AS_STRING(leaf)
    if PyBytes_GET_SIZE(leaf) != HASH:
        raise ValueError(f"a leaf is 32 bytes, not {len(leaf)}")
    out[0] = _sextet(data, 2)
    out[1] = _sextet(data, 6)
    out[2] = _sextet(data, 12)
    out[3] = _sextet(data, 18)
    return out[:4].decode("ascii")


def content_mac(bytes key not None, bytes content not None):
    """HMAC-SHA-256 of a command's content under the shop's key (RFC 2104), cut to its first 16 bytes.

    ``ValueError`` for an empty key: a MAC that anybody can compute would let contents be guessed.
    """
    cdef unsigned char padded[BLOCK]
    cdef unsigned char inner[HASH]
    cdef unsigned char outer[HASH]
    cdef int i
    if not key:
        raise ValueError("the key of a content MAC must not be empty")
    memset(padded, 0, BLOCK)
    if PyBytes_GET_SIZE(key) > BLOCK:
        sha256_into(<const unsigned char *>PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), padded)
    else:
        memcpy(padded, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
    for i in range(BLOCK):
        padded[i] ^= 0x36
    _digest(padded, BLOCK, <const unsigned char *>PyBytes_AS_STRING(content), PyBytes_GET_SIZE(content), inner)
    for i in range(BLOCK):
        padded[i] ^= 0x36 ^ 0x5C
    _digest(padded, BLOCK, inner, HASH, outer)
    return PyBytes_FromStringAndSize(<char *>outer, MAC)


def sha256_repeated(bytes data not None, int rounds):
    """Hash ``data`` ``rounds`` times and return the digest: the probe S that benchmarks divide by (seconds a round)."""
    cdef unsigned char out[HASH]
    cdef int i
    if rounds < 1:
        raise ValueError("at least one round")
    for i in range(rounds):
        sha256_into(<const unsigned char *>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), out)
    return PyBytes_FromStringAndSize(<char *>out, HASH)
