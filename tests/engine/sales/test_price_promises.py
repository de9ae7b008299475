"""What pricing promises, sold and refunded in a whole shop: the specification's vectors, and what users complain of."""

from random import Random
from typing import Any

import pytest
from reference_payment import broken_legs, in_coins
from shop_harness import Shop

from engine.cash.records import Closed
from engine.payments.records import Leg
from engine.payments.views import round_cash
from engine.sales.records import Posted, Refunded

CASH, CARD = {"mode": 1}, {"mode": 2}
AMOUNTS = ("tendered", "counted", "change", "tip", "rounding", "kept")


def post(shop: Shop, lines: list[dict[str, Any]], **body: Any) -> Posted:
    record = shop.do("sales.post", {"lines": lines, "payments": [CASH], **body}).records[0]
    assert isinstance(record, Posted)
    return record


def back(shop: Shop, body: dict[str, Any]) -> Refunded:
    record = shop.do("sales.refund", body).records[0]
    assert isinstance(record, Refunded)
    return record


def free(cents: int, department: int = 1, **more: Any) -> dict[str, Any]:
    """A line at a price: department 1 is at 20 %, 2 at 10 %, 3 at 5.5 %."""
    return {"department": department, "price": f"{cents // 100}.{cents % 100:02}"} | more


def told(leg: Leg) -> dict[str, int]:
    return {name: getattr(leg, name) for name in AMOUNTS}


def coins_of_five(shop: Shop) -> None:
    shop.configure("settings", 1, {"name": "Bar du Port", "default_vat": 1, "cash_rounding_step": 5})


@pytest.mark.parametrize(
    ("lines", "discount", "amounts"),
    [
        ([free(1000)] * 3, {"amount": -500}, [833, 833, 834]),
        ([free(333), free(333), free(334)], {"amount": -100}, [300, 300, 300]),
        ([free(700), free(250), free(150)], {"fixed": 700}, [95, 159, 446]),
        ([free(39_900, quantity=25)], {"percent": "-10"}, [897_750]),
    ],
)
def test_the_vectors_of_splitting_are_sealed(
    open_bar: Shop, lines: list[dict[str, Any]], discount: dict[str, Any], amounts: list[int]
) -> None:
    ticket = post(open_bar, lines, discounts=[discount], payments=[CARD])

    assert [line.a for line in ticket.lines] == amounts
    assert ticket.total == sum(amounts)


def test_the_vector_of_three_rates_is_sealed(open_bar: Shop) -> None:
    ticket = post(open_bar, [free(1090), free(1550, 2), free(899, 3)])

    assert sorted((rate.g, rate.v, rate.n) for rate in ticket.rates) == [
        (899, 47, 852),
        (1090, 182, 908),
        (1550, 141, 1409),
    ]
    assert ticket.total == 3539


def test_the_vector_of_both_phases_is_sealed(open_bar: Shop) -> None:
    sold = free(1000, discount={"amount": "-1.00"})

    ticket = post(open_bar, [sold], discounts=[{"percent": "-10"}, {"percent": "-20"}])

    assert ([step.granted for step in ticket.disc], ticket.total) == ([-100, -90, -162], 648)


@pytest.mark.parametrize(("parts", "amounts"), [([1, 1, 1], [333, 334, 333]), ([2, 1], [667, 333])])
def test_the_vector_of_three_units_for_ten_is_given_back(open_bar: Shop, parts: list[int], amounts: list[int]) -> None:
    post(open_bar, [free(400, quantity=3)], discounts=[{"fixed": 1000}])

    refunds = [back(open_bar, {"no": 1, "lines": [{"line": 1, "quantity": part}]}).total for part in parts]

    assert [-amount for amount in amounts] == refunds


@pytest.mark.parametrize(("total", "coins"), [(198, 200), (4999, 5000), (697, 695), (702, 700), (703, 705)])
def test_34_cash_is_rounded_alike_in_both_directions(open_bar: Shop, total: int, coins: int) -> None:
    """odoo#96721: sold 7.00, refunded 8.00. What was paid in coins is what goes back in coins."""
    coins_of_five(open_bar)
    sale = post(open_bar, [free(total)])
    refund = back(open_bar, {"no": 1})

    assert (sale.total, sale.legs[0].counted, sale.legs[0].rounding) == (total, coins, total - coins)
    assert (refund.total, refund.legs[0].counted, refund.legs[0].rounding) == (-total, -coins, coins - total)


def test_34_a_card_pays_to_the_cent_in_a_country_of_five_cent_coins(open_bar: Shop) -> None:
    """odoo!155619, !161564: the card's part was rounded like cash; here only what cash still pays is."""
    coins_of_five(open_bar)
    ticket = post(open_bar, [free(1003)], payments=[{"mode": 2, "tendered": 501}, CASH])

    assert [(leg.counted, leg.rounding) for leg in ticket.legs] == [(501, 0), (500, 2)]


def test_34_the_engine_rounds_cash_as_the_twin_does() -> None:
    rng = Random(34)
    cases = [(rng.randint(-10_000, 10_000), rng.choice((0, 1, 2, 5, 10, 20, 50, 100))) for _ in range(2_000)]

    assert [in_coins(*case) for case in cases] == [round_cash(*case) for case in cases]


def test_every_leg_and_every_ticket_adds_up_however_it_is_paid(open_bar: Shop) -> None:
    """Phase 5: tendered = counted + change + tip + kept; counted + rounding + due = total."""
    coins_of_five(open_bar)
    rng = Random(5)
    for _ in range(40):
        total = rng.randint(1, 5_000)
        first = {"mode": rng.choice((1, 2, 3)), "tendered": rng.randint(1, max(1, total // 2))}
        second = rng.choice((CASH, CARD, {"mode": 1, "tendered": total + rng.choice((2, 50, 1000))}))
        answer = open_bar.send("sales.post", {"lines": [free(total)], "payments": [first, second]})
        if answer.status != "done":
            assert str(answer.code).startswith("payments.")
            continue
        ticket = answer.records[0]
        assert isinstance(ticket, Posted)
        assert broken_legs(map(told, ticket.legs), ticket.total, ticket.due) == []


def test_35_a_part_brought_back_leaves_the_other_lines_as_they_were(open_bar: Shop) -> None:
    """vendure#4811: cancelling one line moved its discount to the others."""
    sale = post(open_bar, [free(1000), free(2000, 2, quantity=3)], discounts=[{"amount": -1000}])
    first = back(open_bar, {"no": 1, "lines": [{"line": 1, "quantity": 1}]})
    rest = back(open_bar, {"no": 1})

    assert first.total == -next(line.a for line in sale.lines if line.id == 1)
    assert rest.total == -next(line.a for line in sale.lines if line.id == 2)
    assert [(-line.t, -line.a) for line in (*first.lines, *rest.lines)] == [(line.t, line.a) for line in sale.lines]


def test_24_the_books_add_what_was_sealed(open_bar: Shop) -> None:
    """odoo#7683, #6224: VAT computed once on the ticket and again in the books made two totals."""
    rng = Random(24)
    sales = [
        post(open_bar, [free(rng.randint(1, 999), rng.randint(1, 3)) for _ in range(rng.randint(1, 5))])
        for _ in range(25)
    ]

    closed = open_bar.do("cash.close", {"counted": [{"mode": 1, "amount": 0}], "float_out": 0}).records[0]

    assert isinstance(closed, Closed)
    for total in closed.vat:
        rows = [rate for sale in sales for rate in sale.rates if (rate.c, rate.r) == (total.c, total.r)]
        assert (total.g, total.v) == (sum(rate.g for rate in rows), sum(rate.v for rate in rows))
    assert sum(total.v for total in closed.vat) == sum(line.t for sale in sales for line in sale.lines)
