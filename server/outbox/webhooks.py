"""The process that delivers webhooks: it has no store, no key and no secret of the shop but those that sign.

It is given deliveries over a socket and gives back outcomes; what waits for a retry lives in its memory only, since the
store still has it. Start it with `main` in a child without environment and file descriptors of the store.
"""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Protocol

import msgspec

from server.outbox import sign_webhook
from server.outbox.guard_address import PORTS, Guard
from server.outbox.plan_deliveries import IN_FLIGHT_MAX, Delivery, Outcome, Plan, Reply
from server.outbox.post_webhook import Poster, resolve

FRAME_BYTES_MAX = 1 << 20
LENGTH_BYTES = 4
LOOKUPS_MAX = 20 * IN_FLIGHT_MAX  # names looked up at a time: five deliveries for each of a shop's twenty endpoints


class HookOptions(msgspec.Struct, frozen=True, kw_only=True):
    """All that the process is told at its start: ports it may call, and (in tests) names that are on the loopback."""

    ports: tuple[int, ...]
    loopback: dict[str, str] = {}


class SigningSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that signs until a time (milliseconds since 1970 UTC; null: for good)."""

    text: str
    until_ms: int | None = None


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, tag="endpoint"):
    """Where an endpoint is now and what signs for it; said before its first delivery and whenever it changes."""

    hook: int
    url: str
    secrets: tuple[SigningSecret, ...]


class Deliver(msgspec.Struct, frozen=True, kw_only=True, tag="deliver"):
    """Deliver this."""

    delivery: Delivery


class Drop(msgspec.Struct, frozen=True, kw_only=True, tag="drop"):
    """Forget an endpoint and all that waits for it."""

    hook: int


Message = Endpoint | Deliver | Drop

NOWHERE: Mapping[str, str] = MappingProxyType({})

_ENCODE = msgspec.msgpack.Encoder().encode
_MESSAGE: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Endpoint | Deliver | Drop)
_OUTCOME = msgspec.msgpack.Decoder(Outcome)


def frame(message: Message | Outcome) -> bytes:
    """A message with its length before it."""
    data = _ENCODE(message)
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


def outcomes(data: bytearray) -> list[Outcome]:
    """Takes the whole frames off the front of what was received."""
    found = []
    while len(data) >= LENGTH_BYTES:
        end = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "big")
        if len(data) < end:
            break
        found.append(_OUTCOME.decode(data[LENGTH_BYTES:end]))
        del data[:end]
    return found


class Transport(Protocol):
    """What carries one try to an endpoint."""

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Reply:
        """The reply, or a reply with the reason why there is none."""


class Deliverer:
    """The loop of the process: begins what the plan says may begin, tells outcomes.

    ``now_s`` is the wall clock, for timestamps and for secrets that end.
    """

    def __init__(
        self, transport: Transport, *, plan: Plan | None = None, now_s: Callable[[], float] = time.time
    ) -> None:
        self._transport = transport
        self._plan = plan or Plan()
        self._now_s = now_s
        self._endpoints: dict[int, Endpoint] = {}
        self._tries: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._told: Callable[[Outcome], None] = lambda outcome: None

    async def run(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Works until the other side closes the socket; tries that are out then are given up, not finished."""
        self._told = lambda outcome: writer.write(frame(outcome))
        reading = asyncio.create_task(self._read(reader))
        reading.add_done_callback(lambda task: self._wake.set())
        try:
            while not reading.done():
                self._wake.clear()
                self._begin()
                await self._sleep()
                if not writer.is_closing():
                    with contextlib.suppress(ConnectionError):
                        await writer.drain()
            reading.result()
        finally:
            tasks = [reading, *self._tries]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            writer.close()

    def _begin(self) -> None:
        for delivery in self._plan.start(asyncio.get_running_loop().time()):
            task = asyncio.create_task(self._try(delivery))
            self._tries.add(task)
            task.add_done_callback(self._tried)

    def _tried(self, task: asyncio.Task[None]) -> None:
        self._tries.discard(task)
        self._wake.set()
        if not task.cancelled():
            task.result()  # a bug in here stops the process, which its parent starts again

    async def _sleep(self) -> None:
        at = self._plan.next_at()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(at):
                await self._wake.wait()

    async def _try(self, delivery: Delivery) -> None:
        endpoint = self._endpoints[delivery.hook]
        now_s = self._now_s()
        secrets = [one.text for one in endpoint.secrets if one.until_ms is None or now_s * 1000 < one.until_ms]
        body = delivery.body.encode()
        if secrets:
            headers = sign_webhook.headers(secrets, delivery.id, int(now_s), body)
            reply = await self._transport.post(endpoint.url, headers, body)
        else:
            reply = Reply(0, "no_secret")  # nothing is sent unsigned
        outcome = self._plan.finish(delivery, reply, asyncio.get_running_loop().time())
        if outcome is not None:
            self._told(outcome)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                size = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
                if size > FRAME_BYTES_MAX:
                    raise ValueError(f"a frame of {size} bytes")
                self._apply(_MESSAGE.decode(await reader.readexactly(size)))
                self._wake.set()

    def _apply(self, message: Message) -> None:
        if isinstance(message, Endpoint):
            self._endpoints[message.hook] = message
        elif isinstance(message, Drop):
            self._plan.drop(message.hook)
        else:
            self._plan.add(message.delivery, asyncio.get_running_loop().time())


async def _main(pipe: socket.socket, ports: frozenset[int], loopback: Mapping[str, str]) -> None:
    async def look_up(host: str, port: int) -> list[str]:
        return [loopback[host]] if host in loopback else await resolve(host, port)

    # A name that is slow to look up keeps a thread; there are enough for every delivery that may be in flight.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(LOOKUPS_MAX))
    reader, writer = await asyncio.open_connection(sock=pipe)
    guard = Guard(look_up, ports=ports, test_addresses=frozenset(loopback.values()))
    await Deliverer(Poster(guard)).run(reader, writer)


def main(pipe: socket.socket, ports: frozenset[int] = PORTS, loopback: Mapping[str, str] = NOWHERE) -> None:
    """Delivers until the other end of ``pipe`` (one of a connected pair of stream sockets) is closed.

    ``loopback``, for tests alone, maps names of endpoints to addresses of this machine that they lead to instead.
    """
    asyncio.run(_main(pipe, ports, loopback))
