"""Selling a basket: priced, paid, numbered, or refused as a whole."""

from typing import Any

import pytest
from shop_harness import Shop

from engine.cash import views as cash
from engine.kernel import disk
from engine.kernel.ledger import BALANCES
from engine.sales.records import DUE, OTHER_MODE, STOCK_ITEM, STOCK_OUTSIDE, TURNOVER, Posted

CASH = {"mode": 1}
CARD = {"mode": 2}
VOUCHER = {"mode": 3}


def sell(shop: Shop, body: dict[str, Any], till: int = 1, operator: int = 1) -> Posted:
    record = shop.do("sales.post", {"payments": [CASH], **body}, till=till, operator=operator).records[0]
    assert isinstance(record, Posted)
    return record


def balance(shop: Shop, code: int, id: int) -> int:
    with shop.engine.reader().snapshot() as txn:
        stored = txn.get("state", BALANCES.pack(code, id))
    return 0 if stored is None else BALANCES.decode(stored).amount


def test_a_ticket_holds_lines_rates_and_legs_that_add_up(open_bar: Shop) -> None:
    """Complaint 24: VAT per rate is fixed on the ticket."""
    ticket = sell(
        open_bar,
        {
            "lines": [{"product": 1, "quantity": 2}, {"product": 3}, {"department": 3, "price": "0.95"}],
            "payments": [{"mode": 2, "tendered": 500}, {"mode": 1, "tendered": 1000}],
        },
    )

    assert 895 == ticket.total == sum(line.a for line in ticket.lines) == sum(rate.g for rate in ticket.rates)
    assert [(rate.c, rate.g, rate.v, rate.n) for rate in ticket.rates] == [
        (1, 300, 50, 250),
        (2, 500, 45, 455),
        (3, 95, 5, 90),
    ]
    assert [rate.v for rate in ticket.rates] == [
        sum(line.t for line in ticket.lines if line.r == index) for index in range(3)
    ]
    assert [(leg.mode, leg.counted, leg.change) for leg in ticket.legs] == [(2, 500, 0), (1, 395, 605)]
    assert (ticket.due, ticket.items, ticket.cur, ticket.dec, ticket.basis) == (0, 3, "EUR", 2, "gross")


def test_numbers_follow_each_other_across_tills_and_kinds_without_a_gap(open_bar: Shop) -> None:
    """Complaint 5: the number is given when the ticket is sealed, by one writer; a refusal leaves no gap."""
    first = sell(open_bar, {"lines": [{"product": 1}]}, till=1)
    open_bar.refused("sales.post", {"lines": [{"product": 99}], "payments": [CASH]}, till=2)
    second = sell(open_bar, {"lines": [{"product": 1}]}, till=2)
    refund = open_bar.do("sales.refund", {"no": 1}, till=2).records[0]
    third = sell(open_bar, {"lines": [{"product": 1}]}, till=1)

    assert [first.no, second.no, refund.no, third.no] == [1, 2, 3, 4]
    assert {0} == {first.series, second.series, refund.series, third.series}


def test_the_same_command_twice_is_one_ticket(open_bar: Shop) -> None:
    """Complaints 1, 3 and 4: a lost answer is asked for again with the same id and comes back unchanged."""
    body = {"lines": [{"product": 1}], "payments": [CASH]}
    id = open_bar.new_id()
    first = open_bar.do("sales.post", body, id=id)
    again = open_bar.do("sales.post", body, id=id)

    assert again.repeated
    assert (first.seq, first.leaf, first.records) == (again.seq, again.leaf, again.records)
    assert len(open_bar.ask("sales.tickets").tickets) == 1


def test_a_closed_till_cannot_sell(open_bar: Shop) -> None:
    answer = open_bar.refused("sales.post", {"lines": [{"product": 1}], "payments": [CASH]}, till=3)

    assert answer.code == "cash.till_closed"


def test_a_total_that_differs_from_the_shown_one_is_refused_with_the_new_ticket(open_bar: Shop) -> None:
    """Complaint 26: one arithmetic, and the till shows what the engine would seal."""
    open_bar.configure("products", 1, {"title": "Café", "price": "1.60", "department": 1})
    answer = open_bar.refused("sales.post", {"lines": [{"product": 1}], "payments": [CASH], "shown_total": 150})
    sold = sell(open_bar, {"lines": [{"product": 1}], "shown_total": 160})

    assert (answer.code, answer.at) == ("sales.price_changed", "shown_total")
    assert 160 == answer.data["ticket"]["total"] == answer.data["ticket"]["due"]
    assert answer.data["ticket"]["lines"][0]["l"] == "Café"
    assert sold.no == 1


def test_legs_that_do_not_add_up_are_refused(open_bar: Shop) -> None:
    lines = [{"product": 3}]
    short = open_bar.refused("sales.post", {"lines": lines, "payments": [{"mode": 1, "tendered": 400}]})
    excess = open_bar.refused("sales.post", {"lines": lines, "payments": [{"mode": 2, "tendered": 600}]})
    nothing = open_bar.refused("sales.post", {"lines": lines})

    assert [short.code, excess.code, nothing.code] == ["payments.short", "payments.excess", "payments.short"]
    assert open_bar.ask("sales.tickets").tickets == ()


def test_a_free_ticket_needs_no_payment(open_bar: Shop) -> None:
    """Complaint 28: 100 % off leaves 0, not a cent."""
    ticket = sell(
        open_bar,
        {"lines": [{"product": 1, "quantity": 3}], "discounts": [{"percent": "-100"}], "payments": []},
    )

    assert (ticket.total, ticket.legs) == (0, ())


def test_unpaid_needs_the_right_and_is_booked_as_due(open_bar: Shop) -> None:
    body = {"lines": [{"product": 3}], "payments": [{"mode": 1, "tendered": 200}], "unpaid": True}
    refused = open_bar.refused("sales.post", body, operator=3)
    ticket = sell(open_bar, body, operator=2)

    assert (refused.code, refused.data) == ("kernel.not_allowed", {"right": "sales.unpaid"})
    assert 300 == ticket.due == balance(open_bar, DUE.code, ticket.no)
    assert balance(open_bar, TURNOVER.code, 1) == -500


def test_an_unpaid_sale_that_was_not_announced_is_refused(open_bar: Shop) -> None:
    answer = open_bar.refused("sales.post", {"lines": [{"product": 3}], "payments": [{"mode": 1, "tendered": 200}]})

    assert answer.code == "payments.short"


def test_a_tip_and_the_excess_of_a_voucher_stay_outside_turnover(open_bar: Shop) -> None:
    ticket = sell(
        open_bar,
        {
            "lines": [{"product": 3, "quantity": 2}],
            "payments": [{"mode": 2, "tendered": 400, "tip": 100}, {"mode": 3, "tendered": 800}],
        },
    )

    assert (ticket.total, ticket.due) == (1000, 0)
    assert [(leg.counted, leg.tip, leg.kept) for leg in ticket.legs] == [(300, 100, 0), (700, 0, 100)]
    assert [
        balance(open_bar, TURNOVER.code, 1),
        balance(open_bar, OTHER_MODE.code, 2),
        balance(open_bar, OTHER_MODE.code, 3),
    ] == [-1000, 400, 800]


def test_the_postings_of_every_ticket_add_up_to_zero(open_bar: Shop) -> None:
    """Complaint 17: a drawer is an account of its own, every movement double-entry."""
    sell(open_bar, {"lines": [{"product": 3}], "payments": [{"mode": 1, "tendered": 700, "tip": 50}]}, till=1)
    sell(open_bar, {"lines": [{"product": 1}], "payments": [], "unpaid": True}, till=2)
    open_bar.do("sales.refund", {"no": 1}, till=2)

    with open_bar.engine.reader().snapshot() as txn:
        rows = [BALANCES.decode(value).amount for _, value in txn.scan("state", b"lb", b"lc")]

    assert rows
    assert sum(rows) == 0


def test_a_product_that_blocks_is_not_sold_beyond_its_stock(open_bar: Shop) -> None:
    """Complaint 40 in small: check and take happen in the same write."""
    row = {"title": "Affiche", "price": "3.00", "department": 1, "stock_tracked": True, "stock_blocks": True}
    open_bar.configure("products", 5, row)
    lines = [{"product": 1}, {"product": 5}, {"product": 5, "quantity": 2}]
    answer = open_bar.refused("sales.post", {"lines": lines, "payments": [CASH]})

    assert (answer.code, answer.at) == ("sales.out_of_stock", "lines[1]")
    assert answer.data == {"product": 5, "left": 0, "asked": 3000}


def test_a_product_that_only_warns_may_go_below_zero_and_comes_back_with_its_refund(open_bar: Shop) -> None:
    open_bar.configure("products", 5, {"title": "Affiche", "price": "3.00", "department": 1, "stock_tracked": True})
    sell(open_bar, {"lines": [{"product": 5, "quantity": 3}]})
    after_sale = balance(open_bar, STOCK_ITEM.code, 5)
    open_bar.do("sales.refund", {"no": 1, "lines": [{"line": 1, "quantity": 1}]})
    after_refund = balance(open_bar, STOCK_ITEM.code, 5)
    open_bar.do("sales.refund", {"no": 1, "lines": [{"line": 1, "quantity": 1, "restock": False}]})

    assert [after_sale, after_refund, balance(open_bar, STOCK_ITEM.code, 5)] == [-3000, -2000, -2000]
    assert balance(open_bar, STOCK_OUTSIDE.code, 0) == 2000


def test_a_training_session_has_its_own_numbers_and_touches_no_real_total(bar: Shop) -> None:
    bar.do("cash.open", {"float_in": 0}, till=1)
    bar.do("cash.open", {"float_in": 5_000, "training": True}, till=2, operator=2)
    real = sell(bar, {"lines": [{"product": 1}]}, till=1)
    trained = bar.do("sales.post", {"lines": [{"product": 3}], "payments": [CASH]}, till=2)
    mixed = bar.refused("sales.refund", {"no": 1, "series": 0}, till=2)
    totals = bar.ask("cash.x", {"till": 2})

    assert (real.series, real.no) == (0, 1)
    assert (trained.records[0].series, trained.records[0].no) == (65_535, 1)
    assert mixed.code == "sales.training_mixed"
    assert (totals.training, totals.turnover, totals.perpetual, totals.absolute) == (True, 500, 0, 0)
    assert [balance(bar, TURNOVER.code, 2), balance(bar, TURNOVER.code, 1)] == [0, -150]
    assert bar.ask("sales.ticket", {"no": 1, "series": 65_535}).training


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"lines": []}, "lines"),
        ({"lines": [{"product": 1}] * 201}, "lines"),
        ({"payments": [CASH] * 21}, "payments"),
        ({"discounts": [{"id": 1}] * 21}, "discounts"),
        ({"lines": [{"product": 1, "colour": "red"}]}, "lines[0]"),
        ({"lines": [{"product": "1"}]}, "lines[0].product"),
        ({"mode": 7}, "mode"),
        ({"shown_total": 2**53}, "shown_total"),
    ],
)
def test_a_body_out_of_bounds_is_refused_by_its_field(open_bar: Shop, change: dict[str, Any], at: str) -> None:
    answer = open_bar.refused("sales.post", {"lines": [{"product": 1}], "payments": [CASH], **change})

    assert ("kernel.bad_request", at) == (answer.code, answer.at)


def test_an_amount_that_would_overflow_is_refused_and_names_its_line(open_bar: Shop) -> None:
    lines = [{"product": 1}, {"price": "9999999999", "quantity": "9999999"}]
    answer = open_bar.refused("sales.post", {"lines": lines, "payments": [CASH]})

    assert (answer.code, answer.at) == ("pricing.overflow", "lines[1]")


def test_totals_that_a_closing_could_not_hold_are_refused_so_that_every_till_can_close(
    open_bar: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    typo = open_bar.refused("sales.post", {"lines": [{"price": "44000000000"}], "payments": [CARD]})
    tip = open_bar.refused("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 2, "tip": 10**12}]})
    monkeypatch.setattr(cash, "ROOM_MAX", 2_500)
    sell(open_bar, {"lines": [{"product": 3, "quantity": 2}]})
    full = open_bar.refused("sales.post", {"lines": [{"product": 3}], "payments": [CARD]})
    closed = open_bar.do("cash.close", {"counted": [{"mode": 1, "amount": 11_000}], "float_out": 0})

    assert [typo.code, tip.code, full.code] == ["cash.too_large", "cash.too_large", "cash.totals_full"]
    assert closed.records[0].turnover == 1_000


def test_two_hundred_lines_are_one_ticket(open_bar: Shop) -> None:
    ticket = sell(open_bar, {"lines": [{"product": 1 + number % 4} for number in range(200)]})

    assert (ticket.items, len({line.id for line in ticket.lines})) == (200, 200)


def test_a_nearly_full_disk_takes_no_new_sale_but_lets_the_others_finish(
    open_bar: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule S5: what is in hand can be finished, so a disk that fills up never traps a till."""
    sell(open_bar, {"lines": [{"product": 3}], "payments": [], "unpaid": True})
    monkeypatch.setattr(disk, "room", lambda path, limits: disk.Room(1 << 20, low=True, warn=True))
    open_bar.engine.store.look_at_room()
    sale = open_bar.refused("sales.post", {"lines": [{"product": 3}], "payments": [CASH]})
    opening = open_bar.refused("cash.open", {"float_in": 0}, till=3)
    open_bar.do("sales.pay", {"no": 1, "payments": [CASH]})
    open_bar.do("sales.refund", {"no": 1})
    closed = open_bar.do("cash.close", {"counted": [{"mode": 1, "amount": 10_000}], "float_out": 0})

    assert [sale.code, opening.code] == ["store.disk_low", "store.disk_low"]
    assert closed.records[0].variance == 0
