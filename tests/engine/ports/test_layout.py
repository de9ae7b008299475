"""Documents laid out in columns: double characters, another spelling, and lines that keep to the paper."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ports.layout import WIDTH_MIN, Line, columns_of, lay_out
from engine.ports.printer import Block, Cell, Columns, Document, Image, Qr, Rule, Table, Text


def _document(*blocks: Block) -> Document:
    return Document(title="t", language="fr", blocks=blocks)


def test_a_line_of_double_size_has_half_the_columns_on_paper_and_all_of_them_in_text() -> None:
    row = Columns(cells=(Cell(text="TOTAL", share=1), Cell(text="12,00")), size="double", weight="bold")

    paper = list(lay_out(_document(row), 32, double=2))
    text = list(lay_out(_document(row), 32))

    assert [Line(text="TOTAL      12,00", weight="bold", size="double")] == paper
    assert [Line(text=f"TOTAL{' ' * 22}12,00", weight="bold", size="double")] == text


def test_codes_and_pictures_come_as_they_are() -> None:
    code, picture = Qr(text="x"), Image(width=8, bits=b"\xff")

    laid = list(lay_out(_document(code, Rule(), picture), 24))

    assert [code, Line(text="-" * 24), picture] == laid


def test_a_spelling_that_lengthens_a_text_is_laid_out_as_it_is_spelt() -> None:
    table = Table(rows=((Cell(text="œ"), Cell(text="œuf")),))
    blocks = (Text(text="œ" * 20), Columns(cells=(Cell(text="œ", share=1), Cell(text="œuf"))), table)

    laid = list(lay_out(_document(*blocks), 24, spell=lambda text: text.replace("œ", "oe")))

    expected = ["oe" * 12, "oe" * 8, f"oe{' ' * 18}oeuf", f"oe{' ' * 18}oeuf"]
    assert expected == [line.text for line in laid if isinstance(line, Line)]


@given(st.text(max_size=60), st.integers(WIDTH_MIN, 60), st.sampled_from(["left", "center", "right"]))
@settings(max_examples=100, deadline=None)
def test_no_line_is_longer_than_the_paper(text: str, width: int, align: str) -> None:
    paragraph = Text(text=text, align=align, indent=4, size="double")  # type: ignore[arg-type]  # one of the three

    laid = list(lay_out(_document(paragraph), width, double=2))

    assert laid
    assert all(columns_of(line.text) <= width // 2 for line in laid if isinstance(line, Line))
