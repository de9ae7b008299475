"""Price rows: what can hold is kept, what never can is refused by its field, and each stands under its product."""

from collections.abc import Mapping
from typing import Any

import pytest
from plain_shop import PlainShop

from engine.catalogue.views_prices import prices


@pytest.fixture
def listed(plain: PlainShop) -> PlainShop:
    """Two products, two customers of whom the first is in group 1."""
    plain.configure("vat-rates", 1, {"title": "TVA", "percent": "20"})
    plain.configure("settings", 1, {"name": "Bar", "default_vat": 1, "default_mode": 2, "modes": [0, 2]})
    for id in (1, 2):
        plain.configure("products", id, {"title": f"produit {id}", "price": "3"})
        plain.configure("customer-groups", id, {"title": f"groupe {id}"})
    plain.configure("customers", 1, {"title": "Mairie", "group": 1})
    plain.configure("customers", 2, {"title": "École"})
    return plain


@pytest.mark.parametrize(
    ("row", "code", "at"),
    [
        ({}, "catalogue.no_condition", "row"),
        ({"mode": 1}, "catalogue.price_never", "row.mode"),
        ({"first": "2026-12-02", "last": "2026-12-01"}, "catalogue.price_never", "row.last"),
        ({"last": "2026-11-20"}, "catalogue.price_never", "row.last"),
        (
            {"first": "2026-11-23", "last": "2026-11-25", "weekdays": [4, 7]},
            "catalogue.price_never",
            "row.weekdays",
        ),
        ({"from_minute": 60, "until_minute": 60}, "catalogue.price_never", "row.until_minute"),
        ({"from_minute": 60}, "catalogue.half_a_band", "row.until_minute"),
        ({"customer": 1, "group": 2}, "catalogue.price_never", "row.group"),
        ({"customer": 2, "group": 2}, "catalogue.price_never", "row.group"),
        ({"from_quantity": "0"}, "catalogue.price_never", "row.from_quantity"),
        ({"from_quantity": "10000001"}, "catalogue.price_never", "row.from_quantity"),
        ({"mode": 2, "price": "-1"}, "catalogue.price_out_of_bounds", "row.price"),
        ({"mode": 2, "product": 9}, "kernel.no_such_row", "row.product"),
        ({"customer": 9}, "kernel.no_such_row", "row.customer"),
        ({"first": "2026-02-30"}, "shop.bad_day", "row.first"),
    ],
)
def test_a_price_that_can_never_hold_is_refused_by_its_field(
    row: Mapping[str, Any], code: str, at: str, listed: PlainShop
) -> None:
    assert listed.refused("prices", {"product": 1, "price": "2", **row}) == (code, at)


@pytest.mark.parametrize(
    "row",
    [
        {"mode": 2},
        {"customer": 1, "group": 1},
        {"last": "2026-11-21"},
        {"first": "2026-11-23", "last": "2026-11-25", "weekdays": [2]},
        {"first": "2026-11-23", "last": "2030-01-01", "weekdays": [7]},
        {"from_minute": 1_320, "until_minute": 120},
        {"from_quantity": "0.5"},
    ],
)
def test_a_price_that_can_hold_is_kept(row: Mapping[str, Any], listed: PlainShop) -> None:
    listed.configure("prices", 1, {"product": 1, "price": "2.50", **row})

    assert listed.stored("prices", 1)["price"] == "2.5"


def test_a_change_of_prices_makes_a_new_book(listed: PlainShop) -> None:
    assert listed.world.kinds["prices"].prices


def test_a_price_row_stands_under_the_product_and_customer_that_it_names_now(listed: PlainShop) -> None:
    world = listed.world
    listed.configure("prices", 5, {"product": 1, "price": "2", "mode": 2})
    assert [price.id for price in prices(world, 1)] == [5]

    listed.configure("prices", 5, {"product": 2, "price": "2", "customer": 1})
    assert prices(world, 1) == () == prices(world, 2) == prices(world, 2, 2)
    assert [price.id for price in prices(world, 2, 1)] == [5]

    listed.remove("prices", 5)
    assert prices(world, 2, 1) == ()


def test_a_product_with_prices_cannot_go(listed: PlainShop) -> None:
    listed.configure("prices", 5, {"product": 1, "price": "2", "mode": 2})

    with pytest.raises(Exception, match="used by 1 other rows"):
        listed.remove("products", 1)
