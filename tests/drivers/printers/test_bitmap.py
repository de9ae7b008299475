"""Uploaded logos become dots, and what is none is refused."""

import io

import pytest
from PIL import Image as Pictures

from drivers.printers import bitmap
from drivers.printers.bitmap import UnreadablePicture, to_logo


def _file(picture: Pictures.Image, format: str = "PNG") -> bytes:
    made = io.BytesIO()
    picture.save(made, format)
    return made.getvalue()


@pytest.mark.parametrize("format", ["PNG", "GIF", "JPEG"])
def test_black_stays_black_and_white_stays_white(format: str) -> None:
    picture = Pictures.new("L", (16, 8), 255)
    picture.paste(0, (0, 0, 8, 8))

    logo = to_logo(_file(picture, format))

    assert (16, b"\xff\x00" * 8) == (logo.width, logo.bits)


def test_a_wide_logo_is_made_narrower_in_proportion() -> None:
    logo = to_logo(_file(Pictures.new("L", (1_000, 500), 0)))

    assert (384, 192) == (logo.width, logo.height)


def test_a_high_logo_keeps_to_the_paper() -> None:
    logo = to_logo(_file(Pictures.new("L", (100, 3_000), 0)))

    assert (600, 0) == (logo.height, logo.width % 8)


def test_a_width_that_fills_no_byte_is_filled_up_with_white() -> None:
    logo = to_logo(_file(Pictures.new("L", (3, 1), 0)))

    assert (8, b"\x38") == (logo.width, logo.bits)


def test_what_is_transparent_is_paper() -> None:
    logo = to_logo(_file(Pictures.new("RGBA", (8, 1), (0, 0, 0, 0))))

    assert b"\x00" == logo.bits


def test_greys_become_dots() -> None:
    logo = to_logo(_file(Pictures.new("L", (64, 64), 128)))

    black = sum(byte.bit_count() for byte in logo.bits)
    assert 1_800 < black < 2_300


BITMAP = _file(Pictures.new("L", (2, 2)), "BMP")


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", BITMAP, b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_of_the_formats_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadablePicture):
        to_logo(data)


def test_a_small_file_with_a_huge_picture_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bitmap, "UPLOAD_PIXELS_MAX", 100)

    with pytest.raises(UnreadablePicture, match="at most 100 pixels"):
        to_logo(_file(Pictures.new("L", (11, 10))))


def test_a_huge_file_is_not_opened() -> None:
    with pytest.raises(UnreadablePicture, match="at most 2097152 bytes"):
        to_logo(bytes(bitmap.UPLOAD_BYTES_MAX + 1))
