"""Answers in the making: repeated ones, computed again from entry and tiles, and those to what was declined."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from engine.kernel import notes
from engine.kernel.clock import parse_ms
from engine.kernel.errors import Fault, IntegrityFault, Refusal
from engine.kernel.events import Event
from engine.kernel.journal import VKEYS, Sealed, Tiles, checkpoint_note, read_checkpoint
from engine.kernel.messages import Answer, Envelope, Record
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


def done(sealed: Sealed, records: tuple[Record, ...], proof: str) -> Answer:
    """The first answer to what was accepted, once its group is on disk."""
    return Answer(
        id=sealed.entry.cmd,
        status="done",
        gen=sealed.entry.gen,
        seq=sealed.entry.seq,
        at_ms=sealed.at_ms,
        leaf=sealed.leaf.hex(),
        records=records,
        proof=proof,
    )


def none_recorded(envelopes: Sequence[Envelope], answers: Sequence[Answer | None], fault: Fault) -> list[Answer]:
    """The answers of a group that is not on disk: only those to what was recorded before it hold.

    A refusal among them was decided behind commands of the same group, so it does not hold either.
    """
    return [
        answer if answer is not None and answer.status == "done" else faulted(envelope, fault)
        for envelope, answer in zip(envelopes, answers, strict=True)
    ]


def reused(envelope: Envelope) -> Refusal:
    """An id that was used with other content; sealed as an event."""
    event = Event(code=0, what="refused.id_reused", detail={"command": type(envelope.command).__name__})
    return Refusal(
        "kernel.id_reused",
        f"the id {envelope.id.hex()} was used before with other content; a new command needs a new id",
        at="id",
        records=(event,),
    )


def not_allowed(envelope: Envelope, permission: str) -> Refusal:
    """A missing right; sealed as an event."""
    event = Event(code=0, what="refused.not_allowed", detail={"right": permission})
    text = f"operator {envelope.actor.operator} does not hold the right {permission}"
    return Refusal("kernel.not_allowed", text, data={"right": permission}, records=(event,))


def refused(id: bytes, refusal: Refusal) -> Answer:
    """The answer to a command that was declined."""
    return Answer(id=id.hex(), status="refused", code=refusal.code, text=refusal.text, at=refusal.at, data=refusal.data)


def faulted(envelope: Envelope, fault: Fault) -> Answer:
    """The answer where the engine itself is at fault."""
    return Answer(id=envelope.id.hex(), status="fault", code=fault.code, text=fault.text, retry=fault.retry)
