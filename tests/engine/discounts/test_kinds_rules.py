"""Rules on lines and tickets: conditions that can hold, something to change, no fixed price on a ticket."""

from typing import Any

import pytest
from plain_shop import PlainShop

LINE = {"title": "Happy hour", "percent": "-20", "products": [1]}
AUTOMATIC = {"title": "Livraison", "product": 1, "modes": [1]}


@pytest.fixture
def stocked(plain: PlainShop) -> PlainShop:
    """A shop with a product that has a price, one that is open, and one that is not for sale."""
    plain.configure("vat-rates", 1, {"title": "Taux normal", "percent": "20"})
    plain.configure("settings", 1, {"name": "Bar", "default_vat": 1, "modes": [0, 1]})
    plain.configure("products", 1, {"title": "Frais", "price": "3.00"})
    plain.configure("products", 2, {"title": "Ouvert"})
    plain.configure("products", 3, {"title": "Ancien", "price": "3.00", "active": False})
    return plain


@pytest.mark.parametrize(
    ("kind", "row", "code", "field"),
    [
        ("line-rules", LINE | {"fixed": "1"}, "discounts.fixed_excludes", "row.fixed"),
        ("line-rules", LINE | {"percent": "0"}, "discounts.changes_nothing", "row"),
        ("line-rules", LINE | {"percent": "-100.1"}, "discounts.bad_percent", "row.percent"),
        ("line-rules", LINE | {"except_products": [1]}, "discounts.never_applies", "row.except_products"),
        ("line-rules", LINE | {"from_minute": 60, "until_minute": 60}, "discounts.never_applies", "row.until_minute"),
        ("line-rules", LINE | {"until_minute": 0}, "discounts.never_applies", "row.until_minute"),
        ("line-rules", LINE | {"first": "2026-12-02", "last": "2026-12-01"}, "discounts.never_applies", "row.last"),
        ("line-rules", LINE | {"last": "2026-11-20"}, "discounts.never_applies", "row.last"),
        (
            "line-rules",
            LINE | {"first": "2026-11-23", "last": "2026-11-24", "weekdays": [7]},
            "discounts.never_applies",
            "row.weekdays",
        ),
        ("line-rules", LINE | {"modes": [2, 3]}, "discounts.never_applies", "row.modes"),
        ("line-rules", LINE | {"tills": [9]}, "kernel.no_such_row", "row.tills"),
        ("automatic-rules", {"title": "Rien", "min_items": 3}, "discounts.changes_nothing", "row"),
        (
            "automatic-rules",
            {"title": "?", "percent": "5", "per_cover": True},
            "discounts.missing_figure",
            "row.product",
        ),
        ("automatic-rules", AUTOMATIC | {"product": 2}, "discounts.never_applies", "row.product"),
        ("automatic-rules", AUTOMATIC | {"product": 3}, "discounts.never_applies", "row.product"),
        ("automatic-rules", AUTOMATIC | {"product": 4}, "kernel.no_such_row", "row.product"),
        ("automatic-rules", AUTOMATIC | {"amount": "0.005"}, "discounts.bad_amount", "row.amount"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_field(
    stocked: PlainShop, kind: str, row: dict[str, Any], code: str, field: str
) -> None:
    assert (code, field) == stocked.refused(kind, row)


@pytest.mark.parametrize(("kind", "more"), [("automatic-rules", {}), ("coupons", {"code": "A1"})])
def test_neither_an_automatic_rule_nor_a_coupon_has_a_fixed_price(
    stocked: PlainShop, kind: str, more: dict[str, str]
) -> None:
    with pytest.raises(Exception, match="unknown field `fixed`"):
        stocked.configure(kind, 1, {"title": "Prix", "fixed": "10"} | more)


def test_hours_may_cross_midnight_and_be_open_on_one_side(stocked: PlainShop) -> None:
    stocked.configure("line-rules", 1, LINE | {"from_minute": 1_320, "until_minute": 120})
    stocked.configure("line-rules", 2, LINE | {"from_minute": 1_320})
    stocked.configure("line-rules", 3, LINE | {"from_minute": 1_320, "until_minute": 0})

    assert stocked.stored("line-rules", 3)["until_minute"] == 0


def test_a_rule_of_the_past_may_be_kept_while_it_rests(stocked: PlainShop) -> None:
    stocked.configure("line-rules", 1, LINE | {"last": "2026-11-20", "active": False})

    assert stocked.stored("line-rules", 1)["last"] == "2026-11-20"


def test_a_line_rule_may_be_finer_than_a_cent(stocked: PlainShop) -> None:
    stocked.configure("line-rules", 1, {"title": "Remise", "amount": "-0.005", "products": [1]})

    assert stocked.stored("line-rules", 1)["amount"] == "-0.005"
