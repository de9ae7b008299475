"""The parser is strict, and reads what another library writes."""

import pytest

from drivers.printers.builder import new_builder
from drivers.printers.parser import (
    CODE_PAGES,
    Align,
    Ask,
    Bold,
    Clear,
    Code,
    Cut,
    Drawer,
    Feed,
    Font,
    LineSpacing,
    Operation,
    ParseError,
    Raster,
    Reset,
    Say,
    Scale,
    StatusBack,
    Underline,
    UsePage,
    parse,
)

MODE_OFF = [Font(0), Bold(False), Scale(1, 1), Underline(0)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x1b@", [Reset()]),
        (b"a\x82\n", [Say("aé"), Feed(lines=1)]),
        (b"\x1bt\x10\x80\x1b@\x80", [UsePage(16, "cp1252"), Say("€"), Reset(), Say("Ç")]),
        (b"\x1bt\x35\xd5", [UsePage(53, "cp858"), Say("€")]),
        (b"x\r\n", [Say("x"), Feed(lines=1)]),
        (b"\x1bd\x03\x1bJ\x10", [Feed(lines=3), Feed(dots=16)]),
        (b"\x1ba\x01\x1ba2", [Align("center"), Align("right")]),
        (b"\x1bE\x01\x1bG\x00\x1b-\x02", [Bold(True), Bold(False), Underline(2)]),
        (b"\x1b!\xb9", [Font(1), Bold(True), Scale(2, 2), Underline(1)]),
        (b"\x1d!\x21\x1bM1", [Scale(3, 2), Font(1)]),
        (b"\x1b2\x1b3\x20", [LineSpacing(None), LineSpacing(32)]),
        (b"\x1dv0\x03\x01\x00\x02\x00\xf0\x0f", [Raster(8, 2, b"\xf0\x0f", 2, 2)]),
        (b"\x1dV\x01\x1dV\x41\x05", [Cut(partial=True), Cut(partial=False, feed=5)]),
        (b"\x1bp\x01\x19\xfa\x10\x14\x01\x00\x02", [Drawer(1, 25, 250), Drawer(0, 100, 100)]),
        (b"\x10\x04\x04\x1dr\x01\x1da\x00", [Ask("now", 4), Ask("in turn", 1), StatusBack(0)]),
        (b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08", [Clear()]),
        (
            b"\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x06\x1d(k\x03\x001E2\x1d(k\x06\x001P0\x1b@\n\x1d(k\x03\x001Q0",
            [Code(b"\x1b@\n", 6, "Q")],
        ),
    ],
)
def test_commands_are_read(data: bytes, expected: list[Operation]) -> None:
    assert expected == parse(data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"ok\x07", "byte 2: control byte 0x07"),
        (b"\x7f", "byte 0: control byte 0x7f"),
        (b"\x1bZ", "byte 0: unknown command ESC 0x5a"),
        (b"\n\x1dZ", "byte 1: unknown command GS 0x5a"),
        (b"\x10\x05\x01", "byte 0: unknown command DLE 0x05"),
        (b"\x10\x04\x09", "byte 0: status 9"),
        (b"\x10\x14\x02\x00", "byte 0: unknown command DLE DC4 2"),
        (b"\x1bt\x63", "byte 0: code page 99"),
        (b"\x1bt\x10\x81", "byte 3: no sign of cp1252"),
        (b"\x1ba\x07", "byte 0: alignment 7"),
        (b"\x1b!\x02", "byte 0: print mode 0x02"),
        (b"\x1b", "byte 0: the command ends too early"),
        (b"\x1dv0\x00\x02\x00\x02\x00\xff", "byte 0: the command ends too early"),
        (b"\x1dv0\x00\x00\x00\x02\x00", "byte 0: a picture of 0 bytes by 2 dots in mode 0"),
        (b"\x1dv1\x00", "byte 0: GS v without 0"),
        (b"\x1dV\x09", "byte 0: cut 9"),
        (b"\x1d(k\x03\x001Q0", "byte 0: a QR code is printed that was never stored"),
        (b"\x1d(k\x03\x001C\x20", "byte 0: QR module of 32 dots"),
        (b"\x1d(k\x03\x001E9", "byte 0: QR level 57"),
        (b"\x1d(k\x03\x000Q0", "byte 0: a two-dimensional code that is no QR code"),
        (b"\x1d(k\x03\x001Z0", "byte 0: unknown QR function 90"),
        (b"\x1d(k\x05\x001C\x04ab", "byte 0: the length of GS ( k is not that of its content"),
        (b"\x1d(L\x02\x00", "byte 0: unknown command GS ("),
    ],
)
def test_what_makes_no_sense_is_an_error_with_its_place(data: bytes, text: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse(data)

    assert text == str(raised.value)


def test_what_another_library_writes_is_read_as_it_was_meant() -> None:
    paper = new_builder("TM-T88V")
    paper.hw("INIT")
    paper.set(align="right", bold=True, double_width=True, double_height=True)
    paper.charcode("CP858")
    paper.textln("Été 5 €")
    paper.set(align="left", bold=False, underline=1, normal_textsize=True)
    paper.qr("https://x.test", native=True, size=5)
    paper.cashdraw(5)
    paper.cut()

    operations = parse(paper.output)

    big = [Font(0), Bold(False), Scale(2, 2), Underline(0)]
    assert operations == [
        Reset(),
        *MODE_OFF,
        *MODE_OFF,
        *big,
        Bold(True),
        Align("right"),
        UsePage(19, "cp858"),
        Say("Été 5 €"),
        Feed(lines=1),
        *MODE_OFF,
        *MODE_OFF,
        *MODE_OFF,
        Bold(False),
        Underline(1),
        Align("left"),
        Code(b"https://x.test", 5, "L"),
        Drawer(1, 50, 50),
        Feed(lines=6),
        Cut(partial=False),
    ]


def test_every_code_page_is_one_that_python_knows() -> None:
    assert all("é" == "é".encode(codec).decode(codec) for codec in CODE_PAGES.values())
