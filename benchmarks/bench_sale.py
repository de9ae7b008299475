"""What does a whole sale cost in process, decided, sealed, folded, on disk, with 1 to 256 in flight?"""

import shutil
import time
from pathlib import Path
from typing import Any

from benchmarks import probe, ticket
from benchmarks.figures import Figure, Plan, answer, at_least, at_most, plain
from benchmarks.timing import ForeignCpu, no_collection, percentile, quickest_ns
from engine.engine import Engine
from engine.features import FEATURES
from engine.kernel.disk import SMALL
from engine.kernel.messages import Entry, Link
from engine.kernel.tables import Snapshot
from engine.kernel.world import World, join_position
from engine.sales import draft_basket, make_ticket
from engine_ext import canonical, seal

IN_FLIGHT = {1: 1500, 16: 250, 64: 120, 256: 50}
TICKETS_PER_F_MIN = {64: 1.5, 256: 2.0}
QUESTION = "what does a whole sale cost, durable, in process?"
ENTRY_BYTES_MAX = 65_535


def run(plan: Plan) -> dict[str, Any]:
    """Latency and throughput at each number in flight, bytes per ticket, and the arithmetic of it alone (G2)."""
    figures = arithmetic(plan)
    path = plan.directory / "sale"
    shutil.rmtree(path, ignore_errors=True)
    engine = ticket.new_shop(path)
    levels: dict[str, Any] = {}
    try:
        warm(engine)
        for in_flight, groups in IN_FLIGHT.items():
            level = durable(engine, plan, in_flight, plan.times(groups))
            levels[str(in_flight)] = level
            figures += _judged(in_flight, level)
        figures += _bytes(engine, plan)
    finally:
        engine.close()
        shutil.rmtree(path)
    return answer(QUESTION, figures, levels=levels)


def warm(engine: Engine, groups: int = 4) -> None:
    """A few groups, so that no till has its first ticket and nothing is looked up for the first time."""
    for _ in range(groups):
        for one in engine.submit([ticket.sale(number) for number in range(64)]):
            ticket.must(one)


def durable(engine: Engine, plan: Plan, in_flight: int, groups: int) -> dict[str, float]:
    """Groups of ``in_flight`` sales one after the other: every sale waits for the commit of its group.

    F is probed on both sides of the measurement, because a shared disk does not keep its pace for a minute.
    """
    before = probe.f_ns(plan.directory)
    foreign = ForeignCpu()
    times, own = [], []
    for _ in range(groups):
        envelopes = [ticket.sale(number) for number in range(in_flight)]
        cpu = time.process_time_ns()
        started = time.perf_counter_ns()
        answers = engine.submit(envelopes)
        times.append(time.perf_counter_ns() - started)
        own.append(time.process_time_ns() - cpu)
        for one in answers:
            ticket.must(one)
    f_ns = (before + probe.f_ns(plan.directory)) / 2
    p50 = percentile(times, 0.5)
    return {
        "p50_us": p50 / 1e3,
        "p99_us": percentile(times, 0.99) / 1e3,
        "p50_f": p50 / f_ns,
        "p99_f": percentile(times, 0.99) / f_ns,
        "per_f": in_flight * f_ns / p50,
        "per_second": in_flight * len(times) * 1e9 / sum(times),
        "cpu_us": percentile(own, 0.5) / in_flight / 1e3,
        "f_ns": f_ns,
        "foreign_cpu": foreign.share(),
    }


def _judged(in_flight: int, level: dict[str, float]) -> list[Figure]:
    name = f"{in_flight} in flight"
    rows = []
    if in_flight == 1:
        rows = [
            at_most(f"{name}: p50", level["p50_f"], "F", 6, "G3"),
            at_most(f"{name}: p99", level["p99_f"], "F", 12, "G3"),
        ]
    else:
        rows = [plain(f"{name}: p50", level["p50_f"], "F"), plain(f"{name}: p99", level["p99_f"], "F")]
    bound = TICKETS_PER_F_MIN.get(in_flight)
    per_f = f"{name}: tickets per F"
    rows.append(
        plain(per_f, level["per_f"], "1/F") if bound is None else at_least(per_f, level["per_f"], "1/F", bound, "G4")
    )
    rows += [
        plain(f"{name}: tickets per second", level["per_second"], "1/s"),
        plain(f"{name}: processor time per ticket", level["cpu_us"], "us"),
    ]
    return rows


def _bytes(engine: Engine, plan: Plan) -> list[Figure]:
    """What 256 in flight write per ticket, and what they leave in the file, against what is sealed (G11)."""
    payload = len(entry_of(engine))
    groups, in_flight = plan.times(20), 256
    used, written = engine.store.sizes()["used_bytes"], probe.written_bytes()
    for _ in range(groups):
        engine.submit([ticket.sale(number) for number in range(in_flight)])
    count = groups * in_flight
    written, used = probe.written_bytes() - written, engine.store.sizes()["used_bytes"] - used
    return [
        plain("sealed bytes per ticket", payload, "B"),
        plain("written per ticket, of what is sealed", written / count / payload, "x"),
        at_most("file per ticket, of what is sealed", used / count / payload, "x", 1.8, "G11"),
    ]


def entry_of(engine: Engine) -> bytes:
    """The entry of one more ticket, as sealed."""
    done = ticket.must(engine.submit([ticket.sale(0)])[0])
    with engine.store.read() as txn:
        data = txn.get("entries", join_position(done.gen, done.seq).to_bytes(8, "big"))
    assert data is not None
    return data


def arithmetic(plan: Plan) -> list[Figure]:
    """G2: pricing, canonical bytes and leaf hash of the ticket, each from ready objects, in times of S."""
    path = Path("/dev/shm") / f"guichet-bench-{time.time_ns()}"
    engine = ticket.new_shop(path, SMALL, unsafe=True)
    try:
        with engine.store.read() as txn:
            world = World(Snapshot(txn), FEATURES.kinds, Nobody())
            world.actor = ticket.sale(0).actor
            draft = draft_basket.draft(ticket.COMMAND, world)
        entry = ready_entry(engine)
        data = canonical.encode(entry, ENTRY_BYTES_MAX)
        with no_collection():
            price = quickest_ns(lambda: make_ticket.price(draft))
            encode = quickest_ns(lambda: canonical.encode(entry, ENTRY_BYTES_MAX))
            leaf = quickest_ns(lambda: seal.leaf_hash(data))
    finally:
        engine.close()
        shutil.rmtree(path)
    return [
        plain("price", price / plan.s_ns, "S"),
        plain("canonical bytes", encode / plan.s_ns, "S"),
        plain("leaf hash", leaf / plan.s_ns, "S"),
        at_most("price, encode and seal", (price + encode + leaf) / plan.s_ns, "S", 6, "G2"),
    ]


class Nobody:
    """People, for decisions that ask for nobody."""

    def fields(self, kind: int, id: int, version: int) -> None:
        """Nothing is known of anyone."""


def ready_entry(engine: Engine) -> Entry:
    """The ticket's entry as the journal builds it, ready to be encoded."""
    done = ticket.must(engine.submit([ticket.sale(0)])[0])
    return Entry(
        v=1,
        shop=engine.shop,
        gen=done.gen,
        seq=done.seq,
        till=1,
        op=ticket.OPERATOR,
        cmd=done.id,
        mac=done.id,
        at="2026-11-21T18:05:09.123+01:00",
        zone="Europe/Paris",
        conf=1,
        soft="0.1.0",
        training=False,
        about=None,
        salt=done.id,
        chain=(Link(of="ticket", n=2, prev=done.leaf),),
        rec=done.records,
    )
