"""Documents as bytes: goldens, a clean start, one code page, and names that never become commands."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.printers import escpos
from drivers.printers.escpos import encode, tame
from drivers.printers.parser import (
    Align,
    Bold,
    Code,
    Cut,
    Drawer,
    Feed,
    Font,
    Operation,
    Raster,
    Reset,
    Say,
    Scale,
    StatusBack,
    Underline,
    UsePage,
    parse,
)
from drivers.printers.profiles import PROFILES, Features
from drivers.printers.spelling import spell
from engine.ports.layout import Line, lay_out
from engine.ports.printer import Blank, Block, Cell, Columns, Document, Image, PrinterError, Qr, Rule, Table, Text

GOLDEN = Path(__file__).parents[2] / "data" / "receipts"
HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x00\x04\x05\x07\n\r\x10\x14\x18\x1b\x1c\x1d\x7f\x85\x9b\u200b\u200e\u202e\u2066\u2028\ufeff"),
        st.sampled_from("ab é€œ’p@t!VkL0(10"),
    ),
    max_size=40,
)


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_a_receipt_makes_the_same_bytes_as_the_golden_ones(profile: str, receipt: Document) -> None:
    data = encode(receipt, PROFILES[profile])  # type: ignore[index]  # a name of the table itself
    path = GOLDEN / f"receipt_{profile}.escpos"
    if os.environ.get("GUICHET_GOLDEN") == "write":
        path.write_bytes(data)

    assert path.read_bytes() == data


def test_a_receipt_starts_clean_opens_the_drawer_and_ends_with_a_cut(receipt: Document) -> None:
    operations = parse(encode(receipt, PROFILES["epson-80"]))

    assert [Reset(), StatusBack(0), Drawer(0, 50, 50)] == [
        operation for operation in operations[:4] if not isinstance(operation, UsePage)
    ]
    assert [Feed(lines=6), Cut(partial=True)] == operations[-2:]
    assert 1 == sum(isinstance(operation, UsePage) for operation in operations)


def test_every_job_starts_from_nothing(receipt: Document) -> None:
    features = PROFILES["generic-80"]
    first = encode(receipt, features)

    encode(Document(title="t", language="fr", blocks=(Text(text="gras", weight="bold", size="double"),)), features)

    assert first == encode(receipt, features)


def test_without_knife_and_code_the_paper_is_fed_and_the_code_is_a_picture(receipt: Document) -> None:
    operations = parse(encode(receipt, PROFILES["generic-58"]))

    assert Feed(lines=6) == operations[-1]
    assert 2 == sum(isinstance(operation, Raster) for operation in operations)
    assert not any(isinstance(operation, (Code, Cut)) for operation in operations)


def test_a_document_may_ask_for_no_cut_and_no_drawer(short: Document) -> None:
    uncut = Document(title="t", language="fr", blocks=short.blocks, cut=False)

    operations = parse(encode(uncut, PROFILES["epson-80"]))

    assert not any(isinstance(operation, (Cut, Drawer)) for operation in operations)


@pytest.mark.parametrize(
    "bits",
    [
        b"\x10\x14\x01\x00\x05\x00",
        b"\x10\x04\x01\x10\x05\x01",
        b"\x10\x10\x14\x01\x00\x05",
        b"\x00\x10\x00\x14\x10\x14",
    ],
)
def test_a_logo_cannot_hide_a_command_that_printers_obey_at_once(bits: bytes) -> None:
    document = Document(title="t", language="fr", blocks=(Image(width=16, bits=bits),))

    data = encode(document, PROFILES["epson-80"])

    assert not any(b"\x10" + bytes((second,)) in data for second in (0x04, 0x05, 0x14))
    (picture,) = [operation for operation in parse(data) if isinstance(operation, Raster)]
    assert tame(bits) == picture.bits
    assert sum((one ^ two).bit_count() for one, two in zip(bits, picture.bits, strict=True)) <= bits.count(0x10)


def test_a_picture_wider_than_the_paper_and_a_job_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = Document(title="t", language="fr", blocks=(Image(width=400, bits=bytes(50)),))
    with pytest.raises(PrinterError, match="a picture 400 dots wide on 384"):
        encode(wide, PROFILES["generic-58"])
    monkeypatch.setattr(escpos, "JOB_BYTES_MAX", 10)

    with pytest.raises(PrinterError, match=r"printer\.too_large"):
        encode(Document(title="t", language="fr", blocks=()), PROFILES["epson-80"])


@st.composite
def documents(drawn: st.DrawFn) -> Document:
    """Documents of every block with hostile texts."""
    size = st.sampled_from(["normal", "double"])
    weight = st.sampled_from(["normal", "bold"])
    align = st.sampled_from(["left", "center", "right"])
    cell = st.builds(Cell, text=HOSTILE, align=align, share=st.integers(0, 2))
    row = st.lists(cell, min_size=1, max_size=4).map(tuple)
    blocks: st.SearchStrategy[Block] = st.one_of(
        st.builds(Text, text=HOSTILE, align=align, weight=weight, size=size, indent=st.integers(0, 12)),
        st.builds(Columns, cells=row, weight=weight, size=size),
        st.builds(
            Table, rows=st.lists(st.lists(cell, min_size=1, max_size=4).map(tuple), min_size=1, max_size=3).map(tuple)
        ),
        st.builds(Rule, double=st.booleans()),
        st.just(Blank()),
        HOSTILE.map(lambda text: Qr(text=f"x{text}")),
    )
    many = drawn(st.lists(blocks, max_size=6))
    return Document(title=drawn(HOSTILE), language="fr", blocks=tuple(many), drawer=drawn(st.booleans()))


@given(documents(), st.sampled_from(sorted(PROFILES.values(), key=lambda features: features.escpos)))
@settings(max_examples=150, deadline=None)
def test_names_never_become_commands(document: Document, features: Features) -> None:
    laid = list(lay_out(document, features.columns, double=2, spell=lambda text: spell(text, features.code_page)))

    operations = parse(encode(document, features))

    _check_template(operations, document, features)
    lines = [item.text for item in laid if isinstance(item, Line) and item.text]
    assert lines == [operation.text for operation in operations if isinstance(operation, Say)]
    codes = [operation.data.decode() for operation in operations if isinstance(operation, Code)]
    assert (codes if features.native_qr else []) == [
        block.text for block in document.blocks if isinstance(block, Qr) and features.native_qr
    ]


def _check_template(operations: list[Operation], document: Document, features: Features) -> None:
    """Only what the encoder itself says: one start, one page, at most one pulse and one cut, plain styles."""
    styles = (Say, Bold, Scale, Font, Underline, Align, Feed, UsePage, StatusBack)
    assert isinstance(operations[0], Reset)
    for operation in operations[1:]:
        assert isinstance(operation, (*styles, Code, Raster, Cut, Drawer)), operation
        assert not isinstance(operation, Font) or operation.number == 0
        assert not isinstance(operation, Underline) or operation.dots == 0
        assert not isinstance(operation, Scale) or (operation.wide, operation.high) in ((1, 1), (2, 2))
    assert int(document.drawer) == sum(isinstance(operation, Drawer) for operation in operations)
    assert int(features.cuts) == sum(isinstance(operation, Cut) for operation in operations)
    assert sum(isinstance(operation, UsePage) for operation in operations) <= 1
