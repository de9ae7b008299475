"""Printers on a serial line: 8 bits, no parity, 1 stop bit, held back by the printer with XON and XOFF."""

import select
import time

import serial  # type: ignore[import-untyped]  # the library has no types

from drivers.printers.dialog import LineBroken, LinePrinter, Times
from drivers.printers.profiles import Features
from engine.ports.printer import PrinterError

BAUD_DEFAULT = 9_600
BAUDS = frozenset({1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200})
DEVICE_FOLDER = "/dev/"
RECEIVE_BYTES = 4_096
DRAIN_STEP_S = 0.02


class SerialPrinter(LinePrinter):
    """A printer at ``/dev/ttyUSB0`` or ``/dev/ttyUSB0@19200``."""

    def __init__(self, address: str, features: Features, times: Times | None = None) -> None:
        device, baud = parse_address(address)
        super().__init__(lambda: open_port(device, baud), features, times)


def open_port(device: str, baud: int) -> "SerialLine":
    """The port, for us alone; raises `PrinterError` ``printer.unreachable``."""
    try:
        # None of the answers that a printer gives looks like XON or XOFF.
        made = serial.Serial(device, baud, timeout=0, write_timeout=0, xonxoff=True, exclusive=True)
    except (serial.SerialException, OSError, ValueError) as error:
        raise PrinterError("printer.unreachable", f"{device}: {error}") from error
    return SerialLine(made)


class SerialLine:
    """An open serial port as a line."""

    def __init__(self, made: serial.Serial) -> None:
        self._port = made

    def send(self, data: bytes, stall_s: float) -> None:
        """See `TwoWayLine.send`; what the kernel has taken counts as sent."""
        sent = 0
        while sent < len(data):
            try:
                _, ready, _ = select.select([], [self._port.fileno()], [], stall_s)
                if not ready:
                    raise LineBroken(f"the printer took nothing for {stall_s} s", sent)
                sent += self._port.write(data[sent:]) or 0
            except (serial.SerialException, OSError) as error:
                raise LineBroken(str(error), sent) from error

    def receive(self, wait_s: float) -> bytes:
        """See `TwoWayLine.receive`."""
        try:
            ready, _, _ = select.select([self._port.fileno()], [], [], wait_s)
            if not ready:
                return b""
            came = self._port.read(RECEIVE_BYTES)
        except (serial.SerialException, OSError, TypeError) as error:
            raise LineBroken(str(error)) from error
        if not came:
            raise LineBroken("the device is gone")
        return bytes(came)

    def drain(self, wait_s: float) -> bool:
        """Whether the kernel has handed every byte to the line."""
        end = time.monotonic() + wait_s
        try:
            while self._port.out_waiting:
                if time.monotonic() > end:
                    return False
                time.sleep(DRAIN_STEP_S)
        except (serial.SerialException, OSError) as error:
            raise LineBroken(str(error)) from error
        return True

    def close(self) -> None:
        """Closes the port."""
        self._port.close()


def parse_address(address: str) -> tuple[str, int]:
    """Device and speed of ``/dev/name`` or ``/dev/name@baud``; raises `PrinterError` ``printer.bad_address``."""
    device, _, baud = address.partition("@")
    number = BAUD_DEFAULT if not baud else int(baud) if baud.isascii() and baud.isdigit() else 0
    if not device.startswith(DEVICE_FOLDER) or ".." in device or number not in BAUDS:
        raise PrinterError("printer.bad_address", f"{address!r} is no device under /dev with a usual speed")
    return device, number
