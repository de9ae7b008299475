"""``guichet bench``: what this machine's disk and processor carry, as a sheet for the one who has to choose tills."""

import argparse
import hashlib
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.engine import Actor, Engine, Envelope
from engine.features import FEATURES
from server.cli.shell import Bar, Exit, Problem, Shell, count, milliseconds, new_id, percentile
from server.demo import catalogue

IN_FLIGHT = (1, 16, 64, 256)
SECONDS_DEFAULT = 3
GROUPS_MIN = 20  # however slow the machine, so that a 99th of a hundred is not one value alone
HASH_ROUNDS = 2_000
HASH_BYTES = 1_024
RUSH_SECONDS_PER_TICKET = 10  # a till at rush: a customer every ten seconds
HEADROOM_PERCENT = 50  # of the measured rate: the rest is for peaks, reports and backups
SALE: Mapping[str, Any] = {
    "lines": [
        {"product": 1, "quantity": 2},
        {"product": 6},
        {"product": 52},
        {"product": 60, "quantity": 3},
        {"product": 132},
    ],
    "discounts": [{"id": 1}],
    "payments": [{"mode": 2}],
}
"""The ticket that is sold again and again: 5 lines, 2 rates, one discount, one payment."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet bench`` takes."""
    parser.add_argument(
        "--seconds", type=int, default=SECONDS_DEFAULT, help=f"for each row of the sheet (default {SECONDS_DEFAULT})"
    )


def run(arguments: argparse.Namespace, shell: Shell) -> int:
    """Measures with a temporary shop on the disk that holds (or will hold) the shop, and removes it."""
    if arguments.seconds < 1:
        raise Problem("bench.too_short", "a row takes a second at least", "Raise --seconds.")
    directory = Path(tempfile.mkdtemp(prefix=".guichet-bench-", dir=_ancestor(shell.data)))
    try:
        Engine.create(directory / "shop", unsafe_filesystem=shell.unsafe)
        with (
            Engine(directory / "shop", unsafe_filesystem=shell.unsafe) as engine,
            shell.progress("Preparing a shop", len(IN_FLIGHT)) as bar,
        ):
            sheet = _measure(engine, arguments.seconds, bar)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    _print(shell, sheet)
    shell.result({"ok": True, **sheet})
    return Exit.OK


def _ancestor(path: Path) -> Path:
    """The nearest directory above the shop that exists: the same disk."""
    path = path.resolve().parent
    while not path.exists():
        path = path.parent
    return path


def _measure(engine: Engine, seconds: int, bar: Bar) -> dict[str, Any]:
    _prepare(engine)
    used = engine.store.sizes()["used_bytes"]
    rows, syncs_ns = [], [engine.store.probe_sync()]
    for size in IN_FLIGHT:
        bar.say(f"{size} in flight")
        row = _row(engine, size, seconds)
        # The disk is asked before and after each row: where the two differ much, the machine was busy elsewhere.
        syncs_ns.append(engine.store.probe_sync())
        row["sync_ns"] = sum(syncs_ns[-2:]) // 2
        row["tickets_per_sync"] = round(row["tickets_per_second"] * row["sync_ns"] / 1e9, 2)
        rows.append(row)
        bar.advance()
    sold = sum(row["tickets"] for row in rows)
    return {
        "machine": _machine(engine),
        "sync_ns": percentile(syncs_ns, 50),
        "sync_ns_least": min(syncs_ns),
        "sync_ns_most": max(syncs_ns),
        "sha256_1k_ns": _hash_ns(),
        "rows": rows,
        "bytes_per_ticket": (engine.store.sizes()["used_bytes"] - used) // max(1, sold),
        "memory_bytes": _memory_bytes(),
        "tills": _tills(rows[0]["tickets_per_second"]),
        "tills_grouped": _tills(max(row["tickets_per_second"] for row in rows)),
    }


def _tills(per_second: int) -> int:
    """How many tills at rush a rate carries with its headroom."""
    return per_second * RUSH_SECONDS_PER_TICKET * HEADROOM_PERCENT // 100


def _prepare(engine: Engine) -> None:
    actor = Actor(till=0, operator=0)
    todo = [(actor, name, body) for name, body in catalogue.commands()]
    todo += [
        (Actor(till=till, operator=1), "cash.open", {"float_in": 0}) for till in range(1, len(catalogue.TILLS) + 1)
    ]
    for answer in engine.submit([_envelope(who, name, body) for who, name, body in todo]):
        _must(answer)


def _envelope(actor: Actor, name: str, body: Mapping[str, Any]) -> Envelope:
    return Envelope(id=new_id(), actor=actor, command=FEATURES.decode_command(name, body))


def _must(answer: Any) -> None:
    if answer.status != "done":
        raise Problem(answer.code, f"the bench was declined at {answer.at or '?'}: {answer.text}", exit=Exit.FAULT)


def _row(engine: Engine, size: int, seconds: int) -> dict[str, Any]:
    """One row: groups of ``size`` sales until the time is over; the time is that of `submit`, sync included."""
    tills = len(catalogue.TILLS)
    actors = [Actor(till=1 + number % tills, operator=1) for number in range(size)]
    times: list[int] = []
    end = time.perf_counter_ns() + seconds * 1_000_000_000
    for _ in range(2):
        engine.submit([_envelope(actor, "sales.post", SALE) for actor in actors])
    while time.perf_counter_ns() < end or len(times) < GROUPS_MIN:
        group = [_envelope(actor, "sales.post", SALE) for actor in actors]
        started = time.perf_counter_ns()
        answers = engine.submit(group)
        times.append(time.perf_counter_ns() - started)
        for answer in answers:
            _must(answer)
    tickets, spent = size * len(times), sum(times)
    return {
        "in_flight": size,
        "tickets": tickets,
        "tickets_per_second": tickets * 1_000_000_000 // spent,
        "p50_ns": percentile(times, 50),
        "p99_ns": percentile(times, 99),
    }


def _hash_ns() -> int:
    """S: the SHA-256 of 1 KiB, the fastest of five rounds."""
    data, times = bytes(HASH_BYTES), []
    for _ in range(5):
        started = time.perf_counter_ns()
        for _ in range(HASH_ROUNDS):
            hashlib.sha256(data).digest()
        times.append((time.perf_counter_ns() - started) // HASH_ROUNDS)
    return min(times)


def _machine(engine: Engine) -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "filesystem": engine.store.filesystem,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def _memory_bytes() -> int:
    """The resident memory of this process, 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _print(shell: Shell, sheet: dict[str, Any]) -> None:
    machine = sheet["machine"]
    shell.say("Capacity of this machine", "")
    shell.table(
        {
            "machine": f"{machine['processor']}, {machine['cores']} cores (load {machine['load']})",
            "disk": f"{machine['filesystem']}; F, the time to put 4 KiB on it for sure: "
            f"{milliseconds(sheet['sync_ns'])} "
            f"({milliseconds(sheet['sync_ns_least'])} to {milliseconds(sheet['sync_ns_most'])} while measuring)",
            "hashing": f"S, the SHA-256 of 1 KiB: {sheet['sha256_1k_ns'] / 1000:.2f} µs",
        }
    )
    shell.say("", "  in flight   tickets/s        p50        p99   tickets per F")
    for row in sheet["rows"]:
        shell.say(
            f"  {row['in_flight']:9}  {count(row['tickets_per_second']):>10} {milliseconds(row['p50_ns']):>10} "
            f"{milliseconds(row['p99_ns']):>10} {row['tickets_per_sync']:15.2f}"
        )
    shell.say(
        "",
        "  Each ticket (5 lines, 2 rates, a discount, a payment) is priced, sealed, signed and on the disk before",
        "  its answer; p50 and p99 are the times of a whole group's answer. Nothing else ran on this shop.",
        "",
    )
    shell.table(
        {
            "room": f"{count(sheet['bytes_per_ticket'])} bytes a ticket: "
            f"{count(10**9 // max(1, sheet['bytes_per_ticket']))} tickets a gigabyte",
            "memory": f"{sheet['memory_bytes'] >> 20} MiB",
            "tills": f"{count(sheet['tills'])}, if every ticket waited for the one before; "
            f"{count(sheet['tills_grouped'])} when those that come together share a sync",
            "": f"(each till a customer every {RUSH_SECONDS_PER_TICKET} s, and half of the rate kept as headroom)",
        }
    )
