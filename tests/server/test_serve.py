"""Everything at once, from outside: start, stop, deaths, and no acknowledged sale lost by any of them."""

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from served_shop import SALE, TILLS, Response, Served, one_request, wait_until

from engine.engine import check
from engine.features import FEATURES
from engine.kernel.reader import Reader
from server import serve as serving
from server.options import Options
from server.wire import host

Serve = Callable[..., Served]
SALES_EACH = 40


class Client(threading.Thread):
    """A till over HTTP with a history of its own: what it sent, what was acknowledged, and when it had to ask again."""

    def __init__(self, served: Served, till: int, sales: int) -> None:
        super().__init__()
        self._served = served
        self._till = till
        self._sales = sales
        self.acknowledged: dict[str, dict[str, Any]] = {}
        self.asked_again = 0
        self.enough = threading.Event()
        self.wrong: list[str] = []

    def run(self) -> None:
        """Sells; a sale that gets no answer, or a 503, is sent again with its id until it is acknowledged."""
        connection = self._connection()
        headers = self._served.headers(self._till)
        for number in range(self._sales):
            if self.enough.is_set():
                break
            id = uuid.uuid4().hex
            body = {"lines": [{"price": f"{number + 1}.00"}], "payments": [{"mode": 2}]}
            end = time.monotonic() + 60
            while time.monotonic() < end and not self.enough.is_set():
                try:
                    sent = {**headers, "Idempotency-Key": id}
                    answer = one_request(connection, "POST", "/api/v1/sales/post", body, sent)
                except (OSError, http.client.HTTPException):
                    connection.close()
                    connection = self._connection()
                else:
                    if answer.status == 200:
                        self.acknowledged[id] = answer.json
                        break
                    if answer.status != 503 or "retry-after" not in answer.headers:
                        self.wrong.append(f"{answer.status} {answer.body!r}")
                        break
                self.asked_again += 1
                time.sleep(0.02)
            else:
                if self.enough.is_set():
                    break  # the last one was never answered, and nobody says what became of it
                self.wrong.append(f"sale {number} of till {self._till} was never acknowledged")
        connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._served.port, timeout=30)


def sold(data: Path) -> dict[str, dict[str, Any]]:
    """Every sale of the journal by its command's id; a second one under one id fails here."""
    found: dict[str, dict[str, Any]] = {}
    with Reader(data, FEATURES) as reader:
        at = (1, 0)
        while page := reader.entries_since(*at):
            for _, _, raw in page:
                entry = json.loads(raw)
                if entry["rec"][0]["is"] == "sales.posted":
                    assert entry["cmd"] not in found, f"sold twice: {entry['cmd']}"
                    found[entry["cmd"]] = entry
            at = page[-1][0], page[-1][1] + 1
    return found


@pytest.mark.timeout(120)
def test_no_acknowledged_sale_is_lost_or_doubled_when_the_engine_is_killed_twice(serve: Serve) -> None:
    served = serve("--workers", "2")
    clients = [Client(served, till, SALES_EACH) for till in TILLS]
    for client in clients:
        client.start()
    for share in (8, 3):
        goal = SALES_EACH * len(TILLS) // share
        wait_until(lambda goal=goal: sum(len(client.acknowledged) for client in clients) >= goal, "sales are made")
        engine = served.pids()["engine"]
        os.kill(engine, signal.SIGKILL)
        wait_until(lambda engine=engine: served.pids().get("engine", engine) != engine, "the engine is started again")
    for client in clients:
        client.join()
    code = served.stop()

    acknowledged = {id: answer for client in clients for id, answer in client.acknowledged.items()}
    journal = sold(served.data)
    assert [] == [wrong for client in clients for wrong in client.wrong]
    assert 0 == code
    assert SALES_EACH * len(TILLS) == len(acknowledged)
    assert set(acknowledged) == set(journal)
    assert {id: answer["seq"] for id, answer in acknowledged.items()} == {id: at["seq"] for id, at in journal.items()}
    numbers = sorted(entry["rec"][0]["no"] for entry in journal.values())
    assert list(range(1, len(journal) + 1)) == numbers
    assert 0 < sum(client.asked_again for client in clients)
    assert 0 == check(served.data).broken


def test_a_polite_end_within_five_seconds_finishes_what_is_in_hand(serve: Serve) -> None:
    served = serve()
    clients = [Client(served, till, 100_000) for till in TILLS]
    for client in clients:
        client.start()
    wait_until(lambda: sum(len(client.acknowledged) for client in clients) > 20, "sales are made")

    started = time.monotonic()
    code = served.stop()

    took = time.monotonic() - started
    for client in clients:
        client.enough.set()
    for client in clients:
        client.join()
    acknowledged = {id for client in clients for id in client.acknowledged}
    assert 0 == code, served.said()
    assert took < serving.STOP_WITHIN_S + 1, served.said()
    assert [] == [wrong for client in clients for wrong in client.wrong]
    assert acknowledged <= set(sold(served.data))
    with Reader(served.data, FEATURES) as reader:
        last = reader.entries_since(1, reader.position()[1] - 1)[0][2]
    assert b"engine.stopped" in last


def test_the_times_that_everybody_is_given_to_end_add_up_to_the_promise() -> None:
    last = serving.HELPERS_STOP_WITHIN_S + host.STOP_WITHIN_S

    assert serving.WORKERS_FIRST_S <= serving.HELPERS_STOP_WITHIN_S
    assert last + 1 <= serving.STOP_WITHIN_S == 5  # the engine seals its end, synced, before it is ended by force


def test_live_connections_do_not_hold_up_the_end(serve: Serve) -> None:
    served = serve()
    headers = "".join(f"{name}: {value}\r\n" for name, value in served.headers().items())
    with served.connect() as watching:
        watching.sendall(f"GET /api/v1/changes HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
        assert b"200" in watching.recv(4096)
        code = served.stop()

    assert 0 == code


def test_a_worker_that_dies_is_started_again(serve: Serve) -> None:
    served = serve()
    worker = served.pids()["worker"]

    os.kill(worker, signal.SIGKILL)

    wait_until(lambda: served.pids().get("worker", worker) != worker, "the worker is started again")
    wait_until(lambda: 200 == served.ask("GET", "/healthz").status, "it answers")
    assert 200 == served.do("sales/post", SALE).status
    assert 0 == served.stop()


def test_a_waiting_engine_takes_the_place_of_one_that_dies_and_another_waits(serve: Serve) -> None:
    served = serve()
    wait_until(lambda: "spare" in served.pids(spare=True), "an engine waits")
    before = served.pids(spare=True)

    os.kill(before["engine"], signal.SIGKILL)
    wait_until(
        lambda: served.pids(spare=True).get("engine", before["engine"]) != before["engine"], "an engine is there again"
    )
    after = served.pids(spare=True)
    wait_until(lambda: served.do("sales/post", SALE).status == 200, "it sells")
    wait_until(lambda: served.pids(spare=True).get("spare", before["spare"]) != before["spare"], "another one waits")
    os.kill(served.pids(spare=True)["spare"], signal.SIGKILL)
    os.kill(served.pids(spare=True)["engine"], signal.SIGKILL)
    wait_until(lambda: served.do("sales/post", SALE).status == 200, "it sells without one that waited")
    code = served.stop()

    assert before["spare"] == after["engine"]
    assert 0 == code
    assert {} == served.pids(spare=True)
    assert 0 == check(served.data).broken


def test_an_engine_that_dies_three_times_is_not_started_a_fourth_time(serve: Serve) -> None:
    served = serve()

    for _ in range(3):
        wait_until(lambda: "engine" in served.pids() or served.process.poll() is not None, "an engine")
        engine = served.pids().get("engine")
        if engine is not None:
            os.kill(engine, signal.SIGKILL)
            wait_until(lambda engine=engine: served.pids().get("engine") != engine, "it is gone")

    assert 4 == served.process.wait(20)
    assert "died 3 times" in served.said()
    assert {} == served.pids(spare=True)


def test_a_helper_that_dies_again_and_again_waits_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "HELPER_BACK_OFF_S", 0.05)
    said: list[str] = []
    with socket.socket() as listener:
        supervisor = serving.Supervisor(Options(data=str(tmp_path)), listener, said.append)
        helper = supervisor._helpers[0]
        helper.command = [sys.executable, "-c", "raise SystemExit(3)"]
        supervisor._start(helper)

        waits = []
        while len(helper.deaths) < 5:
            waits.append(supervisor._rest_s())
            supervisor._watch(waits[-1])
        supervisor._end()
        supervisor._wake_read.close()
        supervisor._wake_write.close()

    assert ["outbox ended (exit code 3); it is started again"] * 2 == said[:2]
    assert ["outbox died 3 times", "outbox died 4 times"] == [text[:19] for text in said[2:4]]
    assert all("selling goes on" in text for text in said[2:])
    assert 0.05 >= max(wait for wait in waits if wait is not None) > 0


def test_nothing_of_it_outlives_its_supervisor(serve: Serve) -> None:
    served = serve()
    wait_until(lambda: "spare" in served.pids(spare=True), "an engine waits")
    pids = served.pids(spare=True)

    served.process.kill()
    served.process.wait()

    assert {"engine", "spare", "worker", "outbox", "chores"} == set(pids)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids.values()), "all have ended")


def test_a_shop_has_one_server(serve: Serve) -> None:
    served = serve()
    command = [sys.executable, "-m", "server.cli.main", "serve", "--data", str(served.data), "--unsafe-filesystem"]

    second = subprocess.run(
        [*command, "--port", str(served.port)], capture_output=True, text=True, timeout=60, check=False
    )

    assert 4 == second.returncode
    assert "Address already in use" in second.stderr
    assert 200 == served.ask("GET", "/healthz").status


def test_a_second_server_elsewhere_does_not_speak_through_the_first_one_s_engine(serve: Serve) -> None:
    served = serve()
    command = [sys.executable, "-m", "server.cli.main", "serve", "--data", str(served.data), "--unsafe-filesystem"]

    second = subprocess.run([*command, "--port", "0"], capture_output=True, text=True, timeout=60, check=False)

    assert 4 == second.returncode
    assert "store.owned" in second.stderr
    assert "serves" not in second.stdout
    assert 200 == served.do("sales/post", SALE).status


def test_a_shop_without_its_key_is_not_served_and_nothing_is_tried_again(ready_shop: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(ready_shop, tmp_path / "shop"))
    for key in (data / "keys").glob("*"):
        if key.name != "pepper":
            key.unlink()
    command = [sys.executable, "-m", "server.cli.main", "serve", "--data", str(data), "--unsafe-filesystem"]

    ended = subprocess.run([*command, "--port", "0"], capture_output=True, text=True, timeout=60, check=False)

    assert 4 == ended.returncode
    assert 1 == ended.stderr.count("the engine cannot begin: ")


@pytest.mark.parametrize(
    ("words", "flags"),
    [
        ("--tls", ["--host", "0.0.0.0"]),
        ("workers 0", ["--workers", "0"]),
        ("is no host's name", ["--allow-host", "a b"]),
        ("flag --port", ["--port", "99999"]),
    ],
)
def test_what_cannot_be_served_says_why(ready_shop: Path, words: str, flags: list[str]) -> None:
    command = [sys.executable, "-m", "server.cli.main", "serve", "--data", str(ready_shop), *flags]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert 2 == ended.returncode
    assert words.removeprefix("flag --") in ended.stderr


def test_tls_makes_an_authority_that_clients_can_trust(serve: Serve) -> None:
    served = serve("--tls", "--allow-host", "caisse.example")
    folder = served.data / "tls"
    context = ssl.create_default_context(cafile=str(folder / "authority.pem"))

    def healthy() -> Response:
        connection = http.client.HTTPSConnection("localhost", served.port, context=context, timeout=20)
        try:
            return one_request(connection, "GET", "/healthz", None, None)
        finally:
            connection.close()

    wait_until(lambda: 200 == healthy().status, "the worker has its engine")
    answer = healthy()

    assert 200 == answer.status
    assert "max-age=63072000" == answer.headers["strict-transport-security"]
    assert {0o600} == {file.stat().st_mode & 0o777 for file in folder.iterdir()}
    with pytest.raises(ssl.SSLError):
        http.client.HTTPSConnection("localhost", served.port, timeout=20).connect()


@pytest.mark.parametrize("trouble", ["read by others", "lost"])
def test_without_a_pepper_of_its_own_a_shop_is_not_served(ready_shop: Path, tmp_path: Path, trouble: str) -> None:
    data = Path(shutil.copytree(ready_shop, tmp_path / "shop"))
    pepper = data / "keys" / "pepper"
    pepper.chmod(0o640)
    chosen = str(pepper) if trouble == "read by others" else str(tmp_path / "none")
    command = [sys.executable, "-m", "server.cli.main", "serve", "--data", str(data), "--unsafe-filesystem"]

    ended = subprocess.run(
        [*command, "--port", "0", "--pepper", chosen], capture_output=True, text=True, timeout=60, check=False
    )

    assert 0 != ended.returncode
    assert "pepper" in ended.stderr
    assert "serves" not in ended.stdout
