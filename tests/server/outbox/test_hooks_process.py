"""Webhooks of a shop that is really served: signed, in order, by a process that has nothing of the shop's."""

import contextlib
import http.server
import json
import os
import random
import shutil
import signal
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from served_shop import Served, wait_until
from socket_till import SocketTill, enrol

from engine.engine import Engine, Fault, Reader
from engine.features import FEATURES
from server.outbox import hooks_process
from server.outbox.hooks_process import KEPT, Hooks, submitting
from server.outbox.sign_webhook import verified

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NAME = "compta.example.com"
PORT = 8443
SALE = {"lines": [{"price": "1.50"}], "payments": [{"mode": 2}]}
ROW = {
    "title": "Compta",
    "url": f"https://{NAME}:{PORT}/hook",
    "events": ["validated", "terminated"],
    "format": "reference",
    "secret": {"hash": SECRET, "key": "k"},
}


class Receiver:
    """An HTTPS server on an address of the loopback that nobody else uses; keeps what it was sent."""

    def __init__(self, certificate: Path) -> None:
        self.requests: list[tuple[dict[str, str], bytes, int]] = []
        kept = self.requests

        class Handler(http.server.BaseHTTPRequestHandler):
            """Takes everything."""

            def do_POST(self) -> None:  # the library's name
                headers = {name.lower(): value for name, value in self.headers.items()}
                kept.append((headers, self.rfile.read(int(headers["content-length"])), int(time.time())))
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.address, self._server = self._listen(Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def _listen(self, handler: Any) -> tuple[str, http.server.ThreadingHTTPServer]:
        for _ in range(20):
            address = f"127.{random.randint(1, 250)}.{random.randint(1, 250)}.{random.randint(1, 250)}"
            with contextlib.suppress(OSError):
                return address, http.server.ThreadingHTTPServer((address, PORT), handler)
        raise AssertionError(f"no address of the loopback has port {PORT} free")

    def events(self) -> list[dict[str, Any]]:
        """The bodies, in the order in which they came."""
        return [json.loads(body) for _, body, _ in list(self.requests)]

    def close(self) -> None:
        """No more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def listening(certify: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """The receiver, trusted by what is served from now on."""
    certificate = certify(NAME)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("GUICHET_COLOUR_OF_NOTHING", "secret")
    made = Receiver(certificate)
    yield made
    made.close()


class Hooked:
    """A served shop with an endpoint, and its tills at the socket."""

    def __init__(self, data: Path, address: str) -> None:
        self.data = data
        with Engine(data, unsafe_filesystem=True) as engine:
            answer = engine.do("webhooks.put", {"id": 1, "row": ROW}, id=os.urandom(16))
            assert "done" == answer.status, answer
            self.tills = [SocketTill(data, enrol(engine, till=number)) for number in (1, 2)]
        flags = ("--webhook-port", str(PORT), "--test-webhook", f"{NAME}={address}")
        self.served = Served(data, *flags, "--public-url", "https://caisse.example.fr")

    def sell(self, till: int = 0) -> dict[str, Any]:
        """A sale."""
        return self.tills[till].do("sales.post", SALE)

    def hooks(self) -> int:
        """The delivering process: a child of the outbox; 0 where there is none."""
        outbox = str(self.served.pids().get("outbox", 0)).encode()
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
                if b"hooks" in words and outbox in words:
                    return int(entry.name)
        return 0

    def close(self) -> None:
        """The end."""
        self.served.close()
        for till in self.tills:
            till.close()


@pytest.fixture
def hooked(ready_shop: Path, tmp_path: Path, listening: Receiver) -> Iterator[Hooked]:
    """The shop, served."""
    made = Hooked(Path(shutil.copytree(ready_shop, tmp_path / "shop")), listening.address)
    yield made
    made.close()


def test_sales_reach_a_receiver_signed_and_in_order_for_each_ticket(hooked: Hooked, listening: Receiver) -> None:
    answers = [hooked.sell(till) for till in (0, 1, 0, 1)]

    wait_until(lambda: len(listening.requests) >= 8, "all events are delivered")
    code = hooked.served.stop()

    by_ticket: dict[str, list[str]] = {}
    for event in listening.events():
        by_ticket.setdefault(event["signatureVerificationURL"].partition("?")[0], []).append(event["type"])
    assert {f"https://caisse.example.fr/proof/{answer['leaf']}" for answer in answers} == set(by_ticket)
    assert [["validated", "terminated"]] * 4 == list(by_ticket.values())
    assert all(verified([SECRET], headers, body, at) for headers, body, at in listening.requests)
    assert 0 == code
    with Reader(hooked.data, FEATURES) as reader:
        status = reader.ask_by_name("integrations.status", {"id": 1})
    assert status.seq >= max(answer["seq"] for answer in answers)  # sealed at the end, not sent again at the next start


def test_the_delivering_process_has_nothing_of_the_shop_s_and_comes_back_when_it_is_killed(
    hooked: Hooked, listening: Receiver
) -> None:
    hooked.sell()
    wait_until(lambda: len(listening.requests) >= 2, "the first events are delivered")
    first = hooked.hooks()
    environment = Path(f"/proc/{first}/environ").read_bytes().split(b"\0")
    files = [os.readlink(entry) for entry in Path(f"/proc/{first}/fd").iterdir()]
    maps = Path(f"/proc/{first}/maps").read_text()

    os.kill(first, signal.SIGKILL)
    hooked.sell()
    wait_until(lambda: len({json.loads(body)["orderID"] for _, body, _ in list(listening.requests)}) == 2, "the second")

    assert set(KEPT) >= {word.partition(b"=")[0].decode() for word in environment if word}
    assert not [name for name in files if name.startswith(f"{hooked.data}/")]
    assert f"{hooked.data}/" not in maps
    assert "lmdb" not in maps
    assert first != hooked.hooks() != 0
    assert hooked.served.process.poll() is None


def test_a_shop_without_an_endpoint_has_no_delivering_process() -> None:
    started: list[int] = []
    asked = threading.Event()

    def ask(name: str, body: Mapping[str, Any]) -> Any:
        asked.set()
        return ()

    hooks = Hooks(ask, lambda name, body: "done", lambda: started.append(1))  # type: ignore[arg-type,return-value]  # never called
    hooks.begin()
    assert asked.wait(5)
    hooks.stop()
    wait_until(lambda: not hooks.alive, "the thread ends")

    assert [] == started


def test_a_process_that_cannot_live_is_started_again_with_growing_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks_process, "AGAIN_FIRST_S", 0.001)
    monkeypatch.setattr(hooks_process, "AGAIN_MAX_S", 0.004)
    pauses: list[float] = []
    tried = threading.Event()

    class Endpoint:
        """An endpoint that is there."""

        active = True

    def start() -> Any:
        if len(pauses) >= 4:
            tried.set()
        raise OSError("no more processes")

    hooks = Hooks(lambda name, body: (Endpoint(),), lambda name, body: "done", start)
    monkeypatch.setattr(hooks, "_rest", pauses.append)
    hooks.begin()
    assert tried.wait(5)
    hooks.stop()
    wait_until(lambda: not hooks.alive, "the thread ends")

    assert [0.001, 0.002, 0.004, 0.004] == pauses[:4]


def test_a_report_whose_answer_is_lost_is_told_as_a_fault() -> None:
    def lost(name: str, body: Mapping[str, object], id: bytes) -> object:
        raise Fault("api.engine_away", "nobody answers", retry=True)

    assert "fault" == submitting(lost, lambda: bytes(16))("integrations.report_delivered", {})
