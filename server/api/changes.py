"""Live changes: server-sent events from a position on, one for each entry, showing what its reader has a right to."""

import asyncio
import contextlib
import re
import urllib.parse
from collections.abc import Coroutine, Iterator, Mapping
from typing import Any

import msgspec

from engine.engine import Refusal
from engine.features import FEATURES
from server.api.exchange import headers_of
from server.api.problems import Problem
from server.api.shop import Shop
from server.auth.askers import Asker

WATCHERS_MAX = 256  # of one worker
PAGE_ENTRIES = 200
HEARTBEAT_S = 15.0
AWAY_POLL_S = 1.0

_POSITION = re.compile(r"([0-9]{1,5})\.([0-9]{1,15})")
_encode = msgspec.json.Encoder().encode


class _Record(msgspec.Struct, frozen=True):
    is_: str = msgspec.field(name="is")
    kind: str | None = None
    id: Any = None


class _Entry(msgspec.Struct, frozen=True):
    gen: int
    seq: int
    at: str
    till: int
    op: int
    cmd: str
    training: bool
    rec: tuple[_Record, ...]


_decode = msgspec.json.Decoder(_Entry).decode


class Watchers:
    """How many follow the changes in this worker, and that they are not too many."""

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self.count = 0

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Room for one more; raises `Problem`."""
        if self.count >= self._count_max:
            raise Problem("api.too_many_watchers")
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1


def start_of(headers: Mapping[bytes, bytes], query_string: bytes) -> tuple[int, int] | None:
    """The position to begin at: ``Last-Event-ID`` (its own), else ``?since=GENERATION.ENTRIES``; None: from now on."""
    last = headers.get(b"last-event-id")
    given: str | None
    if last is not None:
        given, at = last.decode("latin-1"), "Last-Event-ID"
    else:
        given, at = dict(urllib.parse.parse_qsl(query_string.decode("latin-1"))).get("since"), "since"
    if given is None:
        return None
    found = _POSITION.fullmatch(given)
    if found is None:
        raise Problem("api.bad_request", "a position is GENERATION.ENTRIES, as in the events' ids", at=at)
    return int(found[1]), int(found[2])


async def follow(
    shop: Shop, watchers: Watchers, *, asker: Asker, scope: Mapping[str, Any], receive: Any, send: Any
) -> None:
    """Sends events until the client leaves, or what it showed counts no more; the id of each is the position behind it,
    to go on from."""
    at = start_of(headers_of(scope), scope["query_string"]) or shop.reader().position()
    gone = asyncio.ensure_future(_gone(receive))
    try:
        with watchers.one():
            await _follow(shop, asker, at, gone, send)
    finally:
        gone.cancel()


async def _gone(receive: Any) -> None:
    """Until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _either(gone: "asyncio.Future[None]", moved: Coroutine[Any, Any, None]) -> None:
    """Until the journal grows, or the client has left: its place is another's at once."""
    waiting = asyncio.ensure_future(moved)
    try:
        await asyncio.wait((gone, waiting), return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()


async def _follow(shop: Shop, asker: Asker, at: tuple[int, int], gone: "asyncio.Future[None]", send: Any) -> None:
    head = [(b"content-type", b"text/event-stream"), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": _event(at, "position", {}), "more_body": True})
    while not (shop.closing or gone.done()) and (left_s := shop.gate.left_s(asker)) > 0:
        try:
            at, events = page(shop, asker, at)
        except Refusal:
            break  # revoked, signed out: who asks again is told so
        if not events and (shop.link.position <= at or not shop.link.up):
            before = shop.link.position
            await _either(gone, shop.link.wait_moved(min(HEARTBEAT_S if shop.link.up else AWAY_POLL_S, left_s)))
            events = b"" if shop.link.position != before else b": alive\n\n"
        if events:
            await send({"type": "http.response.body", "body": events, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def page(shop: Shop, asker: Asker, at: tuple[int, int]) -> tuple[tuple[int, int], bytes]:
    """(the position behind, the events) of the next entries; entries of which nothing may be seen move the position."""
    reader = shop.reader()
    found = reader.entries_since(*at, PAGE_ENTRIES)
    if not found:
        return at, b""
    rights = {FEATURES_READ.get(_word(record)) for _, _, data in found for record in _decode(data).rec}
    held = reader.held({right for right in rights if right}, asker.actor)
    events = []
    for generation, sequence, data in found:
        at = generation, sequence + 1
        entry = _decode(data)
        shown = [_shown(record) for record in entry.rec if FEATURES_READ.get(_word(record), "") in held]
        if shown:
            body = {
                "gen": entry.gen,
                "seq": entry.seq,
                "at": entry.at,
                "till": entry.till,
                "operator": entry.op,
                "id": entry.cmd,
                "training": entry.training,
                "records": shown,
            }
            events.append(_event(at, "entry", body))
    return at, b"".join(events) or _event(at, "position", {})


def _word(record: _Record) -> str:
    """What the right to see a record hangs on: its kind, where it is a row, else its own name."""
    return record.kind if record.is_.startswith("kernel.row_") and record.kind else record.is_


def _shown(record: _Record) -> dict[str, Any]:
    shown: dict[str, Any] = {"is": record.is_}
    if record.kind is not None and isinstance(record.id, int):
        shown |= {"kind": record.kind, "id": record.id}
    return shown


def _rights() -> dict[str, str]:
    """The right that each sort of record is seen with: reading its capability; events of the log are the tax's."""
    found = {name: FEATURES.queries[f"{name}.get"].permission for name in FEATURES.kinds}
    known = {row.permission for row in FEATURES.queries.values()}
    for record in FEATURES.folds:
        name = str(record.__struct_config__.tag)
        right = f"{name.partition('.')[0]}.read"
        found.setdefault(name, right if right in known else "fiscal.read")
    return found


FEATURES_READ: Mapping[str, str] = _rights()


def _event(at: tuple[int, int], name: str, body: dict[str, Any]) -> bytes:
    return b"id: %d.%d\nevent: %b\ndata: %b\n\n" % (*at, name.encode(), _encode(body))
