"""Refold: every table made again from the entries, byte for byte, in a scratch environment; says what differed."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import lmdb
import msgspec

from engine.kernel.disk import Limits
from engine.kernel.entropy import SystemEntropy
from engine.kernel.errors import IntegrityFault, StoreFault
from engine.kernel.folding_again import Refolder, open_next_log
from engine.kernel.genesis import Before
from engine.kernel.joined import Joined
from engine.kernel.journal import LOG, Log, header_only, position_key
from engine.kernel.store import DATABASES, FOLDED, Databases, ReadTransaction, Store, WriteTransaction
from engine.kernel.tables import Snapshot
from engine.kernel.world import split_position

STEP_ENTRIES = 5_000  # entries that one transaction of the scratch environment folds
STEP_ROWS = 20_000  # rows that one transaction compares, so that no snapshot grows old
KEYS_KEPT_MAX = 20  # differing keys of one database that the outcome names
BEFORE = b"before"

Progress = Callable[[int, int], None]
"""``progress(done, total)`` in entries."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What differed in one database: rows that were missing, wrong or too many, and the first of their keys in hex."""

    db: str
    missing: int
    wrong: int
    extra: int
    keys: tuple[str, ...]


class Refolded(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a refold: where the journal ends, how many rows were compared, every database that differed, and
    whether the differences were put right."""

    gen: int
    size: int
    rows: int
    differences: tuple[Difference, ...]
    applied: bool


class _Scratch:
    """A throw-away environment with the store's databases, beside the shop, on the same disk."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        path.mkdir(mode=0o700)
        # Nothing here outlives the refold, so nothing is synced: rule S1 is about stores.
        self.env = lmdb.open(
            str(path), map_size=limits.map_bytes, max_dbs=len(DATABASES) + 2, sync=False, metasync=False, lib_version=0
        )
        self.dbs: Databases = {name: self.env.open_db(name.encode()) for name in FOLDED}

    def read(self) -> ReadTransaction:
        return ReadTransaction(self.env, self.dbs)

    def write(self, source: ReadTransaction) -> WriteTransaction:
        return _Over(self.env, self.dbs, source)

    def close(self) -> None:
        self.env.close()
        shutil.rmtree(self.path, ignore_errors=True)


class _Over(WriteTransaction):
    """Writes the folded databases of the scratch, reads everything else from the store."""

    def __init__(self, env: lmdb.Environment, dbs: Databases, source: ReadTransaction) -> None:
        super().__init__(env, dbs)
        self._source = source

    def get(self, db: str, key: bytes) -> bytes | None:
        """From the scratch where it is folded, else from the store."""
        return super().get(db, key) if db in FOLDED else self._source.get(db, key)

    def scan(self, db: str, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """From the scratch where it is folded, else from the store."""
        if db in FOLDED:
            return super().scan(db, start, stop, reverse=reverse)
        return self._source.scan(db, start, stop, reverse=reverse)


def refold(store: Store, features: Joined, *, apply: bool, progress: Progress | None = None) -> Refolded:
    """Makes every folded database again and compares; with ``apply`` puts every difference right in one transaction.

    The store must stand still: opened for writing (its owner's lock keeps others out), or a copy that nobody sells on.
    """
    if apply and not store.writable:
        raise StoreFault("store.read_only", "to put tables right, refold has to own the shop: stop the engine first")
    scratch = _Scratch(store.path / f".refold-{SystemEntropy().take(4).hex()}", store.limits)
    try:
        log = _fold_all(store, features, scratch, progress)
        found: dict[str, list[tuple[bytes, bytes | None]]] = {}
        differences = []
        rows = 0
        for db in FOLDED:
            counts = {"missing": 0, "wrong": 0, "extra": 0}
            changes: list[tuple[bytes, bytes | None]] = []
            for key, stored, made in _compare(store, scratch, db):
                rows += 1
                if stored == made:
                    continue
                counts["missing" if stored is None else "extra" if made is None else "wrong"] += 1
                changes.append((key, made))
            if changes:
                keys = tuple(key.hex() for key, _ in changes[:KEYS_KEPT_MAX])
                differences.append(Difference(db=db, keys=keys, **counts))
                found[db] = changes
        if apply and found:
            _put_right(store, found)
    finally:
        scratch.close()
    return Refolded(
        gen=log.gen, size=log.size, rows=rows, differences=tuple(differences), applied=apply and bool(found)
    )


def _fold_all(store: Store, features: Joined, scratch: _Scratch, progress: Progress | None) -> Log:
    with store.read() as source:
        total = source.count("entries")
        shop = _shop(source)
        place = (1, 0)
        with scratch.write(source) as txn:
            txn.put_many(LOG.db, [(LOG.pack(0), LOG.encode(Log(shop, 1, 0, b"", 0, 0, 0, 1, False)))])
            txn.commit()
    folder = Refolder(features)
    done = 0
    while True:
        # A transaction of its own for every step keeps the store's snapshot young (S9).
        with store.read() as source, scratch.write(source) as txn:
            folder.begin(txn)
            count = fold_step(folder, source, place, STEP_ENTRIES)
            folder.end(txn)
            log = folder.log
            if not count and _followed(source, log):
                log = open_next_log(txn, log)
                count = -1
            txn.commit()
            place = (log.gen, log.size)
        if not count:
            return log
        done += max(0, count)
        if progress is not None:
            progress(done, total)


def fold_step(folder: Refolder, source: ReadTransaction, place: tuple[int, int], entries_max: int) -> int:
    """Folds groups behind a place until ``entries_max`` entries are done; returns how many were (0: the log's end)."""
    gen, size = place
    stop = position_key(gen + 1, 0)
    entries = source.scan("entries", position_key(gen, size), stop)
    done = 0
    for key, value in source.scan("checkpoints", position_key(gen, size + 1), stop):
        end = split_position(int.from_bytes(key, "big"))[1]
        group = [data for _, (_, data) in zip(range(end - size), entries, strict=False)]
        if len(group) != end - size or folder.group(group) != value[2:34]:
            text = f"entries {size} to {end - 1} are not those that checkpoint {end} signs; check the journal first"
            raise IntegrityFault("journal.root", text)
        done += len(group)
        size = end
        if done >= entries_max:
            return done
    if next(entries, None) is not None:
        raise IntegrityFault("journal.unsealed", f"no checkpoint covers entry {size} of generation {gen}")
    return done


def _shop(source: ReadTransaction) -> str:
    first = source.get("entries", position_key(1, 0))
    if first is not None:
        return header_only(first).shop
    log = Snapshot(source).get(LOG, 0)
    if log is None:
        raise IntegrityFault("journal.no_log", "the store has no journal: it was never begun")
    return log.shop


def _followed(source: ReadTransaction, log: Log) -> bool:
    """Whether another log follows this one: its genesis is there, or it was opened and has none yet."""
    if source.get("entries", position_key(log.gen + 1, 0)) is not None:
        return True
    mark = source.get("marks", BEFORE)
    return mark is not None and msgspec.json.decode(mark, type=Before).gen == log.gen and bool(log.size)


def _compare(store: Store, scratch: _Scratch, db: str) -> Iterator[tuple[bytes, bytes | None, bytes | None]]:
    """(key, stored, made) of every key that either side has, in key order."""
    start = b""
    while True:
        with store.read() as left, scratch.read() as right:
            stop = b"\xff" * 64
            stored, made = left.scan(db, start, stop), right.scan(db, start, stop)
            one, two = next(stored, None), next(made, None)
            for _ in range(STEP_ROWS):
                if one is None and two is None:
                    return
                if two is None or (one is not None and one[0] < two[0]):
                    assert one is not None
                    key = one[0]
                    yield key, one[1], None
                    one = next(stored, None)
                elif one is None or two[0] < one[0]:
                    key = two[0]
                    yield key, None, two[1]
                    two = next(made, None)
                else:
                    key = one[0]
                    yield key, one[1], two[1]
                    one, two = next(stored, None), next(made, None)
            start = key + b"\0"


def _put_right(store: Store, found: dict[str, list[tuple[bytes, bytes | None]]]) -> None:
    txn = store.begin()
    for db, changes in found.items():
        for key, made in changes:
            if made is None:
                txn.delete(db, key)
        txn.put_many(db, [(key, made) for key, made in changes if made is not None])
    store.commit(txn)
