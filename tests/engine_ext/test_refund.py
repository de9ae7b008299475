"""Refunds: any sequence of parts adds up to exactly what was sold, in both bases."""

from decimal import Decimal
from random import Random
from typing import Any

import pytest
import reference_refund
from hypothesis import given, settings
from hypothesis import strategies as st
from pricing_cases import random_case, run_core

from engine_ext.basket import BASIS_NET, NATURE_DEPOSIT, PricingError, RateTotal
from engine_ext.money import AMOUNT_MAX
from engine_ext.pricing import PricedLine
from engine_ext.refund import Refund, SoldLine, refund

WORDS: dict[str, Any] = {
    "id": "7",
    "category": "normal",
    "rate": 20_000,
    "quantity": 3_000,
    "amount": 1_000,
    "vat": 167,
    "now": 1_000,
}


def sold(**changes: Any) -> SoldLine:
    return SoldLine(**(WORDS | changes))


def part_of(line: PricedLine, already: int, now: int) -> SoldLine:
    """The refund of a part of a line as it was sealed."""
    return SoldLine(
        id=line.id,
        category=line.line.category,
        rate=line.figures()[1][1],
        scheme=line.line.scheme,
        nature=line.line.nature,
        quantity=line.line.quantity,
        amount=line.amount,
        vat=line.vat,
        shares=line.shares,
        already=already,
        now=now,
    )


def row(rate: RateTotal) -> tuple[str, int, int, int, int, int, int]:
    return rate.category, rate.rate, rate.scheme, rate.nature, rate.gross, rate.vat, rate.net


@pytest.mark.parametrize(
    ("steps", "expected"), [([1_000, 1_000, 1_000], [333, 334, 333]), ([2_000, 1_000], [667, 333]), ([3_000], [1_000])]
)
def test_vector_three_units_sold_for_ten(steps: list[int], expected: list[int]) -> None:
    already = [sum(steps[:number]) for number in range(len(steps))]

    actual = [refund([sold(already=a, now=now)]).total for a, now in zip(already, steps, strict=True)]

    assert expected == actual


def test_gross_basis_takes_the_vat_out_of_the_amount() -> None:
    [line] = refund([sold()]).lines

    assert (line.quantity, line.amount, line.gross, line.vat, line.net) == (1_000, 333, 333, 56, 277)


def test_net_basis_puts_the_vat_on_top_of_the_amount() -> None:
    actual = refund([sold(vat=200)], basis=BASIS_NET)

    assert (actual.total, actual.vat, actual.net) == (400, 67, 333)
    assert (actual.lines[0].gross, actual.lines[0].net) == (400, 333)


def test_the_base_is_the_amount_with_its_shares_taken_back() -> None:
    [line] = refund([sold(shares=((0, -100), (2, -50), (3, 1)))]).lines

    assert (line.base, line.shares, line.amount) == (383, ((0, -33), (2, -17)), 333)


def test_a_line_sold_negative_goes_back_with_its_own_signs() -> None:
    [line] = refund([sold(quantity=-3_000, amount=-1_000, vat=-167, already=1_000)]).lines

    assert (line.quantity, line.amount, line.vat) == (-1_000, -334, -55)


def test_vat_of_a_rate_is_the_sum_of_its_lines() -> None:
    lines = [sold(id="1"), sold(id="2", vat=166), sold(id="3", rate=5_500, vat=52), sold(id="4", category="a")]

    actual = refund(lines)

    assert [row(rate) for rate in actual.rates] == [
        ("a", 20_000, 0, 0, 333, 56, 277),
        ("normal", 5_500, 0, 0, 333, 17, 316),
        ("normal", 20_000, 0, 0, 666, 111, 555),
    ]


def test_a_deposit_keeps_a_rate_of_its_own_in_each_direction() -> None:
    cups = [
        sold(id="2", nature=NATURE_DEPOSIT, amount=-300, vat=-50, quantity=-1_000),
        sold(id="3", nature=NATURE_DEPOSIT, amount=600, vat=100),
    ]

    actual = refund([sold(id="1"), *cups])

    assert [(rate.nature, rate.gross) for rate in actual.rates] == [(0, 333), (1, 200), (1, -300)]


def test_nothing_goes_back_for_no_lines() -> None:
    actual = refund([])

    assert (actual.lines, actual.rates, actual.total) == ((), (), 0)


@pytest.mark.parametrize(("already", "now"), [(0, 3_001), (3_000, 1), (2_500, 501), (AMOUNT_MAX, AMOUNT_MAX)])
def test_more_than_was_sold_is_refused(already: int, now: int) -> None:
    with pytest.raises(PricingError) as refusal:
        sold(already=already, now=now)

    assert (refusal.value.code, refusal.value.line_id) == ("pricing.refund_exceeds", "7")


def test_a_line_that_stands_twice_is_refused() -> None:
    with pytest.raises(PricingError) as refusal:
        refund([sold(now=2_000), sold(now=2_000)])

    assert (refusal.value.code, refusal.value.line_id) == ("pricing.duplicate_line", "7")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("now", 0, "bad_quantity"),
        ("now", -1_000, "bad_quantity"),
        ("already", -1, "bad_quantity"),
        ("quantity", 0, "bad_quantity"),
        ("quantity", 2**63, "bad_quantity"),
        ("amount", AMOUNT_MAX + 1, "bad_amount"),
        ("vat", 2**63, "bad_amount"),
        ("rate", 100_001, "bad_rate"),
        ("nature", 3, "bad_nature"),
        ("scheme", 4, "bad_nature"),
        ("shares", ((-1, 5),), "bad_share"),
        ("shares", ((0, 2**63),), "bad_amount"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_the_line(name: str, value: object, code: str) -> None:
    with pytest.raises(PricingError) as refusal:
        sold(**{name: value})

    assert (refusal.value.code, refusal.value.line_id) == (f"pricing.{code}", "7")


@pytest.mark.parametrize("value", [3.9, True, Decimal(3), "3", None])
@pytest.mark.parametrize("name", ["rate", "nature", "scheme", "quantity", "amount", "vat", "already", "now"])
def test_a_number_of_a_sold_line_is_an_int_or_a_type_error_that_names_it(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"^{name} must be an int"):
        sold(**{name: value})


@pytest.mark.parametrize("shares", [[(0, 1)], ((0,),), ([0, 1],), ((0, 1.5),), ((True, 1),)])
def test_shares_are_tuples_of_an_index_and_an_amount(shares: object) -> None:
    with pytest.raises(TypeError):
        sold(shares=shares)


def test_only_sold_lines_are_refunded() -> None:
    with pytest.raises(TypeError, match="lines must hold SoldLine, not int"):
        refund([1])  # type: ignore[list-item]  # the wrong type is the test


def test_shares_beyond_64_bits_are_refused() -> None:
    shares = tuple((number, -AMOUNT_MAX) for number in range(1_100))

    with pytest.raises(PricingError) as refusal:
        refund([sold(shares=shares, now=3_000)])

    assert refusal.value.code == "pricing.overflow"


def test_a_refund_shows_itself() -> None:
    actual = repr(refund([sold()]))

    assert actual.startswith("Refund(lines=(RefundedLine(id='7', quantity=1000, base=333, shares=(), amount=333")
    assert "already=0, now=1000" in repr(sold())


@settings(max_examples=150, deadline=None)
@given(st.integers(-5_000, 5_000) | st.integers(-AMOUNT_MAX, AMOUNT_MAX), st.integers(1, 300), st.data())
def test_the_core_and_the_twin_give_back_alike(whole: int, size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, size))
    last = data.draw(st.integers(first, size))

    [line] = refund([sold(quantity=size, amount=whole, vat=whole // 7, already=first - 1, now=last - first + 1)]).lines

    assert reference_refund.part(whole, size, first, last) == line.amount
    assert reference_refund.part(whole // 7, size, first, last) == line.vat


def give_back_in_steps(lines: tuple[PricedLine, ...], basis: int, rng: Random) -> list[Refund]:
    """Refunds of random parts of random lines until nothing is left."""
    left = {line.id: line for line in lines}
    gone = dict.fromkeys(left, 0)
    refunds = []
    while left:
        parts = []
        for line_id in rng.sample(sorted(left), rng.randint(1, len(left))):
            size = abs(left[line_id].line.quantity)
            now = rng.choice((size - gone[line_id], rng.randint(1, size - gone[line_id])))
            parts.append(part_of(left[line_id], gone[line_id], now))
            gone[line_id] += now
            if gone[line_id] == size:
                del left[line_id]
        refunds.append(refund(parts, basis=basis))
    return refunds


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_any_steps_give_back_exactly_what_was_sold(rng: Random) -> None:
    case = random_case(rng)
    try:
        ticket = run_core(case)
    except PricingError:
        return

    steps = give_back_in_steps(ticket.lines, case.basis, rng)

    assert ticket.total == sum(step.total for step in steps)
    assert ticket.vat == sum(step.vat for step in steps)
    for line in ticket.lines:
        parts = [part for step in steps for part in step.lines if part.id == line.id]
        assert (line.line.quantity, line.base, line.amount, line.vat) == (
            sum(part.quantity for part in parts),
            sum(part.base for part in parts),
            sum(part.amount for part in parts),
            sum(part.vat for part in parts),
        )
        for index, share in line.shares:
            assert share == sum(amount for part in parts for number, amount in part.shares if number == index)


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_whole_ticket_goes_back_rate_by_rate(rng: Random) -> None:
    case = random_case(rng)
    try:
        ticket = run_core(case)
    except PricingError:
        return

    actual = refund([part_of(line, 0, abs(line.line.quantity)) for line in ticket.lines], basis=case.basis)

    assert sorted(row(rate) for rate in ticket.rates) == sorted(row(rate) for rate in actual.rates)
