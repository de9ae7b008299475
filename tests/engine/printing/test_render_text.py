"""Documents become lines that fit the paper, whatever stands in them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.ports.layout import WIDTH_MAX, WIDTH_MIN, columns_of
from engine.ports.printer import Blank, Block, Cell, Columns, Document, Rule, Table, Text
from engine.printing.render_text import to_text

TEXTS = st.text(max_size=60) | st.text("abc xyz 寿é", max_size=90)
CELLS = st.builds(Cell, text=TEXTS, align=st.sampled_from(["left", "center", "right"]), share=st.integers(0, 4))
ROWS = st.lists(CELLS, min_size=1, max_size=4).map(tuple)
BLOCKS = st.one_of(
    st.builds(Text, text=TEXTS, align=st.sampled_from(["left", "center", "right"]), indent=st.integers(0, 12)),
    st.builds(Columns, cells=st.lists(CELLS, min_size=1, max_size=4).map(tuple), indent=st.integers(0, 12)),
    st.builds(
        Table, rows=st.lists(st.lists(CELLS, min_size=1, max_size=4).map(tuple), min_size=1, max_size=4).map(tuple)
    ),
    st.builds(Rule, double=st.booleans()),
    st.just(Blank()),
)


def _document(*blocks: Block) -> Document:
    return Document(title="essai", language="fr", blocks=blocks)


@given(st.lists(BLOCKS, max_size=6), st.integers(WIDTH_MIN, 60))
@settings(max_examples=300, deadline=None)
def test_no_line_is_wider_than_the_paper_and_nothing_commands(blocks: list[Block], width: int) -> None:
    text = to_text(_document(*blocks), width)

    assert all(columns_of(line) <= width for line in text.split("\n"))
    assert all(line == line.rstrip() for line in text.split("\n"))
    assert all(char == "\n" or char.isprintable() for char in text)


@given(st.lists(st.text("abcdefg", min_size=1, max_size=70), min_size=1, max_size=12), st.integers(WIDTH_MIN, 60))
@settings(max_examples=200, deadline=None)
def test_wrapping_loses_no_letter(words: list[str], width: int) -> None:
    text = to_text(_document(Text(text=" ".join(words))), width)

    assert "".join(words) == text.replace(" ", "").replace("\n", "")


def test_alignment_columns_and_rules() -> None:
    document = _document(
        Text(text="milieu", align="center"),
        Text(text="droite", align="right"),
        Rule(double=True),
        Columns(cells=(Cell(text="un libellé très long sur deux lignes", share=1), Cell(text="12,00", align="right"))),
        Blank(),
        Text(text="retrait", indent=4),
        Rule(),
    )

    text = to_text(document, 24)

    assert (
        "         milieu\n"
        "                  droite\n"
        "========================\n"
        "un libellé très\n"
        "long sur deux\n"
        "lignes             12,00\n"
        "\n"
        "    retrait\n"
        "------------------------\n"
    ) == text


def test_a_table_too_wide_for_the_paper_puts_names_above_figures_and_cuts_none() -> None:
    rows = (("Taux", "HT", "TVA", "TTC"), ("20 %", "1 041,67", "208,33", "1 250,00"))
    table = Table(rows=tuple(tuple(Cell(text=text) for text in row) for row in rows))

    narrow, wide = to_text(_document(table), 24), to_text(_document(table), 40)

    assert "20 %\n1 041,67 208,33 1 250,00\n" in narrow
    assert "20 %      1 041,67     208,33   1 250,00\n" in wide


def test_uneven_columns_of_figures_keep_to_the_paper() -> None:
    table = Table(rows=(tuple(Cell(text=text) for text in ("nom", "1 234 567 890,12", "1", "2")),))

    text = to_text(_document(table), 25)

    assert "nom 1 234 567 890,12 1 2\n" == text.replace("nom  ", "nom ")


def test_wide_characters_take_two_columns() -> None:
    row = Columns(cells=(Cell(text="寿司", share=1), Cell(text="9,00", align="right")))

    text = to_text(_document(row), 24)

    assert f"寿司{' ' * 16}9,00\n" == text


@pytest.mark.parametrize("width", [WIDTH_MIN - 1, WIDTH_MAX + 1])
def test_a_width_that_no_paper_has_is_an_error(width: int) -> None:
    with pytest.raises(ValueError, match="a width lies between 24 and 240"):
        to_text(_document(), width)
