"""The engine as threads of a process beside it see it: queries on one reader, commands over the loop's link."""

import asyncio
import concurrent.futures
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from engine.engine import Actor, Answer, Fault, Reader, Surroundings
from engine.features import FEATURES
from server.wire.frames import ID_BYTES, Reply, Wish
from server.wire.link import ANSWER_WITHIN_S, Link

ENGINE = msgspec.json.encode(Actor(till=0, operator=0))
SUBMIT_WITHIN_S = ANSWER_WITHIN_S + 5  # the link answers by then in any case
TRY_LATER = (429, 503)
"""Statuses with which the host says that nothing was recorded and the same id may be sent again."""

_PLAIN = Surroundings()
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Bridge:
    """Asks and submits as the engine itself; every method but `send` may be called from any thread."""

    def __init__(
        self,
        data: Path,
        link: Link,
        loop: asyncio.AbstractEventLoop,
        surroundings: Surroundings = _PLAIN,
    ) -> None:
        self._surroundings = surroundings
        self._data = data
        self._link = link
        self._loop = loop
        self._lock = threading.Lock()
        self._reader: Reader | None = None
        self._closed = False

    def ask(self, name: str, body: Mapping[str, Any]) -> Any:
        """A query's answer from the last commit; raises `Refusal`, or `Fault` where the store cannot be read."""
        # One at a time: a store is opened once in a process, and a growing one may not be read while it is mapped anew.
        with self._lock:
            return self._opened().ask_by_name(name, body)

    def reader(self) -> Reader:
        """The reader itself, for who has a whole process of it for himself."""
        with self._lock:
            return self._opened()

    def _opened(self) -> Reader:
        if self._closed:
            raise Fault("api.closing", "this process is ending", retry=True)
        if self._reader is None:
            self._reader = Reader(self._data, FEATURES, surroundings=self._surroundings)
        return self._reader

    def submit(self, name: str, body: Mapping[str, Any], id: bytes) -> Answer:
        """The engine's answer to a command from this process; `Fault` where there is none. Never from the loop."""
        waiting = asyncio.run_coroutine_threadsafe(self.send(name, body, id), self._loop)
        try:
            return waiting.result(SUBMIT_WITHIN_S)
        except (concurrent.futures.CancelledError, TimeoutError) as error:
            raise Fault("api.engine_away", f"no answer to {name}", retry=True) from error

    async def send(self, name: str, body: Mapping[str, Any], id: bytes) -> Answer:
        """The same for who is in the loop."""
        return answer_of(await self._link.call(ENGINE, [Wish(id, name, _encode(body))]))

    def close(self) -> None:
        """Lets the store go; whoever asks later gets a `Fault`."""
        with self._lock:
            self._closed = True
            if self._reader is not None:
                self._reader.close()
                self._reader = None


def answer_of(reply: Reply) -> Answer:
    """An answer of the engine back from what it is for clients, without its records; raises `Fault` where it is one."""
    body = _decode(reply.body)
    if reply.status == 200:
        return Answer(
            id=body["id"],
            status="done",
            gen=body["gen"],
            seq=body["seq"],
            leaf=body["leaf"],
            proof=body["proof"],
            repeated=body["repeated"],
        )
    if "retry" in body or reply.status in TRY_LATER:
        raise Fault(body["code"], body["detail"], retry=bool(body.get("retry", True)))
    return Answer(
        id=body.get("id", ""),
        status="refused",
        code=body["code"],
        text=body["detail"],
        at=body.get("at"),
        data=body.get("data", {}),
    )


def new_id() -> bytes:
    """An id for a command that is sent once: time first (UUIDv7), so that the index of ids stays local."""
    head = int(time.time() * 1000).to_bytes(6, "big")
    rest = bytearray(os.urandom(ID_BYTES - len(head)))
    rest[0] = 0x70 | rest[0] & 0x0F
    rest[2] = 0x80 | rest[2] & 0x3F
    return head + bytes(rest)
