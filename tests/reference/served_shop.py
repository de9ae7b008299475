"""A shop really served: ``guichet serve`` as a process of its own on a free port of loopback."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, NamedTuple

from engine.engine import Engine
from server.auth import token_files

ROWS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("vat-rates", 1, {"title": "Taux normal", "percent": "20"}),
    ("settings", 1, {"name": "Chez nous", "default_vat": 1}),
    ("tills", 1, {"name": "Caisse 1"}),
    ("tills", 2, {"name": "Caisse 2"}),
    ("tills", 3, {"name": "Caisse 3"}),
    ("tills", 4, {"name": "Caisse 4"}),
    ("operators", 1, {"alias": "Responsable", "role": "admin"}),
    ("operators", 2, {"alias": "Vendeuse", "role": "employee"}),
    ("payment-modes", 1, {"title": "Espèces", "type": "cash"}),
    ("payment-modes", 2, {"title": "Carte", "type": "card"}),
)
TILLS = (1, 2, 3, 4)
SALE = {"lines": [{"price": "1.50"}], "payments": [{"mode": 2}]}
START_WITHIN_S = 30


def make_shop(data: Path) -> Path:
    """A configured shop with four open tills and their tokens."""
    Engine.create(data, unsafe_filesystem=True)
    with Engine(data, unsafe_filesystem=True) as engine:
        for kind, id, row in ROWS:
            answer = engine.do(f"{kind}.put", {"id": id, "row": row}, id=uuid.uuid4().bytes)
            assert "done" == answer.status, answer
        for till in TILLS:
            answer = engine.do("cash.open", {"float_in": 0}, till=till, operator=1, id=uuid.uuid4().bytes)
            assert "done" == answer.status, answer
    (data / "ballast").unlink()
    token_files.ensure(data, TILLS)
    return data


class Response(NamedTuple):
    """What came back: status, headers by lower-case name, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Served:
    """A running ``guichet serve``."""

    def __init__(self, data: Path, *flags: str) -> None:
        self.data = data
        command = [sys.executable, "-m", "server.cli.main", "serve", "--data", str(data), "--port", "0", "--json"]
        self.log = (data.parent / f"{data.name}.log").open("a+b")
        self.process = subprocess.Popen(
            [*command, "--unsafe-filesystem", *flags], stdout=subprocess.PIPE, stderr=self.log
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"nothing was served: {self.said()}"
        self.facts = json.loads(line)
        assert self.facts["ok"], self.facts
        self.address: str = self.facts["address"]
        self.port = int(self.address.rpartition(":")[2])
        if "--tls" not in flags:
            wait_until(lambda: 200 == self.ask("GET", "/healthz").status, "the workers have their engine")

    def said(self) -> str:
        """What it wrote to its log."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def token(self, till: int) -> str:
        """The bearer token of a till; 0: of the back office."""
        name = f"till-{till}.token" if till else "office.token"
        return (self.data / "keys" / name).read_text().strip()

    def headers(self, till: int = 1, operator: int = 1) -> dict[str, str]:
        """The headers of somebody who is recognised."""
        return {"Authorization": f"Bearer {self.token(till)}", "X-Operator": str(operator)}

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, timeout: float = 20
    ) -> Response:
        """One request on a connection of its own; ``body`` is bytes or becomes JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            return one_request(connection, method, path, body, headers)
        finally:
            connection.close()

    def do(self, path: str, body: Any, *, till: int = 1, operator: int = 1, id: str | None = None) -> Response:
        """A command as a till sends it."""
        headers = self.headers(till, operator) | {"Idempotency-Key": id or str(uuid.uuid4())}
        return self.ask("POST", f"/api/v1/{path}", body, headers)

    def connect(self) -> socket.socket:
        """A raw connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def raw(self, data: bytes) -> bytes:
        """What comes back to these bytes until the server closes; the client only listens after it has spoken."""
        with self.connect() as made:
            made.sendall(data)
            return read_all(made)

    def pids(self) -> dict[str, int]:
        """The processes of the server that run now: engine and workers by pid."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if b"server.processes" in words and str(self.process.pid).encode() in words:
                    found[words[words.index(b"server.processes") + 1].decode()] = int(entry.name)
        return found

    def stop(self) -> int:
        """A polite end; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(15)
        finally:
            self.close()

    def close(self) -> None:
        """The end, whatever the state."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in self.pids().values():
            os.kill(pid, signal.SIGKILL)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.log.close()


def one_request(
    connection: http.client.HTTPConnection, method: str, path: str, body: Any, headers: dict[str, str] | None
) -> Response:
    """One request on a kept connection."""
    sent = dict(headers or {})
    if body is not None:
        sent.setdefault("Content-Type", "application/json")
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request(method, path, body, sent)
    got = connection.getresponse()
    return Response(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())


def read_all(made: socket.socket) -> bytes:
    """Everything until the other end closes."""
    parts = []
    while True:
        try:
            part = made.recv(65536)
        except ConnectionResetError:
            break
        if not part:
            break
        parts.append(part)
    return b"".join(parts)


def read_responses(made: socket.socket, count: int) -> list[Response]:
    """So many responses from a connection that stays open."""
    found = []
    file = made.makefile("rb")
    for _ in range(count):
        status = int(file.readline().split()[1])
        headers = {}
        while (line := file.readline().strip()) != b"":
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        found.append(Response(status, headers, file.read(int(headers.get("content-length", "0")))))
    return found


def wait_until(true: Any, what: str, within_s: float = START_WITHIN_S) -> None:
    """Until something holds; fails saying what did not come true."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            if true():
                return
        except OSError:
            pass
        time.sleep(0.01)
    raise AssertionError(f"not within {within_s} s: {what}")
