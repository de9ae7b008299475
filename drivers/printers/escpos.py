"""Documents as ESC/POS bytes: one job from a clean start, in one code page, without a byte that a name could choose."""

import itertools
from typing import Any

from drivers.printers.builder import new_builder
from drivers.printers.profiles import Features
from drivers.printers.spelling import spell
from engine.ports.layout import Line, lay_out
from engine.ports.printer import DOTS_OF_BYTE, Document, Image, PrinterError, Qr

JOB_BYTES_MAX = 1 << 20
QR_LEVEL_M = 1  # 15 % of a code may be lost: receipts are creased
QR_QUIET_MODULES = 4  # white around a code (ISO/IEC 18004)
DRAWER_PIN = 2  # of the connector; the other drawer, on pin 5, is not used

DLE = 0x10
REAL_TIME = frozenset({0x04, 0x05, 0x14})
"""What follows DLE in a command that printers obey at once, even in the middle of a picture's data."""

CLEAR = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4 8: forget everything received so far, printed or not."""

_NO_STATUS_BACK = b"\x1d\x61\x00"  # GS a 0: only answers what it is asked


def encode(document: Document, features: Features) -> bytes:
    """The document as the bytes of one job; raises `PrinterError` ``printer.too_large``."""
    job = _Job(features)
    if document.drawer:
        job.paper.cashdraw(DRAWER_PIN)
    for item in lay_out(document, features.columns, double=2, spell=lambda text: spell(text, features.code_page)):
        match item:
            case Line():
                job.line(item)
            case Qr():
                job.code(item)
            case Image():
                job.picture(item)
    job.end(cut=document.cut)
    data = bytes(job.paper.output)
    if len(data) > JOB_BYTES_MAX:
        raise PrinterError("printer.too_large", f"{len(data)} bytes for one job; {JOB_BYTES_MAX} at most")
    return data


def drawer_pulse(features: Features) -> bytes:
    """The bytes that open the drawer and print nothing."""
    paper = new_builder(features.escpos)
    paper.cashdraw(DRAWER_PIN)
    return bytes(paper.output)


class _Job:
    """The builder of one job and how it was last told to write."""

    def __init__(self, features: Features) -> None:
        self._features = features
        self._style = (False, False)
        self.paper: Any = new_builder(features.escpos)
        self.paper.hw("INIT")
        if features.answers:
            self.paper._raw(_NO_STATUS_BACK)
        # Left to itself the library looks for a page per character, and finds ones that cheap printers lack.
        self.paper.charcode(features.code_page.upper())

    def _set(self, bold: bool, double: bool) -> None:
        if self._style == (bold, double):
            return
        if self._style[1] != double:
            self.paper.set(double_width=double, double_height=double, normal_textsize=not double)
        self.paper.set(bold=bold)
        self._style = (bold, double)

    def line(self, line: Line) -> None:
        if line.text:
            self._set(line.weight == "bold", line.size == "double")
        self.paper.text(f"{line.text}\n")

    def code(self, code: Qr) -> None:
        self._set(False, False)
        if not self._features.native_qr:
            self.picture(_draw(code, self._features.dots))
            return
        self.paper.set(align="center")
        self.paper.qr(code.text, ec=QR_LEVEL_M, size=code.module, native=True)
        self.paper.text("\n")
        self.paper.set(align="left")

    def picture(self, image: Image) -> None:
        from PIL import Image as Pictures

        bits = tame(image.bits)
        flipped = bytes(byte ^ 0xFF for byte in bits)
        drawn = Pictures.frombytes("1", (image.width, image.height), flipped)
        if image.width > self._features.dots:
            raise PrinterError("printer.too_large", f"a picture {image.width} dots wide on {self._features.dots}")
        self._set(False, False)
        self.paper.set(align="center")
        self.paper.image(drawn)
        self.paper.set(align="left")

    def end(self, *, cut: bool) -> None:
        self._set(False, False)
        if cut:
            # Feeds what was printed past the knife, or past the edge that paper is torn at.
            self.paper.cut(mode="PART")


def tame(bits: bytes) -> bytes:
    """A picture's data without anything that looks like a real-time command: one dot turns black for each.

    DLE DC4 inside a picture would open the drawer of most printers, so who chooses the logo could.
    """
    tamed = bytearray(bits)
    for at, (first, second) in enumerate(itertools.pairwise(bits)):
        if first == DLE and second in REAL_TIME:
            tamed[at] |= 1
    return bytes(tamed)


def _draw(code: Qr, dots: int) -> Image:
    """A code as a picture, for printers that cannot draw it, with modules as wide as fit where they would not."""
    import qrcode  # type: ignore[import-untyped]  # the library has no types

    made = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=QR_QUIET_MODULES)
    made.add_data(code.text.encode())
    made.make(fit=True)
    matrix = made.get_matrix()
    module = min(code.module, dots // len(matrix))
    width = -(-len(matrix) * module // DOTS_OF_BYTE) * DOTS_OF_BYTE
    rows = []
    for row in matrix:
        black = "".join(("1" if module_is_black else "0") * module for module_is_black in row).ljust(width, "0")
        rows.append(int(black, 2).to_bytes(width // DOTS_OF_BYTE, "big") * module)
    return Image(width=width, bits=b"".join(rows))
