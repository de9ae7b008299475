"""What is left of the rate, and is every sale there once, when one answer in ten is lost and asked for again?"""

import dataclasses
import shutil
import statistics
from typing import Any

from benchmarks import history, probe, served
from benchmarks.figures import Plan, answer, at_least, at_most, plain
from benchmarks.load import Load, Phase

QUESTION = "one answer in ten is lost, and the same id is sent again: is every sale there once, and how fast?"
DROP = 0.1
CONNECTIONS = 64
SECONDS = 4.0
PAIRS = 3
SHARE_MIN = 0.8


def run(plan: Plan) -> dict[str, Any]:
    """Clean and stormy loads in turns, then the journal is held against every answer that was taken (G15)."""
    shop = served.make_shop(plan.directory / "storm")
    kept: list[history.Told] = []
    rates: dict[float, list[float]] = {0.0: [], DROP: []}
    dropped = 0
    try:
        with served.Served(shop) as server:
            templates = served.sale_requests(shop)
            for number in range(1 if plan.quick else PAIRS):
                for drop, found in rates.items():
                    rate, lost, answers = _once(plan, server.port, templates, drop, 2 * number + (drop > 0))
                    found.append(rate)
                    dropped += lost
                    kept += answers
        verdict = history.judge(shop, kept)
    finally:
        shutil.rmtree(shop)
    clean, storm = (statistics.median(found) for found in rates.values())
    figures = [
        plain("clean", clean, "tickets/s"),
        plain("in the storm", storm, "tickets/s"),
        at_least("in the storm / clean", storm / clean, "x", SHARE_MIN, "G15"),
        plain("answers lost and asked for again", dropped, ""),
        plain("answers held against the journal", verdict.told, ""),
        plain("of them repeated from the journal", verdict.repeated, ""),
        at_most("sales acknowledged and not there", verdict.lost, "", 0, "G15"),
        at_most("sales there twice", verdict.doubled, "", 0, "G15"),
        at_most("gaps in sequence or chains", verdict.gaps, "", 0, "G15"),
        at_most("breaks that the full check found", verdict.broken, "", 0, "G15"),
        plain("load of the machine", probe.load(), ""),
    ]
    return answer(QUESTION, figures, rates={str(drop): found for drop, found in rates.items()}, **_plain(verdict))


def _plain(verdict: history.Verdict) -> dict[str, Any]:
    return {"verdict": dataclasses.asdict(verdict)}


def _once(
    plan: Plan, port: int, templates: list[list[str]], drop: float, seed: int
) -> tuple[float, int, list[history.Told]]:
    """(tickets a second, answers lost, what was told) of one load; the rate counts every sale once."""
    kept = plan.directory / "answers"
    load = Load(
        port=port,
        connections=CONNECTIONS,
        templates=templates,
        phases=[Phase(seconds=SECONDS / 4 if plan.quick else SECONDS)],
        seed=seed,
        drop=drop,
        answers=str(kept),
    )
    summary, times = served.run_load(plan.directory, load)
    if (times[:, 2] != 200).any():
        raise RuntimeError("a sale was refused")
    return len(times) / ((int(times[:, 1].max()) - summary.began_ns) / 1e9), summary.dropped, history.read_answers(kept)
