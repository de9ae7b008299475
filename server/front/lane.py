"""The fast lane: a sale answered inside the protocol, byte for byte as the ASGI route would have answered it."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from server.api.exchange import JSON_TYPE, Headers, reply_headers
from server.api.ids import take_id
from server.api.problems import PROBLEM_TYPE, Problem
from server.api.routes import path_of
from server.api.shop import Shop
from server.front.again import Again
from server.front.door import Door
from server.front.headers import BLOCK, TRANSPORT
from server.wire.frames import Reply, Wish
from server.wire.waiting import RETRY_SPREAD_S

SALE = "sales.post"
SALE_PATH = path_of(SALE).encode()
BODY_BYTES_MAX = 64 << 10  # larger ones go the long way, where reading pauses
_ELSEWHERE = frozenset({b"expect", b"if-match", b"if-unmodified-since", b"transfer-encoding", b"upgrade"})


_TRANSPORT_LINE = b"%b: %b\r\n" % TRANSPORT
_NO_DATE: tuple[object, bytes, bytes] = (None, b"", b"")
_TAKEN_END = b"\r\n" + BLOCK + b"\r\n"
_NO_ROOM = Problem("api.busy").status, PROBLEM_TYPE
_NO_ROOM_BODY = Problem("api.busy").body()
LEARN_MAX = 8  # heads in a row that were remembered for nothing: this client writes each in another way


class _Event:
    """What stands where the parent expects an event; nobody waits for it."""

    def set(self) -> None:
        """Nothing: a sale is answered by a callback."""


_EVENT = _Event()
_NO_MORE = bytearray()


class _Sale:
    """A sale on its way, with what the parent looks at in any request."""

    __slots__ = (
        "body",
        "cookies",
        "disconnected",
        "headers",
        "keep_alive",
        "more",
        "more_body",
        "response_complete",
    )

    response_started = False
    message_event = _EVENT

    def __init__(self, headers: dict[bytes, bytes], body: bytes, *, keep_alive: bool, more_body: bool) -> None:
        self.headers = headers
        self.keep_alive = keep_alive
        self.body = body
        self.more = _NO_MORE
        self.cookies: Headers = ()
        self.more_body = more_body
        self.disconnected = False
        self.response_complete = False


class Lane(Door):
    """The protocol that the workers run; ``shop`` is set by the worker."""

    shop: Shop
    asgi_only = False
    dated = _NO_DATE
    refused = 0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._again: Again | None = None
        self._learnt = 0
        self._data = b""

    def data_received(self, data: bytes) -> None:
        """A sale under the same head as the last is taken as it is; everything else is read by the parser."""
        again = self._again
        if again is not None and self._rests():
            found = again.read(data, BODY_BYTES_MAX)
            if found is not None:
                self._learnt = 0
                self.rest()
                sale = _Sale(again.headers, found[1], keep_alive=True, more_body=False)
                self.cycle = sale  # type: ignore[assignment]  # stands in for the parent's own
                self._sell(sale, found[0])
                return
        self._data = b"" if self._receiving or self._pressed else data
        super().data_received(data)
        self._data = b""

    def _rests(self) -> bool:
        """Whether nothing of a request has arrived yet, and nothing is being answered."""
        cycle = self.cycle
        return not (
            self._receiving
            or self._pressed
            or self._refused
            or (cycle is not None and not cycle.response_complete)
            or self.flow.write_paused
            or self.transport.is_closing()
        )

    def begin_request(self) -> None:
        """A sale that is plain in every way takes the lane; everything else goes to the application."""
        headers = self._plain_sale()
        if headers is None:
            super().begin_request()
        else:
            keep_alive = self.parser.should_keep_alive()
            self.cycle = _Sale(headers, b"", keep_alive=keep_alive, more_body=True)  # type: ignore[assignment]  # stands in for the parent's own

    def _plain_sale(self) -> dict[bytes, bytes] | None:
        if self.url != SALE_PATH or self.asgi_only or self.parser.get_method() != b"POST":
            return None
        if (self.cycle is not None and not self.cycle.response_complete) or self.flow.write_paused:
            return None
        headers = self.seen
        if headers.get(b"content-type") != b"application/json" or not _ELSEWHERE.isdisjoint(headers):
            return None
        if b"authorization" not in headers:
            return None  # for what only a cookie speaks, or nothing, the gate has more rules
        if int(headers.get(b"content-length", BODY_BYTES_MAX + 1)) > BODY_BYTES_MAX:
            return None
        return headers if self.version == "1.1" else None

    def on_body(self, body: bytes) -> None:
        """Part of a body; a sale's has said how long it is, and the parser lets no more of it pass."""
        sale: Any = self.cycle
        if type(sale) is _Sale and not sale.response_complete:
            if sale.more:
                sale.more += body
            elif sale.body:
                sale.more = bytearray(sale.body + body)
            else:
                sale.body = body  # nearly all come in one part
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The sale is whole: on to the engine."""
        sale: Any = self.cycle
        if type(sale) is not _Sale or not sale.more_body:
            super().on_message_complete()
            return
        sale.more_body = False
        if sale.more:
            sale.body = bytes(sale.more)
        self.rest()
        if sale.keep_alive and self._data and self._learnt < LEARN_MAX:
            self._learnt += 1
            self._again = Again.learn(self._data, sale.headers, len(sale.body))
        self._sell(sale, sale.headers.get(b"idempotency-key"))

    def _sell(self, sale: _Sale, given: bytes | None) -> None:
        """Sends a whole sale to the engine, under the id that its header gives."""
        gate, link = self.shop.gate, self.shop.link
        if link.no_room:
            Lane.refused += 1
            wait_s = 1 + Lane.refused % RETRY_SPREAD_S
            self._answer(sale, *_NO_ROOM, ((b"retry-after", b"%d" % wait_s),), _NO_ROOM_BODY)
            return
        try:
            asker = gate.authenticate(sale.headers, self.client_address(sale.headers))
            sale.cookies = asker.cookies
            id, body = take_id(given, sale.body)
            if id is None:
                raise Problem("api.no_id", at="Idempotency-Key")
            override = gate.override(sale.headers, asker, id)
        except Problem as problem:
            self._answer(sale, problem.status, PROBLEM_TYPE, problem.all_headers(), problem.body())
            return

        def done(reply: Reply) -> None:
            if reply.status == 200 and sale.keep_alive and not sale.cookies and self.scheme == "http":
                self._taken(sale, reply.body)
                return
            if reply.status == _NO_ROOM[0] and reply.body == _NO_ROOM_BODY:
                link.refused_for_room()
            content_type, headers = reply_headers(reply.status, reply.retry_after_s)
            self._answer(sale, reply.status, content_type, headers, reply.body)

        link.send(asker.encoded, (Wish(id, SALE, body, override),), done)

    def _taken(self, sale: _Sale, body: bytes) -> None:
        """What nearly every answer is: `_answer` of a sale that was taken, in as few pieces."""
        if sale.disconnected or self.transport.is_closing():
            return
        self.transport.write(b"".join((self._dated_headers()[1], b"%d" % len(body), _TAKEN_END, body)))
        sale.response_complete = True
        self.on_response_complete()

    def _answer(self, sale: _Sale, status: int, content_type: bytes, headers: Headers, body: bytes) -> None:
        if sale.disconnected or self.transport.is_closing():
            return
        parts = [STATUS_LINE[status], self._dated_headers()[0]]
        for name, value in headers:
            parts += (name, b": ", value, b"\r\n")
        parts.append(b"content-type: %b\r\ncontent-length: %d\r\n" % (content_type, len(body)))
        for name, value in sale.cookies:
            parts += (name, b": ", value, b"\r\n")
        parts.append(BLOCK)
        if self.scheme == "https":
            parts.append(_TRANSPORT_LINE)
        if not sale.keep_alive:
            parts.append(b"connection: close\r\n")
        parts += (b"\r\n", body)
        self.transport.write(b"".join(parts))
        sale.response_complete = True
        if not sale.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _dated_headers(self) -> tuple[bytes, bytes]:
        """The headers of every response, which uvicorn makes anew each second, joined once for all connections: alone,
        and as the beginning of an answer to a sale that was taken."""
        given = self.server_state.default_headers
        made, joined, taken = Lane.dated
        if made is not given:
            joined = b"".join(b"%b: %b\r\n" % pair for pair in given)
            taken = b"%b%bcontent-type: %b\r\ncontent-length: " % (STATUS_LINE[200], joined, JSON_TYPE)
            Lane.dated = (given, joined, taken)
        return joined, taken
