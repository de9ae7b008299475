"""Tills over raw sockets that keep their own history: they ask again, ask twice at once, hang up and forget."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
import uuid
from typing import TYPE_CHECKING

from whole_history import History, Sale

if TYPE_CHECKING:
    from collections.abc import Callable

PAUSE_S = 0.02
PAUSE_AWAY_S = 0.1
ANSWER_WITHIN_S = 4.0
CENTS_MAX = 20_000
LINES_MAX = 4
TWICE_AT_ONCE, HANGS_UP, FORGETS, ASKS_AGAIN = 0.08, 0.05, 0.02, 0.05
"""How often a client sends a sale on two lines at once, leaves in the middle of one, never asks again after a doubt,
and asks again for what it was told already."""


class Line:
    """One connection that speaks as little HTTP as a sale needs; every error of it is an `OSError`."""

    def __init__(self, port: int) -> None:
        self._made = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_WITHIN_S)
        self._rest = b""

    def send(self, data: bytes) -> None:
        """Bytes as they are."""
        self._made.sendall(data)

    def read(self) -> tuple[int, bytes]:
        """(status, body) of the next answer."""
        while b"\r\n\r\n" not in self._rest:
            self._more()
        head, _, rest = self._rest.partition(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        self._rest = rest
        while len(self._rest) < length:
            self._more()
        body, self._rest = self._rest[:length], self._rest[length:]
        return int(head[9:12]), body

    def close(self) -> None:
        """Hangs up."""
        self._made.close()

    def _more(self) -> None:
        part = self._made.recv(65536)
        if not part:
            raise ConnectionResetError("the server has closed")
        self._rest += part


def request(sale: Sale, headers: bytes) -> bytes:
    """The bytes of a sale."""
    body = sale.body()
    return (
        b"POST /api/v1/sales/post HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Idempotency-Key: %b\r\nContent-Length: %d\r\n%b\r\n%b" % (sale.id.encode(), len(body), headers, body)
    )


class Client(threading.Thread):
    """A till that sells until it is told to finish, and then asks until nothing is in doubt."""

    def __init__(
        self, history: History, till: int, seed: str, port: Callable[[], int], headers: Callable[[int], bytes]
    ) -> None:
        super().__init__(daemon=True)
        self._history = history
        self._till = till
        self._random = random.Random(seed)
        self._port = port
        self._headers = headers
        self._line: Line | None = None
        self._doubts: list[Sale] = []
        self._sold: list[Sale] = []
        self._finish = threading.Event()
        self.acked = 0
        self.tried_again = 0
        self.crash = ""

    def finish(self) -> None:
        """Asks for the end: nothing new, but every doubt is settled first."""
        self._finish.set()

    def run(self) -> None:
        """Sells."""
        try:
            while not self._finish.is_set() or self._doubts:
                self._next()
        except Exception as error:  # noqa: BLE001 - a client that dies silently would look like one with nothing to tell
            self.crash = f"{type(error).__name__}: {error}"
        finally:
            self._hang_up()

    def _next(self) -> None:
        chance = self._random
        if self._doubts and (self._finish.is_set() or chance.random() < 0.5):
            sale = self._doubts.pop(chance.randrange(len(self._doubts)))
            self.tried_again += 1
        elif self._sold and chance.random() < ASKS_AGAIN:
            sale = chance.choice(self._sold)
        else:
            cents = tuple(chance.randrange(1, CENTS_MAX) for _ in range(chance.randrange(1, LINES_MAX + 1)))
            # The id comes from the seed, so that a run's history is the same sales again.
            sale = Sale(uuid.UUID(int=chance.getrandbits(128), version=4).hex, self._till, cents)
            self._history.sales[sale.id] = sale
        try:
            settled = self._ask(sale)
        except OSError:
            self._hang_up()
            settled = False
        if settled:
            self.acked += 1
            self._sold.append(sale)
        elif sale.answers or self._finish.is_set() or chance.random() >= FORGETS:
            self._doubts.append(sale)
        self._finish.wait(PAUSE_S if settled else PAUSE_AWAY_S)
        if self._finish.is_set() and not settled:
            threading.Event().wait(PAUSE_AWAY_S)

    def _ask(self, sale: Sale) -> bool:
        """One attempt; `OSError` where its outcome is not known."""
        data = request(sale, self._headers(self._till))
        sale.sent += 1
        chance = self._random.random()
        if self._finish.is_set():
            chance = 1.0
        if chance < HANGS_UP:
            with contextlib.closing(Line(self._port())) as line:
                line.send(data[: self._random.choice((len(data), self._random.randrange(1, len(data))))])
            raise ConnectionAbortedError("this client has hung up")
        if chance < HANGS_UP + TWICE_AT_ONCE:
            with contextlib.closing(Line(self._port())) as one, contextlib.closing(Line(self._port())) as other:
                one.send(data)
                other.send(data)
                return [sale.hear(*each.read()) for each in (one, other)][1]
        if self._line is None:
            self._line = Line(self._port())
        self._line.send(data)
        return sale.hear(*self._line.read())

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
