"""One connection to the engine as its loop sees it: what it sent, what it has still to be sent."""

import select
import socket

from server.wire.frames import REQUEST_BYTES_MAX, Splitter

READ_BYTES_MAX = 1 << 20  # of one connection in one turn, so that none keeps the others waiting
UNSENT_BYTES_MAX = 32 << 20  # a peer that does not read its answers is not read from either


class Peer:
    """A non-blocking connection with its role; ``watched`` is the set of events that the loop waits for."""

    def __init__(self, connected: socket.socket, role: str) -> None:
        connected.setblocking(False)
        self.role = role
        self.fd = connected.fileno()
        self.closed = False
        self.watched = select.EPOLLIN
        self._socket = connected
        self._splitter = Splitter(REQUEST_BYTES_MAX)
        self._parts: list[bytes] = []
        self._unsent = b""

    @property
    def unsent(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._parts or self._unsent)

    def receive(self) -> list[bytes]:
        """The frames that have arrived; raises `OSError` where the other end is gone."""
        try:
            data = self._socket.recv(READ_BYTES_MAX)
        except BlockingIOError:
            return []
        if not data:
            raise ConnectionResetError("the other end has closed")
        return self._splitter.feed(data)

    def send(self, frame: bytes) -> None:
        """Remembers a frame for the next `flush`; nothing for a peer that is gone."""
        if not self.closed:
            self._parts.append(frame)

    def flush(self) -> None:
        """Writes as much as the socket takes; raises `OSError` where the other end is gone."""
        if self._parts:
            self._unsent = b"".join((self._unsent, *self._parts)) if self._unsent else b"".join(self._parts)
            self._parts.clear()
        if not self._unsent:
            return
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        self._unsent = self._unsent[sent:]

    def wanted(self) -> int:
        """The events to wait for now."""
        wanted = 0 if len(self._unsent) > UNSENT_BYTES_MAX else select.EPOLLIN
        return wanted | (select.EPOLLOUT if self._unsent else 0)

    def close(self) -> None:
        """Closes the connection; what was not sent is lost, and its sender asks again."""
        self.closed = True
        self._parts.clear()
        self._unsent = b""
        self._socket.close()
