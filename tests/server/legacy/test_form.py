"""Fields as PHP reads them, and numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.legacy.context import Problem
from server.legacy.form import FIELDS_MAX, Form, decimal, identifier, major, minor, shortest, whole


def test_lists_maps_and_plain_fields_are_told_apart() -> None:
    form = Form(
        [
            ("payment", "2"),
            ("itemsList[]", "12"),
            ("itemsList[1]", "13_2"),
            ("data[title]", " Thé "),
            ("data[price]", ""),
            ("payment", "3"),
        ]
    )

    assert ("3", ["12", "13_2"]) == (form.text("payment"), form.list("itemsList"))
    assert {"title": "Thé", "price": ""} == form.map("data")
    assert {} == form.map("client")


def test_a_single_value_is_a_list_of_one() -> None:
    assert ["12", "13"] == Form([("itemsList", "12"), ("itemsList[]", ""), ("itemsList[]", "13")]).list("itemsList")


def test_empty_fields_and_zeros_say_nothing() -> None:
    form = Form([("a", ""), ("b", "0"), ("c", "1"), ("d", " ")])

    assert [False, False, True, False, False] == [form.given(name) for name in "abcde"]


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("true", True), ("oui", True), ("0", False), ("false", False)]
)
def test_flags_are_read_as_forms_write_them(text: str, value: bool) -> None:
    assert value == Form([("f", text)]).flag("f")
    assert Form([]).flag("f") is None


def test_a_form_without_end_is_refused() -> None:
    with pytest.raises(Problem) as error:
        Form([("a", "1")] * (FIELDS_MAX + 1))

    assert 413 == error.value.status


@pytest.mark.parametrize(
    ("text", "places", "kept"),
    [
        ("14.50", 4, "14.5"),
        ("14,50", 4, "14.5"),
        ("2", 3, "2"),
        ("0.535", 3, "0.535"),
        ("1.500000", 1, "1.5"),
        ("-1.0", 2, "-1"),
    ],
)
def test_decimals_are_kept_in_their_shortest_form(text: str, places: int, kept: str) -> None:
    assert kept == decimal(text, places, "x")


@pytest.mark.parametrize("text", ["", "1.2.3", "abc", "1e3", "0x10", "1.23456", "٣", "--1", "1.", ".5", "NaN", "1_0"])
def test_what_is_no_decimal_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(Problem, match="prix"):
        decimal(text, 4, "prix")


@pytest.mark.parametrize("text", ["1.5", "", "x", "99999999999999999", "٣"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="payment"):
        whole(text, "payment")


@pytest.mark.parametrize("text", ["0", "-1"])
def test_an_identifier_is_above_nought(text: str) -> None:
    with pytest.raises(Problem):
        identifier(text, "id")


@given(st.integers(1 - 10**12, 10**12 - 1), st.integers(0, 3))
def test_amounts_go_out_and_come_back_unchanged(amount: int, places: int) -> None:
    assert amount == minor(major(amount, places), places, "x")
    assert amount == minor(shortest(amount, places), places, "x")
