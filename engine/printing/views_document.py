"""The document model: what is printed, as lines, columns and rules that every printer and screen can lay out."""

import unicodedata
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Align = Literal["left", "center", "right"]
Weight = Literal["normal", "bold"]
Size = Literal["normal", "double"]

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


Block = Text | Columns | Table | Rule | Blank


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What is printed, from top to bottom; ``language`` is that of its words (ISO 639-1), ``title`` is for lists."""

    title: str
    language: str
    blocks: tuple[Block, ...]
