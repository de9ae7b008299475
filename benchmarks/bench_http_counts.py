"""How many instructions does a worker spend on a sale, against bare uvicorn that does the same work?"""

import shutil
from pathlib import Path
from typing import Any

from benchmarks import bench_counts, counted_http
from benchmarks.figures import Plan, answer, at_most, plain

QUESTION = "how many instructions is a sale's way through worker and loop, and has it grown by more than 1 %?"
BASELINE = Path(__file__).parent / "baseline_http.json"
SHARE_MAX = 0.45


def run(plan: Plan) -> dict[str, Any]:
    """G7: the fast lane against bare uvicorn, client and engine taken off both; and the gate on growth."""
    if shutil.which("valgrind") is None:
        return answer(QUESTION, [plain("valgrind is not installed: nothing counted", float("nan"), "")], failed=[])
    counts = bench_counts.count(plan.directory, "benchmarks.counted_http", counted_http.REPEATED)
    figures, more = bench_counts.held_against(BASELINE, counts, rebase=plan.rebase)
    others, lane, route, bare, alone, loop = counts.values()
    figures += [
        at_most("fast lane / bare uvicorn doing the same", (lane - others) / (bare - others), "x", SHARE_MAX, "G7"),
        plain("ASGI route / bare uvicorn doing the same", (route - others) / (bare - others), "x"),
        plain("frames, answers and the test's own client, a sale", loop - alone, "instructions"),
    ]
    return answer(QUESTION, figures, **more)
