"""Documents laid out in columns of characters: what text, printers and previews have in common."""

import unicodedata
from collections.abc import Callable, Iterator

import msgspec

from engine.ports.printer import Align, Blank, Cell, Columns, Document, Image, Qr, Rule, Size, Table, Text, Weight

WIDTH_MIN = 24
WIDTH_MAX = 240
GAP = 1  # characters between two cells
FIGURES_PERCENT = 27  # of the width: what a column of figures takes where there is room
SHARE_COLUMNS_MIN = 4  # columns that one share must get; below, cells are set one under the other

Spell = Callable[[str], str]
"""How a text is written in the signs there are; laid out afterwards, because it may change its length."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line, filled up to its place with spaces and without any at its end."""

    text: str
    weight: Weight = "normal"
    size: Size = "normal"


def lay_out(document: Document, width: int, *, double: int = 1, spell: Spell = str) -> Iterator[Line | Qr | Image]:
    """The document from top to bottom as lines of at most ``width`` columns; codes and pictures come as they are.

    ``double`` is how many columns a character of double size takes: 2 on paper, 1 where all are the same. Widths are
    those of a terminal: wide characters count two, combining marks none.
    """
    if not WIDTH_MIN <= width <= WIDTH_MAX:
        raise ValueError(f"a width lies between {WIDTH_MIN} and {WIDTH_MAX} characters, not {width}")
    for block in document.blocks:
        match block:
            case Qr() | Image():
                yield block
            case Text() | Columns():
                inner = width // double if block.size == "double" else width
                for line in _paragraph(block, inner, spell) if isinstance(block, Text) else _row(block, inner, spell):
                    yield Line(text=line.rstrip(), weight=block.weight, size=block.size)
            case Table():
                for line in _table(_spelled(block.rows, spell), width):
                    yield Line(text=line.rstrip())
            case Rule():
                yield Line(text=("=" if block.double else "-") * width)
            case Blank():
                yield Line(text="")


def _paragraph(block: Text, width: int, spell: Spell) -> list[str]:
    inner = width - block.indent
    return [" " * block.indent + _fit(line, inner, block.align) for line in wrap(spell(block.text), inner)]


def _spelled(rows: tuple[tuple[Cell, ...], ...], spell: Spell) -> tuple[tuple[Cell, ...], ...]:
    return tuple(tuple(msgspec.structs.replace(cell, text=spell(cell.text)) for cell in row) for row in rows)


def columns_of(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(_width(char) for char in text)


def _width(char: str) -> int:
    if unicodedata.category(char)[0] == "M":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _fit(text: str, width: int, align: Align) -> str:
    """The text in a field of ``width`` columns; what is longer was wrapped before."""
    room = max(0, width - columns_of(text))
    if align == "right":
        return " " * room + text
    if align == "center":
        return " " * (room // 2) + text + " " * (room - room // 2)
    return text + " " * room


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` columns, broken at spaces, inside a word only where it alone is longer."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        candidate = f"{line} {word}" if line else word
        if columns_of(candidate) <= width:
            line = candidate
            continue
        if line:
            lines.append(line)
        *full, line = _cut(word, width)
        lines += full
    return [*lines, line]


def _cut(word: str, width: int) -> Iterator[str]:
    piece, used = "", 0
    for char in word:
        wide = _width(char)
        if used + wide > width:
            yield piece
            piece, used = "", 0
        piece += char
        used += wide
    yield piece


def _row(row: Columns, width: int, spell: Spell) -> list[str]:
    inner = width - row.indent
    (cells,) = _spelled((row.cells,), spell)
    widths = _widths(cells, inner)
    if widths is None:
        # Too narrow for what may not be cut: the cells follow each other, each in lines of its own.
        return [" " * row.indent + _fit(line, inner, cell.align) for cell in cells for line in wrap(cell.text, inner)]
    wrapped = [wrap(cell.text, wide) for cell, wide in zip(cells, widths, strict=True)]
    height = max(len(lines) for lines in wrapped)
    made = []
    for number in range(height):
        parts = [
            # Amounts stand on the last line of a label that wraps, where the eye ends.
            _fit(_line_of(lines, number - (height - len(lines)) if cell.share == 0 else number), wide, cell.align)
            for cell, lines, wide in zip(cells, wrapped, widths, strict=True)
        ]
        made.append(" " * row.indent + (" " * GAP).join(parts))
    return made


def _table(rows: tuple[tuple[Cell, ...], ...], width: int) -> list[str]:
    """Rows under common columns; what is too narrow for a row puts its name above its figures."""
    columns = max(len(row) for row in rows)
    widths = [max([columns_of(row[at].text) for row in rows if at < len(row)]) for at in range(columns)]
    gaps = GAP * (columns - 1)
    if sum(widths) + gaps <= width:
        # Columns of figures are equally wide where the paper allows; the names take the rest.
        even = min(width * FIGURES_PERCENT // 100, (width - widths[0] - gaps) // max(1, columns - 1))
        if max(widths[1:], default=0) <= even:
            widths[1:] = [even] * (columns - 1)
        widths[0] = width - gaps - sum(widths[1:])
        return [(" " * GAP).join(_cell(row, at, wide) for at, wide in enumerate(widths)) for row in rows]
    lines: list[str] = []
    for name, *figures in rows:
        together = (" " * GAP).join(cell.text for cell in figures)
        lines += wrap(name.text, width)
        texts = [together] if columns_of(together) <= width else [cell.text for cell in figures]
        lines += [_fit(line, width, "right") for text in texts for line in wrap(text, width)]
    return lines


def _cell(row: tuple[Cell, ...], at: int, width: int) -> str:
    return _fit(row[at].text if at < len(row) else "", width, "right" if at else "left")


def _line_of(lines: list[str], number: int) -> str:
    return lines[number] if 0 <= number < len(lines) else ""


def _widths(cells: tuple[Cell, ...], inner: int) -> list[int] | None:
    """The columns of each cell, or None where what has a share would get too little to be read."""
    fixed = [0 if cell.share else columns_of(cell.text) for cell in cells]
    shares = sum(cell.share for cell in cells)
    left = inner - GAP * (len(cells) - 1) - sum(fixed)
    if left < 0 or (shares and left < shares * SHARE_COLUMNS_MIN):
        return None
    widths, spent, given = [], 0, 0
    for cell, wide in zip(cells, fixed, strict=True):
        given += cell.share
        # Cumulative division: the parts add up to exactly what is left.
        upto = left * given // shares if shares else 0
        widths.append(wide if not cell.share else upto - spent)
        spent = upto if cell.share else spent
    return widths
