"""A shop in memory: the capabilities that people configure, over a dict instead of a store, without a journal."""

import bisect
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from engine.catalogue.table import TABLE as CATALOGUE
from engine.customers.table import TABLE as CUSTOMERS
from engine.delivery.table import TABLE as DELIVERY
from engine.discounts.table import TABLE as DISCOUNTS
from engine.kernel.clock import Civil
from engine.kernel.errors import Refusal
from engine.kernel.joined import Hooks, Joined
from engine.kernel.messages import ENGINE, Actor, Header
from engine.kernel.tables import Working
from engine.kernel.world import CURRENT, VERSIONS, Folding, World
from engine.payments.table import TABLE as PAYMENTS
from engine.printing.table import TABLE as PRINTING
from engine.shop.table import TABLE as SHOP
from engine.staff.table import TABLE as STAFF
from engine.staff.views import role_allows

TODAY = 739_941  # 2026-11-21 as an ordinal

PLAIN_FEATURES = Joined(
    (SHOP, STAFF, CATALOGUE, DISCOUNTS, CUSTOMERS, DELIVERY, PAYMENTS, PRINTING),
    Hooks(
        civil=lambda world: Civil("Europe/Paris", 0),
        till_open=lambda world, till: True,
        allows=role_allows,
        training=lambda world, till: False,
    ),
)


class DictTransaction:
    """The store's transaction over sorted keys in memory."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, bytes], bytes] = {}

    def get(self, db: str, key: bytes) -> bytes | None:
        """The value, or None."""
        return self.rows.get((db, key))

    def put_many(self, db: str, items: list[tuple[bytes, bytes]], *, append: bool = False) -> None:
        """Writes all items."""
        self.rows.update({(db, key): value for key, value in items})

    def delete(self, db: str, key: bytes) -> None:
        """Removes the key if it is there."""
        self.rows.pop((db, key), None)

    def scan(self, db: str, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with start <= key < stop, in key order or backwards."""
        keys = sorted(key for name, key in self.rows if name == db)
        found = keys[bisect.bisect_left(keys, start) : bisect.bisect_left(keys, stop)]
        for key in reversed(found) if reverse else found:
            yield key, self.rows[db, key]


class Nobody:
    """A people store without people."""

    def fields(self, kind: int, id: int, version: int) -> Mapping[str, Any] | None:
        """Nothing is stored."""
        return None


class PlainShop:
    """Commands of kinds and queries, decided and folded one by one; ``world`` is what decisions and views see."""

    def __init__(self) -> None:
        self._rows = Working()
        self._rows.begin(DictTransaction())
        self.world = World(self._rows, PLAIN_FEATURES.kinds, Nobody())
        self.world.take = bytes
        self.world.day = TODAY
        self.world.gen = 1
        self._folding = Folding(self._rows, PLAIN_FEATURES.codes)

    def do(self, name: str, body: Mapping[str, Any], actor: Actor = ENGINE) -> tuple[Any, ...]:
        """Decides and folds a command; raises `Refusal`."""
        self.world.actor = actor
        command = PLAIN_FEATURES.decode_command(name, body)
        records = PLAIN_FEATURES.by_type[type(command)].decide(command, self.world)
        self.world.seq += 1
        self._folding.begin(_header(self.world), b"", 0, TODAY)
        for record in records:
            PLAIN_FEATURES.fold(record, self._folding)
        self.world.configuration = self.world.book = self.world.position
        return records

    def configure(self, kind: str, id: int, row: Mapping[str, Any]) -> None:
        """Puts a row as the engine itself."""
        self.do(f"{kind}.put", {"id": id, "row": row})

    def place(self, kind: str, id: int, row: Mapping[str, Any]) -> None:
        """Sets a live row without any check, for properties that need thousands of shops."""
        code = PLAIN_FEATURES.kinds[kind].code
        self.world.seq += 1
        self._rows.put(VERSIONS, msgspec.json.encode(row), code, id, self.world.position)
        self._rows.put(CURRENT, self.world.position, code, id)

    def remove(self, kind: str, id: int) -> None:
        """Removes a row as the engine itself."""
        self.do(f"{kind}.remove", {"id": id})

    def refused(
        self, kind: str, row: Mapping[str, Any], *, id: int = 1, actor: Actor = ENGINE
    ) -> tuple[str, str | None]:
        """(code, place) of the refusal of a row; fails where it is accepted."""
        try:
            self.do(f"{kind}.put", {"id": id, "row": row}, actor)
        except Refusal as refusal:
            return refusal.code, refusal.at
        raise AssertionError(f"{kind} accepted {row}")

    def ask(self, name: str, body: Mapping[str, Any]) -> Any:
        """A query's answer as a client gets it: plain JSON values."""
        query = PLAIN_FEATURES.decode_query(name, body)
        answer = PLAIN_FEATURES.queries_by_type[type(query)].answer(query, self.world)
        return msgspec.json.decode(msgspec.json.encode(answer))

    def stored(self, kind: str, id: int) -> Mapping[str, Any]:
        """The live row as it is kept."""
        row = self.world.row(PLAIN_FEATURES.kinds[kind], id)
        assert row is not None
        stored: Mapping[str, Any] = msgspec.to_builtins(row)
        return stored


def _header(world: World) -> Header:
    return Header(
        v=1,
        shop="",
        gen=world.gen,
        seq=world.seq,
        till=0,
        op=0,
        cmd="",
        mac="",
        at="",
        zone="",
        conf=0,
        soft="",
        training=False,
        about=None,
        salt="",
        chain=(),
    )
