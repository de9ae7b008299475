"""Folding sealed entries again, group by group as checkpoints mark them: for refold and for what is brought back."""

from collections.abc import Sequence
from typing import Any

import msgspec

from engine.kernel.clock import parse_ms
from engine.kernel.confirm_clock import CONFIRMED, DOUBTED
from engine.kernel.errors import IntegrityFault
from engine.kernel.events import Event
from engine.kernel.genesis import KeyRotated
from engine.kernel.joined import Joined
from engine.kernel.journal import (
    CHAINS,
    HASH_BYTES,
    HEADS,
    LOG,
    TILE_HASHES,
    TRAINING_CHAIN,
    VKEYS,
    Head,
    Log,
    position_key,
    upper,
)
from engine.kernel.rows import RowPut, RowRemoved
from engine.kernel.store import WriteTransaction
from engine.kernel.tables import Snapshot, Working
from engine.kernel.world import Folding, World, join_position
from engine_ext import merkle, seal

NO_MAC = "0" * 32


class _Nobody:
    def fields(self, kind: int, id: int, version: int) -> None:
        return None


class Refolder:
    """Applies sealed groups to the tables of one write transaction after another, exactly as the writer did."""

    def __init__(self, features: Joined) -> None:
        self._features = features
        self._rows = Working()
        self._folding = Folding(self._rows, features.codes)
        self._world = World(self._rows, features.kinds, _Nobody())
        self._commands: list[tuple[bytes, bytes]] = []
        self._leaves: list[bytes] = []
        self._tail: list[bytes] = []
        self.log: Log
        self._edge: merkle.Edge

    def begin(self, txn: WriteTransaction) -> None:
        """Takes a transaction and goes on where its log stands; `end` it before it is committed."""
        self._rows.begin(txn)
        self._world.forget()
        log = Snapshot(txn).get(LOG, 0)
        if log is None:
            raise IntegrityFault("journal.no_log", "there is no log to fold into")
        self.log = log
        self._edge = merkle.Edge(log.size, log.edge)
        first = log.size - log.size % TILE_HASHES
        scan = txn.scan("entries", position_key(log.gen, first), position_key(log.gen, log.size))
        self._tail = [seal.leaf_hash(value) for _, value in scan]
        self._commands, self._leaves = [], []

    def group(self, entries: Sequence[bytes]) -> bytes:
        """Folds the entries of one group; returns the root that its checkpoint signs."""
        features, world, log = self._features, self._world, self.log
        rotated = 0
        civil = features.hooks.civil(world)
        for data in entries:
            try:
                entry = features.decode_entry(data)
            except msgspec.DecodeError as error:
                raise IntegrityFault("journal.undecodable", f"entry {log.size} cannot be read: {error}") from error
            if (entry.gen, entry.seq) != (log.gen, log.size):
                text = f"entry {entry.seq} of generation {entry.gen} stands where {log.size} of {log.gen} belongs"
                raise IntegrityFault("journal.order", text)
            leaf = seal.leaf_hash(data)
            at_ms = parse_ms(entry.at)
            self._enter(entry, leaf)
            self._folding.begin(entry, leaf, at_ms, civil.day(at_ms))
            log.last_ms = at_ms
            for record in entry.rec:
                features.fold(record, self._folding)
                if isinstance(record, (RowPut, RowRemoved)):
                    log.configuration = join_position(entry.gen, entry.seq)
                    if features.kinds[record.kind].prices:
                        log.book = log.configuration
                elif isinstance(record, KeyRotated):
                    rotated = record.version
                elif isinstance(record, Event) and record.what in (CONFIRMED, DOUBTED):
                    log.doubt = record.what == DOUBTED
                    if not log.doubt:
                        civil = features.hooks.civil(world)
            log.size += 1
        root = self._edge.append(self._leaves).root
        self._tail.extend(self._leaves)
        self._leaves = []
        log.key = rotated or log.key
        return root

    def _enter(self, entry: Any, leaf: bytes) -> None:
        """The journal's own rows of one entry: leaf, index of ids, heads of chains."""
        self._leaves.append(leaf)
        if entry.mac != NO_MAC:
            key = position_key(entry.gen, entry.seq)
            self._commands.append((bytes.fromhex(entry.cmd), bytes.fromhex(entry.mac) + key))
        for link in entry.chain:
            code = CHAINS[link.of] + (TRAINING_CHAIN if entry.training else 0)
            self._rows.put(HEADS, Head(link.n, leaf), entry.till, code)

    def vkey(self, version: int) -> str:
        """The public key that the groups so far announced under a version; empty where there is none."""
        return self._rows.get(VKEYS, self.log.gen, version) or ""

    def end(self, txn: WriteTransaction) -> None:
        """Writes what was folded since `begin`."""
        self.log.edge = self._edge.hashes
        self._rows.put(LOG, self.log, 0)
        self._rows.flush()
        self._commands.sort()
        txn.put_many("commands", self._commands)
        self._commands = []
        self._write_tiles(txn)

    def _write_tiles(self, txn: WriteTransaction) -> None:
        full, rest = divmod(len(self._tail), TILE_HASHES)
        if not full:
            return
        first = self.log.size // TILE_HASHES - full
        rows: list[tuple[bytes, bytes]] = []
        level_one = []
        gen = self.log.gen
        for number in range(full):
            tile = b"".join(self._tail[number * TILE_HASHES : (number + 1) * TILE_HASHES])
            assert len(tile) == TILE_HASHES * HASH_BYTES
            rows.append((gen.to_bytes(2, "big") + b"\0" + (first + number).to_bytes(6, "big"), tile))
            level_one.append(merkle.tile_root(tile))
        upper(txn, gen, 1, first, nodes=level_one, rows=rows)
        txn.put_many("tiles", sorted(rows))
        self._tail = self._tail[len(self._tail) - rest :] if rest else []


def open_next_log(txn: WriteTransaction, log: Log) -> Log:
    """The tables of a shop whose next log begins: a tree from nothing, chains from 1, all else as it stands."""
    after = msgspec.structs.replace(log, gen=log.gen + 1, size=0, edge=b"", key=1)
    heads = [key for key, _ in txn.scan(HEADS.db, HEADS.prefix, HEADS.prefix + b"\xff" * 4)]
    for key in heads:
        txn.delete(HEADS.db, key)
    txn.put_many(LOG.db, [(LOG.pack(0), LOG.encode(after))])
    return after
