"""A worker's application in process: requests as ASGI has them, answered by the real engine behind its socket."""

import asyncio
import json
import os
import threading
import urllib.parse
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from served_shop import UNLIMITED, Response, cookie_key

from engine.engine import Engine
from engine.features import FEATURES
from engine.kernel.joined import Joined
from server.api.shop import Shop
from server.app import make_app
from server.auth.gate import Gate
from server.auth.limits import Limits
from server.auth.origins import Origins
from server.wire.host import Host
from server.wire.link import Link
from server.wire.paces import Paces
from server.wire.sockets import ROLES, WORKER, listen

HOST = "localhost"
ORIGIN = "http://localhost"


class Request(NamedTuple):
    """One request: ``body`` becomes JSON."""

    method: str
    path: str
    query: str = ""
    body: Any = None
    headers: Mapping[str, str] = {}


class Inside:
    """A shop behind the real sockets, and a worker's application before it, all in this process."""

    def __init__(self, data: Path, features: Joined = FEATURES, limits: Limits | None = None) -> None:
        self.data = data
        self.engine = Engine(data, features=features, unsafe_filesystem=True, served=True)
        paces = Paces(UNLIMITED, UNLIMITED)
        self._host = Host(self.engine, {role: listen(data, role) for role in ROLES}, paces=paces, uid=os.getuid())
        self._thread = threading.Thread(target=self._host.run)
        self._thread.start()
        self._limits = limits or Limits(UNLIMITED, UNLIMITED)

    def close(self) -> None:
        """The end of all of it."""
        self._host.stop()
        self._thread.join(20)
        self._host.close()
        self.engine.close()

    def ask(self, requests: Sequence[Request]) -> list[Response]:
        """The answers, one after the other."""
        return asyncio.run(self._ask(requests))

    async def _ask(self, requests: Sequence[Request]) -> list[Response]:
        shop = Shop(self.data, Link(self.data, WORKER))
        shop._reader = self.engine.reader()  # LMDB opens a store once per process
        shop.gate = Gate(shop.reader, cookie_key, origins=Origins(frozenset({HOST.encode()})), limits=self._limits)
        app = make_app(shop)
        shop.link.start()
        assert await shop.link.wait_up(20)
        try:
            return [await one(app, request) for request in requests]
        finally:
            await shop.link.close()


async def one(app: Any, request: Request) -> Response:
    """One request through an ASGI application; a client that listens to live changes leaves at once."""
    body = b"" if request.body is None else json.dumps(request.body).encode()
    headers = {"host": HOST, "idempotency-key": uuid.uuid4().hex, **request.headers}
    if request.body is not None:
        headers["content-type"] = "application/json"
    scope = {
        "type": "http",
        "method": request.method,
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.query.encode(),
        "root_path": "",
        "scheme": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": (HOST, 80),
    }
    arriving = [{"type": "http.request", "body": body, "more_body": False}]
    parts: list[bytes] = []
    started: dict[str, Any] = {}

    async def receive() -> dict[str, Any]:
        return arriving.pop(0) if arriving else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    answered = {name.decode(): value.decode() for name, value in started["headers"]}
    return Response(started["status"], answered, b"".join(parts))


def in_url(body: Mapping[str, Any]) -> str:
    """A query's body as the query string that says the same."""
    pairs = [
        (name, "true" if one is True else "false" if one is False else str(one))
        for name, value in body.items()
        for one in (value if isinstance(value, (list, tuple)) else [value])
        if one is not None
    ]
    return urllib.parse.urlencode(pairs)
