"""Refunding: never more than was sold, never more than was paid, the same cents in however many steps."""

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shop_harness import Shop

from engine.sales.records import Posted, Refunded

CASH = {"mode": 1}
CARD = {"mode": 2}


def sell(shop: Shop, lines: list[dict[str, Any]], **body: Any) -> Posted:
    record = shop.do("sales.post", {"lines": lines, "payments": [CASH], **body}).records[0]
    assert isinstance(record, Posted)
    return record


def give_back(shop: Shop, body: dict[str, Any], till: int = 1) -> Refunded:
    record = shop.do("sales.refund", body, till=till).records[0]
    assert isinstance(record, Refunded)
    return record


def test_a_whole_refund_is_a_new_ticket_of_opposite_sign(open_bar: Shop) -> None:
    sale = sell(open_bar, [{"product": 1, "quantity": 2, "note": "serré"}, {"product": 3}], discounts=[{"id": 1}])
    refund = give_back(open_bar, {"no": sale.no, "reason": "Erreur"})

    assert (2, -sale.total, "Erreur") == (refund.no, refund.total, refund.reason)
    assert (refund.of.gen, refund.of.series, refund.of.no) == (1, 0, 1)
    assert [(line.id, -line.q, -line.b, -line.a, -line.t, line.l) for line in sale.lines] == [
        (line.of, line.q, line.b, line.a, line.t, line.l) for line in refund.lines
    ]
    assert [(rate.c, -rate.g, -rate.v, -rate.n) for rate in sale.rates] == [
        (rate.c, rate.g, rate.v, rate.n) for rate in refund.rates
    ]
    assert [-discount.granted for discount in sale.disc] == [discount.granted for discount in refund.disc]
    assert [-leg.counted for leg in sale.legs] == [leg.counted for leg in refund.legs]


def test_units_of_a_line_come_back_by_cumulative_rounding(open_bar: Shop) -> None:
    """Complaint 35: refund(k) by cumulative rounding sums exactly; other lines keep their price."""
    sale = sell(open_bar, [{"price": "3.3333", "quantity": 3}, {"product": 1}])
    one_by_one = [give_back(open_bar, {"no": 1, "lines": [{"line": 1, "quantity": 1}]}).total for _ in range(3)]

    assert sale.total == 1150
    assert one_by_one == [-333, -334, -333]
    assert open_bar.ask("sales.ticket", {"no": 1}).refundable == {1: 0, 2: 1000}


def test_vat_is_given_back_at_the_sealed_rate(open_bar: Shop) -> None:
    sale = sell(open_bar, [{"product": 3}])
    open_bar.configure("products", 3, {"title": "Sandwich", "price": "6.00", "department": 1})
    open_bar.configure("vat-rates", 2, {"title": "Taux intermédiaire", "percent": "20"})
    refund = give_back(open_bar, {"no": 1})

    assert (refund.total, refund.rates[0].r, refund.rates[0].v) == (-500, 10_000, -45)
    assert sale.rates[0].r == refund.rates[0].r


def test_more_than_is_left_is_refused_and_says_what_is_left(open_bar: Shop) -> None:
    sell(open_bar, [{"product": 2, "quantity": 3}])
    give_back(open_bar, {"no": 1, "lines": [{"line": 1, "quantity": 2}]})
    too_much = open_bar.refused("sales.refund", {"no": 1, "lines": [{"line": 1, "quantity": 2}]})
    give_back(open_bar, {"no": 1})
    again = open_bar.refused("sales.refund", {"no": 1})

    assert (too_much.code, too_much.at) == ("sales.refund_exceeds", "lines[0].quantity")
    assert too_much.data == {"line": 1, "left": 1000, "asked": 2000}
    assert again.code == "sales.nothing_left"


def test_of_two_tills_refunding_one_ticket_in_one_group_one_wins(open_bar: Shop) -> None:
    """Complaint 35: the refundable quantity is a counter guarded in the writer, two tills at once included."""
    sell(open_bar, [{"product": 3}])
    answers = open_bar.engine.submit([open_bar.envelope("sales.refund", {"no": 1}, till=till) for till in (1, 2)])

    assert [(answer.status, answer.code) for answer in answers] == [("done", ""), ("refused", "sales.nothing_left")]
    assert len(open_bar.ask("sales.ticket", {"no": 1}).refunds) == 1


def test_a_sale_and_its_refund_may_share_a_group(open_bar: Shop) -> None:
    sale = open_bar.envelope("sales.post", {"lines": [{"product": 3}], "payments": [CASH]})
    answers = open_bar.engine.submit([sale, open_bar.envelope("sales.refund", {"no": 1}, till=2)])

    assert [answer.status for answer in answers] == ["done", "done"]


def test_a_refund_is_named_by_its_entry_too(open_bar: Shop) -> None:
    answer = open_bar.do("sales.post", {"lines": [{"product": 3}], "payments": [CASH]})
    refund = give_back(open_bar, {"gen": answer.gen, "seq": answer.seq})
    elsewhere = open_bar.refused("sales.refund", {"gen": 1, "seq": 2})

    assert (1, answer.seq) == (refund.of.no, refund.of.seq)
    assert elsewhere.code == "sales.unknown_ticket"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"no": 9}, "sales.unknown_ticket"),
        ({}, "sales.unknown_ticket"),
        ({"no": 2}, "sales.refund_of_refund"),
        ({"no": 1, "lines": [{"line": 5}]}, "sales.unknown_line"),
        ({"no": 1, "lines": [{"line": 1}, {"line": 1}]}, "sales.line_twice"),
        ({"no": 1, "lines": [{"line": 1, "quantity": "-1"}]}, "sales.refund_exceeds"),
        ({"no": 1, "lines": [{"line": 1, "quantity": 0}]}, "sales.refund_exceeds"),
        ({"no": 1, "lines": [{"line": 1}], "payments": [{"mode": 1, "tendered": 100}]}, "payments.wrong_sign"),
        ({"no": 1, "lines": [{"line": 1}], "payments": [{"mode": 1, "tendered": -100}]}, "payments.short"),
    ],
)
def test_a_refund_that_makes_no_sense_is_refused(open_bar: Shop, body: dict[str, Any], code: str) -> None:
    sell(open_bar, [{"product": 3}, {"product": 1}])
    give_back(open_bar, {"no": 1, "lines": [{"line": 2}]})

    assert code == open_bar.refused("sales.refund", body).code


def test_an_employee_needs_the_right_to_refund(open_bar: Shop) -> None:
    sell(open_bar, [{"product": 3}])

    assert open_bar.refused("sales.refund", {"no": 1}, operator=3).code == "kernel.not_allowed"


def test_a_refund_lowers_what_is_due_first_and_returns_only_what_was_paid(open_bar: Shop) -> None:
    sell(open_bar, [{"product": 3, "quantity": 2}], payments=[{"mode": 1, "tendered": 400}], unpaid=True)
    first = give_back(open_bar, {"no": 1, "lines": [{"line": 1, "quantity": 1}]})
    shown = open_bar.ask("sales.ticket", {"no": 1})
    second = give_back(open_bar, {"no": 1})

    assert (first.total, first.due, first.legs) == (-500, -500, ())
    assert shown.due == 100
    assert (second.total, second.due, [leg.counted for leg in second.legs]) == (-500, -100, [-400])
    assert open_bar.ask("sales.ticket", {"no": 1}).due == 0


def test_cash_given_back_never_exceeds_the_cash_that_came_in(open_bar: Shop) -> None:
    sell(open_bar, [{"product": 3}], payments=[{"mode": 2, "tendered": 300}, CASH])
    refused = open_bar.refused("sales.refund", {"no": 1, "payments": [CASH]})
    refund = give_back(open_bar, {"no": 1})

    assert (refused.code, refused.data) == ("sales.cash_exceeds", {"left": 200, "asked": 500})
    assert [(leg.mode, leg.counted) for leg in refund.legs] == [(1, -200), (2, -300)]


def test_a_rounded_cash_sale_gives_back_what_was_paid(open_bar: Shop) -> None:
    """Complaint 34: 1.98 paid 2.00 in a country of 5-cent coins; its refund is 2.00, at once or line by line."""
    open_bar.configure("settings", 1, {"name": "Bar du Port", "default_vat": 1, "cash_rounding_step": 5})
    line = {"price": "0.66"}
    at_once = sell(open_bar, [line] * 3)
    back = give_back(open_bar, {"no": at_once.no})
    in_steps = sell(open_bar, [line] * 3)
    steps = [give_back(open_bar, {"no": in_steps.no, "lines": [{"line": number}]}) for number in (1, 2, 3)]

    assert [(leg.counted, leg.rounding) for leg in at_once.legs] == [(200, -2)]
    assert [(leg.counted, leg.rounding) for leg in back.legs] == [(-200, 2)]
    assert [leg.counted for step in steps for leg in step.legs] == [-65, -65, -70]
    assert [step.total for step in steps] == [-66, -66, -66]


def test_no_step_gives_back_more_cash_than_is_held(open_bar: Shop) -> None:
    """Complaint 34: 0.99 was paid 1.00, and its thirds of 0.33 would round up to 1.05."""
    open_bar.configure("settings", 1, {"name": "Bar du Port", "default_vat": 1, "cash_rounding_step": 5})
    sell(open_bar, [{"price": "0.33"}] * 3)
    steps = [give_back(open_bar, {"no": 1, "lines": [{"line": number}]}) for number in (1, 2, 3)]

    assert [leg.counted for step in steps for leg in step.legs] == [-35, -35, -30]


def test_the_same_refund_twice_is_one_refund(open_bar: Shop) -> None:
    """Complaint 35: a refund grows at no retry."""
    sell(open_bar, [{"product": 3}])
    id = open_bar.new_id()
    first = open_bar.do("sales.refund", {"no": 1}, id=id)

    assert first.records == open_bar.do("sales.refund", {"no": 1}, id=id).records


LINES = st.lists(
    st.fixed_dictionaries(
        {
            "price": st.integers(1, 99_999).map(lambda units: f"{units // 10_000}.{units % 10_000:04}"),
            "quantity": st.integers(1, 5_000).map(lambda units: f"{units // 1000}.{units % 1000:03}"),
            "department": st.sampled_from([1, 2, 3]),
        }
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=LINES, percent=st.integers(-100, 50), step=st.sampled_from([0, 5]), data=st.data())
def test_any_steps_of_refunds_return_exactly_what_was_paid(
    open_bar: Shop, lines: list[dict[str, Any]], percent: int, step: int, data: st.DataObject
) -> None:
    """Complaints 28, 34 and 35, for any basket, discount, steps and coins."""
    open_bar.configure("settings", 1, {"name": "Bar du Port", "default_vat": 1, "cash_rounding_step": step})
    sale = sell(open_bar, lines, discounts=[{"percent": str(percent)}])
    left = {line.id: line.q for line in sale.lines}
    sums = {"total": 0, "counted": 0, "vat": 0, "base": 0}
    while any(left.values()):
        id = data.draw(st.sampled_from(sorted(id for id, quantity in left.items() if quantity)))
        now = data.draw(st.one_of(st.just(left[id]), st.integers(1, left[id])))
        body = {"no": sale.no, "lines": [{"line": id, "quantity": f"{now // 1000}.{now % 1000:03}"}]}
        back = give_back(open_bar, body, till=data.draw(st.sampled_from([1, 2])))
        left[id] -= now
        sums["total"] += back.total
        sums["counted"] += sum(leg.counted for leg in back.legs)
        sums["vat"] += sum(rate.v for rate in back.rates)
        sums["base"] += sum(line.b for line in back.lines)
        if len(left) > 2 and data.draw(st.booleans()):
            break
    if any(left.values()):
        rest = give_back(open_bar, {"no": sale.no})
        sums["total"] += rest.total
        sums["counted"] += sum(leg.counted for leg in rest.legs)
        sums["vat"] += sum(rate.v for rate in rest.rates)
        sums["base"] += sum(line.b for line in rest.lines)

    expected = {
        "total": -sale.total,
        "counted": -sum(leg.counted for leg in sale.legs),
        "vat": -sum(rate.v for rate in sale.rates),
        "base": -sum(line.b for line in sale.lines),
    }
    assert expected == sums


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=LINES,
    card=st.integers(1, 500),
    voucher=st.integers(1, 500),
    later=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_every_mode_gets_back_what_it_paid(
    open_bar: Shop, lines: list[dict[str, Any]], card: int, voucher: int, later: bool, order: Random
) -> None:
    """Whatever was paid by card, voucher or cash, now or later, comes back the same way, line by line in any order."""
    total = open_bar.ask("sales.price", {"lines": lines}).total
    legs = [{"mode": 2, "tendered": card}, {"mode": 3, "tendered": voucher}] if total > card + voucher else []
    sale = sell(open_bar, lines, payments=legs if later else [*legs, CASH], unpaid=later)
    paid = [*sale.legs]
    if sale.due:
        paid += open_bar.do("sales.pay", {"no": sale.no, "payments": [CASH]}, till=2).records[0].legs
    ids = [line.id for line in sale.lines]
    order.shuffle(ids)
    back = [leg for id in ids for leg in give_back(open_bar, {"no": sale.no, "lines": [{"line": id}]}, till=2).legs]

    sums = {mode: sum(leg.counted for leg in (*paid, *back) if leg.mode == mode) for mode in (1, 2, 3)}
    assert sums == {1: 0, 2: 0, 3: 0}
