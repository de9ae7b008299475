"""Operations as a picture of the paper: previews, and proof for tests that codes and pictures come out readable."""

import io
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from drivers.printers import parser
from drivers.printers.escpos import encode
from drivers.printers.profiles import DOTS_OF_COLUMN, Features, features_of
from engine.ports.printer import Document, Setup

CELL_HEIGHT = 24  # dots of font A
LINE_DOTS = 30  # from line to line, unless told otherwise
GLYPH_POINTS = 21  # of the drawn font: its capitals are about as high as a printer's
BASE_DOTS = 3  # above a letter
MARGIN_DOTS = 16
QUIET_MODULES = 4
BLACK, WHITE, GREY = 0, 255, 160
ACCENT_Y_SMALL, ACCENT_Y_CAPITAL = 3, 0  # from the top of the cell
ACCENTS = MappingProxyType(
    {
        "\u0300": ((4, 0, 7, 3),),
        "\u0301": ((8, 0, 5, 3),),
        "\u0302": ((3, 3, 6, 0), (6, 0, 9, 3)),
        "\u0303": ((3, 2, 5, 1), (5, 1, 7, 2), (7, 2, 9, 1)),
        "\u0308": ((3, 1, 4, 1), (8, 1, 9, 1)),
        "\u030a": ((5, 0, 7, 0), (5, 3, 7, 3), (4, 1, 4, 2), (8, 1, 8, 2)),
        "\u030c": ((3, 0, 6, 3), (6, 3, 9, 0)),
    }
)
"""Accents as strokes, in dots: the font that Pillow brings along has letters without accents only."""

CEDILLA = "\u0327"
CEDILLA_STROKES = ((6, 20, 7, 22), (7, 22, 4, 23))
EURO_STROKES = ((1, 10, 8, 10), (1, 13, 8, 13))
MADE_OF = MappingProxyType(
    {
        "œ": "oe",
        "Œ": "OE",
        "æ": "ae",
        "Æ": "AE",
        "ß": "fs",
        "«": "<<",
        "»": ">>",
        "…": "...",
        "ı": "i",
        "ø": "o",
        "Ø": "O",
    }
)
"""Signs that the font lacks -> the signs that are squeezed into one cell for them."""

PAPER_DOTS_MAX = 60_000  # 7.5 m: nobody prints more at once


def preview(document: Document, setup: Setup) -> bytes:
    """A document as the configured printer would print it, as a PNG: encoded for it, read back and drawn."""
    features = features_of(setup)
    return to_png(parser.parse(encode(document, features)), features)


def to_png(operations: Sequence[parser.Operation], features: Features) -> bytes:
    """The paper as a PNG in greys, one pixel to a dot."""
    made = io.BytesIO()
    draw(operations, features).save(made, "PNG", optimize=False)
    return made.getvalue()


def draw(operations: Sequence[parser.Operation], features: Features) -> Image.Image:
    """The paper as a picture, from the first operation's line to the last feed."""
    paper = _Paper(features)
    for operation in operations:
        paper.take(operation)
    return paper.finish()


class _Paper:
    """A printer's state and the paper it has filled so far."""

    def __init__(self, features: Features) -> None:
        self._dots = features.dots
        self._strips: list[tuple[int, int, Image.Image]] = []
        self._y = MARGIN_DOTS
        self._reset()

    def _reset(self) -> None:
        self._align, self._bold, self._underline = "left", False, 0
        self._wide = self._high = 1
        self._spacing = LINE_DOTS
        self._line: list[Image.Image] = []

    def take(self, operation: parser.Operation) -> None:
        match operation:
            case parser.Reset():
                self._reset()
            case parser.Say(text=text):
                self._line += [self._glyph(char) for char in text]
            case parser.Feed(lines=lines, dots=dots):
                self._end_line(lines, dots)
            case parser.Align(to=to):
                self._align = to
            case parser.Bold(on=on):
                self._bold = on
            case parser.Underline(dots=dots):
                self._underline = dots
            case parser.Scale(wide=wide, high=high):
                self._wide, self._high = wide, high
            case parser.LineSpacing(dots=spacing):
                self._spacing = LINE_DOTS if spacing is None else spacing
            case parser.Raster():
                self._place(_raster(operation))
            case parser.Code():
                self._place(_code(operation))
            case parser.Cut():
                self._cut()
            case _:
                pass  # pages, fonts, questions and drawers leave no mark on paper

    def finish(self) -> Image.Image:
        """The paper as far as it was fed."""
        self._end_line(1 if self._line else 0, 0)
        height = min(self._y + MARGIN_DOTS, PAPER_DOTS_MAX)
        page = Image.new("L", (self._dots + 2 * MARGIN_DOTS, height), WHITE)
        for x, y, strip in self._strips:
            page.paste(strip, (x + MARGIN_DOTS, y))
        return page

    def _glyph(self, char: str) -> Image.Image:
        cell = _cell(char, self._bold)
        if self._underline:
            cell = cell.copy()
            ImageDraw.Draw(cell).rectangle((0, CELL_HEIGHT - self._underline, DOTS_OF_COLUMN, CELL_HEIGHT), fill=BLACK)
        return cell.resize((DOTS_OF_COLUMN * self._wide, CELL_HEIGHT * self._high), Image.Resampling.NEAREST)

    def _end_line(self, lines: int, dots: int) -> None:
        """What is in the buffer is printed, on as many lines of paper as it takes."""
        pending, high = self._line, 0
        self._line = []
        while pending:
            row: list[Image.Image] = []
            while pending and sum(cell.width for cell in row) + pending[0].width <= self._dots:
                row.append(pending.pop(0))
            width, high = sum(cell.width for cell in row), max(cell.height for cell in row)
            strip = Image.new("L", (width, high), WHITE)
            x = 0
            for cell in row:
                strip.paste(cell, (x, high - cell.height))
                x += cell.width
            self._strips.append((self._left(width), self._y, strip))
            if pending:
                self._y += max(self._spacing, high)
        self._y += max(self._spacing * min(lines, 1), high) + self._spacing * max(0, lines - 1) + dots

    def _left(self, width: int) -> int:
        room = max(0, self._dots - width)
        return {"left": 0, "center": room // 2, "right": room}[self._align]

    def _place(self, strip: Image.Image) -> None:
        self._end_line(1 if self._line else 0, 0)
        self._strips.append((self._left(strip.width), self._y, strip))
        self._y += strip.height

    def _cut(self) -> None:
        self._end_line(1 if self._line else 0, 0)
        strip = Image.new("L", (self._dots, 1), WHITE)
        for x in range(0, self._dots, DOTS_OF_COLUMN):
            ImageDraw.Draw(strip).line((x, 0, x + DOTS_OF_COLUMN // 2, 0), fill=GREY)
        self._strips.append((0, self._y, strip))
        self._y += 1


@lru_cache(maxsize=1)
def _font() -> Any:
    return ImageFont.load_default(GLYPH_POINTS)


@lru_cache(maxsize=512)
def _cell(char: str, bold: bool) -> Image.Image:
    """A character in its cell; what is drawn wider than the cell is narrowed, so that columns stay columns."""
    base, *marks = list(unicodedata.normalize("NFD", char))
    text = "C" if base == "€" else MADE_OF.get(base, base)
    font = _font()
    left, _, right, _ = font.getbbox(text)
    width = max(1, int(right - left) + 1)
    drawn = Image.new("L", (width, CELL_HEIGHT), WHITE)
    ImageDraw.Draw(drawn).text((-left, -BASE_DOTS), text, font=font, fill=BLACK, stroke_width=0.4 if bold else 0)
    if width > DOTS_OF_COLUMN:
        drawn = drawn.resize((DOTS_OF_COLUMN, CELL_HEIGHT), Image.Resampling.LANCZOS)
    cell = Image.new("L", (DOTS_OF_COLUMN, CELL_HEIGHT), WHITE)
    cell.paste(drawn, ((DOTS_OF_COLUMN - drawn.width) // 2, 0))
    pen = ImageDraw.Draw(cell)
    for x, y, to_x, to_y in _strokes(base, marks):
        pen.line((x, y, to_x, to_y), fill=BLACK, width=2 if bold else 1)
    return cell


def _strokes(base: str, marks: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """The strokes that make a letter of the font into one with accents, or into the euro's sign."""
    top = ACCENT_Y_CAPITAL if base.isupper() else ACCENT_Y_SMALL
    strokes = list(EURO_STROKES) if base == "€" else []
    for mark in marks:
        if mark == CEDILLA:
            strokes += CEDILLA_STROKES
        strokes += [(x, y + top, to_x, to_y + top) for x, y, to_x, to_y in ACCENTS.get(mark, ())]
    return strokes


def _raster(picture: parser.Raster) -> Image.Image:
    flipped = bytes(byte ^ 0xFF for byte in picture.bits)
    drawn = Image.frombytes("1", (picture.width, picture.height), flipped).convert("L")
    return drawn.resize((picture.width * picture.wide, picture.height * picture.high), Image.Resampling.NEAREST)


def _code(code: parser.Code) -> Image.Image:
    import qrcode  # type: ignore[import-untyped]  # the library has no types

    levels = {
        "L": qrcode.constants.ERROR_CORRECT_L,
        "M": qrcode.constants.ERROR_CORRECT_M,
        "Q": qrcode.constants.ERROR_CORRECT_Q,
        "H": qrcode.constants.ERROR_CORRECT_H,
    }
    made = qrcode.QRCode(error_correction=levels[code.level], border=QUIET_MODULES)
    made.add_data(code.data)
    made.make(fit=True)
    matrix = made.get_matrix()
    drawn = Image.new("L", (len(matrix), len(matrix)), WHITE)
    drawn.putdata([BLACK if black else WHITE for row in matrix for black in row])
    return drawn.resize((len(matrix) * code.module, len(matrix) * code.module), Image.Resampling.NEAREST)
