"""kill -9 loops: a child sells, reports each acknowledgement on a pipe and dies; the store is compared with the pipe.

Every other cycle dies at a seeded moment, the others at a seeded disk call (before it, after it, or half-way through a
write). A store lives for some cycles, so damage from one death meets the next.
"""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import msgspec
from fault_drive import Driver, Progress, Tally, WorkloadError, examine
from fault_fork import Outcome, Report, in_child
from fault_shim import KILLS, MASK_ALL, Fault, shim
from workload import Ack, Finding, Kind, Verdict, Workload

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIFE_CYCLES = 10
"""Deaths a store sees before it is replaced by a new one, unless the workload says `life_cycles`."""
OPS_PER_CYCLE_MAX = 400
KILL_SECONDS_MAX = 0.008
"""The latest moment of a death, for stores that open at once; a workload that takes longer says `kill_seconds_max`."""
KILL_CALL_MAX = 60
STARTED = "started"


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """How a cycle ends: after so many seconds (from the first report), or at the `nth` disk call."""

    after_s: float | None = None
    nth: int = 0
    fault: Fault = KILLS[0]

    def __str__(self) -> str:
        return (
            f"{self.fault.name} at call {self.nth}" if self.after_s is None else f"SIGKILL after {self.after_s:.5f} s"
        )


def plan_death(seed: int, cycle: int, seconds_max: float = KILL_SECONDS_MAX) -> Death:
    """The death of a cycle, from the seed alone."""
    rng = random.Random(f"kill/{seed}/{cycle}")
    if cycle % 2:
        return Death(after_s=rng.uniform(0, seconds_max))
    return Death(nth=rng.randrange(1, KILL_CALL_MAX + 1), fault=rng.choice(KILLS))


def sell_until_death(workload: Workload, folder: Path, first_op: int, death: Death) -> Outcome:
    """One child: opens the store and sells from `first_op` on, reporting each acknowledgement once it has it."""

    def body(report: Report) -> None:
        tool = shim()
        tool.scope(folder)
        if death.after_s is None:
            tool.arm(death.fault, death.nth, mask=MASK_ALL)
        driver = Driver(workload, folder / "store")
        report(STARTED)
        for op in range(first_op, first_op + OPS_PER_CYCLE_MAX):
            ack = driver.do(op)
            if ack is None:
                raise WorkloadError(f"operation {op} fails without any error of the disk: {driver.errors[-1]}")
            report(ack)
        driver.close()

    return in_child(body, kill_after_s=death.after_s)


def campaign(workload: Workload, seed: int, cycles: int, scratch: Path, *, only: str | None = None) -> Tally:
    """Runs `cycles` deaths; `only` is the number of a cycle, replayed with the deaths its store saw before."""
    tally = Tally()
    progress = Progress("kills", cycles)
    last = int(only) + 1 if only else cycles
    life = getattr(workload, "life_cycles", LIFE_CYCLES)
    first = int(only) - int(only) % life if only else 0
    folder, acks, attempted, sick = scratch / "life", list[Ack](), 0, True
    for cycle in range(first, last):
        if sick or cycle % life == 0:
            _new_store(workload, folder)
            acks, attempted = [], 0
        death = plan_death(seed, cycle, getattr(workload, "kill_seconds_max", KILL_SECONDS_MAX))
        outcome = sell_until_death(workload, folder, attempted, death)
        told = [msgspec.convert(message, Ack) for message in outcome.reports if message != STARTED]
        acks, attempted = [*acks, *told], attempted + len(told) + 1
        verdict, acks, attempted = examine_in_child(workload, folder / "store", acks, attempted)
        if outcome.failure or outcome.hung:
            refused = Finding(kind=Kind.CORRUPT, detail=outcome.death)
            verdict = Verdict(findings=(refused, *verdict.findings), unacked=verdict.unacked)
        sick = bool(verdict.findings)
        tally.add(f"seed {seed}, cycle {cycle} ({death})", verdict, len(told))
        tally.note("died" if outcome.signal else "lived to the end of the cycle")
        progress.step()
    progress.end()
    return tally


def _new_store(workload: Workload, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    outcome = in_child(lambda _: workload.create(folder / "store"))
    if outcome.death:
        raise WorkloadError(f"without any fault: {outcome.death}")


def examine_in_child(
    workload: Workload, directory: Path, acks: list[Ack], attempted: int
) -> tuple[Verdict, list[Ack], int]:
    """`fault_drive.examine` in a child, because a damaged store may kill its reader."""
    outcome = in_child(_examining(workload, directory, acks, attempted))
    if outcome.death:
        died = Finding(kind=Kind.CORRUPT, detail=f"the process died: {outcome.death}")
        return Verdict(findings=(died,)), acks, attempted
    verdict, known, tried = outcome.reports[-1]
    return msgspec.convert(verdict, Verdict), msgspec.convert(known, list[Ack]), tried


def _examining(workload: Workload, directory: Path, acks: list[Ack], attempted: int) -> Callable[[Report], None]:
    def body(report: Report) -> None:
        report(examine(workload, directory, acks, attempted))

    return body
