"""The public address of an entry's proof, what opens it, and the search for a leaf whose place is not known.

A leaf alone is no secret: entries name the leaf of the one before them on their chain, and proofs name those of their
neighbours. Whoever held one receipt could walk from it through a shop's whole history. So an address carries, beside
the place of the entry, digits of the entry's own salt, which stand nowhere else: they open its content, while the leaf
alone proves no more than that it is in the journal.
"""

import hmac
import re
from typing import NamedTuple

from engine.kernel.journal import HASH_BYTES, LOG, TILE_HASHES, position_key, tile_key
from engine.kernel.messages import Header
from engine.kernel.store import ReadTransaction
from engine.kernel.tables import Snapshot
from engine_ext import seal

OPENER_DIGITS = 16  # 64 bits of the salt: nobody guesses them through a door that counts
SEARCH_TILES_MAX = 256  # 65 536 entries, the newest: where a leaf without its place is looked for (2 MiB, 2 to 3 ms)

_PLACE = re.compile(r"([1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,14})\.([0-9a-f]{16})")


class Place(NamedTuple):
    """Where an address says that the entry stands, and the digits that open its content."""

    gen: int
    seq: int
    opener: str


def proof_path(header: Header, leaf: str) -> str:
    """The path and query under which anybody who holds the receipt finds the proof of its entry; ``leaf`` in hex."""
    return f"/proof/{leaf}?e={header.gen}.{header.seq}.{header.salt[:OPENER_DIGITS]}"


def parse_place(text: str) -> Place | None:
    """The place that ``e`` of an address says, or None where it says none."""
    found = _PLACE.fullmatch(text)
    return None if found is None else Place(int(found[1]), int(found[2]), found[3])


def opens(place: Place, salt: str) -> bool:
    """Whether the digits are those of the entry's salt; the comparison takes the same time wherever they differ."""
    return hmac.compare_digest(place.opener.encode(), salt[:OPENER_DIGITS].encode())


def find_leaf(txn: ReadTransaction, leaf: bytes) -> tuple[int, int] | None:
    """(generation, sequence) of a leaf among the newest entries of the log, newest tile first; None where it is not.

    An index of all leaves would be one more random key for each sale, which costs every till; this costs only who asks.
    """
    log = Snapshot(txn).get(LOG, 0)
    assert log is not None
    full, rest = divmod(log.size, TILE_HASHES)
    start, stop = position_key(log.gen, full * TILE_HASHES), position_key(log.gen, log.size)
    for number, (_, data) in enumerate(txn.scan("entries", start, stop) if rest else ()):
        if seal.leaf_hash(data) == leaf:
            return log.gen, full * TILE_HASHES + number
    for index in range(full - 1, max(-1, full - 1 - SEARCH_TILES_MAX), -1):
        tile = txn.get("tiles", tile_key(log.gen, 0, index)) or b""
        at = tile.find(leaf)
        while at >= 0 and at % HASH_BYTES:
            at = tile.find(leaf, at + 1)
        if at >= 0:
            return log.gen, index * TILE_HASHES + at // HASH_BYTES
    return None
