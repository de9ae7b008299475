"""Runs a fault campaign, prints its table, and fails on any finding.

For example `python tests/faults/campaign.py --kind kill --workload plain --seed 1 --cycles 500`.
"""

from __future__ import annotations

import argparse
import gc
import logging
import sys
import time
from pathlib import Path

import fault_shim
import io_points
import kill
import msgspec
import powerloss
from crash_disk import LogIncompleteError
from fault_drive import Tally, WorkloadError, scratch
from workload import WORKLOADS, Kind, Workload, load

ROOT = Path(__file__).resolve().parent.parent.parent
"""Where the engine is imported from when it is the workload."""
KINDS = ("io", "kill", "powerloss", "double")
CYCLES_USUAL = 500


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(description="Break a store on purpose, and count what it loses.")
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--workload", choices=list(WORKLOADS), default="plain")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cycles", "--images", type=int, default=CYCLES_USUAL, help="cycles, points or images")
    parser.add_argument("--only", help="replay one cycle: its number (io, kill) or run/image (powerloss, double)")
    parser.add_argument("--operation", type=int, help="io: every call of this operation, in a store with all before it")
    parser.add_argument("--lying", action="store_true", help="powerloss: the drive confirms barriers it does not keep")
    parser.add_argument("--json", action="store_true", help="print the sums as JSON instead of the table")
    return parser


def run(
    kind: str,
    workload: Workload,
    seed: int,
    cycles: int,
    *,
    only: str | None = None,
    lying: bool = False,
    operation: int | None = None,
) -> Tally:
    """Runs one campaign in a scratch folder that is removed afterwards."""
    with scratch() as folder:
        if kind == "io":
            return io_points.campaign(workload, seed, cycles, folder, only=only, operation=operation)
        if kind == "kill":
            return kill.campaign(workload, seed, cycles, folder, only=only)
        if kind == "double":
            planner, window = powerloss.plan_double_fault, powerloss.DOUBLE_EVENTS
            return powerloss.campaign(workload, seed, cycles, folder, only=only, planner=planner, window=window)
        return powerloss.campaign(workload, seed, cycles, folder, only=only, lying=lying)


def table(kind: str, workload: str, seed: int, tally: Tally, seconds: float) -> str:
    """The sums as one row under its headings, then the first findings with what replays them."""
    columns: dict[str, str] = {
        "campaign": kind,
        "workload": workload,
        "seed": str(seed),
        "cycles": str(tally.cycles),
        "acked": str(tally.acked),
        **{kind.value: str(tally.counts[kind.value]) for kind in Kind},
        "unacked": str(tally.unacked),
        "seconds": f"{seconds:.1f}",
    }
    widths = [max(len(name), len(value)) for name, value in columns.items()]
    rows = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in (columns, columns.values())
    ]
    notes = [f"{number} {what}" for what, number in sorted(tally.notes.items())]
    return "\n".join([*rows, *([", ".join(notes)] if notes else []), *tally.failures])


def main() -> int:
    """Runs what the command line asks for; 0 without findings, 1 with, 2 when the workload does not work at all."""
    fault_shim.reexec_with_shim(sys.argv)
    options = arguments().parse_args()
    sys.path.append(str(ROOT))
    workload = load(options.workload)
    logging.disable()  # a store that works says much while its disk fails
    gc.freeze()
    began = time.monotonic()
    try:
        tally = run(
            options.kind,
            workload,
            options.seed,
            options.cycles,
            only=options.only,
            lying=options.lying,
            operation=options.operation,
        )
    except (WorkloadError, LogIncompleteError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(msgspec.json.encode(tally).decode())
    else:
        print(table(options.kind, options.workload, options.seed, tally, time.monotonic() - began))
    return 1 if tally.total or not tally.cycles else 0


if __name__ == "__main__":
    sys.exit(main())
