"""What belongs to an entry but stays outside it: personal fields in the people store, secrets in the secret table."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from engine.kernel.errors import StoreFault
from engine.kernel.kinds import Kind, field_extra
from engine.kernel.messages import Record
from engine.kernel.people import PeopleStore, PersonKey
from engine.kernel.rows import RowPut, RowRemoved
from engine.kernel.tables import Transaction, Working
from engine.kernel.world import World

_EMPTY: Mapping[str, Any] = {}
_NOTHING = b"\x80"  # an empty map in MessagePack


def secret_key(kind: int, id: int) -> bytes:
    """The key of a row's secrets in the secret table."""
    return b"row\0" + kind.to_bytes(2, "big") + id.to_bytes(8, "big")


def secrets_of(world: World, kind: Kind, id: int) -> Mapping[str, Any]:
    """The stored secrets of a row by field (hashes as a worker made them); empty where there are none."""
    stored = world.rows.txn.get("secrets", secret_key(kind.code, id))
    return _EMPTY if stored is None else msgspec.msgpack.decode(stored)


def keep_staged(world: World, rows: Working) -> None:
    """Writes the marks and secrets that a decision staged into the open group."""
    if not world.staged:
        return
    for table, key, row in world.staged:
        if row is None:
            rows.delete(table, *key)
        else:
            rows.put(table, row, *key)
    world.staged.clear()


class Attachments:
    """The writer's end of both: keeps what decisions attached, and takes it back with a group that is taken back."""

    def __init__(self, people: PeopleStore, kinds: Mapping[str, Kind]) -> None:
        self._people = people
        self._kinds = kinds
        self._personal = {name for name, kind in kinds.items() if "personal" in field_extra(kind.row, "mark").values()}
        self._kept: list[PersonKey] = []

    def begin(self) -> None:
        """A group begins: what the one before attached is on disk."""
        self._kept.clear()

    def keep(self, world: World, records: Sequence[Record], position: int, txn: Transaction) -> None:
        """Keeps what the decision behind these records attached, under the position of their entry."""
        if world.persons:
            # Durable before the entry that commits to them; if the entry's group fails, `take_back` drops them.
            self._kept.extend((kind, id, position) for kind, id, _, _ in world.persons)
            self._people.put_many((kind, id, position, fields, salt) for kind, id, fields, salt in world.persons)
            world.persons.clear()
        if world.secrets:
            for kind, id, fields in world.secrets:
                key = secret_key(kind, id)
                kept = msgspec.msgpack.decode(txn.get("secrets", key) or _NOTHING)
                kept.update(fields)
                txn.put_many("secrets", [(key, msgspec.msgpack.encode(kept))])
            world.secrets.clear()
        for record in records:
            if record.fiscal:
                continue  # neither a row nor anybody's
            if isinstance(record, RowRemoved):
                # Whoever gets the id next must not be let in by the PIN of the one before.
                txn.delete("secrets", secret_key(self._kinds[record.kind].code, record.id))
            elif isinstance(record, RowPut) and record.person is None and record.kind in self._personal:
                # A crash may have left somebody under this very position, whom the entry now does not name.
                self._people.drop([(self._kinds[record.kind].code, record.id, position)])

    def take_back(self, end: int) -> None:
        """Drops the personal fields of entries that are not on disk: those at or behind ``end``, the position of the
        next entry as the store says. A crash may leave some behind."""
        lost = [key for key in self._kept if key[2] >= end]
        self._kept.clear()
        if lost:
            try:
                self._people.drop(lost)
            except StoreFault:
                return  # nobody refers to them, and the same place gets new ones or none
