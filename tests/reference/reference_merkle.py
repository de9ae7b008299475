"""Slow twin of the tree: the recursive definitions of RFC 6962 section 2.1, over plain lists of leaves."""

import hashlib
from collections.abc import Sequence


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(n: int) -> int:
    """The largest power of two smaller than ``n``."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def root(leaves: Sequence[bytes]) -> bytes:
    """MTH over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), root(leaves[k:])]
    return [*path(m - k, leaves[k:]), root(leaves[:k])]


def proof(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n]) for 0 < m <= n."""
    return subproof(m, leaves, known=True)


def subproof(m: int, leaves: Sequence[bytes], *, known: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if known else [root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], known=known), root(leaves[k:])]
    return [*subproof(m - k, leaves[k:], known=False), root(leaves[:k])]


def root_of_path(leaf: bytes, index: int, size: int, steps: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to, by walking the same recursion downwards; None when its length is wrong."""
    if size == 1:
        return leaf if not steps else None
    if not steps:
        return None
    k = split(size)
    if index < k:
        below = root_of_path(leaf, index, k, steps[:-1])
        return None if below is None else node(below, steps[-1])
    below = root_of_path(leaf, index - k, size - k, steps[:-1])
    return None if below is None else node(steps[-1], below)


def verify_inclusion(leaf: bytes, index: int, size: int, steps: Sequence[bytes], expected: bytes) -> bool:
    if not 0 <= index < size or any(len(h) != 32 for h in [leaf, expected, *steps]):
        return False
    return root_of_path(leaf, index, size, steps) == expected


def roots_of_proof(
    m: int, n: int, steps: Sequence[bytes], old_root: bytes, *, known: bool
) -> tuple[bytes, bytes] | None:
    """The two roots that a consistency proof leads to, again by recursion; None when its length is wrong."""
    if m == n:
        if known:
            return (old_root, old_root) if not steps else None
        return (steps[0], steps[0]) if len(steps) == 1 else None
    if not steps:
        return None
    k = split(n)
    if m <= k:
        both = roots_of_proof(m, k, steps[:-1], old_root, known=known)
        return None if both is None else (both[0], node(both[1], steps[-1]))
    both = roots_of_proof(m - k, n - k, steps[:-1], old_root, known=False)
    return None if both is None else (node(steps[-1], both[0]), node(steps[-1], both[1]))


def verify_consistency(m: int, old_root: bytes, n: int, new_root: bytes, steps: Sequence[bytes]) -> bool:
    if not 0 < m <= n or any(len(h) != 32 for h in steps):
        return False
    if m == n:
        return not steps and old_root == new_root
    return roots_of_proof(m, n, steps, old_root, known=True) == (old_root, new_root)


def edge(leaves: Sequence[bytes]) -> bytes:
    """The roots of the perfect subtrees that make up a tree, largest first."""
    if not leaves:
        return b""
    k = 1 << (len(leaves).bit_length() - 1)
    return root(leaves[:k]) + edge(leaves[k:])


def tile(leaves: Sequence[bytes], level: int, n: int, width: int) -> bytes:
    """The first hashes of a C2SP ``tlog-tiles`` tile: MTH over runs of 256**level leaves."""
    run = 256**level
    first = n * 256
    return b"".join(root(leaves[i * run : (i + 1) * run]) for i in range(first, first + width))
