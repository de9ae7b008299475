"""The real engine under test: a shop whose tills sell, refund, open and close, judged by its own checks and by ours."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import engine_ops
import engine_walker
import msgspec
from engine_ops import Ask
from workload import Ack, Finding, Kind, Verdict

from engine.engine import Engine
from engine.features import FEATURES
from engine.fiscal.check_journal import check_journal
from engine.kernel.disk import SMALL, Limits
from engine.kernel.errors import Fault, Refusal
from engine.kernel.messages import Actor, Answer, Envelope
from engine.kernel.refold import refold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LIMITS = Limits(
    map_bytes=256 << 20,
    ballast_bytes=64 << 10,
    ahead_bytes=64 << 10,
    ahead_step_bytes=64 << 10,
    free_bytes_min=0,
    free_percent_min=0,
)
"""Small, but with every reserve there is, so that faults strike the calls that keep them too."""
SENT_AGAIN_MAX = 3
"""How often a till sends a group again that the engine says may be sent again."""
REMEMBERED = 3
"""Checkpoints from outside that a check is given: the newest ones that anybody was told."""


class EngineFailed(Exception):
    """The engine answered a fault, or refused what it must take: the outcome of the operation is not known."""


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What one command was answered: sequence, leaf, accounting number (0: none) and a digest of its proof."""

    seq: int
    leaf: str
    number: int
    proof: str


class Content(msgspec.Struct, frozen=True, array_like=True):
    """What pins an operation in its `Ack`: every accepted command, and the last signed checkpoint that was told."""

    told: list[Told]
    note: str


def _told(answer: Answer) -> Told:
    number = getattr(answer.records[0], "no", 0) if answer.records else 0
    return Told(answer.seq, answer.leaf, number, hashlib.sha256(answer.proof.encode()).hexdigest()[:16])


def _note(answer: Answer) -> str:
    """The signed checkpoint at the end of a proof (C2SP tlog-proof: it follows the first empty line)."""
    return answer.proof.partition("\n\n")[2]


class EngineSession:
    """An open shop."""

    def __init__(self, directory: Path, limits: Limits = LIMITS) -> None:
        self.engine = Engine(directory, limits=limits, unsafe_filesystem=True)

    def do(self, op: int) -> Ack:
        """Submits the groups of an operation; what was accepted before is answered as it was then."""
        told: list[Told] = []
        note = ""
        number = 0
        answers: list[Answer] | None = None
        groups = engine_ops.groups_of(op)
        while True:
            try:
                asks = next(groups) if answers is None else groups.send(answers)
            except StopIteration:
                break
            if answers and engine_ops.name_of(op) == engine_ops.ROTATED and not answers[0].repeated:
                self.engine.rotate_key()
            answers = self._submit(op, number, asks)
            number += len(asks)
            for answer in answers:
                if answer.status == "done":
                    told.append(_told(answer))
                    note = _note(answer)
        return Ack(op=op, seq=told[0].seq, proof=msgspec.json.encode(Content(told, note)).decode())

    def _submit(self, op: int, first: int, asks: Sequence[Ask]) -> list[Answer]:
        envelopes = [
            Envelope(
                id=engine_ops.id_of(op, first + at),
                actor=Actor(till=ask.till, operator=ask.operator),
                command=FEATURES.decode_command(ask.name, ask.body),
            )
            for at, ask in enumerate(asks)
        ]
        for attempt in range(SENT_AGAIN_MAX):
            answers = self.engine.submit(envelopes)
            faulted = [answer for answer in answers if answer.status == "fault"]
            if not faulted:
                break
            if attempt == SENT_AGAIN_MAX - 1 or not all(answer.retry for answer in faulted):
                raise EngineFailed(f"{faulted[0].code}: {faulted[0].text}")
        for ask, answer in zip(asks, answers, strict=True):
            if (answer.status == "refused") is not ask.refused:
                raise EngineFailed(f"{ask.name} was {answer.status}: {answer.code} {answer.text}")
        return answers

    def close(self) -> None:
        """Closes the shop in good order."""
        self.engine.close()


class EngineWorkload:
    """A `Workload` on the engine as it is; the planted bugs of `engine_bugs.py` derive from it."""

    kill_seconds_max = 0.03
    """Opening a shop takes longer than opening a bare store: deaths have to reach the sales as well."""
    life_cycles = 6
    """Deaths that one shop sees: what verification costs grows with what was sold."""

    def __init__(self, name: str = "engine", limits: Limits = LIMITS) -> None:
        self.name = name
        self.limits = limits

    def create(self, directory: Path) -> None:
        """Makes the shop, configures it and opens its tills; what a crash left of that is finished."""
        if not directory.exists():
            Engine.create(directory, limits=self.limits, unsafe_filesystem=True)
        session = self.open(directory)
        try:
            session.do(engine_ops.SETUP_OP)
        finally:
            session.close()

    def open(self, directory: Path) -> EngineSession:
        """Opens the shop as a till's server would."""
        return EngineSession(directory, self.limits)

    def verify(self, directory: Path, acks: Sequence[Ack], attempted: int) -> Verdict:
        """Start, our own walk, every answer again, the engine's check and a refold; see `engine_walker`."""
        session = EngineSession(directory, self.limits)
        try:
            shop = engine_walker.read_shop(session.engine.store.env)
            known = {ack.op: msgspec.json.decode(ack.proof, type=Content) for ack in acks}
            findings = engine_walker.walk(shop)
            findings += engine_walker.operations(shop, attempted)
            findings += _answers(session, shop, known)
            seen = [*_own_check(session.engine, known), *_refolded(session.engine)]
            changed = [op for op, content in known.items() if _differs(shop, content)]
            if changed and not seen:
                text = f"the entries of operations {changed[:5]} are not those that were told, and no check says so"
                findings.append(Finding(kind=Kind.UNDETECTED, detail=text))
            findings += seen
        finally:
            session.close()
        findings += _leaks(directory)
        unacked = sum(op not in known for op in range(attempted) if shop.commands.get(engine_ops.id_of(op, 0)))
        return Verdict(findings=tuple(findings), unacked=unacked)


def _differs(shop: engine_walker.Shop, content: Content) -> bool:
    """Whether an entry that somebody holds an answer to is not there as it was told."""
    return any(shop.leaves[told.seq : told.seq + 1] != [told.leaf] for told in content.told)


def _answers(session: EngineSession, shop: engine_walker.Shop, known: dict[int, Content]) -> list[Finding]:
    """Sends every acknowledged id again and demands the same answer; what is missing is not sent but lost."""
    findings = []
    for op, content in known.items():
        wanted = [number for group in engine_ops.accepted(op) for number in group]
        missing = [number for number in wanted if engine_ops.id_of(op, number) not in shop.commands]
        if missing:
            text = f"operation {op} ({engine_ops.name_of(op)}): command {missing[0]} is gone"
            findings.append(Finding(kind=Kind.LOST, detail=text))
            continue
        again = msgspec.json.decode(session.do(op).proof, type=Content)
        if again != content:
            text = f"operation {op} ({engine_ops.name_of(op)}) was answered {content.told}, now {again.told}"
            findings.append(Finding(kind=Kind.DOUBLED, detail=text))
        if engine_ops.name_of(op) == "hire":
            findings += _person(session.engine, op)
    return findings


def _person(engine: Engine, op: int) -> list[Finding]:
    id, name = engine_ops.operator_of(op)
    row = engine.reader().ask_by_name("operators.get", {"id": id})
    if row.get("name") == name:
        return []
    return [Finding(kind=Kind.LOST, detail=f"the name of operator {id} is {row.get('name')!r}, not {name!r}")]


def _own_check(engine: Engine, known: dict[int, Content]) -> list[Finding]:
    """The check of the journal, given the newest checkpoints that anybody remembers."""
    newest = sorted(known.values(), key=lambda content: content.told[-1].seq)[-REMEMBERED:]
    try:
        checked = check_journal(engine.store, FEATURES, checkpoints=[content.note for content in newest])
    except (Refusal, Fault) as error:
        return [Finding(kind=Kind.CORRUPT, detail=f"check: {error}")]
    return [Finding(kind=Kind.CORRUPT, detail=f"check: {found}") for found in checked.breaks]


def _refolded(engine: Engine) -> list[Finding]:
    """Every table made again from the entries must be the same bytes."""
    return [
        Finding(kind=Kind.CORRUPT, detail=f"refold differs: {msgspec.json.encode(difference).decode()}")
        for difference in refold(engine.store, FEATURES, apply=False).differences
    ]


def _leaks(directory: Path) -> list[Finding]:
    """Personal data stand nowhere in clear, and PINs never in the people store's files."""
    canary = engine_ops.CANARY.encode()
    return [
        Finding(kind=Kind.LEAKED, detail=f"{path.relative_to(directory)} holds personal data in clear")
        for path in sorted(directory.rglob("*"))
        if path.is_file() and canary in path.read_bytes()
    ]


ENGINE = EngineWorkload()
ENGINE_BARE = EngineWorkload("engine-bare", SMALL)
"""Without any reserve: the file grows with every other group, which is when sizes and pages can disagree."""
