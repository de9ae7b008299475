"""The engine with one planted bug each, by patching it in the process under test; the campaigns must convict them all.

A bug is there while a session opens, works and closes, never while a shop is verified: the judge is the honest engine.
Bugs in what is written strike some operations only, so that each campaign first proves that the shop works at all.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import lmdb
from engine_workload import EngineSession, EngineWorkload

from engine.cash import state as cash_state
from engine.kernel import disk, store
from engine.kernel.joined import Joined
from engine.kernel.journal import HEADS, Journal
from engine.kernel.notes import Signer
from engine.kernel.store import Store, WriteTransaction
from engine.kernel.tables import Working
from engine.sales.records import Refunded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from workload import Ack

STRUCK_EVERY = 5
"""Bugs in what is written strike every operation whose number is one below a multiple of this."""


class BuggySession(EngineSession):
    """An open shop whose engine has the bug."""

    def __init__(self, directory: Path, bug: BuggyEngine) -> None:
        self._bug = bug
        with bug.patched(op=None):
            super().__init__(directory)

    def do(self, op: int) -> Ack:
        """Does the operation with the bug in place."""
        with self._bug.patched(op=op):
            return super().do(op)

    def close(self) -> None:
        """Closes the shop with the bug in place."""
        with self._bug.patched(op=None):
            super().close()


class BuggyEngine(EngineWorkload):
    """`always`: the bug is in the engine at all times, else only in struck operations."""

    def __init__(self, name: str, plant: Callable[[], AbstractContextManager[Any]], *, always: bool) -> None:
        super().__init__(name)
        self._plant = plant
        self._always = always

    @contextmanager
    def patched(self, *, op: int | None) -> Iterator[None]:
        """Plants the bug for a while."""
        if self._always or (op is not None and op >= 0 and op % STRUCK_EVERY == STRUCK_EVERY - 1):
            with self._plant():
                yield
        else:
            yield

    def open(self, directory: Path) -> EngineSession:
        """Opens the shop with the bug."""
        return BuggySession(directory, self)


class _Lmdb:
    """Stands for the module `lmdb` in the store, with other flags or another class of environment."""

    def __init__(self, opener: Callable[..., Any], **flags: bool) -> None:
        self._opener, self._flags = opener, flags

    def open(self, *arguments: Any, **options: Any) -> Any:
        """Opens an environment as the bug would have it."""
        return self._opener(*arguments, **{**options, **self._flags})

    def __getattr__(self, name: str) -> Any:
        return getattr(lmdb, name)


class _NeverSynced:
    """An environment whose explicit sync does nothing."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._env = lmdb.open(*arguments, **options)

    def sync(self, *_: bool) -> None:
        """Does nothing."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._env, name)


def no_sync() -> AbstractContextManager[Any]:
    """The store is opened with ``sync=False``."""
    return patch.object(store, "lmdb", _Lmdb(_NeverSynced, sync=False, metasync=False))


def no_metasync() -> AbstractContextManager[Any]:
    """The store is opened with ``metasync=False``."""
    return patch.object(store, "lmdb", _Lmdb(lmdb.open, metasync=False))


@contextmanager
def no_sync_on_open() -> Iterator[None]:
    """Between a failed commit and the next one the meta pages are neither written again nor synced (S2)."""
    with (
        patch.object(store, "lmdb", _Lmdb(_NeverSynced)),
        patch.object(disk, "write_metas_again", lambda data: None),
        patch.object(Store, "_out_of_room", lambda self, error: False),
    ):
        yield


LATE: dict[int, WriteTransaction] = {}
"""The group that each store has answered for and not committed, while `early_ack` is planted."""


@contextmanager
def early_ack() -> Iterator[None]:
    """A group is answered at once and committed with the next one, or when the shop is closed."""
    commit, begin, close = Store.commit, Store.begin, Store.close

    def late(self: Store) -> None:
        waiting = LATE.pop(id(self), None)
        if waiting is not None:
            commit(self, waiting)

    def begin_after(self: Store) -> WriteTransaction:
        late(self)
        return begin(self)

    def keep(self: Store, txn: WriteTransaction) -> None:
        LATE[id(self)] = txn

    def close_after(self: Store) -> None:
        late(self)
        close(self)

    with (
        patch.object(Store, "begin", begin_after),
        patch.object(Store, "commit", keep),
        patch.object(Store, "close", close_after),
    ):
        yield


@contextmanager
def id_outside() -> Iterator[None]:
    """Command ids are written by a transaction of their own, after the commit."""
    put_many, commit = WriteTransaction.put_many, Store.commit
    waiting: list[tuple[bytes, bytes]] = []

    def put_others(self: WriteTransaction, db: str, items: Any, *, append: bool = False) -> None:
        if db == "commands":
            waiting.extend(items)
        else:
            put_many(self, db, items, append=append)

    def commit_twice(self: Store, txn: WriteTransaction) -> None:
        commit(self, txn)
        second = self.begin()
        put_many(second, "commands", sorted(waiting))
        waiting.clear()
        commit(self, second)

    with patch.object(WriteTransaction, "put_many", put_others), patch.object(Store, "commit", commit_twice):
        yield


def skipped_fold() -> AbstractContextManager[Any]:
    """Refunds never reach the running totals of their till."""
    fold = Joined.fold

    def skip(self: Joined, record: Any, folding: Any) -> None:
        if type(record) is Refunded:
            folds = [one for one in self.folds[Refunded] if one is not cash_state.fold_ticket]
            for one in folds:
                one(record, folding)
        else:
            fold(self, record, folding)

    return patch.object(Joined, "fold", skip)


def wrong_link() -> AbstractContextManager[Any]:
    """A record is linked to the one before the last of its chain, by the last digit of its hash."""
    links = Journal._links

    def wrong(self: Journal, *arguments: Any) -> Any:
        made, codes = links(self, *arguments)
        bent = [type(link)(of=link.of, n=link.n, prev=link.prev and link.prev[:-1] + "0") for link in made]
        return tuple(bent), codes

    return patch.object(Journal, "_links", wrong)


def stale_head() -> AbstractContextManager[Any]:
    """The head of a chain is not moved on."""
    put = Working.put

    def forgetful(self: Working, table: Any, row: Any, *key: Any) -> None:
        if table is not HEADS:
            put(self, table, row, *key)

    return patch.object(Working, "put", forgetful)


def unsigned() -> AbstractContextManager[Any]:
    """A checkpoint bears no signature."""
    return patch.object(Signer, "sign", lambda self, message: bytes(64))


NO_SYNC = BuggyEngine("engine-no-sync", no_sync, always=True)
NO_METASYNC = BuggyEngine("engine-no-metasync", no_metasync, always=True)
NO_SYNC_ON_OPEN = BuggyEngine("engine-no-sync-on-open", no_sync_on_open, always=True)
EARLY_ACK = BuggyEngine("engine-early-ack", early_ack, always=True)
ID_OUTSIDE = BuggyEngine("engine-id-outside", id_outside, always=True)
SKIPPED_FOLD = BuggyEngine("engine-skipped-fold", skipped_fold, always=True)
WRONG_LINK = BuggyEngine("engine-wrong-link", wrong_link, always=False)
STALE_HEAD = BuggyEngine("engine-stale-head", stale_head, always=False)
UNSIGNED = BuggyEngine("engine-unsigned", unsigned, always=False)
