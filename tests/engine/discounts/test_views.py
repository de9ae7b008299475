"""Discounts in the integers that pricing works with."""

from plain_shop import PlainShop

from engine.discounts import views


def test_a_discount_gives_unit_prices_for_a_line_and_minor_units_for_a_subtotal(plain: PlainShop) -> None:
    plain.configure("discounts", 2, {"title": "-10 % puis -1 €", "percent": "-10", "amount": "-1.00"})

    found = views.discount(plain.world, 2)

    assert found is not None
    assert (2, "-10 % puis -1 €", -10_000) == (found.id, found.label, found.percent)
    assert (-10_000, None) == (found.unit_amount, found.unit_fixed)
    assert (-100, None) == (found.amount, found.fixed)
    assert (True, True, True) == (found.for_line, found.for_subtotal, found.active)
    assert views.discount(plain.world, 3) is None


def test_a_fixed_price_is_given_both_ways(plain: PlainShop) -> None:
    plain.configure("discounts", 1, {"title": "Menu", "fixed": "10.00", "scope": "subtotal", "right": "sales.refund"})

    found = views.discount(plain.world, 1)

    assert found is not None
    assert (100_000, 1_000, 0, 0) == (found.unit_fixed, found.fixed, found.unit_amount, found.percent)
    assert (False, True, "sales.refund") == (found.for_line, found.for_subtotal, found.right)


def test_a_line_discount_has_no_minor_units(plain: PlainShop) -> None:
    plain.configure("discounts", 1, {"title": "Remise", "amount": "-0.0050", "scope": "line", "active": False})

    found = views.discount(plain.world, 1)

    assert found is not None
    assert (-50, None, None) == (found.unit_amount, found.amount, found.fixed)
    assert (True, False, False) == (found.for_line, found.for_subtotal, found.active)


def test_a_currency_without_decimals_counts_whole_units(plain: PlainShop) -> None:
    plain.configure("settings", 1, {"name": "Roulotte", "currency": "XPF", "decimals": 0})
    plain.configure("discounts", 1, {"title": "Remise", "amount": "-100"})

    found = views.discount(plain.world, 1)

    assert found is not None
    assert (-1_000_000, -100) == (found.unit_amount, found.amount)
