"""The search against its exhaustive twin, its vectors, and what holds for every basket and every book."""

import os
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pattern_cases import PatternCase, core_answer, random_pattern_case, run_core, twin_answer
from pricing_cases import line
from reference_patterns import BEST, FIRST, Rule, Slot
from reference_pricing import GOODS

from engine_ext.basket import PricingError
from engine_ext.pricing import Priced

CASES = int(os.environ.get("PATTERN_CASES", "1000"))
RANDOMS = st.randoms(use_true_random=False)
BOUNDED = settings(max_examples=50, deadline=None)


def of(*products: str, quantity: int = 1) -> Slot:
    return Slot(quantity=quantity, products=frozenset(products))


COKE, SANDWICH, CHOCOLATE = of("coke"), of("sandwich"), of("chocolate")
SECOND_FREE = Rule(id="second", slots=(of("coke", quantity=2),), percent=-100_000, count=1)
MENU = Rule(id="menu", slots=(COKE, SANDWICH, CHOCOLATE), amount=-150)


def lunch() -> PatternCase:
    lines = [
        line("1", product="coke", price=200, quantity=2_000),
        line("2", product="sandwich", price=400, quantity=2_000),
        line("3", product="chocolate", price=150, quantity=2_000),
    ]
    return PatternCase(lines=lines, rules=[SECOND_FREE, MENU])


def saved(ticket: Priced) -> int:
    return -sum(step.granted for step in ticket.discounts if step.phase == 2)


def ticket_of(case: PatternCase) -> Priced | None:
    try:
        return run_core(case)
    except PricingError:
        return None


def test_vector_the_exact_search_saves_three_where_greedy_saves_two() -> None:
    exact = run_core(lunch())
    greedy = run_core(replace(lunch(), mode=FIRST, rules=[replace(SECOND_FREE, priority=1), MENU]))

    assert (saved(exact), exact.search) == (300, "exact")
    assert [(use.ref, use.times) for use in exact.uses] == [("menu", 2)]
    assert saved(greedy) == 200


def test_thousands_of_baskets_come_out_of_search_and_twin_alike() -> None:
    """PATTERN_CASES=1000000 makes it a campaign."""
    kinds = {"refused": 0, "nothing": 0, "used": 0}
    for seed in range(CASES):
        case = random_pattern_case(Random(f"patterns/{seed}"))

        actual = core_answer(case)

        assert twin_answer(case) == actual, f"seed patterns/{seed}"
        assert isinstance(actual, tuple)
        kinds["refused" if len(actual) == 2 else "used" if actual[1] else "nothing"] += 1
    assert min(kinds.values()) > CASES // 20


@BOUNDED
@given(RANDOMS)
def test_search_and_twin_agree(rng: Random) -> None:
    case = random_pattern_case(rng, units_max=6)

    assert twin_answer(case) == core_answer(case)


@BOUNDED
@given(RANDOMS)
def test_the_order_of_lines_rules_and_menus_changes_nothing(rng: Random) -> None:
    case = random_pattern_case(rng, units_max=14)
    case.menus = case.menus[:1]  # of two that are refused, the one that is named first may differ
    before = core_answer(case)
    for each in (case.lines, case.rules):
        rng.shuffle(each)

    assert before == core_answer(case)


@BOUNDED
@given(RANDOMS)
def test_no_line_falls_below_zero_and_all_uses_add_up(rng: Random) -> None:
    case = random_pattern_case(rng, units_max=20)
    ticket = ticket_of(case)
    if ticket is None:
        return
    sign = -1 if any(each.line.quantity < 0 for each in ticket.lines) else 1

    assert all(each.amount * sign >= 0 for each in ticket.lines if each.line.nature == GOODS)
    for index, step in enumerate(ticket.discounts):
        if step.phase == 2:
            uses = [use for use in ticket.uses if use.discount == index]
            shares = [share for each in ticket.lines for number, share in each.shares if number == index]
            assert step.granted == sum(use.granted * use.times for use in uses) == sum(shares)
            assert step.base_sum == sum(use.base_sum * use.times for use in uses)
            assert all(use.chosen or use.granted < 0 for use in uses)


@BOUNDED
@given(RANDOMS)
def test_no_unit_serves_twice(rng: Random) -> None:
    ticket = ticket_of(random_pattern_case(rng, units_max=20))
    if ticket is None:
        return
    consumed: dict[str, int] = {}
    for use in ticket.uses:
        for line_id, count, _ in (unit for slot in use.slots for unit in slot):
            consumed[line_id] = consumed.get(line_id, 0) + count * use.times
    there = {each.id: max(1, each.line.quantity // 1_000) for each in ticket.lines}

    assert all(count <= there[line_id] for line_id, count in consumed.items())


@BOUNDED
@given(RANDOMS)
def test_a_bounded_search_is_valid_deterministic_and_at_least_as_good_as_greedy(rng: Random) -> None:
    case = random_pattern_case(rng, units_max=30)
    case.mode, case.menus, case.subtotals = BEST, [], []
    best = run_core(case)

    few = [run_core(replace(case, budget=budget)) for budget in (0, 1, 7, 7)]

    greedy = saved(few[0])
    assert all(greedy <= saved(ticket) <= saved(best) for ticket in few)
    assert repr(few[2]) == repr(few[3])
    assert all(saved(ticket) == saved(best) for ticket in few if ticket.search == "exact")


@pytest.mark.parametrize("budget", [0, 1, 100, 5_000])
def test_the_budget_is_never_passed(budget: int) -> None:
    rng = Random(7)
    lines = [line(str(n), product=f"p{n}", price=rng.randint(100, 900), quantity=3_000) for n in range(30)]
    rules = [
        Rule(id=f"r{n}", slots=(of(*(f"p{k}" for k in rng.sample(range(30), 12)), quantity=2),), price=300 + 10 * n)
        for n in range(8)
    ]

    ticket = run_core(PatternCase(lines=lines, rules=rules, budget=budget))

    assert (ticket.search, ticket.nodes <= budget + 32) == ("bounded", True)


def test_of_equal_savings_fewer_uses_win() -> None:
    rules = [
        Rule(id="a-pair", slots=(of("p", quantity=2),), amount=-50, priority=9),
        Rule(id="b-four", slots=(of("p", quantity=4),), amount=-100),
    ]

    ticket = run_core(PatternCase(lines=[line(product="p", price=100, quantity=4_000)], rules=rules))

    assert [(use.ref, use.times) for use in ticket.uses] == [("b-four", 1)]


def test_of_as_many_uses_the_higher_priority_wins_then_the_lower_id() -> None:
    lines = [line(product="p", price=100, quantity=2_000)]
    pair = (of("p", quantity=2),)
    rules = [Rule(id=name, slots=pair, amount=-50, priority=int(name == "z")) for name in ("a", "b", "z")]

    with_priority = run_core(PatternCase(lines=lines, rules=rules))
    by_id = run_core(PatternCase(lines=lines, rules=rules[:2]))

    assert [use.ref for use in with_priority.uses] == ["z"]
    assert [use.ref for use in by_id.uses] == ["a"]


def test_of_equal_units_those_of_the_earliest_lines_are_used() -> None:
    lines = [line(name, product=name, price=100) for name in ("c", "a", "b")]
    rule = Rule(id="pair", slots=(Slot(quantity=2),), amount=-50)

    ticket = run_core(PatternCase(lines=lines, rules=[rule]))

    assert ticket.uses[0].slots == ((("a", 1, 100), ("b", 1, 100)),)


def test_one_rule_of_a_group_applies_as_often_as_it_can() -> None:
    lines = [line("1", product="p", price=100, quantity=4_000), line("2", product="q", price=100, quantity=2_000)]
    rules = [
        Rule(id="p", slots=(of("p", quantity=2),), amount=-30, group="g"),
        Rule(id="q", slots=(of("q", quantity=2),), amount=-50, group="g"),
    ]

    grouped = run_core(PatternCase(lines=lines, rules=rules))
    free = run_core(PatternCase(lines=lines, rules=[replace(rule, group=None) for rule in rules]))

    assert [(use.ref, use.times) for use in grouped.uses] == [("p", 2)]
    assert [(use.ref, use.times) for use in free.uses] == [("p", 2), ("q", 1)]


def test_a_million_units_are_no_more_work_than_two() -> None:
    lines = [line(product="coke", price=200, quantity=1_000_001_000)]

    ticket = run_core(PatternCase(lines=lines, rules=[SECOND_FREE]))

    assert (ticket.uses[0].times, ticket.search, ticket.nodes < 10) == (500_000, "exact", True)


def test_the_first_of_the_book_wins_where_the_shop_wants_that() -> None:
    rules = [replace(SECOND_FREE, priority=1), MENU]

    ticket = run_core(replace(lunch(), mode=FIRST, rules=rules))

    assert [(use.ref, use.times) for use in ticket.uses] == [("second", 1)]
