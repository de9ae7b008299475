"""One ticket with everything that happened to it, and lists that cost what they show."""

import hashlib

import pytest
from shop_harness import Shop

from engine.kernel.errors import Refusal
from engine.sales import views

DAY_MS = 86_400_000


def sell(shop: Shop, count: int = 1, **who: int) -> None:
    body = {"lines": [{"product": 1}], "payments": [{"mode": 1}]}
    shop.engine.submit([shop.envelope("sales.post", body, **who) for _ in range(count)])


def listed(shop: Shop, **query: object) -> list[int]:
    return [ticket.no for ticket in shop.ask("sales.tickets", query).tickets]


def test_a_ticket_is_shown_as_sealed_with_its_leaf(open_bar: Shop) -> None:
    """Complaint 7: what is shown comes from the sealed bytes."""
    answer = open_bar.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 1}]}, till=2, operator=3)
    by_number = open_bar.ask("sales.ticket", {"no": 1})
    by_entry = open_bar.ask("sales.ticket", {"seq": answer.seq})

    assert by_number == by_entry
    assert answer.records[0] == by_number.ticket
    assert (answer.gen, answer.seq, answer.leaf) == (by_number.gen, by_number.seq, by_number.leaf)
    assert (
        by_number.till,
        by_number.operator,
        by_number.training,
        by_number.number_on_chain,
        by_number.previous,
    ) == (2, 3, False, 1, None)
    with open_bar.engine.reader().snapshot() as txn:
        data = txn.get("entries", (answer.gen << 48 | answer.seq).to_bytes(8, "big"))
    assert data is not None
    assert by_number.leaf == hashlib.sha256(b"\0" + data).hexdigest()


def test_tickets_of_a_till_are_chained(open_bar: Shop) -> None:
    sell(open_bar, 2, till=1)
    first, second = (open_bar.ask("sales.ticket", {"no": no}) for no in (1, 2))

    assert (2, first.leaf) == (second.number_on_chain, second.previous)


@pytest.mark.parametrize("query", [{"no": 1}, {}, {"seq": 1}, {"seq": 10**6}, {"no": 1, "series": 65_535}])
def test_a_ticket_that_does_not_exist_is_refused(open_bar: Shop, query: dict[str, int]) -> None:
    with pytest.raises(Refusal) as refusal:
        open_bar.ask("sales.ticket", query)

    assert refusal.value.code == "sales.unknown_ticket"


def test_a_number_and_an_entry_that_disagree_are_refused(open_bar: Shop) -> None:
    answer = open_bar.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 1}]})
    with pytest.raises(Refusal) as refusal:
        open_bar.ask("sales.ticket", {"seq": answer.seq, "no": 2})

    assert refusal.value.code == "sales.unknown_ticket"


def test_a_list_runs_newest_first_in_pages(open_bar: Shop) -> None:
    sell(open_bar, 7)
    first = open_bar.ask("sales.tickets", {"limit": 3})
    second = open_bar.ask("sales.tickets", {"limit": 3, "before": first.next})
    third = open_bar.ask("sales.tickets", {"limit": 3, "before": second.next})

    assert [[ticket.no for ticket in page.tickets] for page in (first, second, third)] == [[7, 6, 5], [4, 3, 2], [1]]
    assert (first.next, second.next, third.next) == (5, 2, None)


def test_a_list_is_filtered_by_number_till_and_operator(open_bar: Shop) -> None:
    sell(open_bar, 2, till=1, operator=1)
    sell(open_bar, 2, till=2, operator=3)
    sell(open_bar, 2, till=1, operator=3)

    assert listed(open_bar, till=1) == [6, 5, 2, 1]
    assert listed(open_bar, operator=3) == [6, 5, 4, 3]
    assert listed(open_bar, operator=3, till=1) == [6, 5]
    assert listed(open_bar, first=2, last=4) == [4, 3, 2]
    assert listed(open_bar, first=2, last=4, till=1) == [2]
    assert listed(open_bar, first=9) == []


def test_a_days_list_holds_that_business_day_only(open_bar: Shop) -> None:
    sell(open_bar, 3)
    open_bar.clock.advance(DAY_MS)
    sell(open_bar, 2)
    open_bar.clock.advance(DAY_MS)
    sell(open_bar, 1)

    assert listed(open_bar, day="2026-11-21") == [3, 2, 1]
    assert listed(open_bar, day="2026-11-22") == [5, 4]
    assert listed(open_bar, day="2026-11-23") == [6]
    assert listed(open_bar, day="2026-11-24") == []
    assert [refused_day(open_bar, "2026-02-30")] == ["sales.bad_day"]


def refused_day(shop: Shop, day: str) -> str:
    with pytest.raises(Refusal) as refusal:
        shop.ask("sales.tickets", {"day": day})
    return refusal.value.code


def test_a_page_looks_at_a_bounded_number_of_tickets(open_bar: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Complaint 23: looking up history never costs more than a page."""
    monkeypatch.setattr(views, "PAGE_SCAN_ROWS_MAX", 4)
    sell(open_bar, 1, till=2)
    sell(open_bar, 6, till=1)
    first = open_bar.ask("sales.tickets", {"till": 2})
    second = open_bar.ask("sales.tickets", {"till": 2, "before": first.next})

    assert (first.tickets, first.next) == ((), 4)
    assert ([ticket.no for ticket in second.tickets], second.next) == ([1], None)


def test_a_list_shows_what_is_due_now(open_bar: Shop) -> None:
    open_bar.do("sales.post", {"lines": [{"product": 3}], "unpaid": True})
    open_bar.do("sales.pay", {"no": 1, "payments": [{"mode": 2, "tendered": 200}]})
    ticket = open_bar.ask("sales.tickets").tickets[0]

    assert (ticket.total, ticket.due, ticket.refund, ticket.session) == (500, 300, False, 1)
