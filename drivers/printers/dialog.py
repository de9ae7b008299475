"""The dialogue with a printer over a two-way line: how it is, one job in pieces, and whether it reached its end.

Status bytes and their fixed bits are those of Epson's ESC/POS reference (DLE EOT n, GS r n).
"""

import contextlib
import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from drivers.printers.escpos import CLEAR, drawer_pulse, encode
from drivers.printers.profiles import Features
from engine.ports.printer import Begin, Document, Outcome, Paper, PrinterError, Status, begin_at_once

CHUNK_BYTES = 1_024  # less than the receive buffer of any printer, so that a stall is noticed where it happens
STATUS_KINDS = (1, 2, 3, 4)  # printer, what took it off line, errors, paper
ANSWER_BYTES_MAX = 64  # bytes that may come instead of an answer before it counts as garbage
IN_TURN = b"\x1d\x72\x01"  # GS r 1: the paper's state, answered when everything before it has been worked through
IN_TURN_ANSWERS = frozenset({0x00, 0x03, 0x0C, 0x0F})
STATUS_MASK, STATUS_FIXED = 0x93, 0x12
STATUS_BACK_FIXED, STATUS_BACK_BYTES = 0x10, 4  # reports that nobody asked for come in fours
BLOCK_FIRST, BLOCK_LAST = 0x37, 0x00  # how the answer to `CLEAR` begins and ends

OFFLINE = 0x08
COVER_OPEN, PAPER_STOP, ERROR = 0x04, 0x20, 0x40
CUTTER_ERROR, FATAL_ERROR, PASSING_ERROR = 0x08, 0x20, 0x40
NEAR_END, PAPER_END = 0x0C, 0x60


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """How long a driver waits, in seconds: for a connection, for one answer, while not a byte of a job is taken, and
    for the printer to work through what it was sent."""

    connect_s: float = 3.0
    answer_s: float = 0.7
    stall_s: float = 10.0
    finish_s: float = 45.0


class LineBroken(Exception):
    """The line to the printer broke or stalled: ``sent`` bytes of the piece at hand had left by then."""

    def __init__(self, text: str, sent: int = 0) -> None:
        super().__init__(text)
        self.sent = sent


class TwoWayLine(Protocol):
    """An open line to a printer; every method raises `LineBroken` where there is no line any more."""

    def send(self, data: bytes, stall_s: float) -> None:
        """Sends all of it, as long as the other end takes something at least every ``stall_s`` seconds."""

    def receive(self, wait_s: float) -> bytes:
        """What came, as soon as something did; nothing after ``wait_s`` seconds of silence."""

    def drain(self, wait_s: float) -> bool:
        """Whether everything that was sent has left this machine, and where that can be known arrived, in time."""

    def close(self) -> None:
        """Lets the line go."""


class Ear:
    """What a printer says, sorted: status bytes, answers given in turn, and reports that nobody asked for."""

    def __init__(self, line: TwoWayLine, times: Times) -> None:
        self._line = line
        self._times = times
        self._heard = bytearray()

    def forget(self) -> None:
        """Drops what came before: answers to questions of somebody else."""
        for _ in range(ANSWER_BYTES_MAX):
            if not self._line.receive(0):
                break
        self._heard.clear()

    def listen(self, wait_s: float) -> bool:
        """Whether anything came within the time."""
        came = self._line.receive(wait_s)
        self._heard += came
        if len(self._heard) > ANSWER_BYTES_MAX:
            raise PrinterError("printer.garbage", f"unasked, the printer said {bytes(self._heard[:8]).hex(' ')} ...")
        return bool(came)

    def take(self, wanted: Callable[[int], bool]) -> int | None:
        """The first byte heard that is wanted, taken out; what nobody asked for is passed over."""
        at = 0
        while at < len(self._heard):
            byte = self._heard[at]
            if wanted(byte):
                del self._heard[at]
                return byte
            if byte == BLOCK_FIRST:
                end = self._heard.find(BLOCK_LAST, at)
                at = len(self._heard) if end < 0 else end + 1
            else:
                at += STATUS_BACK_BYTES if byte & STATUS_MASK == STATUS_BACK_FIXED else 1
        return None

    def status(self) -> Status:
        """Asks the four questions; raises `PrinterError` for silence and garbage."""
        try:
            printer, offline, errors, paper = [self._ask(kind) for kind in STATUS_KINDS]
        except LineBroken as broken:
            text = f"the line broke while the printer was asked: {broken}"
            raise PrinterError("printer.unreachable", text) from broken
        return read_status(printer, offline, errors, paper)

    def _ask(self, kind: int) -> int:
        self._line.send(bytes((0x10, 0x04, kind)), self._times.answer_s)
        end = time.monotonic() + self._times.answer_s
        while (left := end - time.monotonic()) > 0:
            self.listen(left)
            answer = self.take(lambda byte: byte & STATUS_MASK == STATUS_FIXED)
            if answer is not None:
                return answer
        if self._heard:
            text = f"asked how it is, the printer said {bytes(self._heard[:8]).hex(' ')}"
            raise PrinterError("printer.garbage", text)
        raise PrinterError("printer.no_answer", f"no answer to status {kind} within {self._times.answer_s} s")


def read_status(printer: int, offline: int, errors: int, paper: int) -> Status:
    """The four answers to ``DLE EOT`` 1 to 4 in words; what a person can mend is named first."""
    state: Paper = "out" if paper & PAPER_END else "near_end" if paper & NEAR_END else "ok"
    cover = bool(offline & COVER_OPEN)
    problem = ""
    if state == "out" or offline & PAPER_STOP:
        state, problem = "out", "printer.paper_out"
    elif cover:
        problem = "printer.cover_open"
    elif offline & ERROR or errors & (CUTTER_ERROR | FATAL_ERROR | PASSING_ERROR):
        problem = "printer.error"
    elif printer & OFFLINE:
        problem = "printer.offline"
    return Status(online=not printer & OFFLINE, paper=state, cover_open=cover, problem=problem)


def ask_status(line: TwoWayLine, times: Times) -> Status:
    """How the printer is; raises `PrinterError` for silence and garbage."""
    ear = Ear(line, times)
    try:
        ear.forget()
    except LineBroken as broken:
        raise PrinterError("printer.unreachable", f"the line broke: {broken}") from broken
    return ear.status()


def run_job(
    line: TwoWayLine, document: Document, features: Features, begin: Begin, times: Times, *, clear: bool
) -> Outcome:
    """Prints one document over an open line; ``clear``: what is left of a broken job is thrown away first."""
    try:
        data = encode(document, features)
        if features.answers:
            problem = ask_status(line, times).problem
            if problem:
                raise PrinterError(problem, "the printer says so before the job")
        if clear and features.clears:
            line.send(CLEAR, times.stall_s)
            line.receive(times.answer_s)
        begin()
        line.receive(0)  # a line that broke in the meantime says so now, before the first byte
    except PrinterError as error:
        return Outcome(result="failed", code=error.code, text=error.text)
    except LineBroken as broken:
        return Outcome(result="failed", code="printer.unreachable", text=f"before the first byte: {broken}")
    sent = 0
    try:
        for first in range(0, len(data), CHUNK_BYTES):
            piece = data[first : first + CHUNK_BYTES]
            line.send(piece, times.stall_s)
            sent += len(piece)
    except LineBroken as broken:
        sent += broken.sent
        if not sent:
            return Outcome(result="failed", code="printer.unreachable", text=f"before the first byte: {broken}")
        return _given_up(line, features, times, f"after {sent} of {len(data)} bytes: {broken}")
    return _finish(line, features, times)


def _finish(line: TwoWayLine, features: Features, times: Times) -> Outcome:
    """Waits until the printer has worked through the job; only its own word, or an empty line, makes it printed."""
    if not features.answers:
        try:
            if line.drain(times.finish_s):
                return Outcome(result="printed")
        except LineBroken as broken:
            return _unknown(f"after the last byte: {broken}")
        return _unknown("the printer did not take all of the job")
    ear = Ear(line, times)
    try:
        line.send(IN_TURN, times.stall_s)
        end = time.monotonic() + times.finish_s
        while time.monotonic() < end:
            came = ear.listen(times.answer_s)
            if ear.take(lambda byte: byte in IN_TURN_ANSWERS) is not None:
                return _after(ear)
            if not came:
                # Silence may be work, or a printer that stopped in the middle: it says so at once when asked.
                problem = ear.status().problem
                if problem:
                    return _given_up(line, features, times, "the printer stopped in the middle", problem)
    except LineBroken as broken:
        return _unknown(f"before the end was acknowledged: {broken}")
    except PrinterError as error:
        return _given_up(line, features, times, f"in the middle of the job: {error}")
    return _given_up(line, features, times, f"the end was not acknowledged within {times.finish_s} s")


def _unknown(text: str) -> Outcome:
    return Outcome(result="unknown", code="printer.unknown", text=text)


def _after(ear: Ear) -> Outcome:
    """The job was worked through; a printer that now says it ran out or was opened may have done so in its middle."""
    try:
        problem = ear.status().problem
    except (PrinterError, LineBroken):
        problem = ""  # it has acknowledged the end: silence afterwards takes nothing back
    if problem:
        return Outcome(result="unknown", code=problem, text="the printer says so right after the job")
    return Outcome(result="printed")


def _given_up(line: TwoWayLine, features: Features, times: Times, text: str, code: str = "printer.unknown") -> Outcome:
    """A job of which nobody knows how much is on paper; its rest must not come out on top of the next one."""
    if features.clears:
        with contextlib.suppress(LineBroken):  # then the next job begins with it
            line.send(CLEAR, times.answer_s)
    return Outcome(result="unknown", code=code, text=text)


class LinePrinter:
    """A printer at the other end of a line that is opened for each call; ``open_line`` raises `PrinterError`."""

    def __init__(self, open_line: Callable[[], TwoWayLine], features: Features, times: Times | None) -> None:
        self._open_line = open_line
        self._features = features
        self._times = times or Times()
        self._left_over = False

    def print(self, document: Document, begin: Begin = begin_at_once) -> Outcome:
        """Prints a document as one job; see `run_job`."""
        try:
            line = self._open_line()
        except PrinterError as error:
            return Outcome(result="failed", code=error.code, text=error.text)
        with contextlib.closing(line):
            outcome = run_job(line, document, self._features, begin, self._times, clear=self._left_over)
        if outcome.result != "failed":
            self._left_over = outcome.result == "unknown"
        return outcome

    def status(self) -> Status:
        """Asks the printer; of one that does not answer by its profile only that there is a way to it is known."""
        with contextlib.closing(self._open_line()) as line:
            return ask_status(line, self._times) if self._features.answers else Status(known=False)

    def kick_drawer(self) -> None:
        """Opens the drawer; a pulse that may have left is not sent twice."""
        with contextlib.closing(self._open_line()) as line:
            try:
                line.send(drawer_pulse(self._features), self._times.stall_s)
                line.drain(self._times.answer_s)
            except LineBroken as broken:
                raise PrinterError("printer.unknown", f"nobody knows whether the drawer opened: {broken}") from broken
