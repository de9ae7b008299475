"""What a machine carries, measured as `bench_sale` does: the sheet that ``guichet bench`` prints must agree with it."""

import shutil
from pathlib import Path
from typing import Any

from benchmarks import probe, ticket
from benchmarks.bench_sale import durable, warm
from benchmarks.figures import Plan

GROUPS = {1: 300, 16: 60, 64: 30, 256: 15}


def capacity(directory: Path) -> dict[str, Any]:
    """F, S, and for 1 to 256 tickets in flight the rate and the percentiles of a group, on the disk of ``directory``.

    A rate is tickets over the time of `submit`, all groups together: the mean is what a day is made of.
    """
    path = directory / "capacity"
    shutil.rmtree(path, ignore_errors=True)
    plan = Plan(directory=directory, s_ns=probe.s_ns(), f_ns=probe.f_ns(directory))
    engine = ticket.new_shop(path)
    try:
        warm(engine)
        used, size = engine.store.sizes()["used_bytes"], engine.position[1]
        rows = [{"in_flight": count} | durable(engine, plan, count, groups) for count, groups in GROUPS.items()]
        sold = engine.position[1] - size
        return {
            "sync_ns": plan.f_ns,
            "sha256_1k_ns": plan.s_ns,
            "rows": rows,
            "bytes_per_ticket": (engine.store.sizes()["used_bytes"] - used) / sold,
            "memory_bytes": probe.memory_bytes(),
        }
    finally:
        engine.close()
        shutil.rmtree(path)
