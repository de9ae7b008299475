"""Printers behind a TCP port (9100 as a rule): one connection per job, so that others get their turn."""

import array
import fcntl
import select
import socket
import sys
import termios
import time

from drivers.printers.allowed import PORT_MAX, PORT_MIN, Allowed
from drivers.printers.dialog import LineBroken, LinePrinter, Times
from drivers.printers.profiles import Features
from engine.ports.printer import PrinterError

PORT_DEFAULT = 9_100
RECEIVE_BYTES = 4_096
DRAIN_STEP_S = 0.02
KEEP_IDLE_S, KEEP_STEP_S, KEEP_COUNT = 5, 2, 3  # a printer that lost its power is noticed after 11 s of silence


class NetworkPrinter(LinePrinter):
    """A printer at ``host`` or ``host:port``; ``[::1]:9100`` for IPv6.

    Where ``allowed`` is given, the name is looked up for each call and called only where all its addresses are allowed.
    """

    def __init__(
        self, address: str, features: Features, times: Times | None = None, allowed: Allowed | None = None
    ) -> None:
        where = parse_address(address)
        limits = times or Times()
        super().__init__(lambda: connect(where, limits.connect_s, allowed), features, limits)


def connect(where: tuple[str, int], wait_s: float, allowed: Allowed | None = None) -> "SocketLine":
    """A connection to host and port; raises `PrinterError` ``printer.unreachable`` or ``printer.not_allowed``."""
    host, port = where
    addresses = [host] if allowed is None else allowed.addresses(host, port)
    problem = ""
    for address in addresses:
        try:
            # The address that was looked at, not the name: that may lead elsewhere a moment later.
            return SocketLine(socket.create_connection((address, port), wait_s))
        except OSError as error:
            problem = str(error.strerror or error)
    raise PrinterError("printer.unreachable", f"{host} port {port}: {problem}")


class SocketLine:
    """A TCP connection as a line."""

    def __init__(self, made: socket.socket) -> None:
        self._socket = made
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if sys.platform == "linux":
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEP_IDLE_S)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEP_STEP_S)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEP_COUNT)

    def send(self, data: bytes, stall_s: float) -> None:
        """See `TwoWayLine.send`."""
        sent = 0
        self._socket.settimeout(stall_s)
        while sent < len(data):
            try:
                sent += self._socket.send(data[sent:])
            except OSError as error:
                raise LineBroken(str(error), sent) from error

    def receive(self, wait_s: float) -> bytes:
        """See `TwoWayLine.receive`."""
        try:
            ready, _, _ = select.select([self._socket], [], [], wait_s)
            if not ready:
                return b""
            came = self._socket.recv(RECEIVE_BYTES)
        except (OSError, ValueError) as error:
            raise LineBroken(str(error)) from error
        if not came:
            raise LineBroken("the printer closed the connection")
        return came

    def drain(self, wait_s: float) -> bool:
        """Whether the printer's end has acknowledged every byte (Linux); elsewhere, whether the connection stands."""
        end = time.monotonic() + wait_s
        unsent = array.array("i", [0])
        while True:
            self.receive(0)
            if sys.platform != "linux":
                return True
            fcntl.ioctl(self._socket, termios.TIOCOUTQ, unsent)
            if not unsent[0]:
                return True
            if time.monotonic() > end:
                return False
            time.sleep(DRAIN_STEP_S)

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()


def parse_address(address: str) -> tuple[str, int]:
    """Host and port of ``host``, ``host:port`` or ``[host]:port``; raises `PrinterError` ``printer.bad_address``."""
    host, port = address, ""
    if address.startswith("["):
        host, _, port = address[1:].partition("]")
        port = port.removeprefix(":")
    elif address.count(":") == 1:
        host, _, port = address.partition(":")
    number = PORT_DEFAULT if not port else int(port) if port.isascii() and port.isdigit() else 0
    if not host or not PORT_MIN <= number <= PORT_MAX:
        text = f"{address!r} is no host, nor a host and a port from {PORT_MIN} to {PORT_MAX}"
        raise PrinterError("printer.bad_address", text)
    return host, number
