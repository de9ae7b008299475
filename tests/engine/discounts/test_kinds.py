"""What a discount may be."""

from typing import Any

import pytest
from plain_shop import PlainShop


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ({"fixed": "10", "percent": "-10"}, "discounts.fixed_excludes", "row.fixed"),
        ({"fixed": "10", "amount": "-1"}, "discounts.fixed_excludes", "row.fixed"),
        ({"percent": "-100.001"}, "discounts.bad_percent", "row.percent"),
        ({"percent": "1000.001"}, "discounts.bad_percent", "row.percent"),
        ({"percent": "1.0001"}, "kernel.bad_decimal", "row.percent"),
        ({"fixed": "-0.01"}, "discounts.bad_amount", "row.fixed"),
        ({"amount": "1000000.01"}, "discounts.bad_amount", "row.amount"),
        ({"amount": "-0.005"}, "discounts.bad_amount", "row.amount"),
        ({"amount": "-0.005", "scope": "subtotal"}, "discounts.bad_amount", "row.amount"),
        ({}, "discounts.changes_nothing", "row"),
        ({"percent": "0", "amount": "0.00"}, "discounts.changes_nothing", "row"),
        ({"percent": "-10", "right": "sales.everything"}, "discounts.unknown_right", "row.right"),
    ],
)
def test_a_discount_that_cannot_be_is_refused_with_its_field(
    plain: PlainShop, row: dict[str, Any], code: str, field: str
) -> None:
    assert (code, field) == plain.refused("discounts", {"title": "Remise"} | row)


@pytest.mark.parametrize("percent", ["-100", "1000", "-0.001", 5])
def test_percentages_reach_from_a_gift_to_eleven_times_the_price(plain: PlainShop, percent: str | int) -> None:
    plain.configure("discounts", 1, {"title": "Remise", "percent": percent})

    assert str(percent) == plain.stored("discounts", 1)["percent"]


def test_amounts_are_kept_in_their_shortest_form(plain: PlainShop) -> None:
    plain.configure("discounts", 1, {"title": "Remise", "percent": "-10.50", "amount": "-1.00"})

    stored = plain.stored("discounts", 1)
    assert ("-10.5", "-1") == (stored["percent"], stored["amount"])


def test_a_line_discount_may_be_finer_than_a_cent(plain: PlainShop) -> None:
    plain.configure("discounts", 1, {"title": "Remise", "amount": "-0.005", "scope": "line"})

    assert "-0.005" == plain.stored("discounts", 1)["amount"]


def test_minor_units_are_those_of_the_shops_currency(plain: PlainShop) -> None:
    plain.configure("settings", 1, {"name": "Roulotte", "currency": "XPF", "decimals": 0})

    refusal = plain.refused("discounts", {"title": "Remise", "amount": "-0.5"})

    assert ("discounts.bad_amount", "row.amount") == refusal
