"""Documents as plain text in a fixed width, for terminals, logs and printers without commands."""

from engine.ports.layout import Line, lay_out, wrap
from engine.ports.printer import Document, Qr

WIDTH_DEFAULT = 42  # characters of an 80 mm printer


def to_text(document: Document, width: int = WIDTH_DEFAULT) -> str:
    """The document as lines of at most ``width`` characters, each ended by a newline, without trailing spaces.

    Weight, size and pictures have no form in plain text and are left out; of a code its text stays.
    """
    lines: list[str] = []
    for item in lay_out(document, width):
        match item:
            case Line():
                lines.append(item.text)
            case Qr():
                lines += wrap(item.text, width)
    return "".join(line + "\n" for line in lines)
