"""The crowd buys in every way that a till knows, repeatably, and its books agree with the closings."""

from collections.abc import Callable

import pytest
from shop_harness import Shop

from server.demo.crowd import Counter, Crowd, Outcome

Reach = Callable[[Shop], Counter]

TICKETS = 250


def _day(counter: Counter, seed: int, tickets: int = TICKETS) -> tuple[Crowd, Outcome]:
    crowd = Crowd(counter, seed)
    crowd.open_tills()
    outcome = crowd.sell(tickets, lambda count: None)
    crowd.close_tills()
    return crowd, outcome


def test_a_day_ends_with_books_that_agree(port: Shop, in_process: Reach) -> None:
    steps: list[int] = []
    crowd = Crowd(in_process(port), 7)
    crowd.open_tills()

    outcome = crowd.sell(TICKETS, steps.append)
    crowd.close_tills()

    assert [] == outcome.problems
    assert TICKETS <= outcome.tickets == sum(steps) <= TICKETS + 4
    assert outcome.refunds > 2
    assert outcome.paid_later > 0
    assert outcome.copies > 0
    assert outcome.repeats > 0
    sessions = [port.ask("cash.session", {"till": till}).closed for till in range(1, 5)]
    assert outcome.turnover == sum(closed.turnover for closed in sessions)
    assert [0, 0, 0, 0] == [closed.variance for closed in sessions]
    assert 0 == sum(closed.due for closed in sessions)


def test_baskets_use_what_the_shop_offers(port: Shop, in_process: Reach) -> None:
    _day(in_process(port), 11, 400)

    tickets = [port.ask("sales.ticket", {"no": no}).ticket for no in range(1, 401)]

    lines = [line for ticket in tickets for line in ticket.lines]
    assert {"cash", "card", "meal_voucher", "check", "gift", "holiday_voucher"} == {
        leg.type for ticket in tickets for leg in ticket.legs
    }
    assert {0, 2, 4} == {ticket.mode for ticket in tickets}
    assert {20_000, 10_000, 5_500, 2_100} == {rate.r for ticket in tickets for rate in ticket.rates}
    assert {1, 2, 3} == {discount.phase for ticket in tickets for discount in ticket.disc}
    assert any(leg.change for ticket in tickets for leg in ticket.legs)
    assert any(leg.tip for ticket in tickets for leg in ticket.legs)
    assert any(len(ticket.legs) > 1 for ticket in tickets)
    assert any(ticket.due > 0 for ticket in tickets)
    assert any(line.o for line in lines)
    assert any(line.typed and line.p is None for line in lines)
    assert any(line.q % 1_000 for line in lines)


def test_the_same_seed_buys_the_same(port: Shop, in_process: Reach, tmp_path_factory: pytest.TempPathFactory) -> None:
    from engine.features import FEATURES
    from server.demo import catalogue

    other = Shop(tmp_path_factory.mktemp("other") / "shop", FEATURES)
    for name, body in catalogue.commands():
        other.do(name, body, till=0, operator=0)

    first, second = _day(in_process(port), 5, 60)[1], _day(in_process(other), 5, 60)[1]

    assert (first.turnover, first.lines, first.refunds) == (second.turnover, second.lines, second.refunds)
    assert port.ask("sales.ticket", {"no": 42}).ticket.lines == other.ask("sales.ticket", {"no": 42}).ticket.lines
    other.close()


def test_a_closing_that_says_something_else_is_a_problem(port: Shop, in_process: Reach) -> None:
    crowd = Crowd(in_process(port), 3)
    crowd.open_tills()
    crowd.sell(20, lambda count: None)
    crowd._books[2].turnover += 1
    crowd._books[3].held[1] = crowd._books[3].held.get(1, 0) + 5

    crowd.close_tills()

    assert any("till 2, cash.close: turnover" in text for text in crowd.outcome.problems)
    assert any("till 3, cash.close: difference of the drawer" in text for text in crowd.outcome.problems)


def test_an_answer_that_is_not_done_is_a_problem_and_stops_the_crowd(port: Shop, in_process: Reach) -> None:
    crowd = Crowd(in_process(port), 3)

    outcome = crowd.sell(20, lambda count: None)

    assert outcome.problems
    assert all("cash.till_closed" in text for text in outcome.problems)
    assert 4 == len(outcome.problems)
