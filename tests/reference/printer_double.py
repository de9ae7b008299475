"""A printer played by a thread: on a TCP port or a pseudo-terminal, answering as told, failing where told."""

import os
import select
import socket
import struct
import threading
import tty
from typing import Self

WAIT_S = 5.0
OK, OFF_LINE = 0x12, 0x1A
PAPER_OUT, NEAR_END = 0x72, 0x1E
COVER_OPEN, PAPER_STOP, ERROR = 0x16, 0x32, 0x52
IN_TURN = b"\x1d\x72\x01"


class Behaviour:
    """How the printer behaves, and what it heard.

    ``status`` maps 1 to 4 to the byte answered; ``cut_after`` bytes (questions included) the line is cut; after
    ``stop_after`` bytes of the job it stops as for want of paper; ``answers`` replaces every answer (empty: silence);
    ``finishes``: it acknowledges the end; ``unasked`` is said right after the first byte of the job.
    """

    def __init__(self) -> None:
        self.status = {1: OK, 2: OK, 3: OK, 4: OK}
        self.cut_after: int | None = None
        self.stop_after: int | None = None
        self.answers: bytes | None = None
        self.finishes = True
        self.unasked = b""
        self.heard = bytearray()
        self.jobs: list[bytes] = []

    def room(self) -> int:
        """How many bytes may still come before the line is cut."""
        return 4_096 if self.cut_after is None else max(0, self.cut_after - len(self.heard))

    def take(self, data: bytes) -> bytes:
        """What the printer says to this."""
        had_job = bool(self.job())
        self.heard += data
        answer = self.unasked if self.job() and not had_job else b""
        for at in range(len(self.heard) - len(data), len(self.heard)):
            question = bytes(self.heard[at - 2 : at + 1])
            if question[:2] == b"\x10\x04":
                if self.stop_after is not None and len(self.job()) > self.stop_after:
                    self.status = {1: OFF_LINE, 2: PAPER_STOP, 3: OK, 4: PAPER_OUT}
                answer += bytes((self.status[question[2]],)) if self.answers is None else self.answers
        if self.finishes and self.stop_after is None and self.heard.endswith(IN_TURN):
            answer += b"\x00"
        return answer

    def job(self) -> bytes:
        """What was heard without the questions."""
        job = bytes(self.heard)
        for kind in (1, 2, 3, 4):
            job = job.replace(bytes((0x10, 0x04, kind)), b"")
        return job.replace(IN_TURN, b"")

    def end(self) -> None:
        """The line was closed: what was heard is one job."""
        if self.heard:
            self.jobs.append(self.job())
        self.heard = bytearray()


class TcpPrinter:
    """Listens on the loopback (``port`` 0: any free one); one connection at a time, as printers do."""

    def __init__(self, port: int = 0) -> None:
        self.behaviour = Behaviour()
        self._listening = socket.create_server(("127.0.0.1", port))
        self._listening.settimeout(WAIT_S * 20)
        self.port: int = self._listening.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._connection: socket.socket | None = None
        self._idle = threading.Event()
        self._idle.set()
        self._ended = threading.Condition()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._idle.clear()
            with connection:
                self._connection = connection
                self._talk(connection)
                self._connection = None
            with self._ended:
                self.behaviour.end()
                self._ended.notify_all()
            self._idle.set()

    def _talk(self, connection: socket.socket) -> None:
        try:
            while room := self.behaviour.room():
                data = connection.recv(room)
                if not data:
                    return
                # With the last byte before the cut no answer gets out any more.
                answer = self.behaviour.take(data)
                if answer and self.behaviour.room():
                    connection.sendall(answer)
        except OSError:
            return
        cut(connection)

    def cut_now(self) -> None:
        """Cuts the line from outside, as somebody who trips over the cable."""
        assert self._connection is not None
        cut(self._connection)

    def wait_idle(self) -> Self:
        """Waits until the connection of before is gone, once the printer has answered on it."""
        assert self._idle.wait(WAIT_S)
        return self

    def wait_jobs(self, count: int) -> list[bytes]:
        """Waits until so many connections on which something was said are over: a printer reads later than we send."""
        with self._ended:
            assert self._ended.wait_for(lambda: len(self.behaviour.jobs) >= count, WAIT_S)
        return self.behaviour.jobs

    def close(self) -> None:
        """Switches the printer off."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(WAIT_S)


def cut(connection: socket.socket) -> None:
    """Resets a connection: nothing more gets through, nor what was on its way."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RD)
    connection.close()


class PtyPrinter:
    """A printer at the other end of a pseudo-terminal."""

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.address = os.ttyname(self._slave)
        self._stop_read, self._stop_write = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while room := self.behaviour.room():
            ready, _, _ = select.select([self._master, self._stop_read], [], [], WAIT_S * 4)
            if self._master not in ready:
                return
            try:
                answer = self.behaviour.take(os.read(self._master, room))
                if answer and self.behaviour.room():
                    os.write(self._master, answer)
            except OSError:
                return
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1

    def close(self) -> None:
        """Pulls the plug, once."""
        if self._stop_write < 0:
            return
        os.write(self._stop_write, b"x")
        self._thread.join(WAIT_S)
        for number in (self._master, self._slave, self._stop_read, self._stop_write):
            if number >= 0:
                os.close(number)
        self._master = self._slave = self._stop_read = self._stop_write = -1
