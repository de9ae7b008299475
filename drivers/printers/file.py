"""Printers behind a device file (/dev/usb/lp0), and a folder in which jobs are laid down for somebody else to print."""

import os
import re
import select
import stat
from pathlib import Path

from drivers.printers.dialog import CHUNK_BYTES, Times
from drivers.printers.escpos import drawer_pulse, encode
from drivers.printers.profiles import Features
from engine.ports.printer import Begin, Document, Outcome, PrinterError, Status, begin_at_once

DEVICES = re.compile(r"/dev/(usb/)?(lp|usblp)[0-9]{1,3}")
JOB_DIGITS = 8
SUFFIX, UNFINISHED = ".escpos", ".part"


class FilePrinter:
    """A printer at ``/dev/usb/lp0`` and the like, or a folder named by an absolute path that exists already.

    Whoever configures printers chooses this path, so nothing but a printer's device is ever written to, and in a
    folder only new files with names of ours. Neither can be asked how it is: a job is printed when all was taken.
    """

    def __init__(self, address: str, features: Features, times: Times | None = None) -> None:
        self._path = Path(address)
        if not self._path.is_absolute() or ".." in self._path.parts:
            raise PrinterError("printer.bad_address", f"{address!r} is no absolute path")
        self._features = features
        self._times = times or Times()

    def print(self, document: Document, begin: Begin = begin_at_once) -> Outcome:
        """Prints a document as one job, or lays it down as one file."""
        try:
            data = encode(document, self._features)
            if self._is_folder():
                begin()
                return self._lay_down(data)
            device = self._open()
        except PrinterError as error:
            return Outcome(result="failed", code=error.code, text=error.text)
        try:
            begin()
            return self._write(device, data)
        except PrinterError as error:
            return Outcome(result="failed", code=error.code, text=error.text)
        finally:
            os.close(device)

    def status(self) -> Status:
        """Only whether there is something to write to."""
        if not self._is_folder():
            os.close(self._open())
        return Status(known=False)

    def kick_drawer(self) -> None:
        """Opens the drawer behind the device; a folder has none."""
        if self._is_folder():
            raise PrinterError("printer.bad_address", "a folder has no drawer")
        device = self._open()
        try:
            outcome = self._write(device, drawer_pulse(self._features))
        finally:
            os.close(device)
        if outcome.result != "printed":
            raise PrinterError(outcome.code, outcome.text)

    def _is_folder(self) -> bool:
        return self._path.is_dir()

    def _open(self) -> int:
        if not DEVICES.fullmatch(str(self._path)):
            raise PrinterError("printer.bad_address", f"{self._path} is neither a folder nor a printer's device")
        try:
            device = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            raise PrinterError("printer.unreachable", f"{self._path}: {error.strerror}") from error
        if not stat.S_ISCHR(os.fstat(device).st_mode):
            os.close(device)
            raise PrinterError("printer.bad_address", f"{self._path} is no character device")
        return device

    def _write(self, device: int, data: bytes) -> Outcome:
        sent = 0
        try:
            while sent < len(data):
                _, ready, _ = select.select([], [device], [], self._times.stall_s)
                if not ready:
                    raise TimeoutError(f"nothing was taken for {self._times.stall_s} s")
                sent += os.write(device, data[sent : sent + CHUNK_BYTES])
        except OSError as error:
            if not sent:
                return Outcome(result="failed", code="printer.unreachable", text=f"{self._path}: {error}")
            return Outcome(result="unknown", code="printer.unknown", text=f"after {sent} of {len(data)} bytes: {error}")
        return Outcome(result="printed")

    def _lay_down(self, data: bytes) -> Outcome:
        """The next number's file: written beside, synced, and only then given its name."""
        numbers = [int(path.stem) for path in self._path.glob(f"*{SUFFIX}") if path.stem.isdigit()]
        name = str(max(numbers, default=0) + 1).rjust(JOB_DIGITS, "0")
        unfinished = self._path / f"{name}{UNFINISHED}"
        try:
            with unfinished.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.rename(unfinished, self._path / f"{name}{SUFFIX}")
        except OSError as error:
            # A job without its name is no job: nobody takes it from the folder.
            return Outcome(result="failed", code="printer.unreachable", text=f"{self._path}: {error}")
        finally:
            unfinished.unlink(missing_ok=True)
        return Outcome(result="printed")
