"""Products ready for sale: what they inherit, their options, their rates, and who holds a barcode."""

from typing import Any

import pytest
from plain_shop import PlainShop

from engine.catalogue import views
from engine.catalogue.views import DepartmentItem, Item, ItemOption, Vat
from engine.kernel.errors import Refusal

ON_SITE, TAKE_AWAY = 2, 0
RATES = {1: "20", 2: "10", 3: "5.5", 4: "2.1"}


@pytest.fixture
def stocked(plain: PlainShop) -> PlainShop:
    """Four rates, a shop that defaults to the first, and a department for each way of inheriting."""
    for id, percent in RATES.items():
        plain.configure("vat-rates", id, {"title": percent, "percent": percent})
    plain.configure("settings", 1, {"name": "Bar", "default_vat": 1})
    plain.configure("discounts", 1, {"title": "-10 %", "percent": "-10"})
    plain.configure("discounts", 2, {"title": "-20 %", "percent": "-20"})
    plain.configure("option-sets", 1, {"title": "Taille", "choices": [{"title": "S"}, {"title": "L", "delta": "0.80"}]})
    extras = [{"title": "Lait", "delta": "0.30"}, {"title": "Miel", "delta": "-0.10", "unavailable": True}]
    plain.configure("option-sets", 2, {"title": "Supplément", "choices": extras})
    plain.configure("departments", 1, {"title": "Divers"})
    plain.configure(
        "departments",
        2,
        {"title": "Plats", "vat": 2, "vat_on_site": 3, "discount": 1, "price": "9", "option_sets": [1]},
    )
    return plain


def product(shop: PlainShop, **row: Any) -> Item:
    shop.configure("products", 1, {"title": "Café", "price": "2.40"} | row)
    found = views.item(shop.world, 1)
    assert found is not None
    return found


def department(shop: PlainShop, id: int) -> DepartmentItem:
    found = views.department(shop.world, id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("row", "normal", "on_site"),
    [
        ({}, 1, 1),
        ({"department": 1}, 1, 1),
        ({"department": 2}, 2, 3),
        ({"department": 2, "vat": 4}, 4, 3),
        ({"department": 2, "vat_on_site": 4}, 2, 4),
        ({"vat": 4}, 4, 4),
        ({"vat": 4, "vat_on_site": 2}, 4, 2),
    ],
)
def test_the_rate_is_the_products_else_the_departments_else_the_shops(
    stocked: PlainShop, row: dict[str, Any], normal: int, on_site: int
) -> None:
    found = product(stocked, **row)

    rates = {1: 20_000, 2: 10_000, 3: 5_500, 4: 2_100}
    assert Vat(normal, rates[normal]) == views.vat(stocked.world, found, TAKE_AWAY)
    assert Vat(on_site, rates[on_site]) == views.vat(stocked.world, found, ON_SITE)


def test_a_product_inherits_discount_and_options_unless_it_has_its_own(stocked: PlainShop) -> None:
    inherits = product(stocked, department=2)
    owns = product(stocked, department=2, discount=2, option_sets=[2])

    assert (1, (1,)) == (inherits.discount, inherits.sets)
    assert (2, (2,)) == (owns.discount, owns.sets)
    assert {1_001: ItemOption("S", 0, 0), 1_002: ItemOption("L", 8_000, 0)} == dict(inherits.options)
    assert {2_001: ItemOption("Lait", 3_000, 0)} == dict(owns.options)
    assert frozenset({2_002}) == owns.unavailable


def test_a_change_of_anything_that_is_inherited_shows_at_once(stocked: PlainShop) -> None:
    before = product(stocked, department=2)

    stocked.configure("vat-rates", 2, {"title": "12", "percent": "12"})
    stocked.configure("departments", 2, {"title": "Plats", "vat": 2})
    after = views.item(stocked.world, 1)

    assert after is not None
    assert [(10_000, 1, (1,)), (12_000, None, ())] == [
        (found.vat.rate, found.discount, found.sets) for found in (before, after)
    ]
    assert before.version == after.version


def test_a_default_discount_that_became_one_for_subtotals_is_not_given_on_lines(stocked: PlainShop) -> None:
    before = product(stocked, department=2)

    stocked.configure("discounts", 1, {"title": "-10 %", "percent": "-10", "scope": "subtotal"})

    after = views.item(stocked.world, 1)
    assert after is not None
    assert [1, None, None] == [before.discount, after.discount, department(stocked, 2).discount]


def test_prices_are_integers_and_one_may_be_open(stocked: PlainShop) -> None:
    closed = product(stocked, mode_prices=[{"mode": ON_SITE, "price": "2.8015"}])
    opened = product(stocked, price=None)

    assert (24_000, {2: 28_015}) == (closed.price, closed.mode_prices)
    assert [28_015, 24_000] == [views.price_in(closed, mode) for mode in (ON_SITE, TAKE_AWAY)]
    assert [None, None] == [views.price_in(opened, mode) for mode in (ON_SITE, TAKE_AWAY)]


def test_an_item_tells_what_stock_and_the_ticket_need(stocked: PlainShop) -> None:
    found = product(stocked, stock_tracked=True, stock_blocks=True, active=False, department=1)

    assert (1, 1, "Café", True, True, False) == (
        found.id,
        found.department,
        found.label,
        found.stock_tracked,
        found.stock_blocks,
        found.active,
    )
    assert stocked.world.version(stocked.world.kinds["products"], 1) == found.version
    assert views.item(stocked.world, 2) is None


def test_a_department_sells_by_itself(stocked: PlainShop) -> None:
    found = department(stocked, 2)
    plain = department(stocked, 1)

    assert (90_000, Vat(2, 10_000), Vat(3, 5_500), 1) == (found.price, found.vat, found.vat_on_site, found.discount)
    assert (None, Vat(1, 20_000), Vat(1, 20_000), None) == (plain.price, plain.vat, plain.vat_on_site, plain.discount)
    assert views.department(stocked.world, 9) is None
    assert Vat(1, 20_000) == views.default_vat(stocked.world)


def test_a_product_that_lost_its_rate_is_refused_and_never_sold_without(stocked: PlainShop) -> None:
    product(stocked, department=1)
    stocked.configure("settings", 1, {"name": "Bar"})

    with pytest.raises(Refusal) as caught:
        views.item(stocked.world, 1)

    assert "catalogue.no_vat" == caught.value.code
    assert views.default_vat(stocked.world) is None


def test_chosen_options_come_in_the_order_of_their_sets(stocked: PlainShop) -> None:
    found = product(stocked, option_sets=[2, 1])

    picked = views.chosen(found, [1_002, 2_001], "lines[0].options")

    assert ((2_001, ItemOption("Lait", 3_000, 0)), (1_002, ItemOption("L", 8_000, 1))) == picked
    assert () == views.chosen(found, [], "lines[0].options")


def test_a_set_named_twice_may_be_answered_twice(stocked: PlainShop) -> None:
    found = product(stocked, option_sets=[2, 2, 1])

    twice = views.chosen(found, [2_001, 2_001, 1_001], "options")

    assert [2_001, 2_001, 1_001] == [id for id, _ in twice]


@pytest.mark.parametrize(
    ("ids", "code", "place"),
    [
        ([1_003], "catalogue.no_option", "options[0]"),
        ([1_001, 3_001], "catalogue.no_option", "options[1]"),
        ([2_002], "catalogue.option_off", "options[0]"),
        ([1_001, 1_002], "catalogue.too_many_options", "options[1]"),
    ],
)
def test_an_option_that_cannot_be_chosen_is_refused_with_its_place(
    stocked: PlainShop, ids: list[int], code: str, place: str
) -> None:
    found = product(stocked, option_sets=[1, 2])

    with pytest.raises(Refusal) as caught:
        views.chosen(found, ids, "options")

    assert (code, place) == (caught.value.code, caught.value.at)


@pytest.mark.parametrize(
    ("scanned", "held"),
    [
        ("3017620422003", 1),
        ("$03017620422003", 1),
        (" 3017620422003 ", 1),
        ("012345678905", 2),
        ("0012345678905", 2),
        ("0042100005264", 3),
        ("042100005264", 3),
        ("99999999901", 4),
        ("9999999990123", 5),
        ("999999999", 4),
        ("99999999", None),
        ("3017620422004", None),
        ("999999999*", 4),
        ("X9*", None),
        ("$0", None),
        ("café", None),
    ],
)
def test_a_scanned_code_finds_its_product_in_whatever_form_it_comes(
    stocked: PlainShop, scanned: str, held: int | None
) -> None:
    codes = {1: ["3017620422003"], 2: ["012345678905"], 3: ["0042100005264"], 4: ["999999999*"], 5: ["99999999901*"]}
    codes[4].append("X9")
    for id, barcodes in codes.items():
        stocked.configure("products", id, {"title": str(id), "barcodes": barcodes})
    if scanned == "99999999901":
        stocked.remove("products", 5)

    assert held == views.by_barcode(stocked.world, scanned)
