"""Runs benchmarks: ``python -m benchmarks [names] [--json FILE] [--quick] [--long]``, a table and a JSON file."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import (
    bench_afternoon,
    bench_counts,
    bench_growth,
    bench_http,
    bench_http_counts,
    bench_naive,
    bench_open,
    bench_overload,
    bench_patterns,
    bench_restart,
    bench_sale,
    bench_store,
    bench_storm,
    micro,
    probe,
)
from benchmarks.figures import Plan, show
from benchmarks.timing import ForeignCpu

HERE = Path(__file__).parent
RESULTS = HERE / "results"
QUESTIONS: dict[str, Callable[[Plan], dict[str, Any]]] = {
    "pricing": micro.pricing,
    "patterns": bench_patterns.run,
    "sealing": micro.sealing,
    "store": bench_store.run,
    "sale": bench_sale.run,
    "growth": bench_growth.run,
    "naive": bench_naive.run,
    "counts": bench_counts.run,
    "http-counts": bench_http_counts.run,
    "http": bench_http.run,
    "overload": bench_overload.run,
    "open": bench_open.run,
    "storm": bench_storm.run,
    "restart": bench_restart.run,
    "afternoon": bench_afternoon.run,
}


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*QUESTIONS, []], help="only these; all of them by default")
    parser.add_argument("--json", type=Path, help="where the figures go (default: benchmarks/results/<time>.json)")
    parser.add_argument("--quick", action="store_true", help="few rounds: shows that it works, measures little")
    parser.add_argument("--long", action="store_true", help="history of a million tickets; takes minutes")
    parser.add_argument("--rebase", action="store_true", help="takes today's instruction counts as the new baseline")
    parser.add_argument("--directory", type=Path, help="a directory on the disk to measure (default: var/ here)")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """0 unless the gate on instruction counts failed; times are reported, never a reason to fail."""
    options = parse(arguments)
    console = Console(stderr=False)
    base = options.directory or HERE.parent / "var"
    base.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="bench-", dir=base))
    try:
        found = _run_all(options, directory, console)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    target = options.json or RESULTS / time.strftime("%Y%m%dT%H%M%SZ.json", time.gmtime())
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    console.print(f"written to {target}")
    failed = [line for one in found["answers"].values() for line in one.get("failed", [])]
    for line in failed:
        console.print(f"[red]{line}[/red]")
    return 1 if failed else 0


def _run_all(options: argparse.Namespace, directory: Path, console: Console) -> dict[str, Any]:
    machine = probe.machine(directory)
    console.print(
        f"{machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, Python {machine['python']}, "
        f"{machine['filesystem']}, {machine['scheduler']} scheduling"
    )
    console.print(
        f"S = {machine['s_ns']:.0f} ns, F = {machine['f_ns'] / 1e3:.0f} us; "
        f"others use {machine['foreign_cpu']:.0%} of the machine"
    )
    plan = Plan(
        directory=directory,
        s_ns=machine["s_ns"],
        f_ns=machine["f_ns"],
        quick=options.quick,
        long=options.long,
        rebase=options.rebase,
    )
    answers = {}
    for name in options.names or QUESTIONS:
        foreign = ForeignCpu()
        started = time.monotonic()
        answers[name] = QUESTIONS[name](plan)
        answers[name] |= {"foreign_cpu": round(foreign.share(), 3), "seconds": round(time.monotonic() - started, 1)}
        show(console, name, answers[name])
        console.print(f"  {answers[name]['seconds']} s, others used {answers[name]['foreign_cpu']:.0%} of the machine")
    return {"machine": machine, "quick": options.quick, "answers": answers}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
