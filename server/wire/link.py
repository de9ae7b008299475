"""A worker's link to the engine: pipelined calls over one connection, bounded, and made again when it is lost."""

import asyncio
import contextlib
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from engine.kernel.version import VERSION
from server.api.problems import RETRY_AFTER_S, Problem
from server.wire import frames
from server.wire.frames import Reply, Wish
from server.wire.sockets import connect

IN_FLIGHT_MAX = 1024  # calls of one worker; the engine's own queue is as long for all of them
UNSENT_BYTES_MAX = 8 << 20
BACKOFF_FIRST_S = 0.01
BACKOFF_MAX_S = 0.05  # an engine that is back is found at once; a try costs microseconds
ANSWER_WITHIN_S = 30  # a stuck disk must not hold a till for ever: it is told to send the same id again
SWEEP_EACH_S = 1.0
NO_ROOM_NS = 50_000_000  # that a refusal for want of room is remembered, if no group moves the journal before

Done = Callable[[Reply], None]
_log = logging.getLogger("guichet.link")


class _Wire(asyncio.Protocol):
    """The bytes of one connection."""

    def __init__(self, link: "Link") -> None:
        self._link = link
        self._splitter = frames.Splitter(frames.ANSWER_BYTES_MAX)
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A uvloop transport has the methods, but not the base class.
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=UNSENT_BYTES_MAX)

    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._splitter.feed(data):
                self._link.take(frame)
        except frames.FrameError as error:
            _log.error("the engine sent what no engine sends: %s", error)
            assert self.transport is not None
            self.transport.abort()

    def pause_writing(self) -> None:
        self._link.full = True

    def resume_writing(self) -> None:
        self._link.full = False

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.lost(self)


class Link:
    """The way to the engine for everything in one worker; made in its event loop, started, and closed at the end."""

    def __init__(self, data: Path, role: str) -> None:
        self._data = data
        self._role = role
        self._flights: dict[int, Done] = {}
        self._sweeps: deque[int] = deque(maxlen=round(ANSWER_WITHIN_S / SWEEP_EACH_S))
        self._no_room_until_ns = 0
        self._number = 0
        self._wire: _Wire | None = None
        self._greeted = False
        self._unsent: list[bytes] = []
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop
        self._gone = asyncio.Event()
        self._moved = asyncio.Event()
        self._up = asyncio.Event()
        self.full = False
        self.position: tuple[int, int] = (0, 0)

    @property
    def up(self) -> bool:
        """Whether the engine is there."""
        return self._greeted

    @property
    def in_flight(self) -> int:
        """Calls that wait for their answer."""
        return len(self._flights)

    def start(self) -> None:
        """Begins to connect, and goes on doing so until `close`."""
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._keep())

    async def close(self) -> None:
        """Lets the connection go; whoever waits is told that the engine is away."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._wire is not None and self._wire.transport is not None:
            self._wire.transport.abort()
        self._fail_all()

    async def wait_up(self, timeout_s: float) -> bool:
        """Waits until the engine is there; returns whether it is."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._up.wait(), timeout_s)
        return self._greeted

    async def wait_moved(self, timeout_s: float) -> None:
        """Waits until the journal grows, or for so long."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._moved.wait(), timeout_s)

    def wake(self) -> None:
        """Wakes whoever waits for the journal to grow."""
        self._moved.set()
        self._moved.clear()

    # --- new sales while the engine is full ---------------------------------------------------------------------------

    @property
    def no_room(self) -> bool:
        """Whether the engine has just refused a new sale for want of room, and has not taken its next group since.

        Others would be refused like it: the worker says so itself, for a fraction of what asking costs both. Only sales
        ask for it; what goes before them (payments of what is begun) always reaches the engine's own queue.
        """
        return self._no_room_until_ns > 0 and time.monotonic_ns() < self._no_room_until_ns

    def refused_for_room(self) -> None:
        """The engine had no room for a new sale."""
        self._no_room_until_ns = time.monotonic_ns() + NO_ROOM_NS

    # --- calls -------------------------------------------------------------------------------------------------------

    def send(self, actor: bytes, wishes: Sequence[Wish], done: Done, *, batch: bool = False) -> None:
        """Sends a call; ``done`` gets its answer, in any case and once (at once where it cannot be sent)."""
        if not self._greeted:
            done(_own("api.engine_away"))
            return
        if self.full or len(self._flights) >= IN_FLIGHT_MAX:
            done(_own("api.busy"))
            return
        self._number += 1
        frame = frames.encode_call(self._number, actor, wishes, batch=batch)
        self._flights[self._number] = done
        if not self._unsent:
            # Everything that this turn of the loop asks for leaves as one write.
            self._loop.call_soon(self._flush)
        self._unsent.append(frame)

    async def call(self, actor: bytes, wishes: Sequence[Wish], *, batch: bool = False) -> Reply:
        """Sends a call and waits for its answer."""
        waiter: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

        def done(reply: Reply) -> None:
            if not waiter.done():
                waiter.set_result(reply)

        self.send(actor, wishes, done, batch=batch)
        return await waiter

    def _flush(self) -> None:
        if self._unsent and self._wire is not None and self._wire.transport is not None:
            self._wire.transport.write(b"".join(self._unsent))
        self._unsent.clear()

    # --- the connection ----------------------------------------------------------------------------------------------

    def take(self, frame: bytes) -> None:
        """One frame of the engine's."""
        kind = frames.kind_of(frame)
        if kind == frames.ANSWER:
            reply = frames.decode_reply(frame)
            done = self._flights.pop(reply.number, None)
            if done is not None:  # none: it came too late, and its client was told so
                done(reply)
        elif kind == frames.POSITION:
            self.position = frames.decode_position(frame)
            self._no_room_until_ns = 0
            self.wake()
        elif kind == frames.HELLO:
            theirs = frames.decode_hello(frame)
            if theirs != VERSION:
                raise frames.FrameError(f"the engine is version {theirs}, this worker {VERSION}")
            self._greeted = True
            self._up.set()
        else:
            raise frames.FrameError(f"a frame of kind {kind}")

    def lost(self, wire: _Wire) -> None:
        """A connection is gone: whoever waits is told so; the same ids may be sent again."""
        if wire is self._wire:
            self._wire = None
            self._fail_all()
            self._gone.set()

    def _fail_all(self) -> None:
        self._greeted = self.full = False
        self._no_room_until_ns = 0
        self._up.clear()
        self._unsent.clear()
        flights, self._flights = self._flights, {}
        self._sweeps.clear()
        for done in flights.values():
            done(_own("api.engine_away"))

    async def _keep(self) -> None:
        backoff_s = BACKOFF_FIRST_S
        while True:
            if await self._connect():
                await self._stay()
                backoff_s = BACKOFF_FIRST_S
            await asyncio.sleep(backoff_s * (0.5 + random.random() / 2))  # noqa: S311  # spreads workers, no secret
            backoff_s = min(backoff_s * 2, BACKOFF_MAX_S)

    async def _connect(self) -> bool:
        loop = asyncio.get_running_loop()
        try:
            made = connect(self._data, self._role)
        except OSError:
            return False
        self._gone.clear()
        wire = self._wire = _Wire(self)
        try:
            await loop.create_unix_connection(lambda: wire, sock=made)
        except OSError:
            self._wire = None
            return False
        return True

    async def _stay(self) -> None:
        """Until the connection is lost; calls that wait too long are answered meanwhile."""
        while not self._gone.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), SWEEP_EACH_S)
            self.sweep()

    def sweep(self) -> None:
        """Answers what was sent so long ago that its number was reached as many sweeps before."""
        if len(self._sweeps) == self._sweeps.maxlen:
            for number in [number for number in self._flights if number <= self._sweeps[0]]:
                self._flights.pop(number)(_own("api.engine_away"))
        self._sweeps.append(self._number)


def _own(code: str) -> Reply:
    problem = Problem(code)
    return Reply(0, problem.status, RETRY_AFTER_S, problem.body())
