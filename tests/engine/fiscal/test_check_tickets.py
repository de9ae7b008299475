"""The sums of single tickets, recomputed."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop_harness import Shop

from engine.fiscal.check_tickets import TicketCheck, rounded
from engine.kernel.world import join_position
from engine.sales.records import Copied, Original, Paid, Posted, Refunded

replace = msgspec.structs.replace


@pytest.fixture
def sold(bar: Shop) -> Posted:
    """A ticket of three lines, two rates, a discount and change."""
    bar.do("cash.open", {"float_in": 0})
    body = {
        "lines": [{"product": 1, "quantity": 3}, {"product": 3}, {"product": 4, "quantity": "1.5"}],
        "discounts": [{"id": 1, "lines": [1, 2]}],
        "payments": [{"mode": 1, "tendered": 5000}],
    }
    record = bar.do("sales.post", body).records[0]
    assert isinstance(record, Posted)
    return record


def _codes(record: Any, *before: Any) -> list[str]:
    found: list[str] = []
    check = TicketCheck(lambda code, text: found.append(code), whole=True)
    looks: dict[Any, Any] = {Posted: check.posted, Refunded: check.refunded, Paid: check.paid, Copied: check.copied}
    for seq, one in enumerate((*before, record)):
        looks[type(one)](SimpleNamespace(training=False), one, join_position(1, seq))
    return found


def test_a_ticket_as_sealed_adds_up(sold: Posted) -> None:
    assert [] == _codes(sold)


@pytest.mark.parametrize("field", ["total", "items"])
def test_a_ticket_whose_total_or_count_is_off_by_one_is_found(sold: Posted, field: str) -> None:
    assert "check.ticket_sums" in _codes(replace(sold, **{field: getattr(sold, field) + 1}))


@pytest.mark.parametrize("field", ["b", "a", "r", "t", "q", "u"])
def test_every_figure_of_a_line_is_bound_to_the_others(sold: Posted, field: str) -> None:
    for index, line in enumerate(sold.lines):
        lines = list(sold.lines)
        lines[index] = replace(line, **{field: getattr(line, field) + 1000 * (field in "qu") + 1})

        assert "check.ticket_sums" in _codes(replace(sold, lines=tuple(lines)))


@pytest.mark.parametrize("field", ["g", "v", "n"])
def test_every_figure_of_a_rate_is_bound_to_the_lines(sold: Posted, field: str) -> None:
    rates = (replace(sold.rates[0], **{field: getattr(sold.rates[0], field) + 1}), *sold.rates[1:])

    assert "check.ticket_sums" in _codes(replace(sold, rates=rates))


def test_a_discount_that_grants_what_no_line_got_is_found(sold: Posted) -> None:
    disc = (replace(sold.disc[0], granted=sold.disc[0].granted - 1),)

    assert ["check.ticket_sums"] == _codes(replace(sold, disc=disc))


@pytest.mark.parametrize("field", ["tendered", "counted", "change", "tip", "rounding", "kept"])
def test_every_figure_of_a_payment_is_bound_to_the_total(sold: Posted, field: str) -> None:
    leg = sold.legs[0]

    found = _codes(replace(sold, legs=(replace(leg, **{field: getattr(leg, field) + 1}),)))

    assert {"check.payment_sums"} == set(found)


def test_a_number_left_out_and_a_number_given_twice_are_found_once_each(sold: Posted) -> None:
    assert ["check.accounting_number"] == _codes(replace(sold, no=3), sold)
    assert ["check.accounting_number"] == _codes(sold, sold)


def test_a_copy_of_a_ticket_that_is_not_there_is_found(sold: Posted) -> None:
    right = Copied(of=Original(gen=1, seq=0, series=sold.series, no=1), copy=1, how="print")
    wrong = replace(right, of=replace(right.of, seq=7))

    assert [] == _codes(right, sold)
    assert ["check.original"] == _codes(wrong, sold)
    assert ["check.original"] == _codes(replace(right, copy=2), sold)


def test_a_later_payment_of_more_than_is_due_is_found(sold: Posted) -> None:
    unpaid = replace(sold, legs=(), due=sold.total)
    leg = replace(sold.legs[0], tendered=sold.total, change=0)
    of = Original(gen=1, seq=0, series=sold.series, no=1)
    paid = Paid(of=of, session=1, day=sold.day, legs=(leg,), due=0)
    again = replace(paid, due=-sold.total)

    assert [] == _codes(paid, unpaid)
    assert ["check.payment_sums"] == _codes(again, unpaid, paid)
    assert ["check.payment_sums"] == _codes(replace(paid, due=1), unpaid)


@given(st.integers(-(10**15), 10**15), st.integers(1, 10**6))
@settings(max_examples=100, deadline=None)
def test_rounding_is_to_the_nearest_with_halves_away_from_zero(numerator: int, denominator: int) -> None:
    whole = rounded(numerator, denominator)

    assert 2 * abs(whole * denominator - numerator) <= denominator
    assert -whole == rounded(-numerator, denominator)
