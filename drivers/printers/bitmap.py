"""Uploaded logos brought into the form that printers take: black and white, no wider than the paper.

Decoding a stranger's picture is work for the chores process: it may take memory, and decoders have had holes.
"""

import io

from PIL import Image as Pictures

from engine.ports.printer import DOTS_OF_BYTE, IMAGE_HEIGHT_DOTS_MAX, Image

UPLOAD_BYTES_MAX = 2 << 20
UPLOAD_PIXELS_MAX = 16_000_000  # decoded: what a phone's camera makes, and 64 MB at most
FORMATS = ("PNG", "JPEG", "GIF")
LOGO_WIDTH_DOTS = 384  # fits every paper
WHITE = 255


class UnreadablePicture(ValueError):
    """What was uploaded is no picture in one of the formats, or too large."""


def to_logo(data: bytes, width_max: int = LOGO_WIDTH_DOTS) -> Image:
    """A PNG, JPEG or GIF as dots: scaled down to the width where it is wider, transparency white, greys dithered."""
    if len(data) > UPLOAD_BYTES_MAX:
        raise UnreadablePicture(f"a logo has at most {UPLOAD_BYTES_MAX} bytes, not {len(data)}")
    try:
        with Pictures.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > UPLOAD_PIXELS_MAX:
                raise UnreadablePicture(f"a logo has at most {UPLOAD_PIXELS_MAX} pixels")
            picture = opened.convert("RGBA")
    except (OSError, SyntaxError, ValueError, Pictures.DecompressionBombError) as error:
        raise UnreadablePicture(f"no picture in {', '.join(FORMATS)}: {error}") from error
    page = Pictures.new("RGBA", picture.size, (WHITE, WHITE, WHITE, WHITE))
    page.alpha_composite(picture)
    grey = page.convert("L")
    grey.thumbnail((width_max, IMAGE_HEIGHT_DOTS_MAX))
    width = -(-grey.width // DOTS_OF_BYTE) * DOTS_OF_BYTE
    even = Pictures.new("L", (width, grey.height), WHITE)
    even.paste(grey, ((width - grey.width) // 2, 0))
    dots = even.convert("1").tobytes()
    return Image(width=width, bits=bytes(byte ^ 0xFF for byte in dots))
