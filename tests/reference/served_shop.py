"""A shop really served: ``guichet serve`` as a process of its own on a free port of loopback.

Its tills are enrolled, its people signed in and its keys made without any ceremony: by what the ceremonies would send,
with tokens that tests know. The cookies of people are sealed when they are needed, so that nobody has rested.
"""

import datetime
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

from engine.engine import Actor, Engine, Envelope
from engine.features import FEATURES
from server.auth import cookies, sessions, tokens
from server.auth.gate import COOKIE_KEY, now_ms
from server.auth.pepper import Pepper, place

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
ROLES = {1: "admin", 2: "employee"}
SHOP = bytes(range(16))
PEPPER = bytes(range(32))
TILLS = (1, 2, 3, 4)
SALE = {"lines": [{"price": "1.50"}], "payments": [{"mode": 2}]}
START_WITHIN_S = 30
UNLIMITED = 1_000_000  # a minute: all tests come from one address
ENGINE = Actor(till=0)


def send(engine: Engine, name: str, body: dict[str, Any], actor: Actor = ENGINE) -> Any:
    """A command that has to be accepted; its first record, if it has any."""
    command = FEATURES.decode_command(name, body)
    (answer,) = engine.submit([Envelope(id=uuid.uuid4().bytes, actor=actor, command=command)])
    assert "done" == answer.status, f"{name}: {answer}"
    return answer.records[0] if answer.records else None


def till_token(till: int, serial: int = 1) -> str:
    """The token of a till's first (second, ...) enrolment."""
    return f"tk_till_{till}_{serial:a>43}"


def session_id(operator: int) -> str:
    """The id of an operator's session in the back office."""
    return f"{operator:s>43}"


def api_key(id: int) -> str:
    """The token of the API key with this row."""
    return f"tk_api_{id:0>8}_{id:k>43}"


def enrol(engine: Engine, till: int, serial: int = 1) -> Actor:
    """A device becomes the till."""
    send(engine, "access.invite_till", {"till": till, "code": "0" * 64})
    digest = tokens.digest(till_token(till, serial)).hex()
    send(engine, "access.enrol_till", {"till": till, "code": "0" * 64, "credential": digest})
    return Actor(till=till, credential=f"till:{till}:{serial}")


def sign_in(engine: Engine, device: Actor, operator: int) -> Actor:
    """Somebody stands at a till."""
    send(engine, "staff.try_pin", {"operator": operator}, device)
    signed = send(engine, "staff.sign_in", {"operator": operator, "way": "pin"}, device)
    return Actor(till=device.till, operator=operator, credential=f"{device.credential}:{signed.number}")


def log_in(engine: Engine, operator: int, step: int = 1) -> Actor:
    """Somebody begins a session in the back office; ``step`` is the time step of his one-time code."""
    digest = tokens.digest(session_id(operator))
    send(engine, "access.try_log_in", {"operator": operator})
    body = {"operator": operator, "session": digest.hex(), "way": "password", "code_step": step}
    send(engine, "access.log_in", body)
    return Actor(till=0, operator=operator, credential=f"session:{digest.hex()}")


def make_key(engine: Engine, id: int, scopes: list[str], **more: Any) -> str:
    """An API key; its token."""
    token = api_key(id)
    digest = tokens.digest(token).hex()
    expires = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=300)).date().isoformat()
    row = {"label": f"Clé {id}", "scopes": scopes, "till": 1, "expires": expires, "key_id": token[7:15]}
    send(engine, "api-keys.put", {"id": id, "row": row | {"secret": {"hash": digest, "key": digest}} | more})
    return token


def make_shop(data: Path) -> Path:
    """A configured shop with four open tills, enrolled, both of its people signed in everywhere, and the pepper."""
    Engine.create(data, shop=SHOP, unsafe_filesystem=True)
    with Engine(data, unsafe_filesystem=True) as engine:
        for kind, id, row in ROWS:
            send(engine, f"{kind}.put", {"id": id, "row": row})
        for till in TILLS:
            device = enrol(engine, till)
            people = [sign_in(engine, device, operator) for operator in ROLES]
            send(engine, "cash.open", {"float_in": 0}, people[0])
        for operator in ROLES:
            log_in(engine, operator)
    (data / "ballast").unlink()
    pepper = place(data, "")
    pepper.touch(0o600)
    pepper.write_text(PEPPER.hex())
    return data


def actor(till: int = 1, operator: int = 1) -> Actor:
    """Somebody at a till of such a shop, as the engine hears of him."""
    return Actor(till=till, operator=operator, credential=f"till:{till}:1:{operator}")


def cookie_key() -> bytes:
    """The key under which the shop's workers seal cookies."""
    return Pepper(PEPPER, SHOP.hex()).key(COOKIE_KEY)


def headers_at_till(
    till: int, operator: int, *, serial: int = 1, sign_in: int = 0, rested_ms: int = 0
) -> dict[str, str]:
    """What a till sends; operator 0: nobody stands there; ``sign_in`` is the number of his sign-in, if not his own."""
    found = {"Authorization": f"Bearer {till_token(till, serial)}"}
    if operator:
        shift = sessions.Shift(till, serial, operator, sign_in or operator, now_ms() - rested_ms)
        found["Cookie"] = f"{cookies.SHIFT}={sessions.seal_shift(cookie_key(), shift)}"
    return found


def headers_in_office(operator: int, *, rested_ms: int = 0) -> dict[str, str]:
    """What the browser of somebody in the back office sends, but for the page's own headers."""
    id = session_id(operator)
    seen = sessions.seal_seen(cookie_key(), tokens.digest(id), now_ms() - rested_ms)
    return {"Cookie": f"{cookies.SESSION}={id}; {cookies.SEEN}={seen}"}


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
        limits = [f"--guests-per-minute={UNLIMITED}", f"--sign-ins-per-minute={UNLIMITED}"]
        self.process = subprocess.Popen(
            [*command, "--unsafe-filesystem", *limits, *flags], stdout=subprocess.PIPE, stderr=self.log
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
        """The bearer token of a till."""
        return till_token(till)

    def headers(self, till: int = 1, operator: int = 1) -> dict[str, str]:
        """The headers of somebody who is recognised: at a till, or (till 0) in the back office."""
        if till:
            return headers_at_till(till, operator)
        return headers_in_office(operator) | {"Origin": self.address, "X-Till": "1"}

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

    def pids(self, *, spare: bool = False) -> dict[str, int]:
        """The processes of the server that run now, by role: of two engines the one that owns the shop is the engine,
        the other waits to be needed (or opens, or ends), and is named ``spare`` for who asks for it."""
        found = {}
        owner = (self.data / "owner.lock").read_text(encoding="ascii").strip()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if b"server.processes" in words and str(self.process.pid).encode() in words:
                    role = words[words.index(b"server.processes") + 1].decode()
                    if role != "engine" or entry.name == owner:
                        found[role] = int(entry.name)
                    elif spare:
                        found["spare"] = int(entry.name)
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
        for pid in self.pids(spare=True).values():
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
