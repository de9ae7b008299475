"""Closures held against an independent recount."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from shop_harness import Shop

from engine.cash.records import Closed, Opened
from engine.fiscal.check_closures import ClosureCheck
from engine.sales.records import Posted, Refunded

replace = msgspec.structs.replace
Day = list[tuple[Any, Any]]


@pytest.fixture
def day(bar: Shop) -> Day:
    """(entry, record) of a session of till 1: opened, two sales, a refund, closed."""
    answers = [
        bar.do("cash.open", {"float_in": 5_000}),
        bar.do("sales.post", {"lines": [{"product": 1}, {"product": 3}], "payments": [{"mode": 1}]}),
        bar.do("sales.post", {"lines": [{"product": 2}], "payments": [{"mode": 2}]}),
        bar.do("sales.refund", {"no": 1, "lines": [{"line": 1}]}, operator=2),
        bar.do("cash.close", {"counted": [{"mode": 1, "amount": 5_400}], "float_out": 5_000}, operator=2),
    ]
    reader = bar.engine.reader()
    return [(reader.entry(answer.gen, answer.seq).entry, answer.records[0]) for answer in answers]


def _said(day: Day, *, whole: bool = True) -> list[str]:
    found: list[str] = []
    check = ClosureCheck(lambda code, text: found.append(f"{code} {text}"), whole=whole)
    looks: dict[Any, Any] = {Opened: check.opened, Posted: check.ticket, Refunded: check.ticket, Closed: check.closed}
    for entry, record in day:
        looks[type(record)](entry, record, 0)
    return found


def test_a_day_as_sealed_is_the_sum_of_its_tickets(day: Day) -> None:
    assert [] == _said(day)


@pytest.mark.parametrize(
    "field",
    [
        "first",
        "last",
        "tickets",
        "refunds",
        "turnover",
        "tips",
        "kept",
        "rounding",
        "due",
        "perpetual",
        "absolute",
        "variance",
        "series",
    ],
)
def test_every_figure_of_a_closure_is_recounted(day: Day, field: str) -> None:
    entry, closed = day[-1]
    day[-1] = (entry, replace(closed, **{field: getattr(closed, field) + 1}))

    found = _said(day)

    assert any(field in one for one in found)


@pytest.mark.parametrize("field", ["vat", "modes", "departments", "channels", "operators", "counts"])
def test_every_breakdown_of_a_closure_is_recounted(day: Day, field: str) -> None:
    entry, closed = day[-1]
    day[-1] = (entry, replace(closed, **{field: getattr(closed, field)[1:]}))

    assert _said(day)


def test_a_ticket_left_out_of_the_day_is_missed_by_its_closure(day: Day) -> None:
    del day[2]

    found = _said(day)

    assert any("turnover" in one for one in found)


def test_a_ticket_outside_any_session_is_found(day: Day) -> None:
    found = _said([*day, day[1]])

    assert ["check.session session 1 of till 1 is not open here"] == found


def test_a_session_closed_twice_is_found(day: Day) -> None:
    assert "check.session" in _said([*day, day[-1]])[0]


def test_a_walk_that_begins_in_the_middle_believes_what_it_did_not_see(day: Day) -> None:
    assert [] == _said(day[2:], whole=False)


def test_the_till_of_the_entry_decides_whose_session_it_is(day: Day) -> None:
    entry, sale = day[1]
    elsewhere = SimpleNamespace(till=2, op=1, at=entry.at, training=False)

    found = _said([day[0], (elsewhere, sale)])

    assert ["check.session session 1 of till 2 is not open here"] == found
