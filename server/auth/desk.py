"""The desk of a ceremony in a worker: the engine's socket for what is sealed, snapshots for what is looked up."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from engine.engine import Actor, Answer, Reader
from server.wire.frames import Reply, Wish
from server.wire.link import Link

T = TypeVar("T")

DONE, FAULTY = 200, 500
_encode = msgspec.json.Encoder().encode


class _Problem(msgspec.Struct, frozen=True):
    """What the engine declined, as far as a ceremony goes by it."""

    code: str
    detail: str = ""
    at: str | None = None
    data: dict[str, Any] = {}


class _Done(msgspec.Struct, frozen=True):
    """What was sealed, as far as a ceremony goes by it."""

    records: tuple[Any, ...] = ()


_decode_problem = msgspec.json.Decoder(_Problem).decode
_decode_done = msgspec.json.Decoder(_Done).decode


class EngineTroubleError(Exception):
    """The engine was busy, away or at fault: its answer goes on to the client as it is, no word on any secret."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class LinkDesk:
    """A ceremony's way to the engine over a worker's `Link`; implements `server.auth.ceremonies.Desk`.

    What only workers may send goes this way and no other: no route leads to it. Records in answers are plain values.
    """

    def __init__(self, link: Link, reader: Callable[[], Reader]) -> None:
        self._link = link
        self._reader = reader

    async def send(self, name: str, body: Mapping[str, Any], actor: Actor, id: bytes) -> Answer:
        """Submits a command and waits until it is on disk; raises `EngineTroubleError` where nobody decided it."""
        reply = await self._link.call(_encode(actor), [Wish(id, name, _encode(body))])
        if reply.status >= FAULTY:
            raise EngineTroubleError(reply)
        if reply.status == DONE:
            return Answer(id=id.hex(), status="done", records=_decode_done(reply.body).records)
        refused = _decode_problem(reply.body)
        return Answer(
            id=id.hex(),
            status="refused",
            code=refused.code,
            text=refused.detail,
            at=refused.at,
            data=refused.data,
        )

    def look(self, look: Callable[[Any], T]) -> T:
        """``look(world)`` on a snapshot that is no older than the last answer."""
        return self._reader().look(look)
