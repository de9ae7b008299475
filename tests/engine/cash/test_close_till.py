"""Closing a till: counted against expected, from running totals only."""

from collections import defaultdict
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shop_harness import Shop

from engine.cash.records import DIFFERENCE, DRAWER, FLOAT_SOURCE, Closed
from engine.kernel.ledger import BALANCES
from engine.sales.records import Paid, Posted, Refunded


def close(shop: Shop, counted: dict[int, int], float_out: int = 0) -> Closed:
    body = {"counted": [{"mode": mode, "amount": amount} for mode, amount in counted.items()], "float_out": float_out}
    record = shop.do("cash.close", body).records[0]
    assert isinstance(record, Closed)
    return record


def balances(shop: Shop, till: int) -> list[int]:
    with shop.engine.reader().snapshot() as txn:
        stored = [txn.get("state", BALANCES.pack(kind.code, till)) for kind in (DRAWER, FLOAT_SOURCE, DIFFERENCE)]
    return [0 if value is None else BALANCES.decode(value).amount for value in stored]


def sell(shop: Shop, body: dict[str, Any]) -> None:
    shop.do("sales.post", {"lines": [{"product": 3}], "payments": [{"mode": 1}], **body})


def test_the_answer_tells_what_was_expected_and_the_variance(bar: Shop) -> None:
    """Blind count: who counts sends amounts, and learns the rest."""
    bar.do("cash.open", {"float_in": 10_000})
    sell(bar, {"payments": [{"mode": 1, "tendered": 2_000}]})
    sell(bar, {"payments": [{"mode": 2, "tendered": 550, "tip": 50}]})
    closed = close(bar, {1: 10_450, 2: 560}, 10_000)

    assert [(count.mode, count.type, count.expected, count.counted, count.variance) for count in closed.counts] == [
        (1, "cash", 10_500, 10_450, -50),
        (2, "card", 550, 560, 10),
    ]
    assert (closed.variance, closed.float_out, closed.tips) == (-40, 10_000, 50)
    assert balances(bar, 1) == [10_000, -9_550, 50]


def test_the_drawer_holds_the_float_that_was_left(bar: Shop) -> None:
    """Complaint 17: every movement of a drawer is double-entry."""
    bar.do("cash.open", {"float_in": 10_000})
    sell(bar, {})
    close(bar, {1: 10_480}, 3_000)

    assert balances(bar, 1) == [3_000, -2_520, 20]


def test_a_mode_left_out_is_taken_as_right_but_cash_must_be_counted(bar: Shop) -> None:
    bar.do("cash.open", {"float_in": 1_000})
    sell(bar, {"payments": [{"mode": 2}]})
    uncounted = bar.refused("cash.close", {"float_out": 0})
    closed = close(bar, {1: 1_000})

    assert (uncounted.code, uncounted.at) == ("cash.count_missing", "counted")
    assert [(count.mode, count.variance) for count in closed.counts] == [(1, 0), (2, 0)]


def test_an_empty_till_without_float_closes_without_a_count(bar: Shop) -> None:
    bar.do("cash.open", {"float_in": 0})
    closed = close(bar, {})

    assert (closed.first, closed.last, closed.tickets, closed.counts, closed.turnover) == (0, 0, 0, (), 0)


def test_what_cannot_be_is_refused(bar: Shop) -> None:
    never = bar.refused("cash.close", {"float_out": 0})
    bar.do("cash.open", {"float_in": 1_000})
    counted = [{"mode": 1, "amount": 1_000}]
    twice = bar.refused("cash.close", {"counted": counted * 2, "float_out": 0})
    unknown = bar.refused("cash.close", {"counted": [{"mode": 9, "amount": 0}], "float_out": 0})
    too_much = bar.refused("cash.close", {"counted": counted, "float_out": 1_001})
    employee = bar.refused("cash.close", {"counted": counted, "float_out": 0}, operator=3)

    assert [answer.code for answer in (never, twice, unknown, too_much)] == [
        "cash.till_closed",
        "cash.counted_twice",
        "cash.unknown_mode",
        "cash.float_exceeds",
    ]
    assert employee.code == "kernel.not_allowed"


def test_a_closed_till_is_closed_and_opens_again_with_empty_totals(bar: Shop) -> None:
    bar.do("cash.open", {"float_in": 0})
    sell(bar, {})
    close(bar, {1: 500})
    again = bar.refused("cash.close", {"float_out": 0})
    sale = bar.refused("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 1}]})
    bar.do("cash.open", {"float_in": 0})
    sell(bar, {})
    second = close(bar, {1: 500})

    assert [again.code, sale.code] == ["cash.till_closed", "cash.till_closed"]
    assert (second.session, second.tickets, second.first, second.last, second.turnover) == (2, 1, 2, 2, 500)
    assert (second.perpetual, second.absolute) == (1_000, 1_000)


def test_the_perpetual_totals_are_signed_and_absolute(bar: Shop) -> None:
    bar.do("cash.open", {"float_in": 0})
    sell(bar, {})
    bar.do("sales.refund", {"no": 1})
    closed = close(bar, {1: 0})

    assert (closed.perpetual, closed.absolute, closed.tickets, closed.refunds) == (0, 1_000, 2, 1)


def test_a_session_may_be_closed_days_later(bar: Shop) -> None:
    """Complaint 13: a session older than a day can be used and closed."""
    bar.do("cash.open", {"float_in": 0})
    bar.clock.advance(3 * 20 * 3_600_000)
    sell(bar, {})
    closed = close(bar, {1: 500})

    assert (closed.opened, closed.day) == ("2026-11-21T12:00:00.000+01:00", "2026-11-24")


def test_tickets_belong_to_the_session_they_were_sealed_in(bar: Shop) -> None:
    """Complaint 15: by position, in one atomic record, whatever the order of answers."""
    bar.do("cash.open", {"float_in": 0})
    sale = {"lines": [{"product": 3}], "payments": [{"mode": 1}]}
    closing = {"counted": [{"mode": 1, "amount": 500}], "float_out": 0}
    answers = bar.engine.submit(
        [bar.envelope("sales.post", sale), bar.envelope("cash.close", closing), bar.envelope("sales.post", sale)]
    )

    assert [answer.status for answer in answers] == ["done", "done", "refused"]
    assert (answers[1].records[0].tickets, answers[1].records[0].turnover) == (1, 500)


def recount(records: list[Any]) -> dict[str, Any]:
    """The totals of a session, computed again from its sealed records alone."""
    sums: dict[str, Any] = defaultdict(int)
    tables: dict[str, dict[Any, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    vat: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0])
    for operator, record in records:
        if isinstance(record, Paid):
            sums["due"] -= sum(leg.counted + leg.rounding for leg in record.legs)
        else:
            sums["tickets"] += 1
            sums["refunds"] += isinstance(record, Refunded)
            sums["turnover"] += record.total
            sums["due"] += record.due
            for name, id in (("channels", record.mode), ("operators", operator)):
                tables[name][id][0] += 1
                tables[name][id][1] += record.total
            for line in record.lines:
                tables["departments"][line.d or 0][0] += 1
                tables["departments"][line.d or 0][1] += line.a
            for rate in record.rates:
                for place, amount in enumerate((rate.g, rate.v, rate.n)):
                    vat[rate.c, rate.deposit, rate.r][place] += amount
        for leg in record.legs:
            for name in ("tip", "kept", "rounding"):
                sums[name] += getattr(leg, name)
            tables["modes"][leg.mode][0] += 1
            tables["modes"][leg.mode][1] += leg.counted
    return {
        **{name: sums[name] for name in ("tickets", "refunds", "turnover", "due", "tip", "kept", "rounding")},
        "vat": sorted((*key, *amounts) for key, amounts in vat.items()),
        **{
            name: sorted((id, *pair) for id, pair in tables[name].items())
            for name in ("channels", "operators", "departments", "modes")
        },
    }


def told(closed: Closed) -> dict[str, Any]:
    return {
        "tickets": closed.tickets,
        "refunds": closed.refunds,
        "turnover": closed.turnover,
        "due": closed.due,
        "tip": closed.tips,
        "kept": closed.kept,
        "rounding": closed.rounding,
        "vat": [(total.c, total.deposit, total.r, total.g, total.v, total.n) for total in closed.vat],
        **{
            name: [(total.id, total.count, total.amount) for total in getattr(closed, name)]
            for name in ("channels", "operators", "departments", "modes")
        },
    }


SALE = st.fixed_dictionaries(
    {
        "lines": st.lists(
            st.one_of(
                st.fixed_dictionaries({"product": st.integers(1, 4), "quantity": st.integers(1, 4)}),
                st.fixed_dictionaries({"price": st.sampled_from(["0.33", "1.99", "7.01"])}),
            ),
            min_size=1,
            max_size=3,
        ),
        "payments": st.sampled_from([[{"mode": 1}], [{"mode": 2, "tip": 30}], [{"mode": 2}], []]),
        "mode": st.sampled_from([0, 2]),
        "unpaid": st.just(True),
    }
)
STEP = st.tuples(st.sampled_from(["sale", "sale", "refund", "pay"]), SALE, st.integers(1, 12), st.integers(1, 2))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, max_size=14), rounding=st.sampled_from([0, 5]))
def test_the_closing_equals_an_independent_recount_of_the_records(bar: Shop, steps: list[Any], rounding: int) -> None:
    """Complaints 14 and 24: running totals add what was sealed, and a recount from the records agrees."""
    bar.configure("settings", 1, {"name": "Bar du Port", "default_vat": 1, "cash_rounding_step": rounding})
    bar.do("cash.open", {"float_in": 0})
    records = []
    base = bar.ask("sales.tickets", {"limit": 1}).tickets
    offset = base[0].no if base else 0
    for what, sale, number, operator in steps:
        body = {
            "sale": ("sales.post", sale),
            "refund": ("sales.refund", {"no": offset + number}),
            "pay": ("sales.pay", {"no": offset + number, "payments": [{"mode": 1}]}),
        }[what]
        answer = bar.send(*body, operator=operator)
        if answer.status == "done":
            records.append((operator, answer.records[0]))
    live = bar.ask("cash.x", {"till": 1})
    held = sum(leg.tendered - leg.change for _, record in records for leg in record.legs if leg.type == "cash")
    closed = close(bar, {1: held})

    assert recount(records) == told(closed) == told(live)
    assert closed.turnover == sum(mode.amount for mode in closed.modes) + closed.rounding + closed.due
    assert closed.variance == 0
    assert [record.no for _, record in records if isinstance(record, Posted | Refunded)][:1] == (
        [closed.first] if closed.tickets else []
    )
