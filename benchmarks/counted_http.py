"""The program that callgrind counts for HTTP: the fast lane, the ASGI route, and bare uvicorn doing the same work."""

import asyncio
import gc
import json
import os
import shutil
import socket
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from benchmarks import counted, credentials, served, ticket
from benchmarks.credentials import FIRST
from engine.kernel.messages import Actor
from engine.kernel.version import VERSION
from server.api.exchange import read_body, respond
from server.api.ids import take_id
from server.api.shop import Shop
from server.app import make_app
from server.auth.askers import Asker, asker
from server.front.headers import SECURE
from server.front.lane import SALE, Lane
from server.wire import frames
from server.wire.frames import Wish
from server.wire.host import Host
from server.wire.link import Link
from server.wire.paces import Paces
from server.wire.sockets import WORKER, connect, listen

TOKEN = "Bearer tk_till_1_" + "x" * 43
REPETITIONS = 150
GROUPS = 4
ANSWER_BYTES = 2_400  # of the benchmarks' ticket, as the engine encodes it
ANSWER = b'{"records":"' + b"x" * (ANSWER_BYTES - 14) + b'"}'
QUIET: dict[str, Any] = {"access_log": False, "proxy_headers": False, "timeout_keep_alive": 3600}
"""Nothing that a slow clock would set off: under callgrind everything takes fifty times as long."""

NUMBER_AT = 5  # of a CALL frame: behind its length and kind
READ_BYTES = 1 << 16


class Known:
    """A gate that knows one sender: recognising is counted elsewhere, and is the same for all."""

    def __init__(self) -> None:
        self._askers = {TOKEN.encode(): asker(Actor(till=1, operator=ticket.OPERATOR))}

    def authenticate(self, headers: Any, address: str) -> Asker:
        """The sender, by a look-up as the real gate's."""
        return self._askers[headers[b"authorization"]]

    def enter(self, route: Any, headers: Any, address: str) -> Asker:
        """The same for a route, whose policy is the real gate's matter."""
        return self.authenticate(headers, address)

    def override(self, headers: Any, who: Asker, command: bytes) -> int:
        """Nobody lends his rights here."""
        return 0 if headers.get(b"x-override") is None else -1


class Away:
    """The engine's end of the link, which answers whatever it is asked with the same bytes."""

    def __init__(self, data: Path, loop: asyncio.AbstractEventLoop) -> None:
        (data / "run").mkdir()
        self._loop = loop
        self._listener = listen(data, WORKER)
        loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        heard, _ = self._listener.accept()
        heard.setblocking(False)
        heard.send(frames.encode_hello(VERSION))
        self._loop.add_reader(heard, self.hear, heard)

    def hear(self, heard: socket.socket, before: bytes = b"") -> None:
        """One call, answered."""
        data = heard.recv(READ_BYTES)
        if not data:
            self._loop.remove_reader(heard)
            heard.close()
            return
        (number,) = struct.unpack_from("<Q", data, NUMBER_AT)
        heard.send(before + frames.encode_reply(number, 200, ANSWER))


class Client:
    """A till on one connection, which sells ``left`` times and then stops the loop."""

    def __init__(self, made: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        made.setblocking(False)
        self._made = made
        self._loop = loop
        self._left = 0
        body = json.dumps(ticket.BODY)
        headers = {"Authorization": TOKEN, "X-Operator": "3", "Idempotency-Key": "0" * 32}
        self.request = served.request(served.SALE_PATH, body, headers)[0].encode()
        loop.add_reader(made, self._hear)

    def sell(self, count: int) -> None:
        """So many sales, one after the other."""
        self._left = count
        self._made.send(self.request)
        self._loop.run_forever()

    def close(self) -> None:
        """Hangs up."""
        self._loop.remove_reader(self._made)
        self._made.close()

    def _hear(self) -> None:
        answer = self._made.recv(READ_BYTES)
        assert answer.startswith(b"HTTP/1.1 200 "), answer[:200]
        assert answer.endswith(ANSWER), "the answer came in two pieces"
        self._left -= 1
        if self._left:
            self._made.send(self.request)
        else:
            self._loop.stop()


def bare(shop: Shop) -> Any:
    """An ASGI application without any layer that does what a sale needs of a worker."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        body = await read_body(scope, receive)
        known = shop.gate.authenticate(headers, "")
        id, body = take_id(headers.get(b"idempotency-key"), body)
        assert id is not None
        reply = await shop.link.call(known.encoded, [Wish(id, SALE, body)])
        await respond(send, reply.status, reply.body, headers=SECURE)

    return app


class Rig:
    """A worker's parts around real sockets, without processes: what is counted is the same every time."""

    def __init__(self, data: Path) -> None:
        self.loop = uvloop.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self._away = Away(data, self.loop)
        self.shop = Shop(data, Link(data, WORKER))
        self.shop.gate = Known()  # type: ignore[assignment]  # recognising is measured elsewhere
        self.loop.call_soon(self.shop.link.start)
        assert self.loop.run_until_complete(self.shop.link.wait_up(10))

    def client(self, app: Any, protocol: type[HttpToolsProtocol], **named: Any) -> Client:
        """A connection to a protocol that serves an application."""
        config = uvicorn.Config(app, http=protocol, loop="uvloop", ws="none", lifespan="off", log_config=None, **QUIET)
        config.load()
        state = ServerState()
        state.default_headers = [(b"date", b"Sat, 21 Nov 2026 23:00:00 GMT")]
        made = type("Counted", (protocol,), named)(config=config, server_state=state, app_state={}, _loop=self.loop)
        theirs, ours = connected()
        self.loop.run_until_complete(self.loop.connect_accepted_socket(lambda: made, ours))
        return Client(theirs, self.loop)

    def straight(self) -> Client:
        """A client whose requests the engine's end answers itself: what of every count is no worker's."""
        theirs, ours = connected()
        ours.setblocking(False)
        self.loop.add_reader(ours, self._away.hear, ours, b"HTTP/1.1 200 OK\r\n\r\n")
        return Client(theirs, self.loop)


def connected() -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection: over TCP as in life, because the front door sets what only TCP has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        theirs = socket.create_connection(listener.getsockname())
        ours, _ = listener.accept()
    return theirs, ours


def lane(rig: Rig) -> Client:
    """The sale as the workers answer it."""
    return rig.client(make_app(rig.shop), Lane, shop=rig.shop)


def route(rig: Rig) -> Client:
    """The same by the ASGI route, with every layer."""
    return rig.client(make_app(rig.shop), Lane, shop=rig.shop, asgi_only=True)


def raw(rig: Rig) -> Client:
    """The same work behind uvicorn's own protocol, without the rules of the front door."""
    return rig.client(bare(rig.shop), HttpToolsProtocol)


class Frames:
    """The engine's process without the process: groups of sales as frames to its loop, and the answers read back."""

    def __init__(self, bench: counted.Bench, data: Path) -> None:
        (data / "host" / "run").mkdir(parents=True)
        listeners = {WORKER: listen(data / "host", WORKER)}
        self._host = Host(bench.engine, listeners, paces=Paces(10**6, 10**6), uid=os.getuid())
        self._worker = connect(data / "host", WORKER)
        self._host.turn(0)
        self._worker.setblocking(False)
        self._worker.recv(READ_BYTES)
        self._sent = 0
        credentials.enrol(bench.engine, data / "shop", range(1, ticket.TILLS + 1))
        self._askers = [
            asker(Actor(till=till, operator=ticket.OPERATOR, credential=f"till:{till}:{FIRST}:{FIRST}")).encoded
            for till in range(1, ticket.TILLS + 1)
        ]
        self._body = json.dumps(ticket.BODY).encode()

    def group(self) -> None:
        """32 sales that have arrived together."""
        sent = []
        for number in range(counted.GROUP):
            self._sent += 1
            wish = Wish(b"frameid-" + self._sent.to_bytes(8, "big"), SALE, self._body)
            sent.append(frames.encode_call(self._sent, self._askers[number % ticket.TILLS], [wish]))
        self._worker.send(b"".join(sent))
        left = counted.GROUP + 1  # their answers, and the journal's new position
        splitter = frames.Splitter(frames.ANSWER_BYTES_MAX)
        while left:
            self._host.turn(0)
            left -= len(splitter.feed(self._worker.recv(1 << 20)))


OPERATIONS: dict[str, Callable[[Rig], Client]] = {
    "client and engine alone": Rig.straight,
    "sale by the fast lane": lane,
    "sale by the ASGI route": route,
    "sale by bare uvicorn": raw,
}


GROUPED: dict[str, Callable[[counted.Bench, Frames], None]] = {
    f"engine alone, {counted.GROUP} together": lambda bench, through: bench.sell(counted.GROUP),
    f"engine's loop, {counted.GROUP} together": lambda bench, through: through.group(),
}
REPEATED = dict.fromkeys(OPERATIONS, REPETITIONS) | dict.fromkeys(GROUPED, GROUPS * counted.GROUP)
"""What is counted, in this order, and how many sales the shorter of its two runs makes."""


def main() -> None:
    """Every operation between marks, as `benchmarks.counted` does."""
    directory = Path(tempfile.mkdtemp(prefix="guichet-counted-", dir="/dev/shm"))
    try:
        rig = Rig(directory)
        gc.collect()
        gc.disable()
        for make in OPERATIONS.values():
            client = make(rig)
            for times in (20, REPETITIONS, 2 * REPETITIONS):
                client.sell(times)
                os.getppid()
            client.close()
        bench = counted.Bench(directory / "shop")
        through = Frames(bench, directory)
        for work in GROUPED.values():
            for times in (3, GROUPS, 2 * GROUPS):
                for _ in range(times):
                    work(bench, through)
                os.getppid()
        bench.engine.abandon()
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
