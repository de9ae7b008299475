"""How much faster than an afternoon's work with FastAPI, SQLAlchemy and PostgreSQL, in the same run?"""

import importlib.util
import json
import shutil
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import anchors, postgres, probe, served, ticket
from benchmarks.figures import Plan, answer, plain
from benchmarks.load import Load, Phase
from benchmarks.timing import percentile

QUESTION = "how does it compare with an afternoon's work (FastAPI, SQLAlchemy, PostgreSQL, one hash chain)?"
CONNECTIONS = (1, 8, 16)
SECONDS = 4.0
ROUNDS = 3
NEEDED = ("fastapi", "sqlalchemy", "psycopg")


def run(plan: Plan) -> dict[str, Any]:
    """Both sell the same ticket to the same client, in turns; skipped with a message where something is missing."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        text = f"{', '.join(missing)} not installed (pip install -e '.[bench]'): not compared"
        return answer(QUESTION, [plain(text, float("nan"), "")])
    shop = served.make_shop(plan.directory / "ours", tills=ticket.TILLS)
    try:
        with postgres.running(plan.directory) as url:
            return _compare(plan, shop, url)
    except postgres.NotHere as why:
        return answer(QUESTION, [plain(f"{why}: not compared", float("nan"), "")])
    finally:
        shutil.rmtree(shop)


def _compare(plan: Plan, shop: Any, url: str) -> dict[str, Any]:
    from benchmarks import afternoon

    afternoon.create(url)
    levels: dict[str, list[dict[str, float]]] = {}
    body = json.dumps(ticket.BODY)
    theirs = [
        served.request("/sales", body, {"Idempotency-Key": served.ID_MARK, "X-Till": str(till)})
        for till in range(1, ticket.TILLS + 1)
    ]
    with serving(url) as port, served.Served(shop) as server:
        ours = served.sale_requests(shop, ticket.TILLS)
        for _ in range(1 if plan.quick else ROUNDS):
            for connections in CONNECTIONS:
                for name, at, templates in (("afternoon", port, theirs), ("guichet", server.port, ours)):
                    level = _once(plan, at, templates, connections)
                    levels.setdefault(f"{name}, {connections}", []).append(level)
    middle = {
        name: {key: statistics.median(level[key] for level in found) for key in found[0]}
        for name, found in levels.items()
    }
    figures = []
    for connections in CONNECTIONS:
        for name in ("afternoon", "guichet"):
            level = middle[f"{name}, {connections}"]
            figures.append(plain(f"{name}, {connections} clients", level["per_second"], "tickets/s"))
            figures.append(plain(f"{name}, {connections} clients: p50", level["p50_ms"], "ms"))
            figures.append(plain(f"{name}, {connections} clients: p99", level["p99_ms"], "ms"))
        ratio = middle[f"guichet, {connections}"]["per_second"] / middle[f"afternoon, {connections}"]["per_second"]
        figures.append(plain(f"{connections} clients: as much as an afternoon's work", ratio, "x"))
    figures.append(plain("load of the machine", probe.load(), ""))
    return answer(QUESTION, figures, levels=levels, postgresql=afternoon.durable(url))


def _once(plan: Plan, port: int, templates: list[list[str]], connections: int) -> dict[str, float]:
    seconds = SECONDS / 4 if plan.quick else SECONDS
    load = Load(port=port, connections=connections, templates=templates, phases=[Phase(seconds=seconds)])
    summary, times = served.run_load(plan.directory, load)
    refused = int((times[:, 2] != 200).sum())
    if refused:
        raise RuntimeError(f"{refused} of {len(times)} sales were refused")
    took = (times[:, 1] - times[:, 0]).tolist()
    return {
        "per_second": len(times) / ((int(times[:, 1].max()) - summary.began_ns) / 1e9),
        "p50_ms": percentile(took, 0.5) / 1e6,
        "p99_ms": percentile(took, 0.99) / 1e6,
    }


@contextmanager
def serving(url: str) -> Iterator[int]:
    """The afternoon's work as one process; gives its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        command = [sys.executable, "-m", "benchmarks.afternoon", str(listener.fileno()), url]
        process = subprocess.Popen(command, pass_fds=(listener.fileno(),), cwd=anchors.ROOT)
        port = listener.getsockname()[1]
        try:
            anchors.wait(port)
            yield port
        finally:
            process.terminate()
            process.wait(10)
