"""What becomes of the shop when twice as many sales arrive as it can take, and how soon is it itself again?"""

import shutil
import time
from typing import Any

from benchmarks import probe, served
from benchmarks.figures import Plan, answer, at_least, at_most, plain
from benchmarks.load import Load, Phase
from benchmarks.timing import percentile

QUESTION = "twice as many sales arrive as can be taken: what is sold, what do refusals cost, when is it over?"
WARM_S = 3.0
FIND_S = 4.0
CALM_S = 3.0
BURST_S = 6.0
SETTLE_S = 1.0  # of the burst, until its queue is full
CONNECTIONS = 2_048  # more than wait for the engine at most, so that there is something to refuse
FIND_CONNECTIONS = 256
WINDOW_NS = 50_000_000
OK, TOO_FAST, BUSY = 200, 429, 503


def run(plan: Plan) -> dict[str, Any]:
    """Saturation by 256 tills, then half of it, twice it, half of it, by arrivals that wait for nobody (G9)."""
    shop = served.make_shop(plan.directory / "overload")
    share = 0.3 if plan.quick else 1.0
    try:
        with served.Served(shop) as server:
            templates = served.sale_requests(shop)
            saturate(plan, server, templates, WARM_S)  # helpers begin, files are made longer: no part of the question
            most, cost_us = saturate(plan, server, templates, FIND_S * share)
            found = _burst(plan, server, templates, most, share)
        with served.Served(shop, "--sales-per-second", "1", "--sales-burst", "1") as server:
            refusal_us = _refuse(plan, server, templates, FIND_S / 2)  # 256 a second are sold in any case
    finally:
        shutil.rmtree(shop)
    figures = [
        plain("most that it takes", most, "tickets/s"),
        plain("of which a ticket costs engine and worker", cost_us, "us"),
        plain("arrivals in the burst", found["arrived"], "1/s"),
        at_least("sold in the burst", found["goodput"] / most, "of the most", 0.95, "G9"),
        plain("accepted: p50", found["p50_ms"], "ms"),
        plain("accepted: p99", found["p99_ms"], "ms"),
        at_most("accepted: p99", found["p99_ms"] * 1e6 / found["f_ns"], "F", 80, "G9"),
        plain("refused with 503 and Retry-After", found["refused"], ""),
        plain("neither sold nor refused", found["other"], ""),
        at_most("a refusal costs", refusal_us / cost_us, "of a sale", 0.25, "G9"),
        at_most("after the burst, until answers come as before", found["recovery_s"], "s", 1, "G9"),
        plain("arrivals that found no free connection", found["unsent"], ""),
        plain("load of the machine", probe.load(), ""),
    ]
    return answer(QUESTION, figures, burst=found)


def saturate(plan: Plan, server: served.Served, templates: list[list[str]], seconds: float) -> tuple[float, float]:
    """(tickets a second, processor time of a ticket in us) when every till sells as fast as it is answered."""
    load = Load(port=server.port, connections=FIND_CONNECTIONS, templates=templates, phases=[Phase(seconds=seconds)])
    process = served.LoadProcess(plan.directory, load)
    before = server.selling_cpu_s()
    process.go()
    summary, times = process.result()
    spent = server.selling_cpu_s() - before
    return len(times) / ((int(times[:, 1].max()) - summary.began_ns) / 1e9), spent / len(times) * 1e6


def _refuse(plan: Plan, server: served.Served, templates: list[list[str]], seconds: float) -> float:
    """Processor time in us of a refusal that the engine itself says: the dearest, the worker's own are cheaper."""
    load = Load(port=server.port, connections=FIND_CONNECTIONS, templates=templates, phases=[Phase(seconds=seconds)])
    process = served.LoadProcess(plan.directory, load)
    before = server.selling_cpu_s()
    process.go()
    _, times = process.result()
    spent = server.selling_cpu_s() - before
    refused = int((times[:, 2] == TOO_FAST).sum())
    if refused < len(times) / 2:
        raise RuntimeError("most of it was sold")
    return spent / refused * 1e6


def _burst(
    plan: Plan, server: served.Served, templates: list[list[str]], most: float, share: float
) -> dict[str, float]:
    phases = [
        Phase(seconds=CALM_S * share, rate=most / 2),
        Phase(seconds=BURST_S * share, rate=most * 2),
        Phase(seconds=CALM_S, rate=most / 2),
    ]
    load = Load(port=server.port, connections=CONNECTIONS, templates=templates, phases=phases)
    process = served.LoadProcess(plan.directory, load)
    process.go()
    time.sleep((CALM_S + SETTLE_S) * share)
    cpu, watched = server.selling_cpu_s(), time.perf_counter_ns()
    time.sleep((BURST_S - SETTLE_S) * share)
    cpu, seen = server.selling_cpu_s() - cpu, time.perf_counter_ns()
    summary, times = process.result()
    begin, end = (
        summary.began_ns + round(CALM_S * share * 1e9),
        summary.began_ns + round((CALM_S + BURST_S) * share * 1e9),
    )
    inside = times[(times[:, 1] >= watched) & (times[:, 1] < seen)]
    due = times[(times[:, 0] >= begin + round(SETTLE_S * share * 1e9)) & (times[:, 0] < end)]
    accepted = due[due[:, 2] == OK]
    took = (accepted[:, 1] - accepted[:, 0]).tolist()
    seconds = (seen - watched) / 1e9
    return {
        "arrived": most * 2,
        "sold": int((inside[:, 2] == OK).sum()),
        "refused": int((inside[:, 2] == BUSY).sum()),
        "other": int(((times[:, 2] != OK) & (times[:, 2] != BUSY)).sum()),
        "goodput": int((inside[:, 2] == OK).sum()) / seconds,
        "cpu_us": cpu * 1e6,
        "p50_ms": percentile(took, 0.5) / 1e6,
        "p99_ms": percentile(took, 0.99) / 1e6,
        "f_ns": probe.f_ns(plan.directory, rounds=50),
        "recovery_s": recovery_s(times, summary.began_ns, begin, end),
        "unsent": summary.unsent,
    }


def recovery_s(times: Any, began: int, begin: int, end: int) -> float:
    """Seconds from the burst's end until a window of 50 ms in which nothing is refused and the median is as before.

    ``times`` as the load generator gives them; as before: at most twice the median of the calm before the burst.
    """
    before = times[(times[:, 0] >= (began + begin) // 2) & (times[:, 0] < begin)]
    usual = percentile((before[:, 1] - before[:, 0]).tolist(), 0.5)
    at, last = end, int(times[:, 0].max())
    while at < last:
        window = times[(times[:, 0] >= at) & (times[:, 0] < at + WINDOW_NS)]
        took = (window[:, 1] - window[:, 0]).tolist()
        if took and (window[:, 2] == OK).all() and percentile(took, 0.5) <= 2 * usual:
            return (at - end) / 1e9
        at += WINDOW_NS
    return float("inf")
