"""Answers in the making: repeated ones, computed again from entry and tiles, and those to what was declined."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from engine.kernel import credentials, notes
from engine.kernel.attachments import keep_staged
from engine.kernel.clock import parse_ms
from engine.kernel.errors import Fault, IntegrityFault, Refusal
from engine.kernel.events import Event
from engine.kernel.journal import VKEYS, Sealed, Tiles, checkpoint_note, read_checkpoint
from engine.kernel.messages import INTEGER_MAX, TILL_MAX, Actor, Answer, Envelope, Record
from engine.kernel.store import ReadTransaction
from engine.kernel.tables import Snapshot, Working
from engine.kernel.world import World, split_position
from engine_ext import merkle, seal

ID_BYTES = 16


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


def marked(envelope: Envelope, records: tuple[Record, ...], world: World, rows: Working) -> Answer:
    """Writes the marks of an operational command; its answer, given when the group is on disk, names no entry."""
    if records:
        raise Fault("kernel.operational", "an operational command led to records, and has no entry for them")
    keep_staged(world, rows)
    return Answer(id=envelope.id.hex(), status="done", at_ms=world.at_ms)


def none_recorded(envelopes: Sequence[Envelope], answers: Sequence[Answer | None], fault: Fault) -> list[Answer]:
    """The answers of a group that is not on disk: only those to what was recorded before it hold.

    A refusal among them was decided behind commands of the same group, so it does not hold either; nor do marks that
    were written with it.
    """
    return [
        answer if answer is not None and answer.status == "done" and answer.gen else faulted(envelope, fault)
        for envelope, answer in zip(envelopes, answers, strict=True)
    ]


def with_copies(
    envelopes: Sequence[Envelope], answers: Sequence[Answer | None], first: Mapping[bytes, int]
) -> list[Answer]:
    """The answers of a group in order: a copy, which has none of its own, gets the one of the ``first`` of its id."""
    whole = []
    for envelope, answer in zip(envelopes, answers, strict=True):
        if answer is not None:
            whole.append(answer)
            continue
        original = answers[first[envelope.id]]
        assert original is not None
        whole.append(msgspec.structs.replace(original, repeated=True))
    return whole


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
    # Who shows no credential has no limit of his own: he must not be able to fill the journal.
    records = () if envelope.actor.credential == credentials.NOBODY else (event,)
    return Refusal("kernel.not_allowed", text, data={"right": permission}, records=records)


def unknown_till(envelope: Envelope) -> Refusal:
    """A till that nobody set up, or that was switched off: sealed as an event (a revoked credential)."""
    till = envelope.actor.till
    event = Event(code=0, what="refused.unknown_till", detail={"till": till})
    return Refusal("kernel.unknown_till", f"there is no active till {till}", data={"till": till}, records=(event,))


def require_actor(actor: Actor) -> None:
    """Refuses a till or an operator outside the numbers that keys and entries can hold, and a credential of no form."""
    till, operator = actor.till, actor.operator
    if type(till) is not int or not 0 <= till <= TILL_MAX:
        raise Refusal("kernel.bad_actor", f"the actor's till is a whole number from 0 to {TILL_MAX}", at="till")
    if type(operator) is not int or not 0 <= operator <= INTEGER_MAX:
        text = f"the actor's operator is a whole number from 0 to {INTEGER_MAX}"
        raise Refusal("kernel.bad_actor", text, at="operator")
    if not credentials.well_formed(actor.credential):
        raise Refusal("kernel.bad_actor", "the actor's credential has none of the known forms", at="credential")


def require_envelope(envelope: Envelope) -> None:
    """Refuses an id that is not 16 bytes, and an actor that cannot be."""
    id = envelope.id
    if type(id) is not bytes or len(id) != ID_BYTES:
        raise Refusal("kernel.bad_id", f"a command id has {ID_BYTES} bytes", at="id")
    require_actor(envelope.actor)
    if type(envelope.override) is not int or not 0 <= envelope.override <= INTEGER_MAX:
        raise Refusal("kernel.bad_actor", "the operator who overrides is a whole number", at="override")


def hex_of(id: object) -> str:
    """An id for answers and logs, whatever was sent as one."""
    return id.hex() if isinstance(id, bytes) else ""


def refused(id: bytes, refusal: Refusal) -> Answer:
    """The answer to a command that was declined."""
    return Answer(
        id=hex_of(id), status="refused", code=refusal.code, text=refusal.text, at=refusal.at, data=refusal.data
    )


def faulted(envelope: Envelope, error: Exception) -> Answer:
    """The answer where the engine itself is at fault; a bug's own words stay in the log: they may quote anything."""
    if not isinstance(error, Fault):
        text = f"the engine failed on this command and recorded nothing ({type(error).__name__}); its log says where"
        error = Fault("kernel.fault", text)
    return Answer(id=hex_of(envelope.id), status="fault", code=error.code, text=error.text, retry=error.retry)


def trains(records: tuple[Record, ...]) -> bool:
    """Whether any of the records says itself that it is training."""
    return any(getattr(record, "training", False) for record in records)
