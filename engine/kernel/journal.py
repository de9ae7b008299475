"""The journal: numbers, links, seals and checkpoints; the only way anything fiscal is ever written."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import msgspec

from engine.kernel import notes
from engine.kernel.entropy import Entropy
from engine.kernel.errors import Fault, IntegrityFault, Refusal
from engine.kernel.messages import Actor, Entry, Header, Link, Record
from engine.kernel.store import ReadTransaction, WriteTransaction
from engine.kernel.tables import Snapshot, Table, Transaction, Working
from engine.kernel.version import VERSION
from engine.kernel.world import join_position
from engine_ext import canonical, merkle, seal

FORMAT = 1
ENTRY_BYTES_MAX = 65_535
TILE_HASHES = 256
TILE_LEVELS = 8
HASH_BYTES = 32

CHAINS = {"ticket": 1, "payment": 2, "copy": 3, "closure": 4, "event": 5, "cash": 6, "archive": 7}
"""Kinds of fiscal records and their numbers in keys; a training chain has 100 more (journal.md, Fiscal records)."""

TRAINING_CHAIN = 100


class Log(msgspec.Struct, array_like=True):
    """Where the journal stands: written once per group.

    ``size`` entries in generation ``gen``; ``edge`` the roots of the tree's perfect subtrees; ``last_ms`` the last
    entry's time; ``configuration`` and ``book`` the positions of the last entries that changed a kind, and one that
    prices; ``key`` the version of the signing key; ``doubt`` whether the clock awaits confirmation.
    """

    shop: str
    gen: int
    size: int
    edge: bytes
    last_ms: int
    configuration: int
    book: int
    key: int
    doubt: bool


class Head(msgspec.Struct, array_like=True):
    """The end of one chain: how many records it has, and the leaf hash of the entry that holds the last one."""

    n: int
    leaf: bytes


LOG = Table("kernel.log", b"kl", ">B", Log)
HEADS = Table("kernel.heads", b"kh", ">HB", Head)
VKEYS = Table("kernel.vkeys", b"ky", ">HH", str)
"""(generation, key version) -> the public key as a vkey line."""

_COMMAND_BYTES = 16 + 8
_encode = msgspec.json.Encoder().encode


class Sealed(msgspec.Struct, frozen=True):
    """One appended entry before its group is committed: as sealed, its leaf, its time and its place in the group."""

    entry: Entry
    leaf: bytes
    at_ms: int
    index: int


@dataclasses.dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed tree head as stored: key version, size, root and signature."""

    key: int
    size: int
    root: bytes
    signature: bytes

    def pack(self) -> bytes:
        """98 bytes: everything of the signed note that cannot be derived."""
        return self.key.to_bytes(2, "big") + self.root + self.signature

    @staticmethod
    def unpack(size: int, stored: bytes) -> "Checkpoint":
        """The checkpoint again."""
        return Checkpoint(int.from_bytes(stored[:2], "big"), size, stored[2:34], stored[34:])


def origin(shop: str, gen: int) -> str:
    """The log's origin line: ``guichet/<shop>``, with the generation from the second on (journal.md, Checking)."""
    return f"guichet/{shop}" if gen == 1 else f"guichet/{shop}/{gen}"


def position_key(gen: int, seq: int) -> bytes:
    """The stored key of an entry: generation and sequence as one ordered 64-bit number."""
    return join_position(gen, seq).to_bytes(8, "big")


def tile_key(gen: int, level: int, index: int) -> bytes:
    """The stored key of a tile row."""
    return gen.to_bytes(2, "big") + level.to_bytes(1, "big") + index.to_bytes(6, "big")


def read_checkpoint(txn: Transaction, gen: int, size_min: int) -> Checkpoint | None:
    """The first checkpoint of a generation that covers at least ``size_min`` entries."""
    start, stop = position_key(gen, size_min), position_key(gen + 1, 0)
    for key, value in txn.scan("checkpoints", start, stop):
        return Checkpoint.unpack(int.from_bytes(key[2:], "big"), value)
    return None


def checkpoint_note(shop: str, gen: int, checkpoint: Checkpoint, vkey: str) -> str:
    """The C2SP signed note of a stored checkpoint."""
    text = notes.checkpoint_text(origin(shop, gen), checkpoint.size, checkpoint.root)
    return notes.join_note(text, notes.parse_vkey(vkey), checkpoint.signature)


class Tiles:
    """Hash tiles of one generation as a transaction sees them; the last partial level-0 tile comes from entries."""

    def __init__(self, txn: ReadTransaction, gen: int) -> None:
        self._txn = txn
        self._gen = gen
        self._partial: dict[int, bytes] = {}

    def __call__(self, level: int, index: int, width: int) -> bytes:
        """The first ``width`` hashes of tile ``index`` on ``level``."""
        stored = self._txn.get("tiles", tile_key(self._gen, level, index))
        if stored is None and level == 0:
            stored = self._partial.get(index)
            if stored is None or len(stored) < width * HASH_BYTES:
                stored = self._partial[index] = self._from_entries(index)
        if stored is None or len(stored) < width * HASH_BYTES:
            raise IntegrityFault("journal.tile_missing", f"tile {level}/{index} of generation {self._gen} is not there")
        return stored[: width * HASH_BYTES]

    def _from_entries(self, index: int) -> bytes:
        first = index * TILE_HASHES
        start, stop = position_key(self._gen, first), position_key(self._gen, first + TILE_HASHES)
        return b"".join(seal.leaf_hash(value) for _, value in self._txn.scan("entries", start, stop))


class Journal:
    """The writer's end of the journal: appends entries to the open group and seals it with one checkpoint."""

    def __init__(self, rows: Working, entropy: Entropy, signer: notes.Signer, content_key: bytes) -> None:
        self._rows = rows
        self._entropy = entropy
        self._content_key = content_key
        self.signer = signer
        self._signers: dict[int, notes.Signer] = {}
        self._next_key = 0
        self.log: Log
        self._edge: merkle.Edge
        self._tail: list[bytes] = []
        self._entries: list[tuple[bytes, bytes]] = []
        self._commands: list[tuple[bytes, bytes]] = []
        self._leaves: list[bytes] = []
        self.group: merkle.Group | None = None
        self.note = ""

    def load(self, txn: ReadTransaction) -> None:
        """Reads where the journal stands, after an open or an abort; O(256) whatever its length."""
        log = Snapshot(txn).get(LOG, 0)
        if log is None:
            raise IntegrityFault("journal.no_log", "the store has no journal: it was never begun")
        self.log = log
        self._signers.setdefault(log.key, self.signer)
        self.signer, self._next_key = self._signers[log.key], 0
        self._edge = merkle.Edge(log.size, log.edge)
        first = log.size - log.size % TILE_HASHES
        scan = txn.scan("entries", position_key(log.gen, first), position_key(log.gen, log.size))
        self._tail = [seal.leaf_hash(value) for _, value in scan]
        if len(self._tail) != log.size - first:
            raise IntegrityFault("journal.gap", f"entries {first} to {log.size - 1} are not all there")
        self._drop()

    def _drop(self) -> None:
        self._entries, self._commands, self._leaves = [], [], []
        self._rows.sealed.clear()

    @property
    def seq(self) -> int:
        """The sequence that the next entry gets."""
        return self.log.size + len(self._leaves)

    def content_mac(self, actor: Actor, command: msgspec.Struct) -> bytes:
        """The HMAC (16 bytes) of a decoded command with its till, defaults left out (journal.md, Seal)."""
        return seal.content_mac(self._content_key, b"%d\0%b" % (actor.till, _encode(command)))

    def _links(self, till: int, training: bool, records: Sequence[Record]) -> tuple[tuple[Link, ...], list[int]]:
        links: list[Link] = []
        codes: list[int] = []
        for record in records:
            if not record.fiscal:
                continue
            code = CHAINS[record.fiscal] + (TRAINING_CHAIN if training else 0)
            if code in codes:
                raise Fault("journal.two_of_a_kind", f"one entry may hold one {record.fiscal} record, not two")
            head = self._rows.get(HEADS, till, code)
            codes.append(code)
            if head is None:
                links.append(Link(of=record.fiscal, n=1, prev=None))
            else:
                links.append(Link(of=record.fiscal, n=head.n + 1, prev=head.leaf.hex()))
        return tuple(links), codes

    def append(
        self,
        *,
        id: bytes,
        mac: bytes,
        actor: Actor,
        at: str,
        at_ms: int,
        zone: str,
        training: bool,
        about: bytes | None,
        records: tuple[Record, ...],
        indexed: bool,
    ) -> Sealed:
        """Seals one entry into the open group; ``indexed`` enters its command id into the index of ids."""
        log = self.log
        links, codes = self._links(actor.till, training, records)
        entry = Entry(  # by position: see `Header`
            FORMAT,
            log.shop,
            log.gen,
            log.size + len(self._leaves),
            actor.till,
            actor.operator,
            id.hex(),
            mac.hex(),
            at,
            zone,
            log.configuration,
            VERSION,
            training,
            None if about is None else about.hex(),
            self._entropy.take(16).hex(),
            links,
            records,
        )
        try:
            data = canonical.encode(entry, ENTRY_BYTES_MAX)
        except canonical.CanonicalError as error:
            if error.code == "canonical.too_large":
                text = f"the entry would pass {ENTRY_BYTES_MAX} bytes; split it into smaller ones"
                raise Refusal("journal.entry_too_large", text) from error
            raise Refusal("journal.not_canonical", f"the entry cannot be sealed: {error}", at=error.path) from error
        leaf = seal.leaf_hash(data)
        key = position_key(log.gen, entry.seq)
        self._entries.append((key, data))
        self._rows.sealed[key] = data
        if indexed:
            self._commands.append((id, mac + key))
        self._leaves.append(leaf)
        for link, code in zip(links, codes, strict=True):
            self._rows.put(HEADS, Head(link.n, leaf), actor.till, code)
        log.last_ms = at_ms
        return Sealed(entry, leaf, at_ms, len(self._leaves) - 1)

    def known(self, id: bytes, txn: ReadTransaction) -> tuple[bytes, bytes] | None:
        """(content HMAC, entry key) of a command id that was accepted before this group, or None."""
        stored = txn.get("commands", id)
        if stored is None:
            return None
        assert len(stored) == _COMMAND_BYTES
        return stored[:16], stored[16:]

    def sign_next_with(self, version: int, signer: notes.Signer) -> None:
        """The open group's checkpoint is the last that the key in use signs, if the group reaches the disk."""
        self._signers[version] = signer
        self._next_key = version

    def seal_group(self, txn: WriteTransaction) -> None:
        """Writes the group's entries, ids and tiles, and one signed checkpoint over the whole tree."""
        if not self._leaves:
            return
        log = self.log
        group = self._edge.append(self._leaves)
        log.size = group.new_size
        log.edge = self._edge.hashes
        text = notes.checkpoint_text(origin(log.shop, log.gen), log.size, group.root)
        signature = self.signer.sign(text.encode())
        txn.put_many("entries", self._entries, append=True)
        self._commands.sort()
        txn.put_many("commands", self._commands)
        checkpoint = Checkpoint(log.key, log.size, group.root, signature)
        txn.put_many("checkpoints", [(position_key(log.gen, log.size), checkpoint.pack())], append=True)
        tiles = self._tiles(group)
        if tiles:
            txn.put_many("tiles", tiles(txn))
        self.group = group
        self.note = notes.join_note(text, self.signer.key, signature)
        if self._next_key:
            # The row is committed with this group, so that no crash brings the old key back (journal.md, Keys).
            log.key, self._next_key = self._next_key, 0
            self.signer = self._signers[log.key]
        self._rows.put(LOG, log, 0)
        self._drop()

    def _tiles(self, group: merkle.Group) -> Any:
        """The rows of tiles that this group filled (level 0) or lengthened (levels above), as a function of the txn."""
        self._tail.extend(self._leaves)
        if len(self._tail) < TILE_HASHES:
            return None
        full, rest = divmod(len(self._tail), TILE_HASHES)
        first = (group.new_size - len(self._tail)) // TILE_HASHES
        rows: list[tuple[bytes, bytes]] = []
        for number in range(full):
            tile = b"".join(self._tail[number * TILE_HASHES : (number + 1) * TILE_HASHES])
            rows.append((tile_key(self.log.gen, 0, first + number), tile))
        # The tree has hashed the roots of full tiles already: they are the nodes of level 8 that the group completed.
        nodes = group.completed(TILE_LEVELS)
        roots = [nodes[at : at + HASH_BYTES] for at in range(0, len(nodes), HASH_BYTES)]
        assert len(roots) == full, "a tile without its root"
        self._tail = self._tail[len(self._tail) - rest :] if rest else []
        gen = self.log.gen

        def with_upper(txn: WriteTransaction) -> list[tuple[bytes, bytes]]:
            upper(txn, gen, 1, first, nodes=roots, rows=rows)
            return sorted(rows)

        return with_upper

    def proof(self, index: int) -> str:
        """The C2SP tlog-proof text of the entry at ``index`` in the group that was sealed last."""
        assert self.group is not None
        return notes.proof_text_of_lines(self.group.old_size + index, self.group.inclusion_text(index), self.note)


def upper(
    txn: ReadTransaction, gen: int, level: int, first: int, *, nodes: list[bytes], rows: list[tuple[bytes, bytes]]
) -> None:
    """Adds ``nodes`` (from number ``first``, tree level 8 * ``level``) to the tiles of ``level`` and those above."""
    at = 0
    full: list[bytes] = []
    first_full = -1
    while at < len(nodes):
        index, offset = divmod(first + at, TILE_HASHES)
        take = nodes[at : at + TILE_HASHES - offset]
        key = tile_key(gen, level, index)
        tile = b"" if offset == 0 else txn.get("tiles", key) or b""
        if len(tile) != offset * HASH_BYTES:
            raise IntegrityFault(
                "journal.tile_missing", f"tile {level}/{index} holds {len(tile)} bytes at node {first + at}"
            )
        tile += b"".join(take)
        rows.append((key, tile))
        if len(tile) == TILE_HASHES * HASH_BYTES:
            first_full = index if first_full < 0 else first_full
            full.append(merkle.tile_root(tile))
        at += len(take)
    if full:
        upper(txn, gen, level + 1, first_full, nodes=full, rows=rows)


def header_only(data: bytes) -> Header:
    """The header of stored entry bytes, records left undecoded."""
    return _HEADERS.decode(data)


_HEADERS = msgspec.json.Decoder(Header)
