"""What others learn of the shop: defaults, limits by day, sales modes, floats."""

import datetime

import pytest
from plain_shop import PlainShop

from engine.kernel.errors import Refusal
from engine.kernel.messages import Actor
from engine.shop import views


def day(text: str) -> int:
    return datetime.date.fromisoformat(text).toordinal()


def test_a_shop_that_nobody_configured_has_the_laws_defaults(plain: PlainShop) -> None:
    found = views.settings(plain.world)

    assert ("EUR", 2, "gross", "Europe/Paris", 0) == (
        found.currency,
        found.decimals,
        found.basis,
        found.zone,
        found.cash_rounding_step,
    )
    assert (100_000, 2_500) == tuple(
        views.limit_on(limits, day("2026-11-21")) for limits in (found.cash_limits, found.meal_voucher_caps)
    )


def test_settings_follow_their_row(plain: PlainShop) -> None:
    plain.configure("settings", 1, {"name": "Bar", "default_float": 5_000})
    first = views.settings(plain.world)

    plain.configure("settings", 1, {"name": "Café", "default_float": 6_000})

    second = views.settings(plain.world)
    assert [("Bar", 5_000), ("Café", 6_000)] == [(found.name, found.default_float) for found in (first, second)]
    assert first.version < second.version


@pytest.mark.parametrize(
    ("on", "amount"),
    [
        ("2015-08-31", None),
        ("2015-09-01", 100_000),
        ("2027-07-09", 100_000),
        ("2027-07-10", 80_000),
        ("2030-01-01", None),
    ],
)
def test_a_limit_of_the_law_holds_from_its_day(plain: PlainShop, on: str, amount: int | None) -> None:
    limits = [
        {"since": "2015-09-01", "amount": 100_000},
        {"since": "2027-07-10", "amount": 80_000},
        {"since": "2030-01-01", "amount": None},
    ]
    plain.configure("settings", 1, {"name": "Bar", "cash_limits": limits})

    found = views.settings(plain.world)

    assert amount == views.limit_on(found.cash_limits, day(on))


def test_a_till_is_known_by_its_number(plain: PlainShop) -> None:
    plain.configure("tills", 3, {"name": "Comptoir", "float_in": 100, "active": False})

    found = views.till(plain.world, 3)

    assert found is not None
    assert (3, "Comptoir", 100, False, None) == (
        found.id,
        found.name,
        found.float_in,
        found.active,
        found.default_mode,
    )
    assert views.till(plain.world, 4) is None


def test_a_drawer_starts_with_the_tills_float_else_the_shops(plain: PlainShop) -> None:
    plain.configure("settings", 1, {"name": "Bar", "default_float": 5_000})
    plain.configure("tills", 1, {"name": "A", "float_in": 0})
    plain.configure("tills", 2, {"name": "B"})

    assert [0, 5_000, 5_000] == [views.float_in(plain.world, id) for id in (1, 2, 3)]


def test_the_sales_mode_is_the_one_asked_else_the_tills_else_the_shops(plain: PlainShop) -> None:
    plain.configure("settings", 1, {"name": "Bar", "default_mode": 4})
    plain.configure("tills", 1, {"name": "Salle", "default_mode": 2})
    plain.configure("tills", 2, {"name": "Porte"})

    modes = []
    for till, asked in ((1, 0), (1, None), (2, None)):
        plain.world.actor = Actor(till=till, operator=1)
        modes.append(views.sales_mode(plain.world, asked))

    assert [0, 2, 4] == modes


def test_a_tills_mode_that_the_shop_has_withdrawn_gives_way_to_the_shops(plain: PlainShop) -> None:
    plain.configure("tills", 1, {"name": "Salle", "default_mode": 2})
    plain.configure("settings", 1, {"name": "Bar", "default_mode": 4, "modes": [0, 4]})

    plain.world.actor = Actor(till=1, operator=1)

    assert 4 == views.sales_mode(plain.world, None)


def test_a_sales_mode_must_be_on_offer_and_chosen_where_the_shop_wants_it(plain: PlainShop) -> None:
    plain.configure("settings", 1, {"name": "Bar", "modes": [0, 2], "mode_required": True})

    with pytest.raises(Refusal) as silent:
        views.sales_mode(plain.world, None)
    with pytest.raises(Refusal) as off:
        views.sales_mode(plain.world, 1)

    assert [("shop.mode_required", "mode"), ("shop.mode_off", "mode")] == [
        (caught.value.code, caught.value.at) for caught in (silent, off)
    ]
    assert 2 == views.sales_mode(plain.world, 2)
