"""What people configure about paper: printers, which tills refer to, and logos, which the shop's settings refer to."""

import base64
import binascii
import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind, Row
from engine.kernel.messages import Id, Label
from engine.kernel.world import World
from engine.ports.printer import (
    DOTS_OF_BYTE,
    IMAGE_HEIGHT_DOTS_MAX,
    IMAGE_WIDTH_DOTS_MAX,
    CodePage,
    Family,
    Image,
    Profile,
    Setup,
)

PRINTERS_MAX = 1_000
LOGOS_MAX = 100
ADDRESS_CHARS_MAX = 200
LOGO_BYTES_MAX = IMAGE_WIDTH_DOTS_MAX // DOTS_OF_BYTE * IMAGE_HEIGHT_DOTS_MAX
LOGO_CHARS_MAX = (LOGO_BYTES_MAX + 2) // 3 * 4  # in base64: with its entry's header well under the 65 535 bytes

ADDRESSES = {
    "network": re.compile(r"[A-Za-z0-9._-]+(:[0-9]{4,5})?|\[[0-9a-fA-F:.%a-z]+\](:[0-9]{4,5})?"),
    "serial": re.compile(r"/dev/[A-Za-z0-9/_-]+(@[0-9]{4,6})?"),
    "file": re.compile(r"/[^\x00-\x1f]+"),
    "memory": re.compile(r".*"),
}
"""What an address of each family looks like; the driver that uses it looks closer."""


class PrinterRow(Row, frozen=True, kw_only=True):
    """A printer: how it is reached and what it can do (engine/ports/printer.py, `Setup`), and who stands in for it.

    ``spare`` is the printer that takes its jobs while it cannot print; null columns and code page are the profile's.
    """

    name: Label
    family: Family
    address: Annotated[str, Meta(max_length=ADDRESS_CHARS_MAX)] = ""
    profile: Profile = "epson-80"
    columns: Literal[32, 42, 48] | None = None
    code_page: CodePage | None = None
    spare: Id | None = None

    def setup(self) -> Setup:
        """What a driver is made from."""
        return Setup(
            family=self.family,
            address=self.address,
            profile=self.profile,
            columns=self.columns,
            code_page=self.code_page,
        )


class LogoRow(Row, frozen=True, kw_only=True):
    """A picture in black and white for the head of receipts: ``width`` in dots, a multiple of 8; ``bits`` in base64,
    row by row, black is 1. Who uploads a PNG, JPEG or GIF has it brought into this form before it gets here."""

    title: Label
    width: Annotated[int, Meta(ge=DOTS_OF_BYTE, le=IMAGE_WIDTH_DOTS_MAX, multiple_of=DOTS_OF_BYTE)]
    bits: Annotated[str, Meta(max_length=LOGO_CHARS_MAX)]

    def image(self) -> Image:
        """The picture; raises `ValueError` where the bits are none."""
        return Image(width=self.width, bits=base64.b64decode(self.bits, validate=True))


def check_printer(row: PrinterRow, world: World) -> PrinterRow:
    """An address of its family's form, and a printer that this machine drives."""
    if not ADDRESSES[row.family].fullmatch(row.address):
        raise Refusal("printing.bad_address", f"{row.address!r} is no address of family {row.family}", at="row.address")
    why = world.surroundings.refuses(row.setup())
    if why:
        raise Refusal("printing.not_allowed", why, at="row.address" if row.address else "row.family")
    return row


def check_logo(row: LogoRow, world: World) -> LogoRow:
    """Whole rows of dots, in a height that paper has."""
    try:
        image = row.image()
    except (ValueError, binascii.Error) as error:
        raise Refusal("printing.bad_logo", f"the logo is no picture: {error}", at="row.bits") from error
    return msgspec.structs.replace(row, bits=base64.b64encode(image.bits).decode())


PRINTERS = Kind(
    name="printers",
    code=40,
    row=PrinterRow,
    permission="shop.write",
    references={"spare": "printers"},
    unique=("name",),
    rows_max=PRINTERS_MAX,
    check=check_printer,
    example={"name": "Bar", "family": "network", "address": "192.168.1.50:9100", "profile": "epson-80"},
)

LOGOS = Kind(
    name="logos",
    code=41,
    row=LogoRow,
    permission="shop.write",
    rows_max=LOGOS_MAX,
    check=check_logo,
    example={"title": "Ancre", "width": 16, "bits": "AYADwAGAAYABgEGCYYZxjj/8D/A="},
)
