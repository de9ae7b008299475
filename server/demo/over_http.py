"""The demo shop's tills as clients: each a device with its own connection, token and signed-in operators, over HTTP."""

import contextlib
import http.client
import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, NamedTuple

import msgspec

from engine.features import FEATURES
from server.api.openapi import answer_type
from server.api.routes import PREFIX, path_of
from server.auth.cookies import SHIFT
from server.demo.baskets import Body
from server.demo.crowd import Heard, Wish

TIMEOUT_S = 35  # longer than the server's own deadlines: it is the server that gives up first
TRIES_MAX = 20
TRY_AGAIN_S_MAX = 3
SIGN_IN = f"{PREFIX}/auth/pin"
LOCKED = frozenset({"auth.idle", "auth.over", "auth.unknown", "kernel.signed_out"})
"""What a till answers to by asking for the PIN again."""


class Reply(NamedTuple):
    """One response: its status, its body, the cookies that it sets, and how long to wait before asking again."""

    status: int
    body: bytes
    cookies: Mapping[str, str]
    retry_after_s: int


class DemoTrouble(Exception):
    """The server does not answer as it should: nothing of the demonstration can go on."""


class Device:
    """One till: its token, its connection, and a shift cookie for each operator who signed in there."""

    def __init__(self, host: str, port: int, token: str, pins: Mapping[int, str]) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        self._token = token
        self._pins = pins
        self._shifts: dict[int, str] = {}

    def close(self) -> None:
        """Lets the connection go."""
        self._connection.close()

    def post(self, path: str, body: Mapping[str, Any], operator: int, id: bytes | None = None) -> Reply:
        """Posts as an operator, signed in first where he is not; what is told to wait waits, what was cut is repeated.

        A command keeps its id: however often it is sent, it is done once.
        """
        for _ in range(TRIES_MAX):
            if operator not in self._shifts:
                self._sign_in(operator)
            reply = self._once(path, body, {"Cookie": f"{SHIFT}={self._shifts[operator]}"}, id)
            if reply is None:
                continue
            if SHIFT in reply.cookies:
                self._shifts[operator] = reply.cookies[SHIFT]
            if reply.status == 401 and _code(reply) in LOCKED:
                del self._shifts[operator]
            elif reply.status in (429, 503):
                time.sleep(min(reply.retry_after_s, TRY_AGAIN_S_MAX))
            else:
                return reply
        raise DemoTrouble(f"{path}: no answer after {TRIES_MAX} tries")

    def _sign_in(self, operator: int) -> None:
        """By PIN, as a person at the till."""
        for _ in range(TRIES_MAX):
            reply = self._once(SIGN_IN, {"operator": operator, "pin": self._pins[operator]}, {})
            if reply is not None and reply.status in (429, 503):
                time.sleep(min(reply.retry_after_s, TRY_AGAIN_S_MAX))
            elif reply is not None:
                if SHIFT not in reply.cookies:
                    raise DemoTrouble(f"operator {operator} is not let in: {reply.body.decode()}")
                self._shifts[operator] = reply.cookies[SHIFT]
                return
        raise DemoTrouble(f"operator {operator} is not let in")

    def _once(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str], id: bytes | None = None
    ) -> Reply | None:
        """One try; None where the line was cut before an answer came."""
        sent = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", **headers}
        if id is not None:
            sent["Idempotency-Key"] = str(uuid.UUID(bytes=id))
        try:
            self._connection.request("POST", path, json.dumps(body), sent)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return None
        cookies: dict[str, str] = {}
        for value in answer.headers.get_all("Set-Cookie", []):
            name, _, rest = value.partition("=")
            cookies[name] = rest.partition(";")[0]
        return Reply(answer.status, content, cookies, int(answer.headers.get("Retry-After", 1)))


def _code(reply: Reply) -> str:
    return str(json.loads(reply.body).get("code", ""))


class HttpCounter:
    """The shop over HTTP: a thread for each till, as if each stood on its own."""

    def __init__(self, devices: Mapping[int, Device], address: str) -> None:
        self.address = address
        self._devices = devices
        self._threads = ThreadPoolExecutor(len(devices), "till")

    def close(self) -> None:
        """Ends the threads and the connections."""
        self._threads.shutdown()
        for device in self._devices.values():
            with contextlib.suppress(OSError):
                device.close()

    def status_of(self, path: str) -> int:
        """What somebody without a credential is answered there: the customer with his receipt."""
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=TIMEOUT_S)
        with contextlib.closing(connection):
            connection.request("GET", path)
            return connection.getresponse().status

    def ask(self, name: str, body: Body, till: int, operator: int) -> Any:
        """A query's answer as the type that the query says; `DemoTrouble` where it is declined."""
        reply = self._devices[till].post(path_of(name), body, operator)
        if reply.status != 200:
            raise DemoTrouble(f"till {till}, {name}: {reply.status} {reply.body.decode()}")
        wanted = answer_type(FEATURES.queries[name].answer)
        return msgspec.json.decode(reply.body, type=wanted or Any)

    def send(self, wishes: Sequence[Wish]) -> list[Heard]:
        """All tills at once, each till's commands in their order."""
        queues: dict[int, list[tuple[int, Wish]]] = {}
        for place, wish in enumerate(wishes):
            queues.setdefault(wish.place.till, []).append((place, wish))
        heard: dict[int, Heard] = {}

        def serve(queue: list[tuple[int, Wish]]) -> None:
            for place, wish in queue:
                heard[place] = self._one(wish)

        for done in [self._threads.submit(serve, queue) for queue in queues.values()]:
            done.result()
        return [heard[place] for place in range(len(wishes))]

    def _one(self, wish: Wish) -> Heard:
        started = time.perf_counter_ns()
        reply = self._devices[wish.place.till].post(path_of(wish.name), wish.body, wish.operator, wish.id)
        took = time.perf_counter_ns() - started
        if reply.status != 200:
            return Heard(done=False, why=_why(reply), ns=took)
        answer = json.loads(reply.body, object_hook=_attributes)
        return Heard(done=True, repeated=answer.repeated, record=answer.records[0], ns=took)


_attributes: Callable[[dict[str, Any]], Any] = lambda fields: SimpleNamespace(**fields)  # noqa: E731  # a hook, not a function of ours


def _why(reply: Reply) -> str:
    try:
        problem = json.loads(reply.body)
    except ValueError:
        return f"{reply.status}: {reply.body[:200]!r}"
    where = f" at {problem['at']}" if "at" in problem else ""
    return f"{reply.status}: {problem.get('code')}{where}: {problem.get('detail')}"
