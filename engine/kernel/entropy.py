"""Randomness as an input: salts and derived ids come from here, and a test or a replay can pass its own."""

import hashlib
import os
from typing import Protocol


class Entropy(Protocol):
    """A source of random bytes."""

    def take(self, count: int) -> bytes:
        """``count`` random bytes."""


class SystemEntropy:
    """The operating system's generator, read in blocks because a system call per salt would show."""

    _BLOCK_BYTES = 4096

    def __init__(self) -> None:
        self._pool = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """``count`` bytes, never handed out twice."""
        if self._at + count > len(self._pool):
            self._pool = os.urandom(max(self._BLOCK_BYTES, count))
            self._at = 0
        self._at += count
        return self._pool[self._at - count : self._at]


class SeededEntropy:
    """A repeatable stream for tests and simulations: SHA-256 of (seed, counter)."""

    def __init__(self, seed: int) -> None:
        self._seed = seed.to_bytes(16, "big")
        self._count = 0

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes of the stream."""
        out = b""
        while len(out) < count:
            out += hashlib.sha256(self._seed + self._count.to_bytes(8, "big")).digest()
            self._count += 1
        return out[:count]


def uuid7(wall_ms: int, random: bytes) -> bytes:
    """A version 7 UUID (RFC 9562, 5.7): 48 bits of milliseconds, then 74 random bits of the ten bytes given.

    Ids that rise with time are inserted side by side, which makes the index of ids several times cheaper.
    """
    value = bytearray((wall_ms & (2**48 - 1)).to_bytes(6, "big") + random)
    value[6] = value[6] & 0x0F | 0x70
    value[8] = value[8] & 0x3F | 0x80
    return bytes(value)


def derived_id(about: bytes, reason: str) -> bytes:
    """The 16-byte id of an entry that nobody sent: a digest of what it is about and why it exists."""
    return hashlib.sha256(b"guichet derived id\0" + reason.encode() + b"\0" + about).digest()[:16]
