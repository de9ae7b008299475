"""How many whole sales a second come through HTTP, durable, against an empty uvicorn answer by the same client?"""

import json
import shutil
import statistics
from typing import Any

from benchmarks import anchors, probe, served, ticket
from benchmarks.figures import Figure, Plan, answer, at_least, plain
from benchmarks.load import Load, Phase
from benchmarks.timing import percentile

QUESTION = "what does a whole sale cost over HTTP, durable, at 1 to 256 connections?"
CONNECTIONS = (1, 8, 64, 256)
GOAL_CONNECTIONS = 64
SECONDS = 5.0
WARM_S = 0.5
ROUNDS = 3
BATCH = 50
BATCH_CONNECTIONS = 16
H_GOAL = 0.2
H_BATCH_GOAL = 0.3


def run(plan: Plan) -> dict[str, Any]:
    """H and the echo, the sale at each number of connections, and the batch (G5, G6), in turns."""
    rounds = 1 if plan.quick else ROUNDS
    shop = served.make_shop(plan.directory / "http")
    levels: dict[str, list[dict[str, float]]] = {}
    try:
        sales, batches = served.sale_requests(shop), served.batch_requests(shop, BATCH)
        with anchors.running("hello") as hello, anchors.running("echo") as echo, served.Served(shop) as server:
            for _ in range(rounds):  # in turns, so that a busy minute of the machine meets all of them
                for connections in CONNECTIONS:
                    _keep(levels, f"H, {connections}", _anchor(plan, hello, "GET", connections))
                    if connections == GOAL_CONNECTIONS:
                        _keep(levels, f"echo, {connections}", _anchor(plan, echo, "POST", connections))
                    _keep(levels, f"sale, {connections}", _level(plan, server, sales, connections))
                _keep(levels, f"batch of {BATCH}", _level(plan, server, batches, BATCH_CONNECTIONS, BATCH))
    finally:
        shutil.rmtree(shop)
    middle = {name: _middle(found) for name, found in levels.items()}
    return answer(QUESTION, _figures(middle), levels=levels)


def _keep(levels: dict[str, list[dict[str, float]]], name: str, level: dict[str, float]) -> None:
    levels.setdefault(name, []).append(level)


def _middle(levels: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure over the rounds."""
    return {name: statistics.median(level[name] for level in levels) for name in levels[0]}


def _seconds(plan: Plan) -> float:
    return SECONDS / 5 if plan.quick else SECONDS


def _anchor(plan: Plan, port: int, method: str, connections: int) -> dict[str, float]:
    body = "" if method == "GET" else json.dumps(ticket.BODY)
    template = served.request("/", body, {"Accept": "*/*"}, method)
    load = Load(
        port=port, connections=connections, templates=[template], phases=[Phase(seconds=WARM_S + _seconds(plan))]
    )
    summary, times = served.run_load(plan.directory, load)
    return _timed(summary, times, 1, plan.f_ns)


def _level(
    plan: Plan, server: served.Served, templates: list[list[str]], connections: int, each: int = 1
) -> dict[str, float]:
    """One load on the server: rate and times after a warm-up, processor time of both sides over all of it."""
    load = Load(
        port=server.port,
        connections=connections,
        templates=templates,
        phases=[Phase(seconds=WARM_S + _seconds(plan))],
    )
    process = served.LoadProcess(plan.directory, load)
    before = server.cpu_s()
    process.go()
    summary, times = process.result()
    after = server.cpu_s()
    refused = times[times[:, 2] != 200]
    if len(refused):
        raise RuntimeError(f"{len(refused)} of {len(times)} answers were no 200, the first {refused[0][2]}")
    found = _timed(summary, times, each, probe.f_ns(plan.directory, rounds=50))
    sold = len(times) * each
    return found | {f"{name}_us": (after[name] - before[name]) / sold * 1e6 for name in after}


def _timed(summary: Any, times: Any, each: int, f_ns: float) -> dict[str, float]:
    """Rate and percentiles of what was answered after the warm-up, and what the client itself spent."""
    start = summary.began_ns + round(WARM_S * 1e9)
    kept = times[times[:, 1] >= start]
    took = (kept[:, 1] - kept[:, 0]).tolist()
    seconds = (int(kept[:, 1].max()) - start) / 1e9
    return {
        "per_second": len(kept) * each / seconds,
        "p50_ms": percentile(took, 0.5) / 1e6,
        "p99_ms": percentile(took, 0.99) / 1e6,
        "p50_f": percentile(took, 0.5) / f_ns,
        "p99_f": percentile(took, 0.99) / f_ns,
        "f_us": f_ns / 1e3,
        "client_us": summary.cpu_s / max(1, summary.requests) * 1e6,
        "load": probe.load(),
    }


def _figures(middle: dict[str, dict[str, float]]) -> list[Figure]:
    figures: list[Figure] = []
    anchor = middle[f"H, {GOAL_CONNECTIONS}"]["per_second"]
    for name, level in middle.items():
        unit = "1/s" if name.startswith(("H", "echo")) else "tickets/s"
        figures.append(plain(name, level["per_second"], unit))
        figures.append(plain(f"{name}: p50", level["p50_ms"], "ms"))
        figures.append(plain(f"{name}: p99", level["p99_ms"], "ms"))
        if "engine_us" not in level:
            continue
        connections = BATCH_CONNECTIONS if name.startswith("batch") else int(name.partition(", ")[2])
        h = middle[f"H, {connections}"]["per_second"] if f"H, {connections}" in middle else anchor
        ratio = level["per_second"] / h
        if name.startswith("batch"):
            figures.append(at_least(f"{name}: tickets", level["per_second"] / anchor, "H", H_BATCH_GOAL, "G6"))
        elif connections == GOAL_CONNECTIONS:
            figures.append(at_least(f"{name}: of H", ratio, "H", H_GOAL, "G5"))
        else:
            figures.append(plain(f"{name}: of H", ratio, "H"))
        figures += [
            plain(f"{name}: p50", level["p50_f"], "F"),
            plain(f"{name}: p99", level["p99_f"], "F"),
            plain(f"{name}: worker's time a ticket", level["worker_us"], "us"),
            plain(f"{name}: engine's time a ticket", level["engine_us"], "us"),
        ]
    ceiling = 1e6 / middle[f"H, {GOAL_CONNECTIONS}"]["client_us"]
    figures.append(plain("the client's own ceiling", ceiling, "1/s"))
    figures.append(plain("load of the machine", max(level["load"] for level in middle.values()), ""))
    return figures
