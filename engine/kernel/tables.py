"""Tables: typed rows under packed keys, read through a working set in the writer and a snapshot everywhere else."""

import re
import struct
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar

import msgspec

V = TypeVar("V")

CACHE_ROWS_MAX = 200_000  # rows kept decoded between groups; beyond it the working set starts afresh
HOT_DB = "state"  # the database whose rows stay decoded between groups; rows of the others are seldom asked for again
SCAN_ROWS_MAX = 10_000  # rows one scan may yield without the caller naming a limit

_MISSING: Any = object()


class Table(Generic[V]):
    """One table: ``prefix`` (two bytes, unique for ever) and a big-endian ``key`` format make the stored key.

    Values are msgspec structs (declare them ``array_like=True``), ints or plain bytes, kept as MessagePack. ``db`` is
    the database it lives in: "state" for small hot rows, "tickets" and "rows" for what only grows, "outbox" for jobs.
    ``marks_epoch`` is true where a change makes everything that was made ready from configuration stale.
    """

    __slots__ = ("_decode", "_encode", "_key", "db", "marks_epoch", "name", "prefix", "type")

    def __init__(
        self, name: str, prefix: bytes, key: str, type: type[V], db: str = HOT_DB, *, marks_epoch: bool = False
    ) -> None:
        assert len(prefix) == 2
        assert key.startswith(">")
        self.name = name
        self.prefix = prefix
        self.type = type
        self.db = db
        self.marks_epoch = marks_epoch
        self._key = struct.Struct(key)
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(type).decode

    def pack(self, *key: Any) -> bytes:
        """The stored key."""
        return self.prefix + self._key.pack(*key)

    def start(self, *partial: Any) -> bytes:
        """The stored key's beginning for the first ``len(partial)`` fields: all rows under it are one range."""
        fields = re.findall(r"\d*\w", self._key.format[1:])
        return self.prefix + struct.pack(">" + "".join(fields[: len(partial)]), *partial)

    def unpack(self, stored: bytes) -> tuple[Any, ...]:
        """The key's fields again."""
        return self._key.unpack(stored[2:])

    def encode(self, value: V) -> bytes:
        """The stored value."""
        return self._encode(value)

    def decode(self, stored: bytes) -> V:
        """The value again; a row that does not fit its type raises `msgspec.ValidationError`."""
        return self._decode(stored)


class Transaction(Protocol):
    """What tables need of the store's transaction (see ``engine.kernel.store``)."""

    def get(self, db: str, key: bytes) -> bytes | None:
        """The value, or None."""

    def put_many(self, db: str, items: list[tuple[bytes, bytes]], *, append: bool = False) -> None:
        """Writes all items; ``append`` asserts that keys are larger than every key there."""

    def delete(self, db: str, key: bytes) -> None:
        """Removes the key if it is there."""

    def scan(self, db: str, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with start <= key < stop, in key order or backwards."""


def _after(prefix: bytes) -> bytes:
    """The smallest key after every key that begins with ``prefix``."""
    return (int.from_bytes(prefix, "big") + 1).to_bytes(len(prefix) + 1, "big").lstrip(b"\0")


class Snapshot:
    """Rows as one read transaction sees them; ``epoch`` stays the same while no configuration changes."""

    epoch = 0

    def __init__(self, txn: Transaction) -> None:
        self.txn = txn

    def get(self, table: Table[V], *key: Any) -> V | None:
        """The row under a whole key, or None."""
        stored = self.txn.get(table.db, table.pack(*key))
        return None if stored is None else table.decode(stored)

    def entry(self, position: int) -> bytes | None:
        """An entry's bytes by its position, or None."""
        return self.txn.get("entries", position.to_bytes(8, "big"))

    def scan(
        self,
        table: Table[V],
        *partial: Any,
        after: tuple[Any, ...] | None = None,
        reverse: bool = False,
        limit: int = SCAN_ROWS_MAX,
    ) -> Iterator[tuple[tuple[Any, ...], V]]:
        """At most ``limit`` rows under a partial key, in key order or backwards, beyond the key ``after``."""
        start = table.start(*partial)
        stop = _after(start)
        if after is not None:
            if reverse:
                stop = table.pack(*after)
            else:
                start = table.pack(*after) + b"\0"
        for count, (key, stored) in enumerate(self.txn.scan(table.db, start, stop, reverse=reverse)):
            if count >= limit:
                return
            yield table.unpack(key), table.decode(stored)


class Working(Snapshot):
    """The writer's rows: read once, kept decoded, changed in memory, written once per group by `flush`.

    A row that was read may be changed in place by folds only, which then `put` it. After a fault everything here is
    dropped (`forget`), the clean rows too, since nobody can say which of them was touched.
    """

    def __init__(self) -> None:
        # Per table, rows by their keys as given: a tuple of integers is hashed sooner than it is packed.
        self._rows: defaultdict[Table[Any], dict[tuple[Any, ...], Any]] = defaultdict(dict)
        self._dirty: defaultdict[Table[Any], set[tuple[Any, ...]]] = defaultdict(set)
        self.sealed: dict[bytes, bytes] = {}

    def begin(self, txn: Transaction) -> None:
        """Takes the group's transaction."""
        assert not self._dirty, "a group began while the one before was not flushed"
        self.txn = txn
        if sum(map(len, self._rows.values())) > CACHE_ROWS_MAX:
            self._rows.clear()

    def forget(self) -> None:
        """Drops every row kept in memory, after an abort."""
        self._rows.clear()
        self._dirty.clear()
        self.epoch += 1

    def entry(self, position: int) -> bytes | None:
        """An entry's bytes; those that this group has sealed are not in the store yet."""
        return self.sealed.get(position.to_bytes(8, "big")) or super().entry(position)

    def get(self, table: Table[V], *key: Any) -> V | None:
        """The row under a whole key as this group has made it so far, or None."""
        rows = self._rows[table]
        row = rows.get(key, _MISSING)
        if row is _MISSING:
            stored = self.txn.get(table.db, table.pack(*key))
            row = rows[key] = None if stored is None else table.decode(stored)
        return row  # type: ignore[no-any-return]  # the cache holds rows of every table

    def put(self, table: Table[V], row: V, *key: Any) -> None:
        """Sets the row; it reaches the store with the group."""
        self._rows[table][key] = row
        self._dirty[table].add(key)
        if table.marks_epoch:
            self.epoch += 1

    def change(self, table: Table[V], *key: Any) -> V | None:
        """`get` and `put` in one: the row, to be changed in place, or None where there is none yet."""
        row = self._rows[table].get(key)
        if row is None:
            row = self.get(table, *key)
            if row is None:
                return None
        self._dirty[table].add(key)
        if table.marks_epoch:
            self.epoch += 1
        return row

    def delete(self, table: Table[V], *key: Any) -> None:
        """Removes the row."""
        self._rows[table][key] = None
        self._dirty[table].add(key)
        if table.marks_epoch:
            self.epoch += 1

    def scan(
        self,
        table: Table[V],
        *partial: Any,
        after: tuple[Any, ...] | None = None,
        reverse: bool = False,
        limit: int = SCAN_ROWS_MAX,
    ) -> Iterator[tuple[tuple[Any, ...], V]]:
        """As `Snapshot.scan`, seeing what this group has changed: pending rows are written first."""
        self.flush()
        return super().scan(table, *partial, after=after, reverse=reverse, limit=limit)

    def flush(self) -> None:
        """Writes every changed row, each database in key order."""
        writes: dict[str, list[tuple[bytes, bytes]]] = {}
        for table, keys in self._dirty.items():
            rows, pack, encode = self._rows[table], table.pack, table.encode
            items = writes.setdefault(table.db, [])
            for key in keys:
                row = rows[key]
                if row is None:
                    self.txn.delete(table.db, pack(*key))
                else:
                    items.append((pack(*key), encode(row)))
        for db, items in writes.items():
            if items:
                items.sort()
                self.txn.put_many(db, items)
        for table in self._dirty:
            if table.db != HOT_DB:
                self._rows[table].clear()
        self._dirty.clear()
