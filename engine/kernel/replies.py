"""Answers for commands that were accepted before: the same bytes, computed again from the entry and the tiles."""

import dataclasses
from collections.abc import Callable
from typing import Any

from engine.kernel import notes
from engine.kernel.clock import parse_ms
from engine.kernel.errors import IntegrityFault
from engine.kernel.journal import VKEYS, Tiles, checkpoint_note, read_checkpoint
from engine.kernel.messages import Answer
from engine.kernel.store import ReadTransaction
from engine.kernel.tables import Snapshot
from engine.kernel.world import split_position
from engine_ext import merkle, seal


@dataclasses.dataclass(frozen=True, slots=True)
class Stored:
    """One entry as read back: its bytes' leaf hash, the decoded entry, its generation and sequence."""

    gen: int
    seq: int
    leaf: bytes
    entry: Any
    data: bytes


def read_entry(txn: ReadTransaction, key: bytes, decode: Callable[[bytes], Any]) -> Stored:
    """The entry under a stored key; one that is not there is a fault of the store."""
    gen, seq = split_position(int.from_bytes(key, "big"))
    data = txn.get("entries", key)
    if data is None:
        raise IntegrityFault("journal.entry_missing", f"entry {seq} of generation {gen} is not there")
    return Stored(gen, seq, seal.leaf_hash(data), decode(data), data)


def entry_proof(txn: ReadTransaction, stored: Stored) -> str:
    """The C2SP tlog-proof of an entry against the checkpoint of its own group: the bytes its first answer held."""
    checkpoint = read_checkpoint(txn, stored.gen, stored.seq + 1)
    if checkpoint is None:
        raise IntegrityFault("journal.no_checkpoint", f"no checkpoint covers entry {stored.seq}")
    vkey = Snapshot(txn).get(VKEYS, stored.gen, checkpoint.key)
    if vkey is None:
        raise IntegrityFault(
            "journal.no_vkey", f"the public key {checkpoint.key} of generation {stored.gen} is not there"
        )
    hashes = merkle.inclusion(stored.seq, checkpoint.size, Tiles(txn, stored.gen))
    return notes.proof_text(stored.seq, hashes, checkpoint_note(stored.entry.shop, stored.gen, checkpoint, vkey))


def repeat_answer(txn: ReadTransaction, key: bytes, decode: Callable[[bytes], Any]) -> Answer:
    """The answer that the command under this entry got."""
    stored = read_entry(txn, key, decode)
    return Answer(
        id=stored.entry.cmd,
        status="done",
        gen=stored.gen,
        seq=stored.seq,
        at_ms=parse_ms(stored.entry.at),
        leaf=stored.leaf.hex(),
        records=stored.entry.rec,
        proof=entry_proof(txn, stored),
        repeated=True,
    )
