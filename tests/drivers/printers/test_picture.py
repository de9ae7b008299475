"""The picture of the paper: codes that read, pictures in their place, columns that stay columns."""

import io

import pytest
import zxingcpp
from PIL import Image as Pictures

from drivers.printers.escpos import encode
from drivers.printers.parser import Align, Code, Cut, Feed, Raster, Reset, Say, Scale, parse
from drivers.printers.picture import MARGIN_DOTS, draw, preview
from drivers.printers.profiles import PROFILES, features_of
from engine.ports.printer import Document, Qr, Setup

FEATURES = PROFILES["epson-80-48"]


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_the_code_of_a_receipt_reads_back_from_its_picture(profile: str, receipt: Document) -> None:
    setup = Setup(family="memory", address="", profile=profile)  # type: ignore[arg-type]  # a name of the table itself
    features = features_of(setup)
    (code,) = [block for block in receipt.blocks if isinstance(block, Qr)]

    picture = Pictures.open(io.BytesIO(preview(receipt, setup)))

    assert [code.text] == [found.text for found in zxingcpp.read_barcodes(picture)]
    assert features.dots + 2 * MARGIN_DOTS == picture.width


@pytest.mark.parametrize("length", [1, 30, 150, 300])
def test_codes_of_every_length_read_back_on_the_narrowest_paper(length: int) -> None:
    features = PROFILES["generic-58"]
    text = ("https://caisse.example.fr/" + "x" * 300)[:length]
    document = Document(title="t", language="fr", blocks=(Qr(text=text),))

    picture = draw(parse(encode(document, features)), features)

    assert [text] == [found.text for found in zxingcpp.read_barcodes(picture)]


def test_a_picture_stands_where_it_is_aligned_dot_for_dot() -> None:
    logo = Raster(16, 2, b"\x80\x01\xff\xff")

    page = draw([Reset(), Align("right"), logo, Feed(lines=1)], FEATURES)

    left = MARGIN_DOTS + FEATURES.dots - 16
    first = [page.getpixel((left + x, MARGIN_DOTS)) for x in range(16)]
    assert [0, *[255] * 14, 0] == first
    assert {0} == {page.getpixel((left + x, MARGIN_DOTS + 1)) for x in range(16)}


def test_lines_wrap_at_the_edge_and_large_ones_take_their_height() -> None:
    one = draw([Say("x" * 48), Feed(lines=1)], FEATURES)
    two = draw([Say("x" * 49), Feed(lines=1)], FEATURES)
    large = draw([Scale(1, 3), Say("x"), Feed(lines=1)], FEATURES)

    assert (30, 42) == (two.height - one.height, large.height - one.height)


def test_accents_and_the_euro_have_a_form_of_their_own() -> None:
    drawn = {char: draw([Say(char)], FEATURES).tobytes() for char in "eéèêëcçCÇ€aàâAÀ"}

    assert len(drawn) == len(set(drawn.values()))


def test_a_code_and_a_cut_end_the_line_before_them() -> None:
    page = draw([Say("x"), Code(b"x", 4, "M"), Say("y"), Cut(partial=True)], FEATURES)

    assert MARGIN_DOTS * 2 + 30 + (21 + 8) * 4 + 30 + 1 == page.height
