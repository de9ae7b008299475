"""Texts of documents are clean whatever they were made of."""

import unicodedata

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ports.printer import MARKS_MAX, QR_TEXT_BYTES_MAX, Cell, Document, Image, Qr, Text, clean


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Café crème", "Café crème"),
        ("Cafe\u0301", "Café"),
        ("a\tb\nc\u00a0d\u202fe\u2028f", "a b c d e f"),
        ("\x1b[2J\x1b]0;x\x07\x9b31m", "[2J]0;x31m"),
        ("pay\u202e00,1\u202c \u2066x\u2069", "pay00,1 x"),
        ("z\u200be\u200cr\u200do\ufeff\u00ad", "zero"),
        ("\u3164\u115f\u2800\uffa0vide", "vide"),
        ("\U000e0041\U000e0042tag", "tag"),
        ("privé\ue000 \U0010ffff", "privé "),
        ("x" + "\u0335" * 40, "x" + "\u0335" * MARKS_MAX),
        ("\u0301seul", "seul"),
        ("寿司 👍", "寿司 👍"),
    ],
)
def test_what_commands_or_hides_is_left_out_and_what_is_read_stays(name: str, expected: str) -> None:
    said = Text(text=name).text, Cell(text=name).text

    assert (expected, expected) == said


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_a_clean_text_stays_as_it_is_and_holds_nothing_but_signs_and_plain_spaces(name: str) -> None:
    once = clean(name)

    assert once == clean(once)
    assert all(char == " " or unicodedata.category(char)[0] not in "CZ" for char in once)


@pytest.mark.parametrize(("width", "size"), [(8, 0), (16, 3), (8, 601)])
def test_a_picture_has_whole_rows_and_a_height_that_paper_has(width: int, size: int) -> None:
    with pytest.raises(ValueError, match="are no picture of"):
        Image(width=width, bits=bytes(size))


@pytest.mark.parametrize("text", ["", "\x1b\x1d", "é" * (QR_TEXT_BYTES_MAX // 2 + 1)])
def test_a_code_holds_something_and_not_too_much(text: str) -> None:
    with pytest.raises(ValueError, match="a QR code holds 1 to 300 bytes"):
        Qr(text=text)


def test_a_document_travels_as_json_and_comes_back_the_same() -> None:
    picture = Image(width=16, bits=b"\x0f\xf0" * 3)
    blocks = (Text(text="a\x1bb", size="double"), Qr(text="https://x.test/proof/00"), picture)
    document = Document(title="t", language="fr", blocks=blocks, drawer=True)

    again = msgspec.json.decode(msgspec.json.encode(document), type=Document)

    assert document == again
    assert 3 == picture.height
