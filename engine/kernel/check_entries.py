"""The walk along the journal: every entry, link, leaf, root and signature, proven in one pass from the stored bytes."""

import itertools
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import lmdb
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.kernel import check_tables, notes
from engine.kernel.checking import SNAPSHOT_MS_MAX, Break, TileCheck, neighbour, stored_edge, stored_leaf
from engine.kernel.clock import Clock, SystemClock, parse_ms
from engine.kernel.confirm_clock import CONFIRMED, DOUBTED
from engine.kernel.errors import IntegrityFault
from engine.kernel.events import Event
from engine.kernel.genesis import Genesis, KeyRotated
from engine.kernel.joined import Joined
from engine.kernel.journal import (
    FORMAT,
    HASH_BYTES,
    LOG,
    VKEYS,
    Checkpoint,
    origin,
    position_key,
)
from engine.kernel.messages import Link
from engine.kernel.rows import RowPut, RowRemoved
from engine.kernel.store import ReadTransaction, Store
from engine.kernel.tables import Snapshot
from engine.kernel.world import GENERATIONS_MAX, join_position, split_position
from engine_ext import canonical, merkle, seal

PIECE_ENTRIES_MAX = 4096  # entries that are in memory at once, however many one checkpoint covers
CHECKPOINT_BYTES = 98
NO_MAC = "0" * 32
_NO_LEAF = bytes(HASH_BYTES)

Handler = Callable[[Any, Any, int], None]
"""``handler(entry, record, position)``: a capability's own look at one of its records; it reports through the walk."""

Progress = Callable[[int, int], None]
"""``progress(done, total)`` in entries, called at every renewal of the snapshot."""


class Walk:
    """One pass over the journal of a store, from its beginning or from a place that is proven by what follows it.

    `breaks` yields every break and stops at none of them; afterwards the attributes say how far the walk came.
    ``outside`` are checkpoints (generation -> size -> root) that left the shop and are compared on the way.
    """

    def __init__(
        self,
        store: Store,
        features: Joined,
        *,
        clock: Clock | None = None,
        handlers: Mapping[type, tuple[Handler, ...]] | None = None,
        progress: Progress | None = None,
        outside: Mapping[tuple[int, int], bytes] | None = None,
    ) -> None:
        self._store = store
        self._features = features
        self._clock = clock or SystemClock()
        self.handlers: dict[type, tuple[Handler, ...]] = dict(handlers or {})
        self._progress = progress
        self._outside = dict(outside or {})
        self._found: list[Break] = []
        self._scan: Iterator[tuple[bytes, bytes]] | None = None
        self._end = 0
        self._txn: ReadTransaction
        self.whole = True
        self.first = 0
        self.gen, self.seq = 1, 0
        self.shop = ""
        self.before = (0, 0, "")
        self.entries = self.present = self.checkpoints = self.indexed = self.tiles = 0
        self.vkeys: dict[tuple[int, int], str] = {}
        self._public: dict[tuple[int, int], Ed25519PublicKey] = {}
        self.key, self._next_key = 1, 0
        self.configuration: int | None = 0
        self.book: int | None = 0
        self.doubt: bool | None = False
        self._at, self._confirmed = "", False
        self._begin_generation(1)

    def _begin_generation(self, gen: int) -> None:
        self.gen, self.seq = gen, 0
        self.edge = merkle.Edge()
        self.root = self.edge.root()
        self.chains: dict[tuple[int, str, bool], tuple[int, str]] = {}
        self.tile_check = TileCheck(gen)
        self.key, self._next_key = 1, 0
        self._wrong_roots: list[int] = []

    def start_at(self, gen: int, size: int) -> None:
        """Starts behind ``size`` entries of a generation; what stands before is believed where the end proves it."""
        with self._store.read() as txn:
            self._begin_generation(gen)
            self.whole, self.first, self.seq = False, size, size
            self.edge = stored_edge(txn, gen, size)
            self.root = self.edge.root()
            self.tile_check.begin(txn, size)
            rows = Snapshot(txn)
            log = rows.get(LOG, 0)
            self.shop = "" if log is None else log.shop
            self.vkeys = {(gen, version): vkey for (gen, version), vkey in rows.scan(VKEYS)}
        self.key = 0
        self.configuration = self.book = self.doubt = None

    def breaks(self) -> Iterator[Break]:
        """Every break in order; the snapshot behind it is renewed twice a second."""
        ended = False
        while not ended:
            with self._store.read() as txn:
                self._txn = txn
                total = 0
                try:
                    total = txn.count("entries")
                    ended = self._advance(txn)
                    if ended:
                        check_tables.finish(self, txn)
                except lmdb.Error as error:
                    self.report("check.unreadable", f"the store cannot go on from here: {error}")
                    ended = True
            yield from self._found
            self._found.clear()
            if self._progress is not None:
                self._progress(self.entries, total)

    def report(self, code: str, text: str, seq: int | None = None) -> None:
        """Notes a break at an entry (the one being looked at, if none is named)."""
        place = self.seq if seq is None else seq
        before, after = neighbour(self._txn, self.gen, place - 1), neighbour(self._txn, self.gen, place + 1)
        self._found.append(Break(code=code, gen=self.gen, seq=place, text=text, before=before, after=after))

    # --- checkpoints and the tree ----------------------------------------------------------------------------------

    def _advance(self, txn: ReadTransaction) -> bool:
        """Walks until the snapshot is old (False) or everything in it was seen (True)."""
        until = self._clock.boot_ms() + SNAPSHOT_MS_MAX
        last_gen = max(1, _last(txn, 0, GENERATIONS_MAX)[0])
        while True:
            start, stop = position_key(self.gen, self.seq + 1), position_key(self.gen + 1, 0)
            _, self._end = _last(txn, self.gen, self.gen)
            checkpoints, self._scan = txn.scan("checkpoints", start, stop), None
            try:
                for key, value in checkpoints:
                    self._group(txn, split_position(int.from_bytes(key, "big"))[1], value)
                    if self._clock.boot_ms() >= until:
                        return False
            finally:
                for scan in (checkpoints, self._scan):
                    if isinstance(scan, Generator):
                        scan.close()
            self._unsealed(txn)
            self._flush_wrong_roots()
            if self.gen >= last_gen:
                return True
            check_tables.end_generation(self, txn)
            self._begin_generation(self.gen + 1)

    def _group(self, txn: ReadTransaction, size: int, value: bytes) -> None:
        """The entries up to a checkpoint, and the checkpoint."""
        first = self.seq
        while self.seq < min(size, self._end):
            outside = [at for gen, at in self._outside if gen == self.gen and at > self.seq]
            stop = min(size, self._end, min(outside, default=size))
            self._piece(txn, min(stop - self.seq, PIECE_ENTRIES_MAX))
            if self.seq < size:
                self._compare_outside(self.root)
        self.checkpoints += 1
        if size > self._end:
            text = f"a checkpoint was signed over {size} entries, the last one there is {self._end - 1}"
            self.report("check.gap", text, self._end - 1)
            return
        if len(value) != CHECKPOINT_BYTES:
            self.report("check.checkpoint", f"the checkpoint over {size} entries has {len(value)} bytes", size - 1)
            return
        checkpoint = Checkpoint.unpack(size, value)
        if checkpoint.root != self.root:
            self._wrong_root(txn, checkpoint, first)
        elif self._wrong_roots:
            self._flush_wrong_roots()
        self._signature(checkpoint)
        self._compare_outside(checkpoint.root)
        if self._next_key:
            self.key, self._next_key = self._next_key, 0

    def _compare_outside(self, root: bytes) -> None:
        outside = self._outside.pop((self.gen, self.seq), None)
        if outside is not None and outside != root:
            text = f"the checkpoint from outside over {self.seq} entries has another root"
            self.report("check.outside", text, self.seq - 1)

    def _wrong_root(self, txn: ReadTransaction, checkpoint: Checkpoint, first: int) -> None:
        """Says so once, and goes on from the stored tree where that one fits, so that damage stays where it is."""
        try:
            stored = stored_edge(txn, self.gen, checkpoint.size)
        except IntegrityFault:
            stored = None
        if stored is None or stored.root() != checkpoint.root or bytes(stored.hashes) == bytes(self.edge.hashes):
            self._wrong_roots.append(checkpoint.size)
            if len(self._wrong_roots) == 1:
                text = f"the root over {checkpoint.size} entries is not the one signed; see entries {first} to"
                self.report("check.root", f"{text} {checkpoint.size - 1}", checkpoint.size - 1)
            return
        self.edge, self.root = stored, checkpoint.root
        text = f"the root over {checkpoint.size} entries is not the one signed: entries {first} to"
        self.report("check.root", f"{text} {checkpoint.size - 1} are not those that were sealed", checkpoint.size - 1)

    def _flush_wrong_roots(self) -> None:
        wrong, self._wrong_roots = self._wrong_roots, []
        if len(wrong) > 1:
            text = f"nor are the {len(wrong) - 1} roots after it, up to the one over {wrong[-1]} entries"
            self.report("check.root", text, wrong[-1] - 1)

    def _signature(self, checkpoint: Checkpoint) -> None:
        place = checkpoint.size - 1
        if self.key and checkpoint.key != self.key:
            text = f"the checkpoint over {checkpoint.size} entries names key {checkpoint.key}, {self.key} signs here"
            self.report("check.checkpoint", text, place)
        elif not self.key:
            self.key = checkpoint.key
        public = self._public_key(checkpoint.key)
        if public is None:
            self.report("check.key", f"no public key {checkpoint.key} is known for this log", place)
            return
        text = notes.checkpoint_text(origin(self.shop, self.gen), checkpoint.size, checkpoint.root)
        try:
            public.verify(checkpoint.signature, text.encode())
        except InvalidSignature:
            self.report(
                "check.signature", f"the checkpoint over {checkpoint.size} entries is not signed by its key", place
            )

    def _public_key(self, version: int) -> Ed25519PublicKey | None:
        found = self._public.get((self.gen, version))
        vkey = self.vkeys.get((self.gen, version))
        if found is None and vkey is not None:
            try:
                parsed = notes.parse_vkey(vkey)
            except notes.NoteError:
                return None
            if parsed.name != origin(self.shop, self.gen):
                return None
            found = self._public[self.gen, version] = Ed25519PublicKey.from_public_bytes(parsed.public)
        return found

    def _unsealed(self, txn: ReadTransaction) -> None:
        start, stop = position_key(self.gen, self.seq), position_key(self.gen + 1, 0)
        for key, _ in txn.scan("entries", start, stop):
            seq = split_position(int.from_bytes(key, "big"))[1]
            self.report("check.unsealed", "no checkpoint covers this entry", seq)
            self.present += 1

    # --- entries ---------------------------------------------------------------------------------------------------

    def _piece(self, txn: ReadTransaction, count: int) -> None:
        data = self._take(txn, count)
        if None in data:
            known = [seal.leaf_hash(one) if one is not None else _NO_LEAF for one in data]
            for at, one in enumerate(data):
                if one is None:
                    known[at] = stored_leaf(txn, self.gen, self.seq + at) or _NO_LEAF
            group = self.edge.append(known)
        else:
            group = self.edge.append_entries(data)
        self.root = group.root
        leaves = group.completed(0)
        self.present += count - data.count(None)
        self._entries(txn, data, leaves)
        for code, seq, text in self.tile_check.add(txn, leaves):
            self.report(code, text, seq)
        self.seq += count
        self.entries += count

    def _take(self, txn: ReadTransaction, count: int) -> list[Any]:
        """The bytes of the next ``count`` entries; None where one is missing, which is a break."""
        if self._scan is None:
            self._scan = txn.scan("entries", position_key(self.gen, self.seq), position_key(self.gen + 1, 0))
        try:
            items = list(itertools.islice(self._scan, count))
        except lmdb.Error:
            items = []
        # Keys are in order and distinct: the right number of them up to the right last one leaves nothing out.
        if len(items) == count and items[-1][0] == position_key(self.gen, self.seq + count - 1):
            return [value for _, value in items]
        self._scan = None
        return [self._one(txn, seq) for seq in range(self.seq, self.seq + count)]

    def _one(self, txn: ReadTransaction, seq: int) -> bytes | None:
        try:
            data = txn.get("entries", position_key(self.gen, seq))
        except lmdb.Error as error:
            self.report("check.unreadable", f"the entry cannot be read: {error}", seq)
            return None
        if data is None:
            self.report("check.gap", "the entry is missing", seq)
        return data

    def _entries(self, txn: ReadTransaction, data: list[Any], leaves: bytes) -> None:
        decode, encode, start = self._features.decode_entry, canonical.encode, self.seq
        get, gen, handlers = txn.get, self.gen, self.handlers
        first_position = join_position(gen, start)
        own: dict[type, Any] = {
            Genesis: self._genesis,
            KeyRotated: self._rotated,
            RowPut: self._row,
            RowRemoved: self._row,
        }
        for at, one in enumerate(data):
            if one is None:
                continue
            seq = self.seq = start + at
            try:
                entry = decode(one)
            except msgspec.DecodeError as error:
                self.report("check.undecodable", f"the entry cannot be read: {error}")
                continue
            try:
                if encode(entry) != one:
                    self.report("check.not_canonical", "the entry is not in its canonical form")
            except canonical.CanonicalError as error:
                self.report("check.not_canonical", f"the entry has no canonical form: {error}")
            if entry.gen != gen or entry.seq != seq or entry.shop != self.shop or entry.v != FORMAT:
                self._wrong_header(entry)
            if entry.at[23:] != self._at[23:] or entry.at < self._at or self._confirmed:
                self._time(entry)
            self._at = entry.at
            if entry.conf != self.configuration:
                self._wrong_configuration(entry)
            if entry.chain or any(record.fiscal for record in entry.rec):
                self._links(entry, leaves[at * HASH_BYTES : (at + 1) * HASH_BYTES].hex())
            if entry.mac != NO_MAC:
                self.indexed += 1
                wanted = _bytes(entry.mac) + (first_position + at).to_bytes(8, "big")
                if get("commands", _bytes(entry.cmd)) != wanted:
                    self.report("check.index", f"the index does not lead from the command id {entry.cmd} to its entry")
            for record in entry.rec:
                kind = type(record)
                special = own.get(kind)
                if special is not None:
                    special(entry, record)
                elif kind is Event:
                    self._event(record)
                for handle in handlers.get(kind, ()):
                    handle(entry, record, first_position + at)
        self.seq = start

    def _wrong_header(self, entry: Any) -> None:
        if self.seq == 0 and self.gen == 1 and not self.shop:
            self.shop = entry.shop  # its genesis proves it: the vkey carries the shop's name
        wanted = {"shop": self.shop, "gen": self.gen, "seq": self.seq, "v": FORMAT}
        for name, value in wanted.items():
            found = getattr(entry, name)
            if found != value:
                self.report("check.header", f"the entry says {name} {found!r} where {value!r} belongs")

    def _wrong_configuration(self, entry: Any) -> None:
        if self.configuration is not None:
            text = f"the entry names configuration {entry.conf}, the last change was {self.configuration}"
            self.report("check.header", text)
        self.configuration = entry.conf

    def _time(self, entry: Any) -> None:
        confirmed, self._confirmed = self._confirmed, False
        try:
            now = parse_ms(entry.at)
            if self._at and not confirmed and now < parse_ms(self._at):
                self.report("check.time", f"its time {entry.at} lies before {self._at}, and nobody confirmed the clock")
        except ValueError:
            self.report("check.header", f"{entry.at!r} is no time")

    def _links(self, entry: Any, leaf: str) -> None:
        records, chain, till, training = entry.rec, entry.chain, entry.till, entry.training
        if len(records) != 1 or len(chain) != 1 or records[0].fiscal != chain[0].of:
            kinds = [record.fiscal for record in records if record.fiscal]
            linked = [link.of for link in chain]
            if kinds != linked or len(set(kinds)) != len(kinds):
                self.report("check.chain_link", f"the entry links {linked}, it holds {kinds}")
        for link in chain:
            name = (till, link.of, training)
            head: tuple[int, str | None] | None = self.chains.get(name)
            if head is None:
                head = (0, None) if self.whole else (link.n - 1, link.prev)
            if link.n != head[0] + 1 or link.prev != head[1]:
                self._wrong_link(name, link, head)
            self.chains[name] = (link.n, leaf)

    def _wrong_link(self, name: tuple[int, str, bool], link: Link, head: tuple[int, str | None]) -> None:
        chain = f"{link.of} chain of till {name[0]}{' (training)' if name[2] else ''}"
        if link.n != head[0] + 1:
            self.report("check.chain_number", f"number {link.n} on the {chain} follows number {head[0]}")
        if link.prev != head[1]:
            self.report("check.chain_link", f"on the {chain} it names {link.prev}, the one before is {head[1]}")

    def _genesis(self, entry: Any, record: Genesis) -> None:
        if self.seq:
            self.report("check.genesis", "a log begins once, with entry 0")
            return
        if record.shop != entry.shop:
            self.report("check.genesis", f"the genesis of shop {record.shop} stands in the journal of {entry.shop}")
        self._learn_key(1, record.vkey)
        check_tables.compare_before(self, record)

    def _rotated(self, entry: Any, record: KeyRotated) -> None:
        if self.key and record.version != self.key + 1:
            self.report("check.key", f"key {record.version} follows key {self.key}")
        self._learn_key(record.version, record.vkey)
        self._next_key = record.version

    def _learn_key(self, version: int, vkey: str) -> None:
        self.vkeys[self.gen, version] = vkey
        if self._public_key(version) is None:
            self.report("check.key", f"the public key {vkey!r} is not one of {origin(self.shop, self.gen)}")

    def _row(self, entry: Any, record: RowPut | RowRemoved) -> None:
        position = join_position(self.gen, self.seq)
        self.configuration = position
        kind = self._features.kinds.get(record.kind)
        if kind is None:
            self.report("check.undecodable", f"there is no kind {record.kind!r}")
        elif kind.prices:
            self.book = position

    def _event(self, record: Event) -> None:
        if record.what == CONFIRMED:
            self.doubt, self._confirmed = False, True
        elif record.what == DOUBTED:
            self.doubt = True

    @property
    def outside_left(self) -> Mapping[tuple[int, int], bytes]:
        """The checkpoints from outside that were not met on the way."""
        return self._outside

    @property
    def last_ms(self) -> int | None:
        """The last entry's time; None where it has none."""
        try:
            return parse_ms(self._at) if self._at else None
        except ValueError:
            return None


def last_place(store: Store) -> tuple[int, int]:
    """(generation, size) behind the last entry that is stored."""
    with store.read() as txn:
        return _last(txn, 0, GENERATIONS_MAX)


def _last(txn: ReadTransaction, first: int, last: int) -> tuple[int, int]:
    """(generation, size) behind the last entry of these generations; (0, 0) where there is none."""
    for key, _ in txn.scan("entries", position_key(first, 0), position_key(last + 1, 0), reverse=True):
        gen, seq = split_position(int.from_bytes(key, "big"))
        return gen, seq + 1
    return 0, 0


def _bytes(text: str) -> bytes:
    """Hex as bytes; what is no hex cannot be in the index."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b"\0"
