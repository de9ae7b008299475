"""The store: one LMDB environment per shop, opened and written only by the rules S1 to S13."""

import contextlib
import errno
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self, cast

import lmdb

from engine.kernel import disk
from engine.kernel.clock import monotonic_ns
from engine.kernel.disk import Limits, OwnerLock
from engine.kernel.errors import Fault, KeyFault, StoreFault
from engine.kernel.surroundings import Storage

DATABASES = (
    "entries",
    "commands",
    "checkpoints",
    "tiles",
    "tickets",
    "rows",
    "state",
    "outbox",
    "secrets",
    "marks",
)
FOLDED = ("commands", "tiles", "tickets", "rows", "state", "outbox")
"""What `refold` rebuilds from the entries; the rest is the journal, checkpoints, secrets and operational marks."""

READERS_MAX = 1024
FULL_BYTES = 64 << 10  # what a file must be able to grow by, else its disk is full
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # the disk, its owner's quota or the file is full
COMMIT_FAILURES_MAX = 3  # in a row; then the store is read-only until somebody looks (S3)
ROOM_CHECK_COMMITS = 32  # commits between two looks at the disk's free space
READER_CHECK_COMMITS = 4096  # commits between two sweeps of dead readers' slots (S9)

_log = logging.getLogger("guichet.store")

Databases = dict[str, Any]
"""Handles of the named databases (py-lmdb keeps their type private)."""


def _open(path: Path, limits: Limits, *, writable: bool) -> lmdb.Environment:
    """Rule S1: durable, never write-mapped, LMDB 0.9 by name."""
    if os.environ.get("LMDB_DEFAULT_LIB_VERSION"):
        raise StoreFault("store.environment", "LMDB_DEFAULT_LIB_VERSION is set; the store chooses its engine itself")
    try:
        return lmdb.open(
            str(path),
            map_size=limits.map_bytes,
            subdir=True,
            readonly=not writable,
            create=writable,
            mode=0o600,
            max_dbs=len(DATABASES) + 2,
            max_readers=READERS_MAX,
            readahead=True,
            meminit=False,
            max_spare_txns=2,
            sync=True,
            metasync=True,
            writemap=False,
            lock=True,
            lib_version=0,
        )
    except lmdb.Error as error:
        raise StoreFault("store.open", f"{path} cannot be opened: {error}", retry=True) from error


def fault_of(error: BaseException) -> Fault:
    """What an error below the journal is called outside: a stable code, and whether sending again can help."""
    if isinstance(error, Fault):
        return error
    if isinstance(error, lmdb.MapFullError):
        return StoreFault("store.full", "the shop's address space is full; nothing was recorded")
    return StoreFault("store.failed", f"the store failed: {error}", retry=True)


_Pairs = Iterator[tuple[bytes, bytes]]


class ReadTransaction:
    """A snapshot of every database; short-lived (S9), always closed."""

    def __init__(self, env: lmdb.Environment, dbs: Databases) -> None:
        self._txn = env.begin(write=False, buffers=False)
        self._dbs = dbs

    def get(self, db: str, key: bytes) -> bytes | None:
        """The value, or None."""
        return self._txn.get(key, None, self._dbs[db])

    def put_many(self, db: str, items: list[tuple[bytes, bytes]], *, append: bool = False) -> None:
        """Always refused: a snapshot is read."""
        raise StoreFault("store.read_only", f"a snapshot was asked to write {len(items)} rows to {db}")

    def delete(self, db: str, key: bytes) -> None:
        """Always refused: a snapshot is read."""
        raise StoreFault("store.read_only", f"a snapshot was asked to drop a row of {db}")

    def scan(self, db: str, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with start <= key < stop, in key order or backwards."""
        return _scan(self._txn, self._dbs[db], start, stop, reverse=reverse)

    def last(self, db: str) -> tuple[bytes, bytes] | None:
        """The pair with the largest key."""
        with self._txn.cursor(self._dbs[db]) as cursor:
            return cursor.item() if cursor.last() else None

    def count(self, db: str) -> int:
        """The number of pairs."""
        return int(self._txn.stat(self._dbs[db])["entries"])

    def close(self) -> None:
        """Ends the snapshot, and gives its reader's slot back.

        The library keeps the slot of an ended read transaction until its object goes, and a world that outlives its
        snapshot (in a cycle, until the next full collection) would keep the object: let go of it here.
        """
        txn: lmdb.Transaction | None = self.__dict__.pop("_txn", None)
        if txn is not None:
            txn.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _scan(txn: lmdb.Transaction, db: Any, start: bytes, stop: bytes, *, reverse: bool) -> Iterator[tuple[bytes, bytes]]:
    with txn.cursor(db) as cursor:
        if not reverse:
            if not cursor.set_range(start):
                return
            for key, value in cast(_Pairs, cursor.iternext(keys=True, values=True)):
                if key >= stop:
                    return
                yield key, value
            return
        found = cursor.set_range(stop)
        if not (cursor.prev() if found else cursor.last()):
            return
        for key, value in cast(_Pairs, cursor.iterprev(keys=True, values=True)):
            if key < start:
                return
            yield key, value


class WriteTransaction(ReadTransaction):
    """The one write transaction of a group."""

    def __init__(self, env: lmdb.Environment, dbs: Databases) -> None:
        self._txn = env.begin(write=True, buffers=False)
        self._dbs = dbs

    def put_many(self, db: str, items: list[tuple[bytes, bytes]], *, append: bool = False) -> None:
        """Writes all items; with ``append`` every key must be beyond the last one there."""
        with self._txn.cursor(self._dbs[db]) as cursor:
            consumed, _ = cursor.putmulti(items, dupdata=False, overwrite=True, append=append)
        if consumed != len(items):
            raise StoreFault("store.order", f"in {db} item {consumed} of {len(items)} was not written")

    def delete(self, db: str, key: bytes) -> None:
        """Removes the key if it is there."""
        self._txn.delete(key, db=self._dbs[db])

    def clear(self, db: str) -> None:
        """Empties a database (refold only)."""
        self._txn.drop(self._dbs[db], delete=False)

    def commit(self) -> None:
        """Commits; any exception leaves the outcome unknown (S3)."""
        self._txn.commit()


class Store:
    """A shop's store in ``path/store``; opened for writing by one process, read by any number."""

    def __init__(self, path: Path, *, writable: bool, limits: Limits | None = None, unsafe: bool = False) -> None:
        self.path = path
        self.writable = writable
        self.limits = limits or Limits()
        self.failures = 0
        self.read_only_reason: str | None = None
        self._lost = ""
        self._full = False
        self._pid = os.getpid()
        # As text, made once: every commit asks for both, and joining a path costs more than asking.
        self._data, self._lock = str(path / "store" / "data.mdb"), str(path / "store" / "lock.mdb")
        self._commits = 0
        self._room = disk.Room(0, low=False, warn=False)
        self._env: lmdb.Environment | None = None
        self._owner: OwnerLock | None = None
        try:
            self.filesystem = disk.require_filesystem(path, unsafe=unsafe) if writable else disk.filesystem(path)
            if writable:
                self._owner = OwnerLock(path / "owner.lock")
            self._start()
        except OSError as error:
            self.close()
            raise StoreFault("store.open", f"{path} cannot be opened: {error}", retry=True) from error
        except BaseException:
            self.close()
            raise

    @staticmethod
    def create(
        path: Path,
        prepare: Callable[[Path], None],
        rows: dict[str, list[tuple[bytes, bytes]]],
        *,
        limits: Limits | None = None,
        unsafe: bool = False,
    ) -> None:
        """Rule S13: builds the store beside its place, syncs it, renames it into place and syncs the parent.

        ``rows`` is what its databases begin with; ``prepare(directory)`` adds what else belongs to a shop (keys)
        before the rename makes it visible.
        """
        if path.exists():
            raise StoreFault("store.exists", f"{path} exists already")
        temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            disk.require_filesystem(path.parent, unsafe=unsafe)
            if temporary.exists():
                shutil.rmtree(temporary)  # left by a creation that was cut short under the same process number
            Store._build(temporary, rows, limits or Limits())
            prepare(temporary)
            for directory in (temporary / "store", temporary):
                disk.sync_directory(directory)
            temporary.rename(path)
            disk.sync_directory(path.parent)
        except (StoreFault, KeyFault, OSError, lmdb.Error) as error:
            shutil.rmtree(temporary, ignore_errors=True)
            if isinstance(error, Fault):
                raise
            raise StoreFault("store.create", f"{path} cannot be made: {error}", retry=True) from error

    @staticmethod
    def _build(temporary: Path, rows: dict[str, list[tuple[bytes, bytes]]], limits: Limits) -> None:
        # PIN hashes and the key of content HMACs lie in the store: nobody but its owner reads a shop.
        temporary.mkdir(mode=0o700)
        (temporary / "store").mkdir(mode=0o700)
        env = _open(temporary / "store", limits, writable=True)
        try:
            with env.begin(write=True) as txn:
                for name in DATABASES:
                    db = env.open_db(name.encode(), txn=txn)
                    for key, value in rows.get(name, ()):
                        txn.put(key, value, db=db)
            env.sync(True)
        finally:
            env.close()

    @property
    def env(self) -> lmdb.Environment:
        """The environment; a store that was closed or forked has none."""
        if self._env is None:
            raise StoreFault("store.closed", f"{self.path} is closed")
        if os.getpid() != self._pid:
            raise StoreFault("store.forked", "a store is never used in a child of the process that opened it")
        return self._env

    def _start(self) -> None:
        data = self.path / "store" / "data.mdb"
        if not data.exists():
            raise StoreFault("store.missing", f"{self.path} holds no shop")
        disk.require_whole(data)
        if self.writable:
            disk.write_metas_again(data)
        self._env = _open(self.path / "store", self.limits, writable=self.writable)
        try:
            if self.writable:
                # An earlier run may have left a meta page in the page cache that never reached the disk: S2.
                self._env.sync(True)
            self._env.reader_check()
            self._page_bytes = int(self._env.stat()["psize"])
            self._dbs: Databases = {name: self._env.open_db(name.encode(), create=False) for name in DATABASES}
        except lmdb.Error as error:
            raise StoreFault("store.open", f"{self.path} cannot be read: {error}", retry=True) from error
        if self.writable:
            self._lock_inode = os.stat(self._lock).st_ino
            self._room = disk.room(self.path, self.limits)
            if not self.failures and not self._full and not self._room.low:
                # After a failed commit the ballast was given up for what is in hand; now it would eat that room again.
                disk.keep_ballast(self.path / "ballast", self.limits.ballast_bytes)
            self._fill_ahead()

    def reopen(self) -> None:
        """Closes and opens again after a failed commit, by S2; the owner's lock is kept all the while.

        Where that fails the store is open for reading until a later call succeeds (P5).
        """
        if self._lost:
            disk.write_metas_again(self.path / "store" / "data.mdb")  # fails before what still reads is closed
        self._close_env()
        try:
            self._start()
        except (StoreFault, lmdb.Error, OSError) as error:
            self._lost = str(error)
            self._close_env()
            with contextlib.suppress(StoreFault, lmdb.Error):
                env = _open(self.path / "store", self.limits, writable=False)
                self._dbs = {name: env.open_db(name.encode(), create=False) for name in DATABASES}
                self._env = env
            raise
        self._lost = ""

    def _close_env(self) -> None:
        if self._env is not None and os.getpid() == self._pid:
            self._env.close()
        self._env = None

    def read(self) -> ReadTransaction:
        """A snapshot."""
        try:
            return ReadTransaction(self.env, self._dbs)
        except lmdb.MapResizedError:
            self.env.set_mapsize(0)
            return ReadTransaction(self.env, self._dbs)
        except lmdb.Error as error:
            raise StoreFault("store.read", f"{self.path} cannot be read: {error}", retry=True) from error

    def begin(self) -> WriteTransaction:
        """The group's write transaction, if everything that S3, S5 and S8 ask for holds."""
        if self.read_only_reason is not None:
            raise StoreFault("store.read_only", self.read_only_reason)
        if not self.writable:
            raise StoreFault("store.read_only", f"{self.path} was opened for reading")
        if self._lost:
            raise StoreFault("store.lost", f"the store cannot be opened for writing: {self._lost}", retry=True)
        return WriteTransaction(self.env, self._dbs)

    def commit(self, txn: WriteTransaction) -> None:
        """Commits; raises `StoreFault` ``store.commit_unknown`` when nobody can say whether the group is on disk."""
        try:
            same = os.stat(self._lock).st_ino == self._lock_inode
        except OSError:
            same = False
        if not same:
            txn.close()
            raise StoreFault(
                "store.lock_lost", f"{self._lock} was replaced while the store was open: another writer may be in"
            )
        try:
            txn.commit()
        except lmdb.MapFullError:
            raise  # found before LMDB writes the first page: the outcome is known
        except Exception as error:  # S3: the class of a commit's error says nothing that can be relied on
            self._full = self._out_of_room(error)
            if self._full:
                with contextlib.suppress(OSError):
                    (self.path / "ballast").unlink(missing_ok=True)
                text = f"the disk has no room left ({error}); make room and send it again"
                raise StoreFault("store.disk_full", text, retry=True) from error
            self.failures += 1
            raise StoreFault(
                "store.commit_unknown", f"the commit failed ({error}); the store is opened again", retry=True
            ) from error
        self.failures = 0
        self._full = False
        self._commits += 1
        try:
            self._tidy()
        except (OSError, lmdb.Error) as error:
            # The group is on disk: whatever fails now must not turn its answers into faults.
            _log.warning("after commit %d: %s", self._commits, error)

    def _out_of_room(self, error: Exception) -> bool:
        """Whether a commit failed for want of room: it may be tried as often as anybody likes, the disk is sound.

        A full disk is not always called one: of a write that it takes in part LMDB says input/output error.
        """
        if isinstance(error, lmdb.DiskError) or getattr(error, "code", 0) in NO_ROOM:
            return True
        data = self.path / "store" / "data.mdb"
        try:
            if self.look_at_room().low:
                return True
            size = data.stat().st_size
            disk.fill(data, size, size + FULL_BYTES)
        except OSError as failed:
            return failed.errno in NO_ROOM
        return False

    def _tidy(self) -> None:
        self._lengthen()
        if self._commits % ROOM_CHECK_COMMITS == 0:
            self._room = disk.room(self.path, self.limits)
            self._fill_ahead()
        if self._commits % READER_CHECK_COMMITS == 0:
            self.env.reader_check()

    def _lengthen(self) -> None:
        """Makes the file as long as its meta page says (S2): pages that a group took and gave back at its end are
        counted by LMDB but never written, and the next start would take the file for cut off."""
        if os.stat(self._data).st_size < self._used_bytes():
            os.truncate(self._data, self._used_bytes())

    def _used_bytes(self) -> int:
        return (int(self.env.info()["last_pgno"]) + 1) * self._page_bytes

    def stop_writing(self, reason: str) -> None:
        """Read-only from now on, until the store is opened by a new process (P5)."""
        self.read_only_reason = reason

    @property
    def room(self) -> disk.Room:
        """The room on the disk as last seen (every 32 commits)."""
        return self._room

    def storage(self) -> Storage:
        """Where the store lies, looked at now."""
        room = self.look_at_room()
        safe = self.filesystem in disk.FILESYSTEMS_SAFE
        return Storage(self.filesystem, safe, room.free_bytes, room.low, room.warn)

    def look_at_room(self) -> disk.Room:
        """The room on the disk, looked at now."""
        self._room = disk.room(self.path, self.limits)
        return self._room

    def _fill_ahead(self) -> None:
        """Keeps zero-filled pages behind the last used one: while a file grows, every sync costs twice as much."""
        if not self.limits.ahead_bytes or self._room.low:
            return
        used = self._used_bytes()
        size = os.stat(self._data).st_size
        if size - used < self.limits.ahead_bytes:
            with contextlib.suppress(OSError):
                disk.fill(
                    Path(self._data), max(size, used), used + self.limits.ahead_bytes + self.limits.ahead_step_bytes
                )

    def sizes(self) -> dict[str, int]:
        """Bytes: the file, the pages in use and the address space."""
        return {
            "file_bytes": os.stat(self._data).st_size,
            "used_bytes": self._used_bytes(),
            "map_bytes": int(self.env.info()["map_size"]),
        }

    def probe_sync(self, rounds: int = 15) -> int:
        """The disk's sync time F in nanoseconds: the median ``fdatasync`` after overwriting 4 KiB of a filled file."""
        path = self.path / "probe"
        disk.fill(path, 0, disk.PAGE_BYTES_MIN)
        fd = os.open(path, os.O_RDWR)
        times = []
        try:
            for _ in range(rounds):
                started = monotonic_ns()
                os.pwrite(fd, b"\1" * disk.PAGE_BYTES_MIN, 0)
                os.fdatasync(fd)
                times.append(monotonic_ns() - started)
        finally:
            os.close(fd)
            path.unlink()
        return sorted(times)[rounds // 2]

    def copy(self, target: Path) -> None:
        """Rule S10: a consistent, compacted copy of the environment while it is in use."""
        self.env.copy(str(target), compact=True)

    def close(self) -> None:
        """Closes everything; the owner's lock last."""
        self._close_env()
        if self._owner is not None:
            self._owner.close()
            self._owner = None
