"""kill -9 loops: a child sells and reports each acknowledgement on a pipe, dies, and the store is compared with the pipe.

Every other cycle dies at a seeded moment, the others at a seeded disk call (before it, after it, or half-way through a
write). A store lives for some cycles, so damage from one death meets the next.
"""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

import msgspec
from fault_drive import Driver, Progress, Tally, examine
from fault_fork import Outcome, Report, in_child
from fault_shim import KILLS, MASK_ALL, Fault, shim
from workload import Ack, Finding, Kind, Verdict, Workload

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIFE_CYCLES = 10
"""Deaths a store sees before it is replaced by a new one."""
OPS_PER_CYCLE_MAX = 400
KILL_SECONDS_MAX = 0.008
KILL_CALL_MAX = 60


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """How a cycle ends: after so many seconds (from the first report), or at the `nth` disk call."""

    after_s: float | None = None
    nth: int = 0
    fault: Fault = KILLS[0]

    def __str__(self) -> str:
        return (
            f"{self.fault.name} at call {self.nth}" if self.after_s is None else f"SIGKILL after {self.after_s:.5f} s"
        )


def plan_death(seed: int, cycle: int) -> Death:
    """The death of a cycle, from the seed alone."""
    rng = random.Random(f"kill/{seed}/{cycle}")
    if cycle % 2:
        return Death(after_s=rng.uniform(0, KILL_SECONDS_MAX))
    return Death(nth=rng.randrange(1, KILL_CALL_MAX + 1), fault=rng.choice(KILLS))


def sell_until_death(workload: Workload, folder: Path, first_op: int, death: Death) -> Outcome:
    """One child: opens the store and sells from `first_op` on, reporting each acknowledgement once it has it."""

    def body(report: Report) -> None:
        tool = shim()
        tool.scope(folder)
        if death.after_s is None:
            tool.arm(death.fault, death.nth, mask=MASK_ALL)
        driver = Driver(workload, folder / "store")
        report("started")
        for op in range(first_op, first_op + OPS_PER_CYCLE_MAX):
            report(driver.do(op))
        driver.close()

    return in_child(body, kill_after_s=death.after_s)


def campaign(workload: Workload, seed: int, cycles: int, scratch: Path, *, only: str | None = None) -> Tally:
    """Runs `cycles` deaths; `only` is the number of a cycle, replayed with the deaths its store saw before."""
    tally = Tally()
    progress = Progress("kills", cycles)
    last = int(only) + 1 if only else cycles
    first = int(only) - int(only) % LIFE_CYCLES if only else 0
    folder, acks, attempted = scratch / "life", list[Ack](), 0
    for cycle in range(first, last):
        if cycle % LIFE_CYCLES == 0:
            acks, attempted = _new_store(workload, folder), 0
        death = plan_death(seed, cycle)
        before = len(acks)
        outcome = sell_until_death(workload, folder, attempted, death)
        told = [msgspec.convert(message, Ack) for message in outcome.reports[1:]]
        acks, attempted = [*acks, *told], attempted + len(told) + 1
        where = f"seed {seed}, cycle {cycle} ({death})"
        if outcome.failure:
            tally.add_failure(where, outcome.failure)
        verdict, acks, attempted = _examined(workload, folder, acks, attempted)
        tally.add(where, verdict, len(told))
        tally.note("died in mid-sale" if outcome.signal else "lived to the end of the cycle")
        progress.step()
        if verdict.findings:
            acks, attempted = _new_store(workload, folder), 0
        assert len(acks) >= before or verdict.findings
    progress.end()
    return tally


def _new_store(workload: Workload, folder: Path) -> list[Ack]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    _must_live(in_child(lambda _: workload.create(folder / "store")))
    return []


def _must_live(outcome: Outcome) -> None:
    if outcome.death:
        raise RuntimeError(f"without any fault: {outcome.death}")


def _examined(workload: Workload, folder: Path, acks: list[Ack], attempted: int) -> tuple[Verdict, list[Ack], int]:
    outcome = examine_in_child(workload, folder / "store", acks, attempted)
    return outcome


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
