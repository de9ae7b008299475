"""A shop in memory that holds configuration and nothing else: what prices without a store, and what prices again."""

import bisect
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from engine.kernel.errors import Refusal
from engine.kernel.joined import Joined
from engine.kernel.kinds import Kind
from engine.kernel.messages import ENGINE, Actor, Header, Record
from engine.kernel.rows import CHANGES, RowPut, RowRemoved
from engine.kernel.tables import Working
from engine.kernel.world import CURRENT, VERSIONS, Folding, World, join_position

GENERATION = 1
_NO_TEXT = ""


class MemoryTransaction:
    """The store's transaction over sorted keys in memory; its databases come into being when they are written."""

    def __init__(self) -> None:
        self._rows: defaultdict[str, dict[bytes, bytes]] = defaultdict(dict)
        self._keys: defaultdict[str, list[bytes]] = defaultdict(list)
        self._stale: set[str] = set()

    def get(self, db: str, key: bytes) -> bytes | None:
        """The value, or None."""
        return self._rows[db].get(key)

    def put_many(self, db: str, items: list[tuple[bytes, bytes]], *, append: bool = False) -> None:
        """Writes all items."""
        before = len(self._rows[db])
        self._rows[db].update(items)
        if len(self._rows[db]) != before:
            self._stale.add(db)

    def delete(self, db: str, key: bytes) -> None:
        """Removes the key if it is there."""
        if self._rows[db].pop(key, None) is not None:
            self._stale.add(db)

    def scan(self, db: str, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with start <= key < stop, in key order or backwards, as they were when the scan began."""
        if db in self._stale:
            # Python's sort takes what is in order already as it stands, so this is one pass and not a sort.
            rows, known = self._rows[db], self._keys[db]
            kept = [key for key in known if key in rows]
            new = rows.keys() - set(kept)
            self._keys[db] = sorted([*kept, *sorted(new)])
            self._stale.discard(db)
        keys, rows = self._keys[db], self._rows[db]
        found = keys[bisect.bisect_left(keys, start) : bisect.bisect_left(keys, stop)]
        return ((key, rows[key]) for key in (reversed(found) if reverse else found))


class _Nobody:
    def fields(self, kind: int, id: int, version: int) -> Mapping[str, Any] | None:
        return None


class BareWorld(World):
    """The sight of a shop in memory. With ``rights_settled`` nobody's rights are asked for."""

    rights_settled = True


class BareShop:
    """Configuration in memory: rows are put with all their checks, or folded as they were sealed.

    ``world`` is what decisions and queries see: no ticket, no balance and no session is ever in it. Versions of rows
    that were replaced are dropped, so it holds what a shop's live configuration takes and no more.
    """

    def __init__(self, features: Joined) -> None:
        self._features = features
        self._rows = Working()
        self._rows.begin(MemoryTransaction())
        self._folding = Folding(self._rows, features.codes)
        self.world = BareWorld(self._rows, features.kinds, _Nobody())
        self.world.gen = GENERATION
        self.world.take = bytes

    def put(self, kind: Kind, id: int, row: bytes) -> None:
        """Puts a row given as JSON, checked as the kind's own command checks it; raises `Refusal`."""
        records = self.decide(kind, id, row)
        self.world.seq += 1
        self.fold(_header(self.world.gen, self.world.seq), records)

    def decide(self, kind: Kind, id: int, row: bytes) -> tuple[Record, ...]:
        """What putting a row would lead to, as things stand; raises `Refusal`."""
        command = self._features.decode_command(f"{kind.name}.put", b'{"id":%d,"row":%s}' % (id, row))
        self.world.actor = ENGINE
        records = self._features.by_type[type(command)].decide(command, self.world)
        self.world.drop_attached()
        return records

    def fold(self, entry: Header, records: tuple[Record, ...], at_ms: int = 0) -> None:
        """Folds the records of an entry that change configuration; the others are not looked at."""
        world, position = self.world, join_position(entry.gen, entry.seq)
        self._folding.begin(entry, b"", at_ms, 0)
        for record in records:
            if not isinstance(record, (RowPut, RowRemoved)):
                continue
            kind = world.kinds[record.kind]
            before = self._rows.get(CURRENT, kind.code, record.id)
            self._features.fold(record, self._folding)
            if before is not None and before != position:
                self._rows.delete(VERSIONS, kind.code, record.id, before)
                self._rows.delete(CHANGES, kind.code, before, record.id)
            world.gen, world.seq = entry.gen, entry.seq
            world.configuration = position
            if kind.prices:
                world.book = position

    def rest(self) -> None:
        """Lets go of what is only kept ready; to be called now and then on a long way."""
        self._rows.flush()
        self._rows.begin(self._rows.txn)

    def stand(self, at_ms: int, *, till: int, operator: int = 0, day: int | None = None, zone: str = "") -> None:
        """Sets the moment and the place of the next question: without ``day`` the shop's own business day."""
        world = self.world
        civil = self._features.hooks.civil(world)
        world.actor = Actor(till=till, operator=operator)
        world.at_ms = at_ms
        world.zone = zone or civil.zone
        world.day = civil.day(at_ms) if day is None else day


def put_all(shop: BareShop, kinds: Mapping[str, Kind], rows: Mapping[str, Mapping[int, bytes]]) -> None:
    """Puts rows of many kinds in an order in which what they refer to is there; raises `Refusal` with its ``at`` in
    the form ``book.products[3].price``. The order in which they are given changes nothing."""
    waiting = [(kinds[name], id) for name in _order(kinds, rows) for id in sorted(rows[name])]
    everything = list(waiting)
    while waiting:
        later: list[tuple[Kind, int]] = []
        refused: Refusal | None = None
        for kind, id in waiting:
            try:
                shop.put(kind, id, rows[kind.name][id])
            except Refusal as error:
                named = _placed(error, kind, id)
                if error.code != "kernel.no_such_row":
                    raise named from error
                refused = refused or named
                later.append((kind, id))
        if refused is not None and len(later) == len(waiting):
            raise refused
        waiting = later
    for kind, id in everything:
        if kind.guard is not None:
            continue  # a guard asks who changes a live row, and nobody does
        try:
            # Once more with everything beside it, so that no check passes only because of what was not there yet.
            shop.decide(kind, id, rows[kind.name][id])
        except Refusal as error:
            raise _placed(error, kind, id) from error


def _order(kinds: Mapping[str, Kind], rows: Mapping[str, Any]) -> list[str]:
    """Kinds behind those they refer to, the settings before all that does not stand in their way."""
    found: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name in seen:
            return
        seen.add(name)
        for target in kinds[name].references.values():
            visit(target)
        if name in rows:
            found.append(name)

    for kind in sorted(kinds.values(), key=lambda kind: (kind.only_id is None, kind.code)):
        visit(kind.name)
    return found


def _placed(error: Refusal, kind: Kind, id: int) -> Refusal:
    field = (error.at or "").removeprefix("row").removeprefix(".")
    place = f"book.{kind.name}[{id}]" + (f".{field}" if field else "")
    return Refusal(error.code, error.text, at=place, data=error.data)


def _header(gen: int, seq: int) -> Header:
    return Header(
        v=1,
        shop=_NO_TEXT,
        gen=gen,
        seq=seq,
        till=0,
        op=0,
        cmd=_NO_TEXT,
        mac=_NO_TEXT,
        at=_NO_TEXT,
        zone=_NO_TEXT,
        conf=0,
        soft=_NO_TEXT,
        training=False,
        about=None,
        salt=_NO_TEXT,
        chain=(),
    )
