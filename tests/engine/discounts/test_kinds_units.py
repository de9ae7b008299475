"""Offers, menus and packs: what can never apply is refused when it is saved, by name."""

from typing import Any

import pytest
from plain_shop import PlainShop

OFFER = {"title": "Offre", "type": "cheapest_free", "products": [1], "quantity": 3}
MENU = {"title": "Menu", "price": "10.00", "slots": [{"products": [1]}, {"departments": [1]}]}
PACK = {"title": "Pack", "items": [{"product": 1}, {"product": 2}], "percent": "-10"}


@pytest.fixture
def stocked(plain: PlainShop) -> PlainShop:
    """A shop with one rate, one department and three products."""
    plain.configure("vat-rates", 1, {"title": "Taux normal", "percent": "20"})
    plain.configure("departments", 1, {"title": "Plats", "vat": 1})
    for id in (1, 2, 3):
        plain.configure("products", id, {"title": f"Plat {id}", "price": f"{id}.00", "department": 1})
    return plain


@pytest.mark.parametrize(
    ("kind", "row", "code", "field"),
    [
        ("offers", OFFER | {"products": []}, "discounts.names_nothing", "row.products"),
        ("offers", OFFER | {"except_products": [1]}, "discounts.never_applies", "row.except_products"),
        ("offers", OFFER | {"count": 3}, "discounts.never_applies", "row.count"),
        ("offers", OFFER | {"price": "5"}, "discounts.wrong_figure", "row.price"),
        ("offers", OFFER | {"type": "n_for_price"}, "discounts.missing_figure", "row.price"),
        ("offers", OFFER | {"type": "nth_percent", "percent": "-101"}, "discounts.raises_price", "row.percent"),
        ("offers", OFFER | {"type": "nth_percent", "percent": "10"}, "discounts.raises_price", "row.percent"),
        (
            "offers",
            OFFER | {"type": "nth_percent", "percent": "-5", "count": 4},
            "discounts.never_applies",
            "row.count",
        ),
        ("offers", OFFER | {"type": "amount_off", "amount": "1"}, "discounts.raises_price", "row.amount"),
        ("offers", OFFER | {"type": "amount_off", "amount": "-0.001"}, "discounts.bad_amount", "row.amount"),
        ("offers", OFFER | {"products": [9]}, "kernel.no_such_row", "row.products"),
        ("menus", MENU | {"price": "-1"}, "discounts.bad_amount", "row.price"),
        ("menus", MENU | {"automatic": False, "button": False}, "discounts.never_applies", "row.button"),
        ("menus", MENU | {"slots": [{"products": []}]}, "discounts.names_nothing", "row.slots[0].products"),
        ("menus", MENU | {"slots": [{"departments": [7]}]}, "kernel.no_such_row", "row.slots.departments"),
        (
            "menus",
            MENU | {"slots": [{"products": [1], "supplements": [{"product": 2, "amount": "1"}]}]},
            "discounts.never_applies",
            "row.slots[0].supplements[0]",
        ),
        (
            "menus",
            MENU | {"slots": [{"departments": [1], "supplements": [{"product": 9, "amount": "1"}]}]},
            "kernel.no_such_row",
            "row.slots.supplements.product",
        ),
        (
            "menus",
            MENU | {"slots": [{"departments": [1], "supplements": [{"product": 1, "amount": "0"}]}]},
            "discounts.bad_amount",
            "row.slots[0].supplements[0].amount",
        ),
        ("packs", PACK | {"price": "5"}, "discounts.missing_figure", "row"),
        ("packs", PACK | {"percent": "5"}, "discounts.raises_price", "row.percent"),
        ("packs", PACK | {"items": [{"product": 1}]}, "discounts.never_applies", "row.items"),
        ("packs", PACK | {"items": [{"product": 1}, {"product": 1}]}, "discounts.named_twice", "row.items[1].product"),
        ("packs", PACK | {"button": False}, "discounts.never_applies", "row.button"),
        ("packs", PACK | {"items": [{"product": 1}, {"product": 8}]}, "kernel.no_such_row", "row.items.product"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_field(
    stocked: PlainShop, kind: str, row: dict[str, Any], code: str, field: str
) -> None:
    assert (code, field) == stocked.refused(kind, row)


@pytest.mark.parametrize(("kind", "row"), [("offers", OFFER), ("menus", MENU), ("packs", PACK)])
def test_a_sound_rule_is_kept_in_one_form(stocked: PlainShop, kind: str, row: dict[str, Any]) -> None:
    stocked.configure(kind, 1, row)

    assert stocked.stored(kind, 1)["title"] == row["title"]


def test_amounts_are_kept_short_and_names_once_in_order(stocked: PlainShop) -> None:
    row = MENU | {"price": "10.00", "slots": [{"products": [3, 1, 1]}]}
    stocked.configure("menus", 1, row)

    stored = stocked.stored("menus", 1)
    assert ("10", (1, 3)) == (stored["price"], stored["slots"][0]["products"])


def test_a_product_in_the_slot_of_a_menu_cannot_be_removed(stocked: PlainShop) -> None:
    stocked.configure("menus", 1, MENU)

    with pytest.raises(Exception, match="is used by 1 other rows"):
        stocked.remove("products", 1)
    stocked.remove("menus", 1)
    stocked.remove("products", 1)


def test_nine_slots_are_more_than_a_menu_has(stocked: PlainShop) -> None:
    slots = [{"products": [1]}] * 9

    with pytest.raises(Exception, match="slots"):
        stocked.configure("menus", 1, MENU | {"slots": slots})


def test_the_eleventh_exclusivity_group_is_refused(stocked: PlainShop) -> None:
    for number in range(1, 11):
        stocked.configure("offers", number, OFFER | {"group": f"groupe {number}"})
    stocked.configure("offers", 10, OFFER | {"group": "groupe dix"})

    assert stocked.refused("packs", PACK | {"group": "groupe 11"}) == ("discounts.too_many_groups", "row.group")


def test_the_501st_active_rule_is_refused_and_one_that_rests_is_not(stocked: PlainShop) -> None:
    for number in range(1, 501):
        stocked.place("offers", number, OFFER)

    assert stocked.refused("menus", MENU) == ("discounts.too_many_rules", "row.active")
    stocked.configure("menus", 1, MENU | {"active": False})
    stocked.configure("offers", 500, OFFER | {"title": "Changée"})
