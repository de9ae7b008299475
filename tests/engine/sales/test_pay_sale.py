"""Later payment of an unpaid ticket: as often as needed, never above what is due."""

from typing import Any

from shop_harness import Shop

from engine.kernel.ledger import BALANCES
from engine.sales.records import DUE, Paid


def sell_unpaid(shop: Shop, quantity: int = 1) -> None:
    shop.do("sales.post", {"lines": [{"product": 3, "quantity": quantity}], "unpaid": True})


def pay(shop: Shop, leg: dict[str, Any], till: int = 1) -> Paid:
    record = shop.do("sales.pay", {"no": 1, "payments": [leg]}, till=till).records[0]
    assert isinstance(record, Paid)
    return record


def due_on_the_ledger(shop: Shop, no: int) -> int:
    with shop.engine.reader().snapshot() as txn:
        stored = txn.get("state", BALANCES.pack(DUE.code, no))
    return 0 if stored is None else BALANCES.decode(stored).amount


def test_an_unpaid_ticket_is_paid_in_parts_on_any_till(open_bar: Shop) -> None:
    sell_unpaid(open_bar, 2)
    first = pay(open_bar, {"mode": 2, "tendered": 300}, till=2)
    between = due_on_the_ledger(open_bar, 1)
    second = pay(open_bar, {"mode": 1, "tendered": 1000})
    shown = open_bar.ask("sales.ticket", {"no": 1})

    assert [first.due, second.due] == [700, 0]
    assert [between, due_on_the_ledger(open_bar, 1)] == [700, 0]
    assert (second.legs[0].counted, second.legs[0].change) == (700, 300)
    assert [(event.till, event.record.due) for event in shown.payments if isinstance(event.record, Paid)] == [
        (2, 700),
        (1, 0),
    ]
    assert shown.due == 0


def test_more_than_what_is_due_is_refused(open_bar: Shop) -> None:
    sell_unpaid(open_bar)
    above = open_bar.refused("sales.pay", {"no": 1, "payments": [{"mode": 2, "tendered": 600}]})
    pay(open_bar, {"mode": 2})
    again = open_bar.refused("sales.pay", {"no": 1, "payments": [{"mode": 2}]})

    assert [above.code, again.code] == ["payments.excess", "sales.nothing_due"]


def test_a_paid_ticket_and_an_unknown_one_cannot_be_paid(open_bar: Shop) -> None:
    open_bar.do("sales.post", {"lines": [{"product": 3}], "payments": [{"mode": 1}]})
    paid = open_bar.refused("sales.pay", {"no": 1, "payments": [{"mode": 1}]})
    unknown = open_bar.refused("sales.pay", {"no": 2, "payments": [{"mode": 1}]})

    assert [paid.code, unknown.code] == ["sales.nothing_due", "sales.unknown_ticket"]


def test_two_tills_paying_one_ticket_in_one_group_do_not_pay_it_twice(open_bar: Shop) -> None:
    """Complaint 38 in small: the second is told that nothing is due."""
    sell_unpaid(open_bar)
    body = {"no": 1, "payments": [{"mode": 2}]}
    answers = open_bar.engine.submit([open_bar.envelope("sales.pay", body, till=till) for till in (1, 2)])

    assert [answer.code for answer in answers] == ["", "sales.nothing_due"]


def test_a_closed_till_takes_no_payment(open_bar: Shop) -> None:
    sell_unpaid(open_bar)

    answer = open_bar.refused("sales.pay", {"no": 1, "payments": [{"mode": 1}]}, till=3)

    assert answer.code == "cash.till_closed"


def test_the_limit_of_cash_holds_for_the_ticket_not_for_one_payment(open_bar: Shop) -> None:
    """The law's 1 000 EUR stand for the sum of cash per sale (fiscal.md, FR-36)."""
    sell_unpaid(open_bar, 300)
    pay(open_bar, {"mode": 1, "tendered": 80_000})
    beyond = open_bar.refused("sales.pay", {"no": 1, "payments": [{"mode": 1, "tendered": 30_000}]})
    pay(open_bar, {"mode": 1, "tendered": 20_000})
    beyond_later = open_bar.refused("sales.pay", {"no": 1, "payments": [{"mode": 1, "tendered": 100}]})

    assert [beyond.code, beyond_later.code] == ["payments.cash_limit"] * 2


def test_what_was_paid_later_comes_back_with_a_refund(open_bar: Shop) -> None:
    sell_unpaid(open_bar)
    pay(open_bar, {"mode": 1, "tendered": 200})
    pay(open_bar, {"mode": 2})
    refund = open_bar.do("sales.refund", {"no": 1}).records[0]

    assert [(leg.mode, leg.counted) for leg in refund.legs] == [(2, -300), (1, -200)]
    assert refund.due == 0


def test_a_later_payment_is_no_turnover(open_bar: Shop) -> None:
    sell_unpaid(open_bar)
    pay(open_bar, {"mode": 2}, till=2)
    seller = open_bar.ask("cash.x", {"till": 1})
    taker = open_bar.ask("cash.x", {"till": 2})

    assert (seller.turnover, seller.due, seller.modes) == (500, 500, ())
    assert (taker.turnover, taker.due, taker.tickets) == (0, -500, 0)
    assert [(mode.id, mode.count, mode.amount) for mode in taker.modes] == [(2, 1, 500)]
