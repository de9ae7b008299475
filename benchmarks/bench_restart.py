"""How soon are sales taken again after kill -9, and does a long history make it later?"""

import os
import shutil
import signal
import threading
import time
from typing import Any

from benchmarks import bench_growth, history, probe, served, ticket
from benchmarks.figures import Plan, answer, at_most, plain
from benchmarks.load import Load, Phase

QUESTION = "how soon are sales taken again after kill -9?"
GROWN = {"quick": 2_000, "": 100_000, "long": 3_000_000}
ROUNDS = 3
LOAD_S = 2.0
KILL_AFTER_S = 1.0


def run(plan: Plan) -> dict[str, Any]:
    """A young and a grown shop: the engine killed under load, then everything killed and started again (G14)."""
    shop = served.make_shop(plan.directory / "restart", tills=ticket.TILLS)
    size = "quick" if plan.quick else "long" if plan.long else ""
    figures = []
    times: dict[str, Any] = {}
    try:
        for entries in (0, GROWN[size]):
            with ticket.open_shop(shop) as engine:
                bench_growth.fill(engine, entries)
                count = engine.position[1]
            again, whole, verdict = _rounds(plan, shop, 1 if plan.quick else ROUNDS)
            times[str(count)] = {"engine": again, "everything": whole}
            name = f"with {count} entries"
            figures += [
                at_most(f"{name}: engine killed, until it sells again", max(again), "s", 1, "G14"),
                at_most(f"{name}: all killed, from the command to a sale", max(whole), "s", 1, "G14"),
                at_most(f"{name}: sales acknowledged and not there", verdict.lost, "", 0, "G14"),
                at_most(f"{name}: there twice, or a gap", verdict.doubled + verdict.gaps, "", 0, "G14"),
            ]
    finally:
        shutil.rmtree(shop)
    figures.append(plain("load of the machine", probe.load(), ""))
    return answer(QUESTION, figures, seconds=times)


def _rounds(plan: Plan, shop: Any, rounds: int) -> tuple[list[float], list[float], history.Verdict]:
    """(seconds after the engine's death, seconds after everybody's, what the journal says of all that was told)."""
    again, whole = [], []
    told: list[history.Told] = []
    for number in range(rounds):
        server = served.Served(shop)
        again.append(_kill_engine(plan, server, number, told))
        server.kill()
        started = time.monotonic()
        with served.Served(shop) as second:
            _sell(second)
            whole.append(time.monotonic() - started)
    return again, whole, history.judge(shop, told)


def _kill_engine(plan: Plan, server: served.Served, seed: int, told: list[history.Told]) -> float:
    """Seconds from the engine's death under load to the first sale that was asked for after it."""
    kept = plan.directory / "answers"
    load = Load(
        port=server.port,
        connections=16,
        templates=served.sale_requests(server.data, ticket.TILLS),
        phases=[Phase(seconds=LOAD_S + KILL_AFTER_S, rate=400)],
        seed=seed,
        answers=str(kept),
    )
    process = served.LoadProcess(plan.directory, load)
    killed: list[int] = []

    def kill() -> None:
        time.sleep(KILL_AFTER_S)
        killed.append(time.perf_counter_ns())
        os.kill(server.processes["engine"], signal.SIGKILL)

    thread = threading.Thread(target=kill)
    process.go()
    thread.start()
    thread.join()
    _, times = process.result()
    # A refused sale says so in another form than a sold one.
    lines = [line for line in kept.read_bytes().splitlines(keepends=True) if b'"leaf"' in line]
    kept.write_bytes(b"".join(lines))
    told += history.read_answers(kept)
    sold = times[(times[:, 2] == 200) & (times[:, 0] > killed[0])]
    return (int(sold[:, 1].min()) - killed[0]) / 1e9


def _sell(server: served.Served) -> None:
    """One sale, which must be taken."""
    load = served.sale_requests(server.data, 1)
    served.one_sale(server.port, load[0])
