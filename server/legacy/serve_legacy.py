"""A webservice's way to the real shop: its key, the reader's snapshots, and the engine through the worker's link."""

import asyncio
import hmac
import time
import unicodedata
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from engine.engine import Actor, Fault, Reader, Refusal
from engine.features import FEATURES
from server.api.exchange import address_of
from server.api.problems import Problem as ApiProblem
from server.api.routes import PUBLIC, Route
from server.api.serve_api import new_id
from server.api.shop import Shop
from server.auth import recognise
from server.auth.askers import asker
from server.auth.gate import Gate
from server.legacy.context import TOO_MANY, UNAVAILABLE, Problem
from server.legacy.routes import Handler, Threads, handler, routes
from server.wire.frames import Reply, Wish
from server.wire.link import ANSWER_WITHIN_S, Link

CALL_WITHIN_S = 25.0  # the longest that one call reads: a report of many days is asked for in parts
HAND_OVER_WITHIN_S = ANSWER_WITHIN_S + 5.0  # the link answers before this, in any case
NUMBER_DIGITS = 12  # of the shop's id: 48 bits, so that every reader of numbers keeps them

ROUTES: tuple[Route, ...] = routes()
"""Every webservice with its policy."""


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """The engine's answer to a command as it comes through the link; ``records`` are plain values."""

    status: str
    gen: int = 0
    seq: int = 0
    leaf: str = ""
    records: tuple[dict[str, Any], ...] = ()
    code: str = ""
    text: str = ""
    at: str | None = None
    retry: bool = False


class _Done(msgspec.Struct, frozen=True):
    gen: int
    seq: int
    leaf: str
    records: tuple[dict[str, Any], ...]


class _Declined(msgspec.Struct, frozen=True):
    code: str
    detail: str
    at: str | None = None
    retry: bool | None = None


_decode_done = msgspec.json.Decoder(_Done).decode
_decode_declined = msgspec.json.Decoder(_Declined).decode
_encode = msgspec.json.Encoder().encode


def answered(reply: Reply) -> Answered:
    """What a reply of the link says: done, refused (what the shop declines), or a fault."""
    if reply.status == 200:
        done = _decode_done(reply.body)
        return Answered(status="done", gen=done.gen, seq=done.seq, leaf=done.leaf, records=done.records)
    said = _decode_declined(reply.body)
    later = reply.status in (429, 503, 507) if said.retry is None else said.retry
    status = "fault" if reply.status >= 500 or reply.status == 429 else "refused"
    return Answered(status=status, code=said.code, text=said.detail, at=said.at, retry=later)


def names_of(id: str, name: str) -> frozenset[str]:
    """How software may call a shop: by its id, by a number (some fields of the reference's software take nothing else),
    or by its name."""
    return frozenset({id, str(int(id[:NUMBER_DIGITS], 16)), _plain(name)} - {""})


def _too_many(problem: ApiProblem) -> Problem:
    """What the gate says to an address that asked too often, in the shape of these pages."""
    wait_s = int(dict(problem.headers).get(b"retry-after", b"0"))
    return Problem("Trop d'appels refusés depuis cette adresse", problem.code, TOO_MANY, wait_s=wait_s)


def _settings(reader: Reader) -> Mapping[str, Any]:
    try:
        row: Mapping[str, Any] = reader.ask_by_name("settings.get", {"id": 1})
    except Refusal:
        return {}
    return row


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()


class Desk:
    """One call: everything it does happens in a thread, and commands are handed over to the worker's loop."""

    def __init__(self, reader: Reader, gate: Gate, link: Link, loop: asyncio.AbstractEventLoop, address: str) -> None:
        self._reader = reader
        self._gate = gate
        self._link = link
        self._loop = loop
        self._address = address
        self._until = time.monotonic() + CALL_WITHIN_S
        self._actor: Actor | None = None
        self._operators: tuple[int, ...] = ()
        self.public_url = ""

    def authenticate(self, shop: str, key: str) -> bool:
        """Whether an API key (``tk_api_...``) of this shop, from one of its networks, is shown; no till's token is."""
        try:
            found = self._gate.api_key(key, self._address)
        except recognise.UnknownError:
            return False
        except ApiProblem as problem:
            raise _too_many(problem) from problem
        row = _settings(self._reader)
        if not any(
            hmac.compare_digest(each.encode(), _plain(shop).encode())
            for each in names_of(self._reader.shop, str(row.get("name", "")))
        ):
            return False
        self._actor = Actor(till=found.till, credential=found.credential)
        self._operators = found.operators
        self.public_url = str(row.get("public_address") or self._reader.surroundings.public_url)
        return True

    def act_as(self, till: int | None, operator: int | None) -> bool:
        """A key acts at its own till, and for itself or for an operator that its row names."""
        actor = self._known()
        if till not in (None, actor.till) or (operator is not None and operator not in self._operators):
            return False
        if operator is not None:
            self._actor = Actor(till=actor.till, operator=operator, credential=actor.credential)
        return True

    def submit(self, name: str, body: Mapping[str, Any], id: bytes | None) -> Answered:
        """The engine's answer, by way of the loop that the link lives in."""
        self._require_time()
        wish = Wish(new_id() if id is None else id, name, _encode(body))
        call = self._link.call(asker(self._known()).encoded, [wish])
        waiting = asyncio.run_coroutine_threadsafe(call, self._loop)
        return answered(waiting.result(HAND_OVER_WITHIN_S))

    def ask(self, name: str, body: Mapping[str, Any]) -> Any:
        """The answer from the last commit, with the key's rights."""
        self._require_time()
        try:
            return self._reader.ask_as(FEATURES.decode_query(name, body), self._known())
        except Fault as fault:
            raise Problem("La caisse ne répond pas", fault.code, UNAVAILABLE) from fault

    def now_ms(self) -> int:
        """The machine's clock."""
        return time.time_ns() // 1_000_000

    def _known(self) -> Actor:
        assert self._actor is not None, "a webservice asked before it was authenticated"
        return self._actor

    def _require_time(self) -> None:
        if time.monotonic() > self._until:
            text = "L'appel dure trop longtemps : demandez une période ou une page plus petite"
            raise Problem(text, "legacy.too_long", UNAVAILABLE)


def pages(shop: Shop) -> dict[str, Handler]:
    """The handlers of the webservices, by path."""
    threads = Threads()
    without_key = {route.path for route in ROUTES if route.policy == PUBLIC}

    async def context(request: Request) -> Desk:
        address = address_of(request.scope)
        if request.scope["path"] in without_key:
            try:
                shop.gate.count_guest(address)
            except ApiProblem as problem:
                raise _too_many(problem) from problem
        try:
            reader = shop.reader()  # here and not in a thread: a store is opened once in a process
        except ApiProblem as problem:
            raise Problem("La caisse ne répond pas", problem.code, UNAVAILABLE) from problem
        return Desk(reader, shop.gate, shop.link, asyncio.get_running_loop(), address)

    return {path: handler(path, context, threads) for path in {route.path for route in ROUTES}}
