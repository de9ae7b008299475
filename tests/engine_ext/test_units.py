"""Units of lines: what each is worth, which take part, and which are alike."""

from collections import Counter

import pytest
from pattern_cases import PatternCase, run_core
from pricing_cases import line
from reference_patterns import Rule, Slot, units_of
from reference_pricing import DEPOSIT, Adjustment, Line

ANY_TWO = Rule(id="two", slots=(Slot(quantity=2),), amount=-1)
ANY_ONE = Rule(id="one", slots=(Slot(),), amount=-1)


def worths(*lines: Line) -> Counter[int]:
    """What each unit is worth that a rule on everything consumed."""
    ticket = run_core(PatternCase(lines=list(lines), rules=[ANY_ONE]))
    told: Counter[int] = Counter()
    for use in ticket.uses:
        for _, count, worth in use.slots[0]:
            told[worth] += count * use.times
    return told


@pytest.mark.parametrize(("cents", "count"), [(1_000, 3), (1_000, 7), (5, 7), (999, 8), (100, 1)])
def test_units_of_a_line_are_worth_the_steps_of_its_amount(cents: int, count: int) -> None:
    fixed = Adjustment(ref="sum", amount=-100_000 * count, percent=0)
    sold = line(price=0, catalogue=100_000 + cents * 100 // count, quantity=1_000 * count, default=fixed)
    made = line(price=cents, quantity=1_000 * count)
    made.amount = run_core(PatternCase(lines=[sold], rules=[])).lines[0].amount

    expected = Counter(unit.worth for unit in units_of([made]) if unit.worth)

    assert expected == worths(sold)


def test_a_fractional_quantity_is_one_unit() -> None:
    assert Counter({240: 1}) == worths(line(price=160, quantity=1_500))


def test_deposits_and_goods_brought_back_are_no_units() -> None:
    assert not worths(line(price=160, nature=DEPOSIT))
    assert not worths(line(price=160, quantity=-1_000))


def test_a_rule_of_two_does_not_split_one_indivisible_unit() -> None:
    ticket = run_core(PatternCase(lines=[line(price=160, quantity=2_500)], rules=[ANY_TWO]))

    assert not ticket.uses


def test_rules_that_share_no_unit_are_searched_by_themselves() -> None:
    lines = [line(str(n), product=f"p{n}", price=100 + n, quantity=2_000) for n in range(30)]
    rules = [
        Rule(id=f"r{n}", slots=(Slot(quantity=2, products=frozenset({f"p{n}"})),), percent=-50_000, count=1)
        for n in range(30)
    ]

    ticket = run_core(PatternCase(lines=lines, rules=rules))

    assert (ticket.search, len(ticket.uses)) == ("exact", 30)
    assert ticket.nodes <= 30 * 5


def test_a_book_that_touches_nothing_changes_nothing_but_the_number_of_the_algorithm() -> None:
    lines = [line("1", price=160), line("2", price=90)]
    rule = Rule(id="r", slots=(Slot(products=frozenset({"other"})),), amount=-10)

    ticket = run_core(PatternCase(lines=lines, rules=[rule]))

    assert (ticket.algorithm, ticket.total, ticket.discounts, ticket.search, ticket.nodes) == (2, 250, (), "exact", 0)
