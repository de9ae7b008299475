"""The API as an ASGI application: finds the route, recognises the sender, and hands on to what the route does."""

import logging
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from engine.engine import Fault, Refusal
from engine.features import FEATURES
from server.api import batch, changes
from server.api.exchange import (
    ClientGone,
    Headers,
    address_of,
    headers_of,
    read_body,
    reply_headers,
    require_json,
    respond,
    with_cookies,
)
from server.api.ids import UNREADABLE, take_id
from server.api.parameters import parse_query
from server.api.problems import PROBLEM_TYPE, RETRY_AFTER_S, Problem, fault_status, problem_body, refusal_status
from server.api.routes import Route, RouteTable
from server.api.shop import Shop
from server.auth.askers import Asker
from server.auth.cookies import read_cookies
from server.auth.reception import Asked, answer, decode
from server.auth.routes import BY_NAME as CEREMONY_OF
from server.auth.secrets import BusyError
from server.wire.frames import Wish

_log = logging.getLogger("guichet.api")
_encode = msgspec.json.Encoder().encode
_decode_row = msgspec.json.Decoder(msgspec.Raw).decode
CEREMONY_BYTES_MAX = 64 << 10  # the longest, a passkey's attestation, has a few thousand
_ETAG = re.compile(rb'"(0|[1-9][0-9]{0,15})"')


class _Request:
    """One request on its way through its route."""

    __slots__ = ("asker", "headers", "id", "receive", "route", "scope", "send")

    def __init__(self, scope: Mapping[str, Any], receive: Any, send: Any, route: Route, id: int) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.route = route
        self.id = id
        self.headers = headers_of(scope)
        self.asker: Asker


class Api:
    """Answers everything below ``/api/v1``."""

    def __init__(self, shop: Shop, table: RouteTable, watchers_max: int = changes.WATCHERS_MAX) -> None:
        self._shop = shop
        self._table = table
        self._watchers = changes.Watchers(watchers_max)
        self._does: Mapping[str, Callable[[_Request], Awaitable[None]]] = {
            "command": self._command,
            "create": self._create,
            "put": self._put,
            "remove": self._remove,
            "query": self._query,
            "list": self._query,
            "get": self._get,
            "batch": self._batch,
            "changes": self._changes,
            "ceremony": self._ceremony,
        }

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        """ASGI's entry."""
        await _guarded(send, self._serve(scope, receive, send))

    async def _serve(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        # Routes come from the path alone, never from a URL put together with a Host (CVE-2026-48710).
        found, id = self._table.find(scope["path"])
        if found is None:
            raise Problem("api.not_found")
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        route = found.get(method)
        if route is None:
            raise Problem("api.method", headers=((b"allow", ", ".join(sorted(found)).encode()),))
        request = _Request(scope, receive, send, route, id)
        request.asker = asker = self._shop.gate.enter(route, request.headers, address_of(scope))
        if asker.cookies:
            request.send = with_cookies(send, asker.cookies)
        await _guarded(request.send, self._does[route.does](request))

    # --- commands ----------------------------------------------------------------------------------------------------

    async def _command(self, request: _Request) -> None:
        require_json(request.headers)
        body = await read_body(request.scope, request.receive)
        id, body = take_id(request.headers.get(b"idempotency-key"), body, own=request.route.own_id)
        await self._send(request, id, body)

    async def _create(self, request: _Request) -> None:
        require_json(request.headers)
        body = await read_body(request.scope, request.receive)
        id, _ = take_id(request.headers.get(b"idempotency-key"), b"")
        await self._send(request, id, b'{"row":%b}' % _json(body))

    async def _put(self, request: _Request) -> None:
        require_json(request.headers)
        body = await read_body(request.scope, request.receive)
        condition = if_version(request.headers)
        whole = b'{"id":%d,"row":%b%b}' % (request.id, _json(body), condition)
        await self._send(request, self._own_id(request), whole, condition=True)

    async def _remove(self, request: _Request) -> None:
        whole = b'{"id":%d%b}' % (request.id, if_version(request.headers))
        await self._send(request, self._own_id(request), whole, condition=True)

    def _own_id(self, request: _Request) -> bytes:
        """The id of a write that has the same effect however often it arrives: made here where the client made none."""
        id, _ = take_id(request.headers.get(b"idempotency-key"), b"")
        return new_id() if id is None else id

    async def _send(self, request: _Request, id: bytes | None, body: bytes, *, condition: bool = False) -> None:
        if b"if-unmodified-since" in request.headers or (b"if-match" in request.headers and not condition):
            raise Problem("api.condition")
        if id is None:
            raise Problem("api.no_id", at="Idempotency-Key")
        override = self._shop.gate.override(request.headers, request.asker, id)
        reply = await self._shop.link.call(request.asker.encoded, [Wish(id, request.route.name, body, override)])
        content_type, headers = reply_headers(reply.status, reply.retry_after_s)
        await respond(request.send, reply.status, reply.body, content_type, headers)

    async def _batch(self, request: _Request) -> None:
        require_json(request.headers)
        body = await read_body(request.scope, request.receive)
        wishes = batch.wishes_of(body, self._shop.gate, request.asker)
        reply = await self._shop.link.call(request.asker.encoded, wishes, batch=True)
        content_type, headers = reply_headers(reply.status, reply.retry_after_s)
        await respond(request.send, reply.status, reply.body, content_type, headers)

    # --- reads -------------------------------------------------------------------------------------------------------

    async def _query(self, request: _Request) -> None:
        route = request.route
        if route.method == "POST":
            require_json(request.headers)
            query = FEATURES.decode_query(route.name, await read_body(request.scope, request.receive))
        else:
            query = parse_query(FEATURES.queries[route.name].type, request.scope["query_string"])
        # The position is taken before the answer: the tag is never newer than what it stands for.
        generation, entries = self._shop.reader().position()
        answer = self._shop.ask(query, request.asker)
        await self._show(request, answer, b'W/"%d.%d"' % (generation, entries))

    async def _get(self, request: _Request) -> None:
        route = request.route
        wanted = FEATURES.queries[route.name].type
        extra = request.scope["query_string"]
        query = parse_query(wanted, b"id=%d" % request.id + (b"&" + extra if extra else b""))
        answer = self._shop.ask(query, request.asker)
        await self._show(request, answer, b'"%d"' % answer["version"])

    async def _show(self, request: _Request, answer: Any, tag: bytes) -> None:
        headers: Headers = ((b"etag", tag),)
        known = request.headers.get(b"if-none-match")
        if known is not None and request.route.method == "GET" and tag in [part.strip() for part in known.split(b",")]:
            await respond(request.send, 304, b"", headers=headers)
            return
        await respond(request.send, 200, _encode(answer), headers=headers)

    # --- sign-in -----------------------------------------------------------------------------------------------------

    async def _ceremony(self, request: _Request) -> None:
        ceremony = CEREMONY_OF[request.route.name]
        body = None
        if ceremony.takes is not None:
            require_json(request.headers)
            body = decode(ceremony.takes, await read_body(request.scope, request.receive, CEREMONY_BYTES_MAX))
        jar = read_cookies(request.headers.get(b"cookie"))
        host = request.headers.get(b"host", b"").decode("latin-1")
        done = await answer(self._shop.reception, ceremony.run, Asked(request.asker.actor, body, jar, host))
        await respond(request.send, done.status, done.body, done.content_type, done.headers)

    async def _changes(self, request: _Request) -> None:
        await changes.follow(
            self._shop,
            self._watchers,
            asker=request.asker,
            scope=request.scope,
            receive=request.receive,
            send=request.send,
        )


def new_id() -> bytes:
    """A UUIDv7 (RFC 9562) for a command that needs none of its client's."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return value.to_bytes(16, "big")


def if_version(headers: Mapping[bytes, bytes]) -> bytes:
    """The condition of a write as the end of its command's body: empty without ``If-Match``, else one row's version."""
    given = headers.get(b"if-match")
    if given is None:
        return b""
    found = _ETAG.fullmatch(given.strip())
    if found is None:
        raise Problem("api.condition", at="If-Match")
    return b',"if_version":%b' % found[1]


def _json(body: bytes) -> bytes:
    """The body, if it is one JSON value: only then can it stand inside another."""
    try:
        return bytes(_decode_row(body))
    except UNREADABLE as error:
        raise Refusal("kernel.bad_request", f"the body is not JSON: {error}") from error


def _retry(status: int) -> Headers:
    return ((b"retry-after", b"%d" % RETRY_AFTER_S),) if status == 503 else ()


async def _guarded(send: Any, work: Awaitable[None]) -> None:
    """Waits for the work; whatever declines it is answered as a problem."""
    try:
        await work
    except ClientGone:
        return
    except Problem as problem:
        await _say(send, problem)
    except Refusal as refusal:
        status, wait_s = refusal_status(refusal.code, refusal.data)
        body = problem_body(status, refusal.code, refusal.text, at=refusal.at, data=refusal.data)
        await respond(send, status, body, *reply_headers(status, wait_s))
    except BusyError:
        await _say(send, Problem("auth.busy"))
    except Fault as fault:
        status = fault_status(retry=fault.retry)
        body = problem_body(status, fault.code, fault.text, retry=fault.retry)
        await respond(send, status, body, PROBLEM_TYPE, _retry(status))


async def _say(send: Any, problem: Problem) -> None:
    await respond(send, problem.status, problem.body(), PROBLEM_TYPE, problem.all_headers())
