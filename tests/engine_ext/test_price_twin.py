"""The whole twin against sums done by hand, where no compiled module computes yet: VAT regimes, price levels, coins."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pricing_cases import line
from reference_book import Basket, Conditions, Context, Facts, Sold
from reference_payment import broken_legs, in_coins
from reference_price import price
from reference_pricing import NET, Refused
from reference_vat import Regime, Row
from whole_cases import random_taxed, random_whole, whole_line


def sold(line_id: str = "1", *, price: int, **more: Any) -> Sold:
    words = {name: more.pop(name) for name in ("exempt", "margin", "cost", "contract", "band", "tier") if name in more}
    return whole_line(line(line_id, price=price, **more), **words)


def rates_of(told: dict[str, Any]) -> list[tuple[Regime, int, int, int, int]]:
    return [(row.regime, row.gross, row.vat, row.net, row.relief) for row in told["rates"]]


def test_an_exempt_customer_pays_net_and_each_line_says_what_was_taken_off() -> None:
    lines = [sold("1", price=1000, exempt=True), sold("2", price=200, exempt=True)]

    told: dict[str, Any] = price(Basket(lines=lines))

    assert rates_of(told) == [(Regime.EXEMPT, 1000, 0, 1000, -200)]
    assert [(each["amount"], each["relief"], each["vat"]) for each in told["lines"]] == [(833, -167, 0), (167, -33, 0)]


def test_an_exempt_customer_of_a_net_document_pays_its_prices() -> None:
    told: dict[str, Any] = price(Basket(lines=[sold(price=1000, exempt=True)], basis=NET))

    assert rates_of(told) == [(Regime.EXEMPT, 1000, 0, 1000, 0)]


def test_margin_vat_is_taken_of_what_was_earned_line_by_line_and_never_of_a_loss() -> None:
    lines = [sold("1", price=120, margin=True, cost=6_000), sold("2", price=100, margin=True, cost=50_000)]

    told: dict[str, Any] = price(Basket(lines=lines))

    assert rates_of(told) == [(Regime.MARGIN, 220, 10, 210, 0)]
    assert {each["id"]: each["vat"] for each in told["lines"]} == {"1": 10, "2": 0}


def test_a_unit_price_is_the_first_of_the_levels_of_phase_0() -> None:
    levels: dict[str, Any] = {"typed": 10_000, "contract": 20_000, "band": 30_000, "tier": 40_000, "listed": 50_000}
    left = dict(levels)
    totals = []
    for name in levels:
        told: dict[str, Any] = price(Basket(lines=[sold(price=600, **left)]))
        totals.append(told["total"])
        del left[name]

    assert totals == [100, 200, 300, 400, 500]


@settings(max_examples=150, deadline=None)
@given(st.builds(Random, st.integers(0, 2**64)))
def test_every_ticket_of_the_twin_adds_up_under_every_regime(rng: Random) -> None:
    case = random_whole(rng, taxes=random_taxed)
    try:
        told: dict[str, Any] = price(case.basket, case.book, case.context)
    except Refused:
        return
    rows: list[Row] = told["rates"]
    lines = told["lines"]

    assert told["total"] == sum(row.gross for row in rows)
    assert told["vat"] == sum(row.vat for row in rows) == sum(each["vat"] for each in lines)
    assert sum(row.relief for row in rows) == sum(each["relief"] for each in lines)
    for each in lines:
        assert each["amount"] == each["base"] + sum(share for _, share in each["shares"]) + each["relief"]
    assert all(row.vat == 0 for row in rows if row.regime == Regime.EXEMPT)


@pytest.mark.parametrize(("amount", "coins"), [(198, 200), (-198, -200), (4999, 5000), (2, 0), (3, 5), (-3, -5)])
def test_vector_cash_is_rounded_to_five_cents(amount: int, coins: int) -> None:
    assert in_coins(amount, 5) == coins


def test_the_legs_of_the_specifications_example_add_up() -> None:
    leg = {"tendered": 200, "counted": 200, "change": 0, "tip": 0, "rounding": -2, "kept": 0}

    assert broken_legs([leg], 198, 0) == []
    assert len(broken_legs([leg | {"tendered": 201}], 199, 0)) == 2


def test_hours_hold_minute_by_minute_across_midnight() -> None:
    night = Conditions(from_minute=1_439, until_minute=2)
    nothing = Facts(items=0, value=0, value_left=0, products=frozenset(), departments=frozenset())

    on = [minute for minute in range(1_440) if night.hold(Context(minute=minute), nothing)]

    assert on == [0, 1, 1_439]
