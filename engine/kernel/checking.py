"""What a check of the journal says: breaks with their place and neighbours, and the stored tree that it starts from."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from engine.kernel import notes
from engine.kernel.errors import IntegrityFault, Refusal
from engine.kernel.journal import HASH_BYTES, TILE_HASHES, VKEYS, header_only, origin, position_key, tile_key
from engine.kernel.store import ReadTransaction, Store
from engine.kernel.tables import Snapshot
from engine.kernel.world import GENERATIONS_MAX
from engine_ext import merkle, seal

BREAKS: Mapping[str, str] = MappingProxyType(
    {
        "check.gap": "entries are missing: a sequence number is left out",
        "check.unreadable": "the store cannot read what lies there",
        "check.undecodable": "the bytes of an entry are no entry that this version knows",
        "check.not_canonical": "an entry is not in its one canonical form",
        "check.header": "an entry says of its shop, generation, sequence or configuration what does not fit its place",
        "check.time": "an entry is earlier than the one before it, and nobody confirmed the clock",
        "check.leaf": "an entry's bytes do not hash to the leaf that the tree was built from",
        "check.chain_number": "a chain's number is left out or there twice",
        "check.chain_link": "an entry does not name the leaf of the one before it on its chain",
        "check.root": "the signed root of a checkpoint is not the root of the entries below it",
        "check.signature": "a checkpoint's signature does not verify",
        "check.checkpoint": "a checkpoint is missing, malformed or signed by another key than it should be",
        "check.key": "a public key does not belong to this log",
        "check.unsealed": "entries stand behind the last checkpoint: nobody signed them",
        "check.tile": "a stored hash tile is missing or not what the entries give",
        "check.index": "the index of command ids and the entries disagree",
        "check.head": "a stored head of a chain is not where the chain ends",
        "check.log": "the row that says where the journal stands disagrees with the entries",
        "check.genesis": "a log does not begin as it must",
        "check.truncated": "a checkpoint from outside covers more entries than there are",
        "check.outside": "a checkpoint from outside has another root than the entries, or another key",
        "check.accounting_number": "a series of accounting numbers has a gap, or mixes training and real ones",
        "check.ticket_sums": "the sums inside a ticket do not fit: lines, discounts, rates, total",
        "check.payment_sums": "payments, rounding and what is due do not make the total",
        "check.original": "a refund, payment or copy names a ticket that does not stand where it says",
        "check.session": "a till's sessions do not follow each other",
        "check.closure": "a closure is not the sum of the tickets that it closes",
        "check.tables": "a table is not what the entries make of it when they are folded again",
    }
)
"""Every code of a break and its meaning."""

SNAPSHOT_MS_MAX = 500  # how long one snapshot is read before it is renewed (S9 asks for a second at most)


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """An entry beside a break: its sequence, till, time and leaf hash; empty texts where it cannot be read either."""

    seq: int
    till: int | None
    at: str
    leaf: str


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """One place where the journal does not prove itself.

    ``gen`` and ``seq`` name the entry (for a checkpoint: the last entry below it), ``code`` is one of `BREAKS`,
    ``text`` says what is wrong; ``before`` and ``after`` are the entries around it, null where there is none.
    """

    code: str
    gen: int
    seq: int
    text: str
    before: Neighbour | None = None
    after: Neighbour | None = None

    def __str__(self) -> str:
        return f"{self.code} at entry {self.seq} of generation {self.gen}: {self.text}"


def neighbour(txn: ReadTransaction, gen: int, seq: int) -> Neighbour | None:
    """The entry at a place beside a break, read with nothing taken for granted."""
    if seq < 0:
        return None
    data = txn.get("entries", position_key(gen, seq))
    if data is None:
        return None
    leaf = seal.leaf_hash(data).hex()
    try:
        header = header_only(data)
    except msgspec.DecodeError:
        return Neighbour(seq=seq, till=None, at="", leaf=leaf)
    return Neighbour(seq=seq, till=header.till, at=header.at, leaf=leaf)


def stored_leaf(txn: ReadTransaction, gen: int, seq: int) -> bytes | None:
    """The leaf of an entry as its tile keeps it; None in the last, partial tile, which is not stored."""
    index, offset = divmod(seq, TILE_HASHES)
    tile = txn.get("tiles", tile_key(gen, 0, index)) or b""
    leaf = tile[offset * HASH_BYTES : (offset + 1) * HASH_BYTES]
    return leaf if len(leaf) == HASH_BYTES else None


def stored_edge(txn: ReadTransaction, gen: int, size: int) -> merkle.Edge:
    """The edge of the tree over the first ``size`` entries, from tiles (and from entries where a tile is partial)."""
    parts = []
    start = 0
    for bit in range(size.bit_length() - 1, -1, -1):
        if not size >> bit & 1:
            continue
        level, width = bit // 8, 1 << bit % 8
        index, offset = divmod(start >> 8 * level, TILE_HASHES)
        tile = txn.get("tiles", tile_key(gen, level, index))
        if tile is None and level == 0:
            first = index * TILE_HASHES
            scan = txn.scan("entries", position_key(gen, first), position_key(gen, size))
            tile = b"".join(seal.leaf_hash(value) for _, value in scan)
        nodes = (tile or b"")[offset * HASH_BYTES : (offset + width) * HASH_BYTES]
        if len(nodes) != width * HASH_BYTES:
            raise IntegrityFault("journal.tile_missing", f"tile {level}/{index} of generation {gen} is not there")
        parts.append(subtree_root(nodes))
        start += 1 << bit
    return merkle.Edge(size, b"".join(parts))


def subtree_root(nodes: bytes) -> bytes:
    """The root over 2^k hashes that stand side by side on one level (RFC 6962 section 2.1)."""
    while len(nodes) > HASH_BYTES:
        pairs = range(0, len(nodes), 2 * HASH_BYTES)
        nodes = b"".join(
            seal.node_hash(nodes[at : at + HASH_BYTES], nodes[at + HASH_BYTES : at + 2 * HASH_BYTES]) for at in pairs
        )
    return nodes


def open_outside(store: Store, note: str) -> tuple[int, int, bytes]:
    """(generation, size, root) of a checkpoint from outside, opened with the shop's own public keys; refuses others."""
    with store.read() as txn:
        known = dict(Snapshot(txn).scan(VKEYS))
    try:
        checkpoint = notes.parse_checkpoint(notes.open_note(note, [notes.parse_vkey(vkey) for vkey in known.values()]))
    except notes.NoteError as error:
        text = f"the checkpoint cannot be held against this journal: {error.message}"
        raise Refusal("fiscal.bad_checkpoint", text, at="checkpoint") from error
    parts = checkpoint.origin.split("/")
    for gen in range(1, GENERATIONS_MAX + 1):
        if checkpoint.origin == origin(parts[1] if len(parts) > 1 else "", gen):
            return gen, checkpoint.size, checkpoint.root
    raise Refusal("fiscal.bad_checkpoint", f"{checkpoint.origin} is no log of this shop", at="checkpoint")


class TileCheck:
    """Compares stored tiles with those that the leaves give, while leaves arrive in order."""

    def __init__(self, gen: int) -> None:
        self._gen = gen
        self._rows: list[bytearray] = []
        self._indexes: list[int] = []
        self.count = 0

    def begin(self, txn: ReadTransaction, size: int) -> None:
        """Starts behind ``size`` entries: what of the open tiles lies before is taken from the store."""
        level = 0
        while size:
            index, width = divmod(size, TILE_HASHES)
            if level == 0:
                first = index * TILE_HASHES
                scan = txn.scan("entries", position_key(self._gen, first), position_key(self._gen, size))
                tile = b"".join(seal.leaf_hash(value) for _, value in scan)
            else:
                tile = (txn.get("tiles", tile_key(self._gen, level, index)) or b"")[: width * HASH_BYTES]
            self._rows.append(bytearray(tile))
            self._indexes.append(index)
            self.count += index
            size = index
            level += 1

    def add(self, txn: ReadTransaction, leaves: bytes) -> list[tuple[str, int, str]]:
        """Takes the next leaves; returns (code, sequence, text) of every tile or leaf that differs."""
        found: list[tuple[str, int, str]] = []
        self._add(txn, 0, leaves, found)
        return found

    def _add(self, txn: ReadTransaction, level: int, nodes: bytes, found: list[tuple[str, int, str]]) -> None:
        if level == len(self._rows):
            self._rows.append(bytearray())
            self._indexes.append(0)
        row = self._rows[level]
        row += nodes
        whole = TILE_HASHES * HASH_BYTES
        upper = b""
        while len(row) >= whole:
            made = bytes(row[:whole])
            del row[:whole]
            upper += self._compare(txn, level, made, found)
            self._indexes[level] += 1
        if upper:
            self._add(txn, level + 1, upper, found)

    def _compare(self, txn: ReadTransaction, level: int, made: bytes, found: list[tuple[str, int, str]]) -> bytes:
        """Compares one full tile; returns its root as the level above has it, so that damage stays where it is."""
        index = self._indexes[level]
        self.count += 1
        stored = txn.get("tiles", tile_key(self._gen, level, index))
        root = merkle.tile_root(made)
        if stored == made:
            return root
        first = index * TILE_HASHES << 8 * level
        if stored is None or len(stored) != len(made):
            found.append(("check.tile", first, f"tile {level}/{index} is missing or too short"))
            return root
        above, at = divmod(index, TILE_HASHES)
        node = (txn.get("tiles", tile_key(self._gen, level + 1, above)) or b"")[at * HASH_BYTES : (at + 1) * HASH_BYTES]
        entries = level == 0 and node != root
        for at in range(0, len(made), HASH_BYTES):
            if stored[at : at + HASH_BYTES] == made[at : at + HASH_BYTES]:
                continue
            seq = first + (at // HASH_BYTES << 8 * level)
            if entries:
                text = f"its bytes hash to {made[at : at + HASH_BYTES].hex()}, the tree holds another leaf"
                found.append(("check.leaf", seq, text))
            else:
                found.append(("check.tile", seq, f"tile {level}/{index} differs from the entries at this one"))
        return merkle.tile_root(stored) if entries else root

    def finish(self, txn: ReadTransaction) -> list[tuple[str, int, str]]:
        """Compares the partial tiles above level 0 (that one is never stored) and counts them."""
        found = []
        for level, row in enumerate(self._rows):
            if level == 0 or not row:
                continue
            self.count += 1
            index = self._indexes[level]
            if txn.get("tiles", tile_key(self._gen, level, index)) != bytes(row):
                seq = index * TILE_HASHES << 8 * level
                found.append(("check.tile", seq, f"the last tile of level {level} ({index}) differs from the entries"))
        return found
