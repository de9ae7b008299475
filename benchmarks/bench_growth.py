"""What does history cost? A shop of many tickets against the same shop when it was young."""

import shutil
import time
from pathlib import Path
from typing import Any

from benchmarks import probe, ticket
from benchmarks.bench_sale import entry_of
from benchmarks.figures import Figure, Plan, answer, at_least, at_most, plain
from benchmarks.timing import no_collection, percentile
from engine.engine import Engine
from engine.features import FEATURES
from engine.fiscal.check_journal import check_journal
from engine.kernel.journal import position_key, read_checkpoint
from engine.kernel.messages import Envelope
from engine_ext import merkle

QUESTION = "what does a ticket, a start and a closing cost when the shop has a history?"
YOUNG = 10_000
OLD = {"quick": 12_000, "": 100_000, "long": 1_000_000}
SESSION = {"quick": 2_000, "": 20_000, "long": 100_000}
GROUP = 512
WINDOWS = 60
WINDOW_TICKETS = 64
SESSION_TILL = 1
OTHER_TILL = 2


def run(plan: Plan) -> dict[str, Any]:
    """Sells up to 10 000 tickets, measures, sells on (1 000 000 with ``--long``), measures the same again."""
    size = "quick" if plan.quick else "long" if plan.long else ""
    path = plan.directory / "growth"
    shutil.rmtree(path, ignore_errors=True)
    engine = ticket.new_shop(path)
    try:
        fill(engine, YOUNG)
        young = windows(engine)
        young_memory = probe.memory_bytes()
        first = engine.store.sizes()["used_bytes"], tickets(engine)
        started = time.monotonic()
        session(engine, SESSION[size])
        fill(engine, OLD[size])
        seconds = time.monotonic() - started
        used, count = engine.store.sizes()["used_bytes"] - first[0], tickets(engine) - first[1]
        old = windows(engine)
        figures = _cost(young, old, tickets(engine))
        figures += [
            plain("tickets per second meanwhile, groups of 512", count / seconds, "1/s"),
            at_most("file per ticket, of what is sealed", used / count / len(entry_of(engine)), "x", 1.8, "G11"),
            plain("memory of the process, young", young_memory / 2**20, "MiB"),
            plain("memory of the process, old", probe.memory_bytes() / 2**20, "MiB"),
        ]
        figures += closings(engine, SESSION[size])
        figures += verification(engine, plan)
        engine.close()
        engine, figures = _start(path, figures)
    finally:
        engine.close()
        shutil.rmtree(path)
    return answer(QUESTION, figures, young=young, old=old)


def tickets(engine: Engine) -> int:
    """Entries so far, the configuration's included."""
    return engine.position[1]


def fill(engine: Engine, until: int) -> None:
    """Sells from all tills until the journal has that many entries."""
    while (missing := until - tickets(engine)) > 0:
        sell(engine, [ticket.sale(number) for number in range(min(GROUP, missing))])


def session(engine: Engine, count: int) -> None:
    """Sells ``count`` tickets from one till alone, so that its session is long."""
    for done in range(0, count, GROUP):
        sell(engine, [ticket.sale(SESSION_TILL - 1 + ticket.TILLS * n) for n in range(min(GROUP, count - done))])


def sell(engine: Engine, envelopes: list[Envelope]) -> None:
    """One group that must be accepted."""
    for one in engine.submit(envelopes):
        ticket.must(one)


def windows(engine: Engine) -> dict[str, float]:
    """Processor and wall time per ticket over groups of 64 from all tills: the quickest and the middle one."""
    cpu, wall = [], []
    for _ in range(WINDOWS):
        envelopes = [ticket.sale(number) for number in range(WINDOW_TICKETS)]
        with no_collection():
            started, own = time.perf_counter_ns(), time.process_time_ns()
            sell(engine, envelopes)
            cpu.append((time.process_time_ns() - own) / WINDOW_TICKETS / 1e3)
            wall.append((time.perf_counter_ns() - started) / WINDOW_TICKETS / 1e3)
    return {
        "cpu_us_min": min(cpu),
        "cpu_us": percentile(cpu, 0.5),
        "wall_us_min": min(wall),
        "wall_us": percentile(wall, 0.5),
    }


def _cost(young: dict[str, float], old: dict[str, float], count: int) -> list[Figure]:
    return [
        plain(f"processor time per ticket at {YOUNG}", young["cpu_us_min"], "us"),
        plain(f"processor time per ticket at {count}", old["cpu_us_min"], "us"),
        at_most("old / young, quickest group", old["cpu_us_min"] / young["cpu_us_min"], "x", 1.15),
        plain("old / young, middle group", old["cpu_us"] / young["cpu_us"], "x"),
        plain("old / young, wall, middle group", old["wall_us"] / young["wall_us"], "x"),
    ]


def closings(engine: Engine, long: int) -> list[Figure]:
    """Closes the long session and, as often as it takes for a middle, short ones: only running totals are read."""
    long_us = close(engine, SESSION_TILL)
    close(engine, OTHER_TILL)
    short = []
    for _ in range(15):
        ticket.do(engine, "cash.open", {"float_in": 20000}, till=OTHER_TILL, operator=1)
        sell(engine, [ticket.sale(OTHER_TILL - 1 + ticket.TILLS * number) for number in range(50)])
        short.append(close(engine, OTHER_TILL))
    return [
        plain(f"closing a session of {long} tickets, durable", long_us, "us"),
        plain("closing a session of 50 tickets, durable", percentile(short, 0.5), "us"),
        at_most("long / short", long_us / percentile(short, 0.5), "x", 3),
    ]


def close(engine: Engine, till: int) -> float:
    """A closing without differences; microseconds from command to answer."""
    expected = engine.reader().ask_by_name("cash.x", {"till": till}, till=till, operator=1).counts
    counted = [{"mode": count.mode, "amount": count.expected} for count in expected]
    started = time.perf_counter_ns()
    ticket.do(engine, "cash.close", {"counted": counted, "float_out": 20000}, till=till, operator=1)
    return (time.perf_counter_ns() - started) / 1e3


def verification(engine: Engine, plan: Plan) -> list[Figure]:
    """Every leaf and the whole tree computed again from what is stored, held against the signed root (G13)."""
    gen, size = engine.position
    started = time.perf_counter_ns()
    edge = merkle.Edge()
    at = 0
    while at < size:
        with engine.store.read() as txn:
            scan = txn.scan("entries", position_key(gen, at), position_key(gen, min(size, at + 4 * GROUP)))
            group = [data for _, data in scan]
        edge.append_entries(group)
        at += len(group)
    with engine.store.read() as txn:
        checkpoint = read_checkpoint(txn, gen, size)
    assert checkpoint is not None
    assert edge.root() == checkpoint.root, "the journal does not prove itself"
    each = (time.perf_counter_ns() - started) / size
    started = time.perf_counter_ns()
    checked = check_journal(engine.store, FEATURES)
    assert checked.whole, checked.breaks
    full = (time.perf_counter_ns() - started) / checked.entries
    return [
        plain("leaves and tree verified", 1e9 / each, "entries/s"),
        plain("the same, in S", plan.s_ns / each, "S"),
        plain("full check: chains, sums, closures, tables", 1e9 / full, "entries/s"),
        at_least("full check, in S", plan.s_ns / full, "S", 0.1, "G13"),
    ]


def _start(path: Path, figures: list[Figure]) -> tuple[Engine, list[Figure]]:
    """Opens the old shop again: S2's sync, the journal's tail, a start event on disk."""
    started = time.perf_counter_ns()
    engine = ticket.open_shop(path)
    seconds = (time.perf_counter_ns() - started) / 1e9
    return engine, [*figures, at_most("start with that history", seconds, "s", 1)]
