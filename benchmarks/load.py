"""The load generator: many keep-alive connections from one process, raw sockets and epoll, every answer timed.

``python -m benchmarks.load PLAN OUT`` with a `Load` as JSON in the file PLAN. OUT gets three int64 numbers per answer
(nanoseconds: when it should have been sent, when it came; its HTTP status) as raw bytes; a `Summary` as JSON
is printed.
"""

import contextlib
import random
import select
import socket
import sys
import time
from array import array
from collections import deque
from pathlib import Path

import msgspec

ADDRESS_CONNECTIONS = 256  # of one loopback address: the server allows 512, and 127.0.0.0/8 has many
READ_BYTES = 1 << 18
STATUS_AT = 9
HEAD_END = b"\r\n\r\n"
LENGTH_NAME = b"content-length: "
DRAIN_S = 10.0
LOST = 0
"""The status of an answer that never came."""


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """So many seconds at a rate of requests per second; rate 0: every connection asks again once it is answered."""

    seconds: float
    rate: float = 0


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent: each connection has a template, cut where an id of 32 hex digits goes; templates take turns.

    ``drop`` is the share of answers that are lost: the connection is reset unread, and the same bytes go out again on a
    new one. ``answers``: a file that gets the body of every answer taken, one a line.
    """

    port: int
    connections: int
    templates: list[list[str]]
    phases: list[Phase]
    seed: int = 1
    drop: float = 0
    answers: str = ""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What the generator itself did: processor time, requests that found no free connection, answers lost, syscalls."""

    cpu_s: float
    requests: int
    unsent: int
    dropped: int
    began_ns: int
    ended_ns: int


class _Connection:
    """One kept connection and the request on it."""

    __slots__ = ("address", "answer", "due_ns", "fd", "parts", "request", "socket")

    def __init__(self, address: str, parts: list[bytes]) -> None:
        self.address = address
        self.parts = parts
        self.request = b""
        self.due_ns = 0
        self.answer = b""
        self.socket: socket.socket
        self.fd = -1


class Generator:
    """Runs a `Load` to its end."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._chance = random.Random(load.seed)
        self._counter = self._chance.getrandbits(56)
        self._epoll = select.epoll()
        self._by_fd: dict[int, _Connection] = {}
        self._idle: deque[_Connection] = deque()
        self.times = array("q")
        self.requests = self.unsent = self.dropped = 0
        self._answers = open(load.answers, "wb") if load.answers else None  # noqa: SIM115  # open as long as we are
        templates = [[part.encode() for part in template] for template in load.templates]
        for number in range(load.connections):
            address = f"127.0.0.{1 + number // ADDRESS_CONNECTIONS}"
            made = _Connection(address, templates[number % len(templates)])
            self._connect(made)
            self._idle.append(made)

    def run(self) -> None:
        """Every phase in turn, then what is still on its way."""
        for phase in self._load.phases:
            end = time.perf_counter_ns() + round(phase.seconds * 1e9)
            if phase.rate:
                self._paced(phase.rate, end)
            else:
                self._closed(end)
        end = time.perf_counter_ns() + round(DRAIN_S * 1e9)
        while len(self._idle) < len(self._by_fd) and time.perf_counter_ns() < end:
            self._turn(0.05)
        for connection in self._by_fd.values():
            if connection.request and connection not in self._idle:
                self.times.extend((connection.due_ns, time.perf_counter_ns(), LOST))
            connection.socket.close()
        if self._answers is not None:
            self._answers.close()

    def _closed(self, end: int) -> None:
        """Whoever was answered asks again at once."""
        idle = self._idle
        while (now := time.perf_counter_ns()) < end:
            while idle:
                self._ask(idle.popleft(), now)
            self._turn(0.1)

    def _paced(self, rate: float, end: int) -> None:
        """Requests leave at their times whatever the answers do; one that finds no free connection is counted."""
        each = 1e9 / rate
        due = float(time.perf_counter_ns())
        while due < end:
            now = time.perf_counter_ns()
            while due <= now and due < end:
                if self._idle:
                    self._ask(self._idle.popleft(), int(due))
                else:
                    self.unsent += 1
                due += each
            self._turn(max(0.0, (due - now) / 1e9))

    def _turn(self, timeout_s: float) -> None:
        for fd, _ in self._epoll.poll(timeout_s):
            self._hear(self._by_fd[fd])

    def _ask(self, connection: _Connection, due_ns: int) -> None:
        parts = connection.parts
        if len(parts) == 1:
            request = parts[0]
        else:
            made = [parts[0]]
            for part in parts[1:]:
                made += (self._id(), part)
            request = b"".join(made)
        connection.request = request
        connection.due_ns = due_ns
        self.requests += 1
        self._send(connection)

    def _send(self, connection: _Connection) -> None:
        connection.answer = b""
        try:
            sent = connection.socket.send(connection.request)
            if sent < len(connection.request):
                connection.socket.setblocking(True)
                connection.socket.sendall(connection.request[sent:])
                connection.socket.setblocking(False)
        except OSError:
            self._connect(connection)
            self._send(connection)

    def _hear(self, connection: _Connection) -> None:
        if self._load.drop and self._chance.random() < self._load.drop:
            # The answer is there and nobody takes it: the till knows nothing, and asks again with the same id.
            self.dropped += 1
            self._connect(connection)
            self._send(connection)
            return
        try:
            data = connection.socket.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._connect(connection)
            self._send(connection)
            return
        answer = connection.answer + data if connection.answer else data
        end = answer.find(HEAD_END)
        at = answer.find(LENGTH_NAME, 0, end) + len(LENGTH_NAME)
        if end < 0 or len(answer) < end + len(HEAD_END) + int(answer[at : answer.index(b"\r", at)]):
            connection.answer = answer
            return
        self.times.extend((connection.due_ns, time.perf_counter_ns(), int(answer[STATUS_AT : STATUS_AT + 3])))
        if self._answers is not None:
            self._answers.write(answer[end + len(HEAD_END) :] + b"\n")
        self._idle.append(connection)

    def _connect(self, connection: _Connection) -> None:
        """A connection, in place of one that is reset."""
        if connection.fd >= 0:
            with contextlib.suppress(OSError):
                self._epoll.unregister(connection.fd)
            del self._by_fd[connection.fd]
            connection.socket.close()
        connection.socket = socket.create_connection(
            ("127.0.0.1", self._load.port), timeout=DRAIN_S, source_address=(connection.address, 0)
        )
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.socket.setblocking(False)
        connection.fd = connection.socket.fileno()
        self._by_fd[connection.fd] = connection
        self._epoll.register(connection.fd, select.EPOLLIN)

    def _id(self) -> bytes:
        """The next UUIDv7, as 32 hex digits: ordered by time, as clients make them."""
        self._counter += 1
        return b"%012x7%03x8%015x" % (time.time_ns() // 1_000_000, self._counter & 0xFFF, self._counter)


def main(arguments: list[str]) -> None:
    """Runs the plan of a file."""
    load = msgspec.json.decode(Path(arguments[0]).read_bytes(), type=Load)
    generator = Generator(load)
    print("ready", flush=True)
    sys.stdin.readline()
    cpu, began = time.process_time(), time.perf_counter_ns()
    generator.run()
    summary = Summary(
        cpu_s=time.process_time() - cpu,
        requests=generator.requests,
        unsent=generator.unsent,
        dropped=generator.dropped,
        began_ns=began,
        ended_ns=time.perf_counter_ns(),
    )
    with Path(arguments[1]).open("wb") as out:
        generator.times.tofile(out)
    print(msgspec.json.encode(summary).decode(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
