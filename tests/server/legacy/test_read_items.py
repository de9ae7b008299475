"""Every form of the ``itemsList[]`` grammar, and what is none."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.legacy.context import Problem
from server.legacy.read_items import ITEMS_MAX, lines

PIZZA = {"id": 12, "title": "Pizza 4 fromages", "price": "14.5"}


def product(id: int) -> dict[str, Any] | None:
    return PIZZA if id == 12 else None


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ("12", {"product": 12}),
        ("12_2", {"product": 12, "quantity": "2"}),
        ("12_0.535", {"product": 12, "quantity": "0.535"}),
        ("12_0,535", {"product": 12, "quantity": "0.535"}),
        ("12_2_Pizza 4 fromages_14.50_3_8", {"product": 12, "quantity": "2", "options": [3, 8]}),
        (
            "12_2_Pizza sans oignon_12.90",
            {"product": 12, "quantity": "2", "note": "Pizza sans oignon", "price": "12.9"},
        ),
        ("12_1__", {"product": 12, "quantity": "1"}),
        ("12_1__13", {"product": 12, "quantity": "1", "price": "13"}),
        ("12_1_Offerte_", {"product": 12, "quantity": "1", "note": "Offerte"}),
        ("12___", {"product": 12}),
        ("12_1___1_2_3_4_5", {"product": 12, "quantity": "1", "options": [1, 2, 3, 4, 5]}),
        ("12_1___1_0__4", {"product": 12, "quantity": "1", "options": [1, 4]}),
        ("42_1_Menu midi_12.90", {"product": 42, "quantity": "1", "note": "Menu midi", "price": "12.9"}),
        ("-5_9.99_Vente libre", {"department": 5, "price": "9.99", "label": "Vente libre"}),
        ("-5_9.99", {"department": 5, "price": "9.99"}),
        ("Free_12.99_Item", {"price": "12.99", "label": "Item"}),
        ("free_9.99_", {"price": "9.99"}),
        ("Free_1,5_Thé glacé", {"price": "1.5", "label": "Thé glacé"}),
    ],
)
def test_each_form_becomes_its_line(item: str, line: dict[str, Any]) -> None:
    assert [line] == lines([item], product)


@pytest.mark.parametrize(
    "item",
    [
        "_2",
        "abc",
        "0",
        "12_x",
        "12_2_Pizza_cher",
        "12_2_Pizza_4_fromages_14.50",
        "12_1___1_2_3_4_5_6",
        "-_9.99_Vente",
        "--5_9.99",
        "-5",
        "-5__Sans prix",
        "-5_9.99_Vente_libre",
        "Free",
        "Free__Sans prix",
        "Free_9.99_Vente_libre",
        "Free_9.99999",
        "12_1e3",
    ],
)
def test_what_is_no_line_is_quoted_in_the_refusal(item: str) -> None:
    with pytest.raises(Problem) as error:
        lines(["12", item], product)

    assert repr(item) in error.value.text


@pytest.mark.parametrize("items", [[], ["12"] * (ITEMS_MAX + 1)])
def test_an_order_has_lines_but_not_without_end(items: list[str]) -> None:
    with pytest.raises(Problem, match="itemsList"):
        lines(items, product)


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_line_or_a_problem_and_never_a_fault(item: str) -> None:
    try:
        (line,) = lines([item], product)
    except Problem:
        return

    assert {"product", "price"} & set(line)
