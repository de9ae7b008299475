"""Drives a workload through trouble by the rules of the store (any error: close, reopen, same key) and judges it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec
from workload import Ack, Finding, Kind, Session, Verdict, Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TRIES_MAX = 5
"""Attempts at one operation before it is given up as unknown."""
FAILURES_SHOWN = 20

T = TypeVar("T")


class WorkloadError(Exception):
    """The workload does not even work on a healthy disk, so a campaign on it would prove nothing."""


class Driver:
    """One process's use of a store: opens when needed, and retries an operation under the same number."""

    def __init__(self, workload: Workload, directory: Path) -> None:
        self.workload = workload
        self.directory = directory
        self.errors: list[str] = []
        self._session: Session | None = None

    def create(self) -> bool:
        """Creates the store; False when it could not be done in `TRIES_MAX` attempts."""
        return self._try(self._created) is not None

    def open(self) -> bool:
        """Opens the store; False when it could not be done in `TRIES_MAX` attempts."""
        return self._try(lambda: self._opened() is not None) is not None

    def do(self, op: int) -> Ack | None:
        """Does one operation; None when its outcome is still unknown after `TRIES_MAX` attempts."""
        return self._try(lambda: self._opened().do(op))

    def attempt(self, op: int) -> Ack | None:
        """Does one operation, but tries only once; None when its outcome is unknown."""
        return self._try(lambda: self._opened().do(op), tries=1)

    def close(self) -> None:
        """Closes the session, whatever it thinks of that."""
        session, self._session = self._session, None
        if session is not None:
            with suppress(Exception):
                session.close()

    def _created(self) -> bool:
        self.workload.create(self.directory)
        return True

    def _opened(self) -> Session:
        if self._session is None:
            self._session = self.workload.open(self.directory)
        return self._session

    def _try(self, action: Callable[[], T], tries: int = TRIES_MAX) -> T | None:
        for _ in range(tries):
            try:
                return action()
            except Exception as error:  # noqa: BLE001 - S3: any class of error makes the session suspect
                self.errors.append(f"{type(error).__name__}: {error}")
                self.close()
        return None


class Examined(NamedTuple):
    """A verdict with the acknowledgements as they stand afterwards (the examination itself goes on selling)."""

    verdict: Verdict
    acks: list[Ack]
    attempted: int


def examine(workload: Workload, directory: Path, acks: Sequence[Ack], attempted: int) -> Examined:
    """Verifies a store after a fault, repeats what was told and what was in flight, sells on, and verifies again.

    Whatever raises on the way is a `corrupt` finding: after a crash and a restart on a healthy disk nothing may fail.
    """
    known = {ack.op: ack for ack in acks}
    findings = _contradictions(acks)
    unacked = 0
    try:
        first = workload.verify(directory, list(known.values()), attempted)
        findings += first.findings
        unacked = first.unacked
        if not findings:
            findings += _go_on(workload, directory, known, attempted)
            attempted += 1
            findings += workload.verify(directory, list(known.values()), attempted).findings
    except Exception as error:  # noqa: BLE001 - see above
        findings.append(Finding(kind=Kind.CORRUPT, detail=f"{type(error).__name__}: {error}"))
    verdict = Verdict(findings=tuple(findings), unacked=unacked)
    return Examined(verdict, [known[op] for op in sorted(known)], attempted)


def _contradictions(acks: Sequence[Ack]) -> list[Finding]:
    said: dict[int, Ack] = {}
    return [
        Finding(kind=Kind.DOUBLED, detail=f"operation {ack.op} was answered {said[ack.op].seq}, then {ack.seq}")
        for ack in acks
        if said.setdefault(ack.op, ack) != ack
    ]


def _go_on(workload: Workload, directory: Path, known: dict[int, Ack], attempted: int) -> list[Finding]:
    findings: list[Finding] = []
    session = workload.open(directory)
    try:
        repeated = [max(known)] if known else []
        for op in (*repeated, *(op for op in range(attempted) if op not in known), attempted):
            ack = session.do(op)
            if known.setdefault(op, ack) != ack:
                findings.append(Finding(kind=Kind.DOUBLED, detail=f"retry of operation {op}: {known[op]} became {ack}"))
    finally:
        session.close()
    return findings


class Tally(msgspec.Struct, kw_only=True):
    """The sums of a campaign."""

    cycles: int = 0
    acked: int = 0
    unacked: int = 0
    counts: dict[str, int] = msgspec.field(default_factory=lambda: {kind.value: 0 for kind in Kind})
    failures: list[str] = []
    notes: dict[str, int] = {}

    def add(self, where: str, verdict: Verdict, acked: int) -> None:
        """Counts one cycle; each kind of finding counts once in it."""
        self.cycles += 1
        self.acked += acked
        self.unacked += verdict.unacked
        for kind in {finding.kind for finding in verdict.findings}:
            self.counts[kind.value] += 1
        if verdict.findings and len(self.failures) < FAILURES_SHOWN:
            first = verdict.findings[0]
            self.failures.append(f"{where}: {first.kind.value}: {first.detail}")

    def merge(self, other: Tally, where: str) -> None:
        """Adds the sums of a part of the campaign."""
        self.cycles += other.cycles
        self.acked += other.acked
        self.unacked += other.unacked
        for kind, number in other.counts.items():
            self.counts[kind] += number
        for what, number in other.notes.items():
            self.note(what, number)
        self.failures = [*self.failures, *(f"{where}, {failure}" for failure in other.failures)][:FAILURES_SHOWN]

    def note(self, what: str, number: int = 1) -> None:
        """Counts something that is not a finding."""
        self.notes[what] = self.notes.get(what, 0) + number

    @property
    def total(self) -> int:
        """How many findings there are."""
        return sum(self.counts.values())


class Progress:
    """A counter on standard error, when that is a terminal."""

    def __init__(self, label: str, total: int) -> None:
        self._label, self._total, self._done = label, total, 0
        self._shown = sys.stderr.isatty()

    def step(self, number: int = 1) -> None:
        """Counts on."""
        self._done += number
        if self._shown:
            print(f"\r{self._label}: {self._done} / {self._total}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Frees the line."""
        if self._shown:
            print(file=sys.stderr)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for stores and images, in memory when the machine has /dev/shm; removed at the end."""
    memory = Path("/dev/shm")
    base = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix=f"guichet-faults-{os.getpid()}-", dir=base)).resolve()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
