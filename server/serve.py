"""The supervisor: starts the engine and the processes beside it, starts again what dies, and stops all in order."""

import contextlib
import dataclasses
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from server.options import Options
from server.processes import BACKLOG, EXIT_FAULT, SPARE, SPARE_BEGINS
from server.wire.sockets import CHORES, OUTBOX, WORKER, connect, peer_of

DEATHS_MAX = 3
DEATHS_WITHIN_S = 300
STOP_WITHIN_S = 5.0
WORKERS_FIRST_S = 1.5  # workers finish what they have in hand before the engine is asked to stop
READY_WITHIN_S = 30.0
LOOK_EACH_S = 0.02
AGAIN_AFTER_S = 0.05
SPARE_AFTER_S = 3.0  # after a start of the engine, which needs the processors itself for a while
HELPERS_STOP_WITHIN_S = 2.5  # what is on its way to paper is finished, and its outcome sealed, before the engine stops
HELPER_BACK_OFF_S = (
    30.0  # a helper that died `DEATHS_MAX` times within `DEATHS_WITHIN_S` is started again so much later
)

Say = Callable[[str], None]


NEVER = float("inf")


class CannotServe(Exception):
    """The server does not start, or cannot go on: why, in one sentence."""


@dataclasses.dataclass(slots=True)
class _Child:
    """A process of ours: what it is, how it runs now, when it died of late, and when it is started again if it waits.

    Without a ``helper`` the shop still sells.
    """

    name: str
    command: list[str]
    files: tuple[int, ...]
    helper: bool = False
    again_at: float | None = None
    process: subprocess.Popen[bytes] | None = None
    handle: int = -1
    deaths: deque[float] = dataclasses.field(default_factory=deque)


def bind(options: Options) -> socket.socket:
    """The listening socket that all workers share."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((options.host, options.port))
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise CannotServe(f"cannot listen on {options.host} port {options.port}: {error.strerror}") from error
    made.setblocking(False)
    return made


class Supervisor:
    """One shop served: an engine, its workers, outbox and chores, watched."""

    def __init__(self, options: Options, listener: socket.socket, say: Say) -> None:
        self._say = say
        self._options = options
        self._listener = listener
        self._stopping = False
        encoded = msgspec.json.encode(options).decode()
        base = [sys.executable, "-m", "server.processes"]
        self._engine = _Child("engine", [*base, "engine", encoded, str(os.getpid())], ())
        self._spare: subprocess.Popen[bytes] | None = None
        self._spare_at = NEVER
        file = listener.fileno()
        command = [*base, "worker", encoded, str(os.getpid()), str(file)]
        self._workers = [_Child(f"worker {number + 1}", command, (file,)) for number in range(options.workers)]
        self._helpers = [
            _Child(role, [*base, role, encoded, str(os.getpid())], (), helper=True) for role in (OUTBOX, CHORES)
        ]
        self._poll = select.poll()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_write.setblocking(False)
        self._poll.register(self._wake_read, select.POLLIN)

    @property
    def children(self) -> dict[str, int]:
        """The processes that run now: name -> pid."""
        return {each.name: each.process.pid for each in self._all if each.process is not None}

    @property
    def _all(self) -> tuple[_Child, ...]:
        return (self._engine, *self._workers, *self._helpers)

    @property
    def stopping(self) -> bool:
        """Whether the end was asked for."""
        return self._stopping

    def stop(self) -> None:
        """Asks for the end; safe in a signal handler."""
        self._stopping = True
        with contextlib.suppress(OSError):  # full or closed: the loop is awake, or gone
            self._wake_write.send(b"\0")

    def run(self, ready: Callable[[], None]) -> None:
        """Serves until SIGTERM or SIGINT; ``ready`` is called when sales are taken. Raises `CannotServe`."""
        before = {number: signal.signal(number, lambda *_: self.stop()) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._start(self._engine)
            for child in self._workers:
                self._start(child)  # they import for as long as the engine opens, and find it when it listens
            self._await_engine()
            for child in self._helpers:
                self._start(child)
            if not self._stopping:
                ready()
            while not self._stopping:
                self._watch(self._rest_s())
        finally:
            self._end()
            for number, handler in before.items():
                signal.signal(number, handler)
            self._wake_read.close()
            self._wake_write.close()

    def _await_engine(self) -> None:
        """Until the engine listens; a store of many millions of tickets is opened in less than a second."""
        end = time.monotonic() + READY_WITHIN_S
        while not self._stopping:
            with contextlib.suppress(OSError), connect(Path(self._options.data), WORKER) as made:
                # The engine of another server may still be there: it is not ours to speak through.
                if peer_of(made).pid == self.children.get("engine"):
                    return
            time.sleep(0 if self._stopping else LOOK_EACH_S)
            if time.monotonic() > end:
                raise CannotServe(f"the engine did not begin within {READY_WITHIN_S:.0f} s")
            self._watch(0)

    def _rest_s(self) -> float | None:
        """How long the next start of a helper that backs off, or of the spare, is away; None where none is."""
        waiting = [child.again_at for child in self._helpers if child.again_at is not None]
        first = min([*waiting, self._spare_at])
        return None if first == NEVER else max(0.0, first - time.monotonic())

    def _start(self, child: _Child) -> None:
        child.again_at = None
        child.process = self._take_spare() if child is self._engine else None
        if child.process is None:
            child.process = subprocess.Popen(child.command, pass_fds=child.files, stdin=subprocess.DEVNULL)  # noqa: S603  # our own program, no shell
        child.handle = os.pidfd_open(child.process.pid)
        self._poll.register(child.handle, select.POLLIN)

    def _prepare_spare(self) -> None:
        """Starts an engine that imports, touches nothing of the shop, and waits to be told that it is needed: half of
        what a till waits for after an engine's death is Python's reading of programs."""
        self._spare_at = NEVER
        self._spare = subprocess.Popen([*self._engine.command, SPARE], stdin=subprocess.PIPE)  # noqa: S603  # our own program, no shell

    def _take_spare(self) -> subprocess.Popen[bytes] | None:
        """The spare, told to begin; None where there is none, or it died."""
        spare, self._spare, self._spare_at = self._spare, None, time.monotonic() + SPARE_AFTER_S
        if spare is None or spare.poll() is not None:
            return None
        assert spare.stdin is not None
        try:
            with spare.stdin as told:
                told.write(SPARE_BEGINS)
        except OSError:
            spare.kill()
            spare.wait()
            return None
        return spare

    def _end_spare(self) -> None:
        if self._spare is not None:
            assert self._spare.stdin is not None
            self._spare.stdin.close()
            self._spare.kill()  # it holds nothing
            self._spare.wait()
            self._spare = None

    def _watch(self, timeout_s: float | None) -> None:
        """Waits for a signal or a death; what died is started again."""
        for file, _ in self._poll.poll(None if timeout_s is None else timeout_s * 1000):
            if file == self._wake_read.fileno():
                self._wake_read.recv(4096)
        for child in self._all:
            if self._stopping:
                return
            if child.process is not None and child.process.poll() is not None:
                self._again(child)
            elif child.again_at is not None and child.again_at <= time.monotonic():
                self._start(child)
        if self._spare_at <= time.monotonic():
            self._prepare_spare()

    def _again(self, child: _Child) -> None:
        code = self._forget(child)
        if child is self._engine and code == EXIT_FAULT:
            raise CannotServe("the engine cannot begin (its message stands above); nothing is served without it")
        now = time.monotonic()
        child.deaths.append(now)
        while child.deaths and child.deaths[0] < now - DEATHS_WITHIN_S:
            child.deaths.popleft()
        if len(child.deaths) >= DEATHS_MAX and child.helper:
            child.again_at = now + HELPER_BACK_OFF_S
            self._say(
                f"{child.name} died {len(child.deaths)} times within {DEATHS_WITHIN_S // 60} minutes (last: "
                f"{_how(code)}); selling goes on, it goes on in {HELPER_BACK_OFF_S:.0f} s: look at its messages"
            )
            return
        if len(child.deaths) >= DEATHS_MAX:
            raise CannotServe(
                f"{child.name} died {DEATHS_MAX} times within {DEATHS_WITHIN_S // 60} minutes (last: {_how(code)}); "
                "nothing more is tried: look at its last messages, then run `guichet verify`"
            )
        self._say(f"{child.name} ended ({_how(code)}); it is started again")
        time.sleep(AGAIN_AFTER_S)
        self._start(child)

    def _forget(self, child: _Child) -> int:
        assert child.process is not None
        code = child.process.wait()
        self._poll.unregister(child.handle)
        os.close(child.handle)
        child.process, child.handle = None, -1
        return code

    def _end(self) -> None:
        """Workers and helpers first, so that what clients wait for is still answered and what is on paper still said;
        then the engine; then by force."""
        self._end_spare()
        began = time.monotonic()
        end = began + STOP_WITHIN_S
        self._listener.close()
        self._ask_to_stop(self._helpers, began)
        self._ask_to_stop(self._workers, began + WORKERS_FIRST_S)
        self._ask_to_stop(self._helpers, began + HELPERS_STOP_WITHIN_S, again=False)
        self._ask_to_stop([self._engine], end)
        self._ask_to_stop([*self._workers, *self._helpers], end)
        for child in (*self._workers, *self._helpers, self._engine):
            if child.process is not None:
                self._say(f"{child.name} did not stop in time; it is ended")
                child.process.kill()
                self._forget(child)

    def _ask_to_stop(self, children: list[_Child], end: float, *, again: bool = True) -> None:
        for child in children:
            if child.process is not None and again:
                child.process.send_signal(signal.SIGTERM)
        for child in children:
            if child.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(max(0.0, end - time.monotonic()))
                    self._forget(child)


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
