"""The order of phase 0, level by level, and the edges of hours, days and quantities."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_shop import TODAY, PlainShop

from engine.catalogue.views_prices import BAND, CONTRACT, MODE, TIER, Asked, Price, choose, prices

NOW = Asked(mode=2, customer=1, group=4, day=TODAY, weekday=6, minute=1_080, quantity=3_000)


def row(level: int = BAND, price: int = 100, id: int = 1, **conditions: Any) -> Price:
    words: dict[str, Any] = {
        "mode": None,
        "customer": 0,
        "group": 0,
        "first": 0,
        "last": 10**7,
        "weekdays": frozenset(),
    }
    words |= {"from_minute": None, "until_minute": 0, "least": 0}
    return Price(level=level, price=price, id=id, **(words | conditions))


@pytest.mark.parametrize(
    ("conditions", "minute", "holds"),
    [
        ({"from_minute": 1_080, "until_minute": 1_140}, 1_079, False),
        ({"from_minute": 1_080, "until_minute": 1_140}, 1_080, True),
        ({"from_minute": 1_080, "until_minute": 1_140}, 1_139, True),
        ({"from_minute": 1_080, "until_minute": 1_140}, 1_140, False),
        ({"from_minute": 1_320, "until_minute": 120}, 1_319, False),
        ({"from_minute": 1_320, "until_minute": 120}, 1_320, True),
        ({"from_minute": 1_320, "until_minute": 120}, 0, True),
        ({"from_minute": 1_320, "until_minute": 120}, 119, True),
        ({"from_minute": 1_320, "until_minute": 120}, 120, False),
        ({"from_minute": 1_320, "until_minute": 0}, 1_439, True),
        ({"from_minute": 1_320, "until_minute": 0}, 0, False),
    ],
)
def test_a_band_begins_with_its_first_minute_and_ends_before_its_last(
    conditions: dict[str, int], minute: int, holds: bool
) -> None:
    assert row(**conditions).holds(NOW._replace(minute=minute)) is holds


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({"mode": 2}, True),
        ({"mode": 0}, False),
        ({"customer": 1}, True),
        ({"customer": 2}, False),
        ({"group": 4}, True),
        ({"group": 5}, False),
        ({"first": TODAY, "last": TODAY}, True),
        ({"first": TODAY + 1}, False),
        ({"last": TODAY - 1}, False),
        ({"weekdays": frozenset({6})}, True),
        ({"weekdays": frozenset({1, 7})}, False),
        ({"least": 3_000}, True),
        ({"least": 3_001}, False),
    ],
)
def test_every_condition_must_hold(conditions: dict[str, Any], holds: bool) -> None:
    assert row(**conditions).holds(NOW) is holds


def test_nobody_has_no_contract() -> None:
    nobody = NOW._replace(customer=0, group=0)

    assert not row(customer=1).holds(nobody)
    assert not row(group=4).holds(nobody)


LEVELS = st.sampled_from([CONTRACT, BAND, TIER, MODE])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(LEVELS, st.integers(0, 5), st.integers(1, 9), st.booleans()), max_size=8))
def test_the_first_level_wins_then_the_lowest_price_then_the_lower_id(given_rows: list[tuple[Any, ...]]) -> None:
    rows = [row(level, price, id, mode=2 if holds else 0) for level, price, id, holds in given_rows]
    holding = sorted((one.level, one.price, one.id) for one in rows if one.mode == 2)

    actual = choose(tuple(sorted(rows, key=lambda one: one[:3])), NOW)

    assert (None if actual is None else actual[:3]) == (holding[0] if holding else None)


def test_a_products_own_price_of_a_mode_meets_the_price_rows_of_that_mode(plain: PlainShop) -> None:
    plain.configure("vat-rates", 1, {"title": "TVA", "percent": "20"})
    own = [{"mode": 1, "price": "2.50"}, {"mode": 2, "price": "2.80"}]
    plain.configure("products", 1, {"title": "Café", "price": "3", "vat": 1, "mode_prices": own})
    assert prices(plain.world, 1) == ()
    plain.configure("prices", 9, {"product": 1, "price": "2.60", "mode": 1})
    plain.configure("prices", 8, {"product": 1, "price": "2.60", "mode": 2})

    found = prices(plain.world, 1)

    assert [(choice.price, choice.id) for mode in (1, 2) if (choice := choose(found, NOW._replace(mode=mode)))] == [
        (25_000, 0),
        (26_000, 8),
    ]
    assert choose(found, NOW._replace(mode=0)) is None


def test_the_level_of_a_row_is_the_first_that_one_of_its_conditions_belongs_to(plain: PlainShop) -> None:
    plain.configure("vat-rates", 1, {"title": "TVA", "percent": "20"})
    plain.configure("products", 1, {"title": "Café", "price": "3", "vat": 1})
    plain.configure("customer-groups", 1, {"title": "Écoles"})
    rows: list[dict[str, Any]] = [
        {"group": 1, "weekdays": [1], "mode": 2},
        {"weekdays": [1], "from_quantity": 2},
        {"from_minute": 0, "until_minute": 60},
        {"first": "2027-01-01"},
        {"from_quantity": 2, "mode": 2},
        {"mode": 2},
    ]
    for id, conditions in enumerate(rows, 1):
        plain.configure("prices", id, {"product": 1, "price": "2", **conditions})

    levels = {price.id: price.level for price in prices(plain.world, 1)}

    assert levels == {1: CONTRACT, 2: BAND, 3: BAND, 4: BAND, 5: TIER, 6: MODE}


def test_the_prices_of_a_product_are_made_ready_once(plain: PlainShop) -> None:
    plain.configure("vat-rates", 1, {"title": "TVA", "percent": "20"})
    plain.configure("products", 1, {"title": "Café", "price": "3", "vat": 1})
    plain.configure("prices", 1, {"product": 1, "price": "2", "mode": 2})

    assert prices(plain.world, 1) is prices(plain.world, 1)
