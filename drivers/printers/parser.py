"""Reads ESC/POS bytes back as operations: written apart from the encoder, strict, the judge of what drivers send.

Commands and their parameters are those of Epson's ESC/POS reference. What is not known here is an error: a byte that
nobody can explain must not reach a printer.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Literal

CODE_PAGES: Mapping[int, str] = MappingProxyType(
    {0: "cp437", 16: "cp1252", 19: "cp858", 52: "cp437", 53: "cp858", 71: "cp1252"}
)
"""Number in ``ESC t`` -> Python's codec: Epson's numbers, and those of 58 mm printers of the 5890 sort (52, 53, 71)."""

DLE, ESC, GS, LF, CR, DC4, EOT = 0x10, 0x1B, 0x1D, 0x0A, 0x0D, 0x14, 0x04
CODE_BYTES_MAX = 7_089  # digits in the largest QR code
CLEAR_BUFFERS = b"\x01\x03\x14\x01\x06\x02\x08"


class ParseError(ValueError):
    """Bytes that are no command known here, or one that ends too early: ``offset`` is where it begins."""

    def __init__(self, offset: int, text: str) -> None:
        super().__init__(f"byte {offset}: {text}")
        self.offset = offset


@dataclasses.dataclass(frozen=True, slots=True)
class Reset:
    """``ESC @``: buffer, style and code page as after switching on."""


@dataclasses.dataclass(frozen=True, slots=True)
class UsePage:
    """``ESC t n``: the code page of the text that follows."""

    number: int
    codec: str


@dataclasses.dataclass(frozen=True, slots=True)
class Say:
    """Text, decoded; it does not end the line."""

    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Feed:
    """Prints the line and feeds: so many lines (``LF``, ``ESC d``), or so many dots (``ESC J``)."""

    lines: int = 0
    dots: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Align:
    """``ESC a``."""

    to: Literal["left", "center", "right"]


@dataclasses.dataclass(frozen=True, slots=True)
class Bold:
    """``ESC E``, and the bit for it in ``ESC !``."""

    on: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Underline:
    """``ESC -`` in dots, and the bit for it in ``ESC !``."""

    dots: int


@dataclasses.dataclass(frozen=True, slots=True)
class Scale:
    """``GS !`` and the bits for it in ``ESC !``: how many times as wide and as high."""

    wide: int
    high: int


@dataclasses.dataclass(frozen=True, slots=True)
class Font:
    """``ESC M``, and the bit for it in ``ESC !``: 0 is A, 1 is B."""

    number: int


@dataclasses.dataclass(frozen=True, slots=True)
class LineSpacing:
    """``ESC 2`` (null: the printer's own) and ``ESC 3``, in dots."""

    dots: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Raster:
    """``GS v 0``: a picture, ``width`` in dots, row by row, black is 1, each dot ``wide`` by ``high`` dots."""

    width: int
    height: int
    bits: bytes
    wide: int = 1
    high: int = 1


@dataclasses.dataclass(frozen=True, slots=True)
class Code:
    """``GS ( k``: a QR code printed from what was stored before; ``level`` is L, M, Q or H."""

    data: bytes
    module: int
    level: str


@dataclasses.dataclass(frozen=True, slots=True)
class Cut:
    """``GS V``."""

    partial: bool
    feed: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Drawer:
    """``ESC p`` or ``DLE DC4 1``: a pulse to connector 0 (pin 2) or 1 (pin 5), in 2 ms on and off."""

    connector: int
    on: int
    off: int


@dataclasses.dataclass(frozen=True, slots=True)
class Ask:
    """A question that the printer answers: ``DLE EOT n`` at once ("now"), ``GS r n`` in its turn ("in turn")."""

    when: Literal["now", "in turn"]
    what: int


@dataclasses.dataclass(frozen=True, slots=True)
class StatusBack:
    """``GS a n``: which changes the printer reports without being asked."""

    mask: int


@dataclasses.dataclass(frozen=True, slots=True)
class Clear:
    """``DLE DC4 8``: everything received so far is forgotten."""


Operation = (
    Reset
    | UsePage
    | Say
    | Feed
    | Align
    | Bold
    | Underline
    | Scale
    | Font
    | LineSpacing
    | Raster
    | Code
    | Cut
    | Drawer
    | Ask
    | StatusBack
    | Clear
)

ALIGNMENTS = MappingProxyType[int, Literal["left", "center", "right"]](
    {0: "left", 1: "center", 2: "right", 48: "left", 49: "center", 50: "right"}
)
LEVELS = MappingProxyType({48: "L", 49: "M", 50: "Q", 51: "H"})


def parse(data: bytes) -> list[Operation]:
    """Every operation in order; raises `ParseError` at the first byte that makes no sense."""
    return list(_Reader(data).operations())


class _Reader:
    """Walks through the bytes and keeps what later bytes depend on: the code page and the stored code."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._begin = 0
        self._codec = CODE_PAGES[0]
        self._stored = b""
        self._module = 3
        self._level = "L"

    def operations(self) -> Iterator[Operation]:
        while self._at < len(self._data):
            self._begin = self._at
            byte = self._data[self._at]
            if byte >= 0x20 and byte != 0x7F:
                yield self._text()
                continue
            self._at += 1
            if byte == LF:
                yield Feed(lines=1)
            elif byte in (ESC, GS, DLE):
                yield from {ESC: self._escape, GS: self._group, DLE: self._now}[byte]()
            elif byte != CR:  # a carriage return before a line feed does nothing
                raise self._wrong(f"control byte 0x{byte:02x}")

    def _wrong(self, text: str) -> ParseError:
        return ParseError(self._begin, text)

    def _take(self, count: int = 1) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise self._wrong("the command ends too early")
        self._at += count
        return taken

    def _number(self) -> int:
        return self._take()[0]

    def _number2(self) -> int:
        return int.from_bytes(self._take(2), "little")

    def _one_of(self, mapping: Mapping[int, str], what: str) -> str:
        number = self._number()
        if number not in mapping:
            raise self._wrong(f"{what} {number}")
        return mapping[number]

    def _text(self) -> Say:
        while self._at < len(self._data) and self._data[self._at] >= 0x20 and self._data[self._at] != 0x7F:
            self._at += 1
        try:
            return Say(self._data[self._begin : self._at].decode(self._codec))
        except UnicodeDecodeError as error:
            raise ParseError(self._begin + error.start, f"no sign of {self._codec}") from error

    def _escape(self) -> Iterator[Operation]:
        command = self._number()
        simple: dict[int, Callable[[], Operation]] = {
            ord("@"): self._reset,
            ord("t"): self._page,
            ord("d"): lambda: Feed(lines=self._number()),
            ord("J"): lambda: Feed(dots=self._number()),
            ord("a"): self._align,
            ord("E"): lambda: Bold(bool(self._number() & 1)),
            ord("G"): lambda: Bold(bool(self._number() & 1)),
            ord("-"): lambda: Underline(self._number() % 48),
            ord("M"): lambda: Font(self._number() % 48),
            ord("2"): lambda: LineSpacing(None),
            ord("3"): lambda: LineSpacing(self._number()),
            ord("p"): lambda: Drawer(self._number() % 48, self._number(), self._number()),
        }
        if command == ord("!"):
            yield from self._mode(self._number())
        elif command in simple:
            yield simple[command]()
        else:
            raise self._wrong(f"unknown command ESC 0x{command:02x}")

    def _reset(self) -> Reset:
        self._codec, self._stored, self._module, self._level = CODE_PAGES[0], b"", 3, "L"
        return Reset()

    def _page(self) -> UsePage:
        number = self._number()
        if number not in CODE_PAGES:
            raise self._wrong(f"code page {number}")
        self._codec = CODE_PAGES[number]
        return UsePage(number, self._codec)

    def _align(self) -> Align:
        number = self._number()
        if number not in ALIGNMENTS:
            raise self._wrong(f"alignment {number}")
        return Align(ALIGNMENTS[number])

    def _mode(self, bits: int) -> Iterator[Operation]:
        """``ESC !`` sets everything at once."""
        if bits & ~0b1011_1001:
            raise self._wrong(f"print mode 0x{bits:02x}")
        yield Font(bits & 1)
        yield Bold(bool(bits & 0x08))
        yield Scale(2 if bits & 0x20 else 1, 2 if bits & 0x10 else 1)
        yield Underline(1 if bits & 0x80 else 0)

    def _group(self) -> Iterator[Operation]:
        command = self._number()
        if command == ord("!"):
            bits = self._number()
            yield Scale((bits >> 4 & 7) + 1, (bits & 7) + 1)
        elif command == ord("V"):
            yield self._cut(self._number())
        elif command == ord("v"):
            yield self._raster()
        elif command == ord("("):
            yield from self._code()
        elif command == ord("r"):
            yield Ask("in turn", self._number() % 48)
        elif command == ord("a"):
            yield StatusBack(self._number())
        else:
            raise self._wrong(f"unknown command GS 0x{command:02x}")

    def _cut(self, mode: int) -> Cut:
        if mode in (0, 48, 1, 49):
            return Cut(partial=mode in (1, 49))
        if mode in (65, 66):
            return Cut(partial=mode == 66, feed=self._number())
        raise self._wrong(f"cut {mode}")

    def _raster(self) -> Raster:
        if self._number() != ord("0"):
            raise self._wrong("GS v without 0")
        mode = self._number() % 48
        width, height = self._number2(), self._number2()
        if mode > 3 or not width or not height:
            raise self._wrong(f"a picture of {width} bytes by {height} dots in mode {mode}")
        return Raster(width * 8, height, self._take(width * height), 2 if mode & 1 else 1, 2 if mode & 2 else 1)

    def _code(self) -> Iterator[Operation]:
        """The functions of ``GS ( k`` that make a QR code; settings are kept, only printing is an operation."""
        if self._number() != ord("k"):
            raise self._wrong("unknown command GS (")
        end = self._number2() + self._at
        if self._number() != ord("1"):
            raise self._wrong("a two-dimensional code that is no QR code")
        function = self._number()
        if function == 65:
            if self._take(2) not in (b"1\0", b"2\0"):
                raise self._wrong("QR model")
        elif function == 67:
            self._module = self._number()
            if not 1 <= self._module <= 16:
                raise self._wrong(f"QR module of {self._module} dots")
        elif function == 69:
            self._level = self._one_of(LEVELS, "QR level")
        elif function in (80, 81):
            if self._number() != ord("0"):
                raise self._wrong("QR parameter")
            if function == 80:
                self._stored = self._take(max(0, end - self._at))
                if not 1 <= len(self._stored) <= CODE_BYTES_MAX:
                    raise self._wrong(f"QR data of {len(self._stored)} bytes")
            elif not self._stored:
                raise self._wrong("a QR code is printed that was never stored")
            else:
                yield Code(self._stored, self._module, self._level)
        else:
            raise self._wrong(f"unknown QR function {function}")
        if self._at != end:
            raise self._wrong("the length of GS ( k is not that of its content")

    def _now(self) -> Iterator[Operation]:
        command = self._number()
        if command == EOT:
            what = self._number()
            if not 1 <= what <= 4:
                raise self._wrong(f"status {what}")
            yield Ask("now", what)
        elif command == DC4:
            function = self._number()
            if function == 1:
                connector, time = self._take(2)
                yield Drawer(connector, time * 50, time * 50)
            elif function == 8 and self._take(7) == CLEAR_BUFFERS:
                yield Clear()
            else:
                raise self._wrong(f"unknown command DLE DC4 {function}")
        else:
            raise self._wrong(f"unknown command DLE 0x{command:02x}")
