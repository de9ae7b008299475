"""The whole of pricing, core against twin, basket by basket; and every property that the specification promises."""

import os
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_payment import Gone
from reference_payment import refund as slow_refund
from reference_pricing import DEPOSIT, GOODS, NET, Adjustment
from whole_cases import WholeCase, random_small_whole, random_taxed, random_whole, without_rules
from whole_core import core_whole, in_reach, run_whole, twin_whole

from engine_ext.basket import PricingError
from engine_ext.pricing import Priced, PricedLine
from engine_ext.refund import SoldLine, refund

BASKETS = int(os.environ.get("WHOLE_BASKETS", "500"))
CAMPAIGN_BASKETS = 1_000_000 if os.environ.get("GUICHET_CAMPAIGN") == "long" else 150
RANDOMS = st.builds(Random, st.integers(0, 2**64))
BOUNDED = settings(max_examples=80, deadline=None)
FAMILIES: dict[str, Callable[[Random], WholeCase]] = {
    "rules": random_whole,
    "units": random_small_whole,
    "taxes": lambda rng: random_whole(rng, taxes=random_taxed),
    "many": lambda rng: random_whole(rng, lines_max=60),
    "plain": lambda rng: without_rules(random_whole(rng)),
}
"""All rules; with those that consume units; exempt customers and margins; long baskets; no book at all."""


def case_of(rng: Random) -> WholeCase:
    return in_reach(FAMILIES[rng.choice(sorted(FAMILIES))](rng))


def ticket_of(case: WholeCase) -> Priced | None:
    try:
        return run_whole(case)
    except PricingError:
        return None


def compared(name: str, first: int, count: int) -> dict[str, int]:
    """How many baskets came out how; a basket that comes out differently fails with the seed that makes it again."""
    kinds: dict[str, int] = {}
    for seed in range(first, first + count):
        case = in_reach(FAMILIES[name](Random(f"{name}/{seed}")))
        actual = core_whole(case)
        assert twin_whole(case) == actual, f"seed {name}/{seed}"
        kind = actual[0] if isinstance(actual, tuple) else "sold"
        kinds[kind] = kinds.get(kind, 0) + 1
    return kinds


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_hundreds_of_baskets_of_each_family_come_out_of_core_and_twin_alike(name: str) -> None:
    """WHOLE_BASKETS makes it more."""
    kinds = compared(name, 0, BASKETS // 4 if name == "many" else BASKETS)

    assert kinds["sold"] > sum(kinds.values()) // 2
    assert len(kinds) > 2


def test_the_baskets_reach_every_kind_of_rule_benefit_and_cut() -> None:
    """A comparison is worth what its baskets reach."""
    seen: set[str | None] = set()
    for seed in range(400):
        ticket = ticket_of(in_reach(random_small_whole(Random(f"reach/{seed}"))))
        for step in ticket.discounts if ticket is not None else ():
            seen |= {step.rule, step.kind, step.reason}
        seen |= {"added" for each in (ticket.lines if ticket is not None else ()) if each.rule is not None}

    rules = {"manual", "default", "line-rule", "pattern", "automatic", "customer", "coupon", "added"}
    assert seen == rules | {"percent", "amount", "fixed", "empty_sum", "cut_to_sum", None}


@pytest.mark.campaign
@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_millions_of_baskets_come_out_of_core_and_twin_alike(name: str) -> None:
    """`make soak` prices a million of each family."""
    kinds = compared(name, 1_000_000, CAMPAIGN_BASKETS // 4 if name == "many" else CAMPAIGN_BASKETS)

    assert kinds["sold"] > sum(kinds.values()) // 2


@BOUNDED
@given(RANDOMS)
def test_core_and_twin_agree_on_what_hypothesis_finds(rng: Random) -> None:
    case = case_of(rng)

    assert twin_whole(case) == core_whole(case)


@BOUNDED
@given(RANDOMS)
def test_permuting_lines_rules_and_coupons_permutes_the_result(rng: Random) -> None:
    case = case_of(rng)
    case.basket.menus = case.basket.menus[:1]  # of two that are refused, the one that is named first may differ
    before = core_whole(case)
    rng.shuffle(case.basket.lines)
    rng.shuffle(case.basket.coupons)
    if case.book is not None:
        case.book = replace(
            case.book,
            line_rules=tuple(rng.sample(case.book.line_rules, len(case.book.line_rules))),
            ticket_rules=tuple(rng.sample(case.book.ticket_rules, len(case.book.ticket_rules))),
            patterns=tuple(rng.sample(case.book.patterns, len(case.book.patterns))),
        )

    after = core_whole(case)

    if isinstance(before, tuple) and isinstance(after, tuple):
        assert before[0] == after[0] or {before[0], after[0]} <= {"pricing.overflow", "pricing.duplicate_line"}
    else:
        assert before == after


@BOUNDED
@given(RANDOMS)
def test_lines_add_up_to_the_rates_and_to_the_total(rng: Random) -> None:
    case = case_of(rng)
    ticket = ticket_of(case)
    if ticket is None:
        return
    payable = sum(line.amount + line.vat * (case.basket.basis == NET) for line in ticket.lines)

    assert ticket.total == payable == sum(rate.gross for rate in ticket.rates) == ticket.net + ticket.vat


@BOUNDED
@given(RANDOMS)
def test_every_step_adds_up_over_its_lines(rng: Random) -> None:
    ticket = ticket_of(case_of(rng))
    if ticket is None:
        return

    for index, step in enumerate(ticket.discounts):
        assert step.granted == sum(share for line in ticket.lines for at, share in line.shares if at == index)
        assert (step.reason is None) == (step.wanted == step.granted)
        assert step.base_sum == 0 or abs(step.granted) <= abs(step.wanted)


@BOUNDED
@given(RANDOMS)
def test_line_vat_adds_up_to_the_vat_of_the_rate(rng: Random) -> None:
    ticket = ticket_of(case_of(rng))
    if ticket is None:
        return

    assert ticket.vat == sum(line.vat for line in ticket.lines) == sum(rate.vat for rate in ticket.rates)
    for key in {(row.category, row.rate, row.nature) for row in ticket.rates}:
        rows = [row for row in ticket.rates if (row.category, row.rate, row.nature) == key]
        lines = [each for each in ticket.lines if (each.line.category, each.line.rate, each.line.nature) == key]
        assert sum(row.vat for row in rows) == sum(line.vat for line in lines)
        assert all(row.gross == row.net + row.vat for row in rows)


@BOUNDED
@given(RANDOMS)
def test_no_line_is_below_zero_unless_it_was_sold_negative(rng: Random) -> None:
    ticket = ticket_of(case_of(rng))
    if ticket is None:
        return
    goods = [line for line in ticket.lines if line.line.nature == GOODS]
    sign = -1 if any((line.base or line.line.quantity) < 0 for line in goods) else 1

    assert all(line.amount * sign >= 0 for line in goods)


@BOUNDED
@given(RANDOMS)
def test_a_rule_of_a_hundred_percent_gives_nothing_to_pay(rng: Random) -> None:
    case = case_of(rng)
    case.basket = replace(case.basket, subtotals=[Adjustment(ref="all", percent=-100_000)], coupons=[], customer=None)
    if case.book is not None:
        case.book = replace(case.book, ticket_rules=())
    ticket = ticket_of(case)
    if ticket is None:
        return

    assert all(line.amount == 0 == line.vat for line in ticket.lines if line.line.nature == GOODS)


@BOUNDED
@given(RANDOMS)
def test_a_sealed_ticket_priced_again_gives_the_same_bytes(rng: Random) -> None:
    case = case_of(rng)
    first = ticket_of(case)

    again = ticket_of(case)

    assert repr(first) == repr(again)


def parts_of(lines: tuple[PricedLine, ...], rng: Random) -> list[list[tuple[PricedLine, int, int]]]:
    """Random parts of random lines, step by step, until nothing is left: (line, gone already, going now)."""
    left = {line.id: line for line in lines}
    gone = dict.fromkeys(left, 0)
    steps = []
    while left:
        step = []
        for line_id in rng.sample(sorted(left), rng.randint(1, len(left))):
            line = left[line_id]
            size = abs(line.line.quantity)
            now = rng.choice((size - gone[line_id], rng.randint(1, size - gone[line_id])))
            step.append((line, gone[line_id], now))
            gone[line_id] += now
            if gone[line_id] == size:
                del left[line_id]
        steps.append(step)
    return steps


def words_of(line: PricedLine, already: int, now: int) -> dict[str, object]:
    sold = line.line
    return {
        "id": line.id,
        "category": sold.category,
        "rate": sold.rate,
        "nature": sold.nature,
        "quantity": sold.quantity,
        "amount": line.amount,
        "vat": line.vat,
        "shares": line.shares,
        "already": already,
        "now": now,
    }


@BOUNDED
@given(RANDOMS)
def test_a_full_refund_in_any_number_of_steps_returns_what_was_sold(rng: Random) -> None:
    case = case_of(rng)
    ticket = ticket_of(case)
    if ticket is None:
        return
    basis = case.basket.basis

    steps = [
        refund([SoldLine(**words_of(*part)) for part in step], basis=basis)  # type: ignore[arg-type]  # words of SoldLine
        for step in parts_of(ticket.lines, rng)
    ]

    assert ticket.total == sum(step.total for step in steps)
    assert ticket.vat == sum(step.vat for step in steps)
    for line in ticket.lines:
        parts = [part for step in steps for part in step.lines if part.id == line.id]
        assert (line.amount, line.vat) == (sum(part.amount for part in parts), sum(part.vat for part in parts))
        for index, share in line.shares:
            assert share == sum(amount for part in parts for at, amount in part.shares if at == index)


@BOUNDED
@given(RANDOMS)
def test_every_partial_refund_of_the_core_is_that_of_the_twin(rng: Random) -> None:
    case = case_of(rng)
    ticket = ticket_of(case)
    if ticket is None:
        return

    for step in parts_of(ticket.lines, rng)[:6]:
        words = [words_of(*part) for part in step]
        made = refund([SoldLine(**each) for each in words], basis=case.basket.basis)  # type: ignore[arg-type]  # the same
        expected = slow_refund([Gone(**each) for each in words], case.basket.basis)  # type: ignore[arg-type]  # the same

        lines = [(e.id, e.base, e.shares, e.amount, e.vat, e.net, e.gross) for e in made.lines]
        rates = [(e.category, e.rate, e.nature, e.gross, e.vat, e.net) for e in made.rates]
        assert (expected["lines"], expected["total"]) == (lines, made.total)
        assert not_empty(expected["rates"]) == not_empty(rates)


def not_empty(rates: object) -> list[object]:
    """In any order; a deposit that came to nothing has no sign, so it may stand in a row of its own or not."""
    assert isinstance(rates, list)
    return sorted(row for row in rates if row[2] == GOODS or row[3:] != (0, 0, 0))


@BOUNDED
@given(RANDOMS)
def test_deposits_take_no_discount(rng: Random) -> None:
    ticket = ticket_of(case_of(rng))
    if ticket is None:
        return

    assert all(line.amount == line.base for line in ticket.lines if line.line.nature == DEPOSIT)
