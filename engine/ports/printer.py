"""Printers as the engine sees them: documents made of blocks, and who puts one on paper as one job.

What goes wrong with a device is told by codes that never change their meaning (`PROBLEMS`); a job ends in one of three
ways (`Outcome`), and only who knows that no byte left may say ``failed``: everything else might be on paper.
"""

import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import Meta

Align = Literal["left", "center", "right"]
Weight = Literal["normal", "bold"]
Size = Literal["normal", "double"]

BLOCKS_MAX = 2_000  # of one document: 200 lines with all their options, twice over
QR_TEXT_BYTES_MAX = 300  # a code of 57 modules at most: 4 dots each fit the narrowest paper
IMAGE_WIDTH_DOTS_MAX = 576  # of the widest paper
IMAGE_HEIGHT_DOTS_MAX = 600  # 75 mm
DOTS_OF_BYTE = 8
MARKS_MAX = 3  # combining marks kept on one character: no writing stacks more, and more would cover the next line
INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs that show nothing (Hangul fillers, the empty braille pattern): good for deceiving only."""


def clean(text: str) -> str:
    """The text as it may be printed: normal form C, one kind of space, nothing invisible, nothing that commands.

    Every line break and other space becomes a plain space. Control characters (ESC and the C1 set too), marks of
    direction, zero-width characters, tags, surrogates, private and unassigned code points are left out: a product's
    name can neither drive a printer or terminal nor turn a line around.
    """
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        if char in "\t\n\r\v\f" or category[0] == "Z":
            kept.append(" ")
        elif category[0] == "C" or char in INVISIBLE:
            continue
        elif category[0] == "M":
            marks += 1
            if marks <= MARKS_MAX and kept:
                kept.append(char)
            continue
        else:
            kept.append(char)
        marks = 0
    return unicodedata.normalize("NFC", "".join(kept))


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """Anything with a text: it is cleaned when it is made, so that no document can carry a command."""

    text: str

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "text", clean(self.text))


class Text(_Said, frozen=True, kw_only=True, tag="text"):
    """A paragraph, wrapped where it is too long; ``indent`` in characters."""

    align: Align = "left"
    weight: Weight = "normal"
    size: Size = "normal"
    indent: Annotated[int, Meta(ge=0, le=12)] = 0


class Cell(_Said, frozen=True, kw_only=True):
    """One cell of a row: as wide as its text where ``share`` is 0, else that share of what the others leave."""

    align: Align = "left"
    share: Annotated[int, Meta(ge=0, le=100)] = 0


class Columns(msgspec.Struct, frozen=True, kw_only=True, tag="columns"):
    """A row of cells side by side; a cell with a share wraps, one without is never cut unless the paper is too narrow.

    ``indent`` in characters.
    """

    cells: Annotated[tuple[Cell, ...], Meta(min_length=1, max_length=8)]
    weight: Weight = "normal"
    size: Size = "normal"
    indent: Annotated[int, Meta(ge=0, le=12)] = 0


class Table(msgspec.Struct, frozen=True, kw_only=True, tag="table"):
    """Rows under common columns, each as wide as its widest cell: figures are never wrapped. The first cell of a row
    names it and stands left, the others stand right; shares mean nothing here."""

    rows: Annotated[tuple[tuple[Cell, ...], ...], Meta(min_length=1)]


class Rule(msgspec.Struct, frozen=True, kw_only=True, tag="rule"):
    """A line from edge to edge."""

    double: bool = False


class Blank(msgspec.Struct, frozen=True, kw_only=True, tag="blank"):
    """An empty line."""


class Qr(_Said, frozen=True, kw_only=True, tag="qr"):
    """A QR code (model 2, level M) in the middle, ``module`` dots to a module; where it cannot be drawn, its text."""

    module: Annotated[int, Meta(ge=2, le=8)] = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= len(self.text.encode()) <= QR_TEXT_BYTES_MAX:
            raise ValueError(f"a QR code holds 1 to {QR_TEXT_BYTES_MAX} bytes, not {len(self.text.encode())}")


class Image(msgspec.Struct, frozen=True, kw_only=True, tag="image"):
    """A picture in black and white in the middle: ``width`` in dots, a multiple of 8; ``bits`` row by row, black is 1,
    the leftmost dot in the highest bit."""

    width: Annotated[int, Meta(ge=DOTS_OF_BYTE, le=IMAGE_WIDTH_DOTS_MAX, multiple_of=DOTS_OF_BYTE)]
    bits: bytes

    def __post_init__(self) -> None:
        height, rest = divmod(len(self.bits), self.width // DOTS_OF_BYTE)
        if rest or not 1 <= height <= IMAGE_HEIGHT_DOTS_MAX:
            text = f"{len(self.bits)} bytes are no picture of {self.width} by at most {IMAGE_HEIGHT_DOTS_MAX} dots"
            raise ValueError(text)

    @property
    def height(self) -> int:
        """Its height in dots."""
        return len(self.bits) * DOTS_OF_BYTE // self.width


Block = Text | Columns | Table | Rule | Blank | Qr | Image


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What is printed, from top to bottom; ``language`` is that of its words (ISO 639-1), ``title`` is for lists.

    ``cut`` ends the job with a cut where the printer has a knife; ``drawer`` opens the cash drawer before the paper.
    """

    title: str
    language: str
    blocks: Annotated[tuple[Block, ...], Meta(max_length=BLOCKS_MAX)]
    cut: bool = True
    drawer: bool = False


Family = Literal["network", "serial", "file", "memory"]
"""How a printer is reached: TCP port 9100, a serial line, a device file or spool folder, or not at all (tests)."""

Profile = Literal["epson-80", "epson-80-48", "generic-80", "generic-58"]
"""What a printer can do: its paper, its code pages, whether it draws QR codes, cuts, and answers."""

CodePage = Literal["cp858", "cp1252"]
"""The code page that all text of a job is written in."""

COLUMNS = (32, 42, 48)  # characters of a line: 58 mm paper, 80 mm, 80 mm at 203 dots per inch


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """One printer as configured: how it is reached and what it can do; null columns and code page are its profile's.

    ``address`` is ``host`` or ``host:port`` (network), ``/dev/ttyUSB0`` or ``/dev/ttyUSB0@19200`` (serial), a device
    or the folder that jobs are laid down in (file).
    """

    family: Family
    address: str
    profile: Profile
    columns: int | None = None
    code_page: CodePage | None = None


PROBLEMS: Mapping[str, str] = MappingProxyType(
    {
        "printer.bad_address": "the printer's address cannot be understood",
        "printer.not_allowed": "who runs the machine has not allowed this device, address or port (docs/printing.md)",
        "printer.unreachable": "nobody answers at the printer's address",
        "printer.no_answer": "the printer does not answer when asked how it is",
        "printer.garbage": "the printer answers what no printer says",
        "printer.offline": "the printer is switched off line",
        "printer.paper_out": "there is no paper",
        "printer.cover_open": "the cover is open",
        "printer.error": "the printer reports an error of its mechanics",
        "printer.too_large": "the document makes more bytes than one job may have",
        "printer.not_begun": "the start of the job could not be recorded, so nothing was sent",
        "printer.expired": "the job waited too long; the ticket can be printed as a duplicate",
        "printer.unknown": "the link broke, or the printer fell silent, after the first byte",
        "printer.interrupted": "whoever was printing stopped in the middle of the job",
    }
)
"""Every code that an outcome or a `PrinterError` can carry, with its meaning."""


class PrinterError(Exception):
    """Something is wrong with a printer: ``code`` is one of `PROBLEMS`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        assert code in PROBLEMS
        self.code = code
        self.text = text

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


Paper = Literal["ok", "near_end", "out", "unknown"]


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How a printer is: ``problem`` is the code of what keeps it from printing, empty where nothing does.

    ``known`` is false for printers that cannot tell: then everything else stands at its default.
    """

    known: bool = True
    online: bool = True
    paper: Paper = "unknown"
    cover_open: bool = False
    problem: str = ""


Result = Literal["printed", "failed", "unknown"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a job ended: ``printed`` (the printer has worked through all of it), ``failed`` (not one byte of it left), or
    ``unknown`` (bytes left, and nothing says that all of it is on paper); ``code`` says why it was not printed."""

    result: Result
    code: str = ""
    text: str = ""


Begin = Callable[[], None]
"""Called right before the first byte of a job leaves; what it raises stops the job there."""


def begin_at_once() -> None:
    """For jobs whose start nobody has to record."""


class Printer(Protocol):
    """One printer; each call opens the way to it and closes it again, so that other tills and programs get their turn.

    Calls block, each no longer than its driver's named time limits; a printer is used by one thread at a time.
    """

    def print(self, document: Document, begin: Begin = begin_at_once) -> Outcome:
        """Prints a document as one job; trouble with the device is an outcome, never an exception."""

    def status(self) -> Status:
        """Asks the printer how it is; raises `PrinterError` where it cannot be asked."""

    def kick_drawer(self) -> None:
        """Opens the drawer behind the printer; raises `PrinterError` where the pulse could not be sent."""
