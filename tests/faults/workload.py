"""What a campaign needs to know about the thing it torments: create a store, do one operation, verify against the acks.

A campaign never looks inside a store. Write one `Workload` (see `plain_lmdb.py` for the smallest complete one), add its
name to `WORKLOADS`, and every campaign can run on it.

Rules a workload must keep, because the campaigns lean on them:

- It is driven in a forked child; it may not open a store, start a thread or keep a lock when it is merely imported.
- Operations are numbered 0, 1, 2 ... and what operation `n` asks for follows from `n` alone (its idempotency key too),
  so a retry after a crash in another process is the same request. An operation may be a whole group of commands. They
  may come out of order: while one has an unknown outcome, later ones are done first.
- `Session.do` returns only when the outcome is durable, and raises when it does not know. After any exception the
  session is closed and a new one opened; `close` and `open` may fail as well and are tried again. What varies between
  attempts (time, random numbers) should vary, as in life.
- Files are changed by plain system calls inside the directory given, or beside it; no symbolic links, no writes through
  shared mappings (but `lock.mdb`).
"""

from __future__ import annotations

import importlib
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WORKLOADS = {
    "plain": "plain_lmdb:PLAIN",
    "plain-lmdb1": "plain_lmdb:PLAIN_LMDB1",
    "plain-no-sync": "plain_lmdb:NO_SYNC",
    "plain-no-metasync": "plain_lmdb:NO_METASYNC",
    "plain-no-sync-on-open": "plain_lmdb:NO_SYNC_ON_OPEN",
    "plain-no-meta-rewrite": "plain_lmdb:NO_META_REWRITE",
    "plain-early-ack": "plain_lmdb:EARLY_ACK",
    "plain-key-outside": "plain_lmdb:KEY_OUTSIDE",
    "plain-no-key": "plain_lmdb:NO_KEY",
    "plain-no-folder-sync": "plain_lmdb:NO_FOLDER_SYNC",
    "engine": "engine_workload:ENGINE",
    "engine-bare": "engine_workload:ENGINE_BARE",
    "engine-no-sync": "engine_bugs:NO_SYNC",
    "engine-no-metasync": "engine_bugs:NO_METASYNC",
    "engine-no-sync-on-open": "engine_bugs:NO_SYNC_ON_OPEN",
    "engine-early-ack": "engine_bugs:EARLY_ACK",
    "engine-id-outside": "engine_bugs:ID_OUTSIDE",
    "engine-skipped-fold": "engine_bugs:SKIPPED_FOLD",
    "engine-wrong-link": "engine_bugs:WRONG_LINK",
    "engine-stale-head": "engine_bugs:STALE_HEAD",
    "engine-unsigned": "engine_bugs:UNSIGNED",
}
"""Every workload by name, as "module:attribute". Those called `plain-no-...`, `engine-no-...` and
the like carry a planted bug."""


class Kind(StrEnum):
    """What can be wrong with a store after a fault; the columns of a campaign's table."""

    LOST = "lost"
    """An acknowledged operation is missing (P1)."""
    DOUBLED = "doubled"
    """One operation has two numbers, or one number stands for two operations (P2, P3)."""
    GAPS = "gaps"
    """Numbers are missing between others (P3)."""
    CORRUPT = "corrupt"
    """The store cannot be opened, read or written to, the process dies on it, or a total or hash is wrong (P5)."""
    UNDETECTED = "undetected"
    """Content differs from what was acknowledged, and the store's own verification says that all is well (P4)."""
    LEAKED = "leaked"
    """Something is there that no operation asked for, or that belongs to somebody else (P6)."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong, in words a person can act on."""

    kind: Kind
    detail: str


class Ack(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller was told: operation `op` got number `seq`; `proof` (a hash in hex) pins its content."""

    op: int
    seq: int
    proof: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What `verify` found: its findings, and how many operations are there without having been acknowledged (legal)."""

    findings: tuple[Finding, ...] = ()
    unacked: int = 0


class Session(Protocol):
    """An open store."""

    def do(self, op: int) -> Ack:
        """Does operation `op`, or gives its first answer again. Raises when the outcome is unknown."""
        ...

    def close(self) -> None:
        """Closes the store; after a failed `do` this may raise, and yet the store can be opened again."""
        ...


class Workload(Protocol):
    """A store under test."""

    name: str

    def create(self, directory: Path) -> None:
        """Makes an empty store at `directory`, which does not exist, or finishes what a crash left of an earlier call.

        Once it has returned, the store survives a power cut.
        """
        ...

    def open(self, directory: Path) -> Session:
        """Opens the store as production would, with all that has to happen before the first write."""
        ...

    def verify(self, directory: Path, acks: Sequence[Ack], attempted: int) -> Verdict:
        """Opens the store and compares everything in it with what was acknowledged.

        Operations `0 .. attempted - 1` may have been asked for, others were not. An exception counts as corrupt.
        """
        ...


def load(name: str) -> Workload:
    """The workload called `name`; a KeyError names the known ones."""
    if name not in WORKLOADS:
        raise KeyError(f"unknown workload {name!r}; known: {', '.join(WORKLOADS)}")
    module, _, attribute = WORKLOADS[name].partition(":")
    found: Workload = getattr(importlib.import_module(module), attribute)
    return found
