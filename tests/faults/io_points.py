"""The anomaly loop: every disk call of creating, opening and selling, times every error and every way to die at it."""

from __future__ import annotations

import itertools
import random
import shutil
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from fault_drive import Driver, Progress, Tally, WorkloadError, examine
from fault_fork import Report, in_child
from fault_shim import FAULTS, KILLS, MASK_ALL, Fault, shim
from kill import examine_in_child
from workload import Ack, Finding, Kind, Verdict, Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

SELL, OPEN, CREATE = "sell", "open", "create"
VISITS = (SELL, OPEN, CREATE, *(SELL,) * 12)
"""The phases in the order they are gone through, over and over: mostly sales, each on another store."""
WARM_OPS_MAX = 40
OPS_AFTER = 2
CALLS_MAX = 500


class Point(NamedTuple):
    """One cycle: in `phase`, on a store with `warm` operations in it, `fault` strikes the `nth` call."""

    number: int
    phase: str
    warm: int
    nth: int
    fault: Fault

    def __str__(self) -> str:
        return (
            f"point {self.number} ({self.fault.name} at call {self.nth} of {self.phase} after {self.warm} operations)"
        )


class Lived(msgspec.Struct, frozen=True, kw_only=True):
    """What a child reports: an operation it tries, an answer, what fails on a healed disk, its own examination."""

    tried: int | None = None
    ack: Ack | None = None
    calls: int | None = None
    stuck: str = ""
    verdict: Verdict | None = None


def visits(seed: int) -> Iterator[tuple[str, int]]:
    """The phases and the warm operations of their stores, without end."""
    rng = random.Random(f"io/{seed}")
    for phase in itertools.cycle(VISITS):
        yield phase, rng.randrange(WARM_OPS_MAX)


def points(workload: Workload, places: Iterable[tuple[str, int]], scratch: Path) -> Iterator[Point]:
    """All points of these places, in a fixed order. A sale that makes no disk call gives one point whose `nth` is 0."""
    index = 0
    for phase, warm in places:
        calls = count_calls(workload, phase, warm, scratch)
        for nth, fault in itertools.product(range(1, calls + 1), FAULTS) if calls else ((0, FAULTS[0]),):
            yield Point(index, phase, warm, nth, fault)
            index += 1


def count_calls(workload: Workload, phase: str, warm: int, scratch: Path) -> int:
    """How many disk calls a phase makes when nothing goes wrong."""
    outcome = in_child(_life(workload, scratch / "dry", Point(0, phase, warm, 0, FAULTS[0]), scratch))
    if outcome.death:
        raise WorkloadError(f"without any fault: {outcome.death}")
    lived = [msgspec.convert(message, Lived) for message in outcome.reports]
    calls = next(entry.calls for entry in lived if entry.calls is not None)
    if calls > CALLS_MAX:
        raise WorkloadError(f"{phase} makes {calls} disk calls, more than the {CALLS_MAX} one step may have")
    return calls


def _life(workload: Workload, folder: Path, point: Point, scratch: Path) -> Callable[[Report], None]:
    """The life of one child: the phase under its fault, sales on a healed disk, and the examination if it lives."""
    shutil.rmtree(folder, ignore_errors=True)
    if point.phase == CREATE:
        folder.mkdir()
    else:
        shutil.copytree(_template(workload, point.warm, scratch), folder)
    acks = _acks_of(folder)
    first = len(acks)

    def body(report: Report) -> None:
        tool = shim()
        driver = Driver(workload, folder / "store")
        tool.scope(folder)
        if point.phase == SELL:
            driver.open()
            report(Lived(tried=first))
        tool.arm(point.fault, point.nth, mask=MASK_ALL)
        if point.phase == CREATE:
            driver.create()
        elif point.phase == OPEN:
            driver.open()
        elif ack := driver.do(first):
            acks.append(ack)
            report(Lived(ack=ack))
        report(Lived(calls=tool.calls()))
        tool.scope(None)
        if point.phase == CREATE and not driver.create():
            report(Lived(stuck=f"the store cannot be created on a healed disk: {driver.errors[-1]}"))
        for op in range(first, first + 1 + OPS_AFTER):
            report(Lived(tried=op))
            ack = driver.do(op)
            if ack is None:
                report(Lived(stuck=f"operation {op} fails on a healed disk: {driver.errors[-1]}"))
            else:
                acks.append(ack)
                report(Lived(ack=ack))
        driver.close()
        report(Lived(verdict=examine(workload, folder / "store", acks, first + 1 + OPS_AFTER).verdict))

    return body


def _acks_of(folder: Path) -> list[Ack]:
    """The acknowledgements that came with a copied store; none for a new one."""
    path = folder / "acks"
    return msgspec.json.decode(path.read_bytes(), type=list[Ack]) if path.exists() else []


def _template(workload: Workload, warm: int, scratch: Path) -> Path:
    """A store with so many operations, made once."""
    folder = scratch / f"warm-{warm}"
    if not folder.exists():
        folder.mkdir()

        def body(report: Report) -> None:
            driver = Driver(workload, folder / "store")
            driver.create()
            report([driver.do(op) for op in range(warm)])
            driver.close()

        outcome = in_child(body)
        if outcome.death or None in outcome.reports[-1]:
            raise WorkloadError(f"without any fault: {outcome.death or 'operations fail'}")
        (folder / "acks").write_bytes(msgspec.json.encode(outcome.reports[-1]))
    return folder


def try_point(workload: Workload, point: Point, scratch: Path) -> tuple[Verdict, int, bool]:
    """Lives through one point; gives the verdict, the acknowledgements in it, and whether the process died."""
    if not point.nth:
        detail = f"{point.phase} answers without one disk call: nothing of it can survive a power cut"
        return Verdict(findings=(Finding(kind=Kind.LOST, detail=detail),)), 0, False
    folder = scratch / "point"
    outcome = in_child(_life(workload, folder, point, scratch))
    lived = [msgspec.convert(message, Lived) for message in outcome.reports]
    acks = [*_acks_of(folder), *(entry.ack for entry in lived if entry.ack is not None)]
    acked = sum(entry.ack is not None for entry in lived)
    findings = [Finding(kind=Kind.CORRUPT, detail=entry.stuck) for entry in lived if entry.stuck]
    verdict = next((entry.verdict for entry in lived if entry.verdict is not None), None)
    if verdict is None:
        if outcome.failure or outcome.hung or point.fault not in KILLS:
            findings.append(Finding(kind=Kind.CORRUPT, detail=f"the process ended: {outcome.death}"))
        if point.phase == CREATE:
            in_child(lambda _: workload.create(folder / "store"))
        attempted = max([len(acks), *(entry.tried + 1 for entry in lived if entry.tried is not None)])
        verdict, _, _ = examine_in_child(workload, folder / "store", acks, attempted)
    verdict = Verdict(findings=(*findings, *verdict.findings), unacked=verdict.unacked)
    return verdict, acked, bool(outcome.signal)


def campaign(
    workload: Workload,
    seed: int,
    cycles: int,
    scratch: Path,
    *,
    only: str | None = None,
    operation: int | None = None,
) -> Tally:
    """Lives through the first `cycles` points; `only` is the number of one point, `operation` the one to torment."""
    tally = Tally()
    progress = Progress("I/O points", cycles)
    places = visits(seed) if operation is None else ((SELL, operation),)
    for point in points(workload, places, scratch):
        if point.number >= (int(only) + 1 if only else cycles):
            break
        if only and point.number != int(only):
            continue
        verdict, acked, died = try_point(workload, point, scratch)
        tally.add(f"seed {seed}, {point}", verdict, acked)
        tally.note("died" if died else "lived on")
        progress.step()
    progress.end()
    return tally
