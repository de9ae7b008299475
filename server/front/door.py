"""The front door: a connection's own limits and deadlines, kept before a request reaches anything else."""

import asyncio
import logging
import socket
from collections.abc import Mapping
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from server.api.exchange import BODY_BYTES_MAX
from server.api.problems import PROBLEM_TYPE, Problem
from server.front.headers import BLOCK
from server.front.rules import (
    HEADER_BYTES_MAX,
    HEADERS_MAX,
    LOCAL_HOSTS,
    TARGET_BYTES_MAX,
    require_headers,
    require_target,
)
from server.options import ADDRESS_CONNECTIONS, HEAD_WITHIN_S, REQUEST_WITHIN_S

IDLE_FIRST_S = 10.0  # a connection that says nothing at all
WAITING_MAX = 16  # requests of one connection that wait behind the one being answered
CHUNK_OVERHEAD_BYTES_MAX = 1 << 20  # heads of chunks, extensions and trailers beside the body itself
NEVER = float("inf")
PROXIES = frozenset({"127.0.0.1"})  # whose word on addresses is taken: uvicorn's own choice
UNSENT_TIMEOUT_MS = 60_000  # a client that acknowledges nothing for so long is gone

_log = logging.getLogger("guichet.front")


class Door(HttpToolsProtocol):
    """uvicorn's protocol with the rules of reliability.md 3.7; what it takes is set by the worker."""

    hosts: frozenset[bytes] = LOCAL_HOSTS
    behind_proxy = False
    head_within_s: float = HEAD_WITHIN_S
    request_within_s: float = REQUEST_WITHIN_S
    address_connections_max = ADDRESS_CONNECTIONS
    connections_of: dict[str, int] = {}  # noqa: RUF012  # one count for all connections of the process, on purpose

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._due = NEVER
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = NEVER
        self.address = ""
        self.version = ""
        self.seen: dict[bytes, bytes] = {}
        self._refused = False
        self._head_bytes = 0
        self._header_bytes = 0
        self._receiving = False
        self._pressed = False
        self._in_head = False
        self._begun = False
        self._body_bytes = 0
        self._raw_bytes = 0

    # --- the connection ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """Counts the connection of its address, and gives it a moment to say something."""
        super().connection_made(transport)
        self.address = str(self.client[0]) if self.client else ""
        count = self.connections_of[self.address] = self.connections_of.get(self.address, 0) + 1
        if count > self.address_connections_max and not self.behind_proxy:
            self._refused = True
            transport.abort()
            return
        plain = transport.get_extra_info("socket")
        if plain is not None and plain.family in (socket.AF_INET, socket.AF_INET6):
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNSENT_TIMEOUT_MS)
        self._await(IDLE_FIRST_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection, its deadline, and what waits behind its request."""
        self._due = NEVER
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        left = self.connections_of.get(self.address, 1) - 1
        if left > 0:
            self.connections_of[self.address] = left
        else:
            self.connections_of.pop(self.address, None)
        self.pipeline.clear()
        super().connection_lost(exc)

    def client_address(self, headers: Mapping[bytes, bytes]) -> str:
        """Where a request comes from: behind a proxy on this machine what that says last, as uvicorn has it for the
        application; else the other end of the connection."""
        if self.behind_proxy and self.address in PROXIES and b"x-forwarded-for" in headers:
            named = [part.strip() for part in headers[b"x-forwarded-for"].decode("latin-1").split(",")]
            return next((part for part in reversed(named) if part and part not in PROXIES), self.address)
        return self.address

    def data_received(self, data: bytes) -> None:
        """Counts what arrives of a head: the parser keeps an endless header in memory until it ends."""
        if self._refused or self.transport.is_closing():
            return
        if not self._receiving and not self._pressed:
            self._pressed = True  # empty lines before a request count, too, and do not begin its time again
            self._due = self.loop.time() + self.head_within_s
        self._raw_bytes += len(data)
        was_in_head = self._in_head
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.refuse(Problem("api.bad_request", "no other protocol is spoken on this connection"))
        except httptools.HttpParserCallbackError as error:
            if isinstance(error.__context__, Problem):
                self.refuse(error.__context__)
            else:
                self._broken(error)
        except httptools.HttpParserError:
            self.refuse(Problem("api.bad_request", "this is not HTTP/1.1"))
        except Problem as problem:
            self.refuse(problem)
        if self._refused:
            return
        if self._due < self._timer_at:
            self._arm()  # not whole yet: most requests come in one piece, and need no timer
        if self._in_head and was_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEADER_BYTES_MAX:
                self.refuse(Problem("api.header_size"))
        elif (
            self._receiving
            and not self._in_head
            and self._raw_bytes > BODY_BYTES_MAX + CHUNK_OVERHEAD_BYTES_MAX + HEADER_BYTES_MAX
        ):
            self.refuse(Problem("api.too_large"))

    # --- the parser's calls ------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins: its time runs."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._receiving = self._in_head = True
        self._begun = False
        self._head_bytes = self._header_bytes = self._body_bytes = 0
        self._due = self.loop.time() + self.head_within_s

    def on_url(self, url: bytes) -> None:
        """Part of the target."""
        self.url += url
        if len(self.url) > TARGET_BYTES_MAX:
            raise Problem("api.header_size", "the target is too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header: counted before it is kept."""
        self._header_bytes += len(name) + len(value) + 4
        if self._in_head:
            if len(self.headers) >= HEADERS_MAX or self._header_bytes > HEADER_BYTES_MAX:
                raise Problem("api.header_size")
            self.headers.append((name.lower(), value))
        # What comes behind a chunked body (trailers) is nobody's.

    def on_headers_complete(self) -> None:
        """The head is whole: the rules, then the application."""
        self._in_head = False
        self._raw_bytes = 0
        require_target(self.url)
        self.version = self.parser.get_http_version()
        self.seen = require_headers(self.version, self.headers, self.hosts)
        if len(self.pipeline) >= WAITING_MAX:
            raise Problem("api.bad_request", f"over {WAITING_MAX} requests wait on this connection")
        self._due = self.loop.time() + self.request_within_s
        self._begun = True
        self.begin_request()

    def begin_request(self) -> None:
        """Hands the request on; only now is made what an application wants to know of it."""
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        self.headers = self.scope["headers"] = headers
        self.expect_100_continue = b"expect" in self.seen  # the rules let nothing but 100-continue pass
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Part of a body: counted as it arrives, whatever was announced."""
        self._body_bytes += len(body)
        if self._body_bytes > BODY_BYTES_MAX:
            raise Problem("api.too_large")
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole: its time stands still."""
        self.rest()
        super().on_message_complete()

    def rest(self) -> None:
        """Nothing more is awaited of the client."""
        self._receiving = self._pressed = False
        self._raw_bytes = 0
        self._due = NEVER

    # --- refusing ----------------------------------------------------------------------------------------------------

    def refuse(self, problem: Problem) -> None:
        """Answers with the problem and closes; where an answer is on its way already, only closes behind it."""
        self._refused = True
        self._due = NEVER
        cycle = self.cycle
        waits = any(waiting is cycle for waiting, _ in self.pipeline)
        self.pipeline.clear()
        if self.transport.is_closing():
            return
        if cycle is not None and not cycle.response_complete:
            if waits or not (self._begun and self._receiving) or cycle.response_started:
                return  # another request is being answered: the connection closes behind its answer
            # It is this very request, whose body broke a rule: its handler waits for the rest and gets none.
            cycle.disconnected = True
            cycle.message_event.set()
        elif self._begun and self._receiving and not waits:
            self.transport.close()  # it has its answer: a second one would be taken for that of the next request
            return
        self.transport.write(refusal_bytes(problem))
        self.transport.close()

    def _broken(self, error: Exception) -> None:
        """A bug of ours in the middle of a request: it is said and the connection ends; nobody waits for ever."""
        _log.error("a request was not survived", exc_info=error)
        self._refused = True
        self._due = NEVER
        waits = any(waiting is self.cycle for waiting, _ in self.pipeline)
        self.pipeline.clear()
        if not waits and (self.cycle is None or not self.cycle.response_started):
            self.transport.write(refusal_bytes(Problem("api.fault")))
        self.transport.close()

    def on_response_complete(self) -> None:
        """An answer is out: the next request, or the end where one was refused meanwhile."""
        if self._refused:
            self.transport.close()
        elif self.pipeline:
            super().on_response_complete()
        else:
            self.server_state.total_requests += 1
            self.flow.resume_reading()
            if not self._receiving and not self._pressed:
                self._await(self.timeout_keep_alive)

    # --- one clock ---------------------------------------------------------------------------------------------------

    def _await(self, seconds: float) -> None:
        """What comes next has to come within so long."""
        self._due = self.loop.time() + seconds
        if self._due < self._timer_at:
            self._arm()

    def _arm(self) -> None:
        """Sets the one timer; a deadline that moves away leaves it, and it looks again when it rings."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = self._due
        self._timer = self.loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._timer, self._timer_at = None, NEVER
        if self._due == NEVER or self.transport.is_closing():
            return
        if self.loop.time() < self._due:
            self._arm()
        elif self._receiving or self._pressed:
            self.refuse(Problem("api.late"))
        else:
            self.transport.close()  # nothing was asked


def refusal_bytes(problem: Problem) -> bytes:
    """A whole response for a problem, after which the connection closes."""
    body = problem.body()
    return b"%bcontent-type: %b\r\ncontent-length: %d\r\n%bconnection: close\r\n\r\n%b" % (
        STATUS_LINE[problem.status],
        PROBLEM_TYPE,
        len(body),
        BLOCK,
        body,
    )
