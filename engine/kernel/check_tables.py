"""What stands beside the entries, held against them at the end of a walk: heads, the log's row, keys, index, tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from engine.kernel.checking import stored_edge
from engine.kernel.errors import IntegrityFault
from engine.kernel.genesis import Genesis
from engine.kernel.journal import CHAINS, HEADS, LOG, TRAINING_CHAIN, VKEYS, Head, Log, header_only
from engine.kernel.store import ReadTransaction
from engine.kernel.tables import Snapshot
from engine.kernel.world import split_position

if TYPE_CHECKING:
    from engine.kernel.check_entries import Walk

BYTES_OF_ALL = b"\xff" * 17  # behind every key of the index, whose keys have 16 bytes


def compare_before(walk: Walk, record: Genesis) -> None:
    """The genesis of a later generation names size and root of the log that was restored."""
    before = record.before
    if walk.gen == 1 and before is not None:
        walk.report("check.genesis", "the first log of a shop follows another")
    elif walk.gen > 1 and before is None:
        walk.report("check.genesis", f"generation {walk.gen} does not say what it follows")
    elif walk.whole and before is not None and (before.gen, before.size, before.root) != walk.before:
        text = f"the genesis follows generation {before.gen} at {before.size} entries with root {before.root}"
        walk.report("check.genesis", f"{text}; that log has {walk.before[1]} entries and root {walk.before[2]}")


def end_generation(walk: Walk, txn: ReadTransaction) -> None:
    """Closes the books of a log before the one that follows it is walked."""
    for code, seq, text in walk.tile_check.finish(txn):
        walk.report(code, text, seq)
    walk.tiles += walk.tile_check.count
    walk.before = (walk.gen, walk.seq, walk.root.hex())


def finish(walk: Walk, txn: ReadTransaction) -> None:
    """Everything that is compared once, with the end of the journal as this snapshot sees it."""
    end_generation(walk, txn)
    _log(walk, txn)
    _vkeys(walk, txn)
    _outside(walk, txn)
    if walk.whole:
        _index(walk, txn)
        if txn.count("tiles") != walk.tiles:
            _last(walk, "check.tile", f"{txn.count('tiles')} tiles are stored, the entries make {walk.tiles}")
        if txn.count("entries") != walk.present:
            extra = txn.count("entries") - walk.present
            _last(walk, "check.gap", f"{extra} entries stand outside the order of the journal")


def _last(walk: Walk, code: str, text: str) -> None:
    walk.report(code, text, walk.seq - 1)


def _log(walk: Walk, txn: ReadTransaction) -> None:
    try:
        log = Snapshot(txn).get(LOG, 0)
    except msgspec.DecodeError:
        log = None
    if log is None:
        _last(walk, "check.log", "the row of the log is missing or damaged")
        return
    last_ms = walk.last_ms
    wanted = Log(
        shop=walk.shop or log.shop,
        gen=walk.gen,
        size=walk.seq,
        edge=walk.edge.hashes,
        last_ms=log.last_ms if last_ms is None else last_ms,
        configuration=log.configuration if walk.configuration is None else walk.configuration,
        book=log.book if walk.book is None else walk.book,
        key=walk.key or log.key,
        doubt=log.doubt if walk.doubt is None else walk.doubt,
    )
    chains = {(till, chain_code(of, training)): end for (till, of, training), end in walk.chains.items()}
    if log.gen == walk.gen + 1 and not log.size:
        # A new log was opened and its genesis is not written yet (journal.md, Checking).
        wanted.gen, wanted.size, wanted.edge, wanted.key = log.gen, 0, b"", 1
        chains = {}
    for name in Log.__struct_fields__:
        found, right = getattr(log, name), getattr(wanted, name)
        if found != right:
            shown = (found.hex(), right.hex()) if isinstance(found, bytes) else (found, right)
            _last(walk, "check.log", f"the row of the log says {name} {shown[0]!r}, the entries say {shown[1]!r}")
    _heads(walk, txn, chains)


def chain_code(of: str, training: bool) -> int:
    """The number of a chain in the keys of heads; 0 for a kind of record that no chain is known for."""
    return CHAINS.get(of, 0) + (TRAINING_CHAIN if training else 0)


def _heads(walk: Walk, txn: ReadTransaction, chains: dict[tuple[int, int], tuple[int, str]]) -> None:
    left = dict(chains)
    start = HEADS.prefix
    for key, value in txn.scan(HEADS.db, start, start + b"\xff" * 4):
        till, code = HEADS.unpack(key)
        known = left.pop((till, code), None)
        try:
            head: Head | None = HEADS.decode(value)
        except msgspec.DecodeError:
            head = None
        if known is None and walk.whole:
            _last(walk, "check.head", f"chain {code} of till {till} has a head and no record")
        elif head is None or (known is not None and (head.n, head.leaf.hex()) != known):
            number = "nothing readable" if head is None else f"number {head.n}, leaf {head.leaf.hex()}"
            _last(walk, "check.head", f"the head of chain {code} of till {till} says {number}; it ends with {known}")
    for (till, code), known in left.items():
        _last(walk, "check.head", f"the head of chain {code} of till {till} is missing; it ends with {known}")


def _vkeys(walk: Walk, txn: ReadTransaction) -> None:
    stored: dict[tuple[int, int], str] = {}
    for key, value in txn.scan(VKEYS.db, VKEYS.prefix, VKEYS.prefix + b"\xff" * 5):
        gen, version = VKEYS.unpack(key)
        try:
            stored[gen, version] = VKEYS.decode(value)
        except msgspec.DecodeError:
            stored[gen, version] = ""
    for place in sorted(set(stored) | set(walk.vkeys)):
        if stored.get(place) != walk.vkeys.get(place):
            text = f"the table says {stored.get(place)}, the journal {walk.vkeys.get(place)}"
            _last(walk, "check.key", f"public key {place[1]} of generation {place[0]}: {text}")


def _index(walk: Walk, txn: ReadTransaction) -> None:
    """Every entry's id was looked up on the way; as many rows as entries means that no other row is there."""
    if txn.count("commands") == walk.indexed:
        return
    for id, value in txn.scan("commands", b"", BYTES_OF_ALL):
        data = txn.get("entries", value[16:])
        try:
            header = None if data is None else header_only(data)
        except msgspec.DecodeError:
            header = None
        if header is None or header.cmd != id.hex() or header.mac != value[:16].hex():
            seq = split_position(int.from_bytes(value[16:], "big"))[1]
            walk.report(
                "check.index", f"the index leads from the command id {id.hex()} to an entry that has it not", seq
            )


def _outside(walk: Walk, txn: ReadTransaction) -> None:
    """Checkpoints from outside that the walk did not come by: beyond its end, or before its start."""
    for (gen, size), root in walk.outside_left.items():
        if (gen, size) > (walk.gen, walk.seq):
            text = f"a checkpoint from outside covers {size} entries of generation {gen}"
            _last(walk, "check.truncated", f"{text}; there are {walk.seq} of generation {walk.gen}")
            continue
        try:
            found: bytes | None = stored_edge(txn, gen, size).root()
        except IntegrityFault:
            found = None
        if found != root:
            text = f"the checkpoint from outside over {size} entries of generation {gen} has another root"
            walk.report("check.outside", text, size - 1)
