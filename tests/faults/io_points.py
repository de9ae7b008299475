"""The anomaly loop: every disk call of creating, opening and selling, times every error and every way to die at it."""

from __future__ import annotations

import itertools
import random
import shutil
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from fault_drive import Driver, Progress, Tally, WorkloadError
from fault_fork import Report, in_child
from fault_shim import FAULTS, MASK_ALL, Fault, shim
from kill import examine_in_child
from workload import Ack, Finding, Kind, Verdict, Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
    """What a child reports: an acknowledgement, an operation it now tries, or how many calls the phase made."""

    ack: Ack | None = None
    tried: int | None = None
    calls: int | None = None
    stuck: str = ""


def points(workload: Workload, seed: int, scratch: Path) -> Iterator[Point]:
    """All points in a fixed order, without end. A sale that makes no disk call gives one point whose `nth` is 0."""
    index = 0
    rng = random.Random(f"io/{seed}")
    for phase in itertools.cycle(VISITS):
        warm = rng.randrange(WARM_OPS_MAX)
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
    template = _template(workload, point.warm, scratch) if point.phase != CREATE else None
    shutil.rmtree(folder, ignore_errors=True)
    if template is None:
        folder.mkdir()
    else:
        shutil.copytree(template, folder)
    first = point.warm if template else 0

    def body(report: Report) -> None:
        tool = shim()
        tool.scope(folder)
        driver = Driver(workload, folder / "store")
        if point.phase == SELL:
            driver.open()
        tool.arm(point.fault, point.nth, mask=MASK_ALL)
        if point.phase == CREATE:
            driver.create()
        elif point.phase == OPEN:
            driver.open()
        else:
            report(Lived(tried=first))
            report(Lived(ack=driver.do(first)))
        report(Lived(calls=tool.calls()))
        tool.disarm()
        if not driver.create():
            report(Lived(stuck="the store cannot be created on a healed disk"))
        for op in range(first, first + 1 + OPS_AFTER):
            report(Lived(tried=op))
            ack = driver.do(op)
            report(Lived(ack=ack, stuck="" if ack else f"operation {op} fails on a healed disk: {driver.errors[-1:]}"))
        driver.close()

    return body


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
    acks: list[Ack] = []
    outcome = in_child(_life(workload, folder, point, scratch))
    if point.phase != CREATE:
        acks = msgspec.json.decode((folder / "acks").read_bytes(), type=list[Ack])
    warm = len(acks)
    lived = [msgspec.convert(message, Lived) for message in outcome.reports]
    attempted = max([warm, *(entry.tried + 1 for entry in lived if entry.tried is not None)])
    acks += [entry.ack for entry in lived if entry.ack is not None]
    findings = [Finding(kind=Kind.CORRUPT, detail=entry.stuck) for entry in lived if entry.stuck]
    if outcome.failure or outcome.hung:
        findings.append(Finding(kind=Kind.CORRUPT, detail=outcome.death))
    if outcome.signal and not point.fault.name.startswith("kill"):
        findings.append(Finding(kind=Kind.CORRUPT, detail=f"the process died: {outcome.death}"))
    if outcome.signal and point.phase == CREATE:
        in_child(lambda _: workload.create(folder / "store"))
    verdict, acks, _ = examine_in_child(workload, folder / "store", acks, attempted)
    return (
        Verdict(findings=(*findings, *verdict.findings), unacked=verdict.unacked),
        len(acks) - warm,
        bool(outcome.signal),
    )


def campaign(workload: Workload, seed: int, cycles: int, scratch: Path, *, only: str | None = None) -> Tally:
    """Lives through the first `cycles` points; `only` is the number of one point."""
    tally = Tally()
    progress = Progress("I/O points", cycles)
    for point in points(workload, seed, scratch):
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
