"""Phase 1: which rule a line takes, which add up, and what typed prices and negative baskets do without."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pricing_cases import core_line, line
from reference_pricing import AMOUNT_MAX, DEPOSIT, Adjustment
from rule_cases import core_answer, plain_answer, random_rule_case

from engine_ext.basket import BasketLine, LineAdjustment, PricingError
from engine_ext.book import Book, LineRule
from engine_ext.conditions import Conditions, Context
from engine_ext.pricing import ALGORITHM, ALGORITHM_RULES, Priced, price

BOUNDED = settings(max_examples=150, deadline=None)
SOLD = core_line(line("1", price=1_000, product="tea", department="bar", tags=("hot",)))


def priced(*rules: LineRule, lines: tuple[BasketLine, ...] = (SOLD,), **words: Any) -> Priced:
    return price(lines, book=Book(line_rules=rules), **words)


def told(ticket: Priced) -> list[tuple[str, str, int]]:
    return [(step.rule, step.ref, step.granted) for step in ticket.discounts]


def with_discounts(
    manual: LineAdjustment | None = None, default: LineAdjustment | None = None, typed: int | None = None
) -> BasketLine:
    return BasketLine(
        id="1",
        product="tea",
        department="bar",
        category="normal",
        rate=20_000,
        quantity=1_000,
        catalogue=100_000,
        typed=typed,
        manual=manual,
        default=default,
    )


@BOUNDED
@given(st.randoms(use_true_random=False))
def test_line_rules_come_out_as_told_plainly(rng: Random) -> None:
    case = random_rule_case(rng)
    case.ticket_rules, case.coupons, case.customer, case.removed = [], [], None, ()

    assert plain_answer(case) == core_answer(case)


@pytest.mark.parametrize(
    ("words", "matches"),
    [
        ({}, True),
        ({"products": ("tea",)}, True),
        ({"products": ("cake",)}, False),
        ({"products": ("cake",), "departments": ("bar",)}, True),
        ({"tags": ("hot",)}, True),
        ({"tags": ("cold",)}, False),
        ({"departments": ("bar",), "except_products": ("tea",)}, False),
        ({"products": ("tea",), "except_departments": ("bar",)}, False),
        ({"products": ("tea",), "except_tags": ("hot",)}, False),
        ({"except_products": ("cake",)}, True),
    ],
)
def test_a_rule_applies_to_what_it_names(words: dict[str, Any], matches: bool) -> None:
    actual = priced(LineRule("r", percent=-10_000, **words))

    assert [("line-rule", "r", -100)] * matches == told(actual)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ((LineRule("a", percent=-20_000), LineRule("b", percent=-5_000, priority=1)), "b"),
        ((LineRule("a", percent=-5_000), LineRule("b", amount=-20_000)), "b"),
        ((LineRule("a", fixed=70_000), LineRule("b", amount=-20_000)), "a"),
        ((LineRule("b", percent=-10_000), LineRule("a", amount=-10_000)), "a"),
        ((LineRule("a", percent=10_000), LineRule("b", fixed=100_000)), "b"),
    ],
)
def test_one_rule_a_line_by_priority_then_saving_then_id(rules: tuple[LineRule, ...], expected: str) -> None:
    assert [expected] == [step.ref for step in priced(*rules).discounts]


def test_rules_of_one_stack_group_add_up_in_priority_order_each_on_what_remains() -> None:
    actual = priced(
        LineRule("club", percent=-10_000, stack="s"),
        LineRule("happy", amount=-10_000, stack="s", priority=5),
        LineRule("other", percent=-50_000),
        LineRule("third", percent=-50_000, stack="t"),
    )

    assert told(actual) == [("line-rule", "happy", -100), ("line-rule", "club", -90)]


def test_each_percentage_of_a_stack_is_rounded_once_on_the_line() -> None:
    sold = core_line(line("1", price=333, quantity=3_000))

    actual = priced(LineRule("a", percent=-10_000, stack="s"), LineRule("b", percent=-10_000, stack="s"), lines=(sold,))

    assert [step.granted for step in actual.discounts] == [-100, -90]


def test_a_default_is_one_of_the_rules_of_its_line() -> None:
    sold = with_discounts(default=LineAdjustment("default", percent=-15_000))

    assert told(priced(LineRule("r", percent=-10_000), lines=(sold,))) == [("default", "default", -150)]
    assert told(priced(LineRule("r", percent=-20_000), lines=(sold,))) == [("line-rule", "r", -200)]


def test_the_priority_of_a_default_places_it_among_the_rules() -> None:
    sold = with_discounts(default=LineAdjustment("default", percent=-5_000, priority=2))

    assert told(priced(LineRule("r", percent=-20_000, priority=1), lines=(sold,))) == [("default", "default", -50)]


def test_the_operators_discount_replaces_defaults_and_rules() -> None:
    sold = with_discounts(LineAdjustment("mine", percent=-1_000), LineAdjustment("default", percent=-15_000))

    assert told(priced(LineRule("r", percent=-50_000, priority=9), lines=(sold,))) == [("manual", "mine", -10)]


def test_the_operators_discount_adds_up_with_its_stack_group_only() -> None:
    sold = with_discounts(
        LineAdjustment("mine", percent=-10_000, stack="s"), LineAdjustment("default", amount=-10_000, stack="s")
    )

    actual = priced(
        LineRule("r", percent=-50_000, stack="s", priority=1),
        LineRule("no", percent=-60_000, priority=2),
        lines=(sold,),
    )

    assert told(actual) == [("line-rule", "r", -500), ("default", "default", -100), ("manual", "mine", -40)]


def test_a_lines_own_discounts_add_up_without_a_book_by_the_next_algorithm() -> None:
    sold = with_discounts(
        LineAdjustment("mine", percent=-10_000, stack="s"), LineAdjustment("default", amount=-10_000, stack="s")
    )

    actual = price([sold])

    assert told(actual) == [("default", "default", -100), ("manual", "mine", -90)]
    assert actual.algorithm == ALGORITHM_RULES


def test_different_stack_groups_of_a_line_change_nothing_of_algorithm_1() -> None:
    sold = with_discounts(
        LineAdjustment("mine", percent=-10_000, stack="s"), LineAdjustment("default", amount=-10_000, stack="t")
    )

    actual = price([sold])

    assert (told(actual), actual.algorithm) == ([("manual", "mine", -100)], ALGORITHM)


def test_a_typed_price_takes_no_rule_but_the_operators_discount() -> None:
    rule = LineRule("r", percent=-50_000, stack="s")

    assert told(priced(rule, lines=(with_discounts(typed=90_000),))) == []
    typed = with_discounts(LineAdjustment("mine", percent=-10_000, stack="s"), typed=90_000)
    assert told(priced(rule, lines=(typed,))) == [("manual", "mine", -90)]


def test_a_negative_basket_takes_no_rule() -> None:
    sold = core_line(line("1", price=1_000, quantity=-1_000, manual=Adjustment(ref="mine", percent=-10_000)))
    plain = core_line(line("2", price=1_000, quantity=-1_000))

    actual = priced(LineRule("r", percent=-50_000), lines=(sold, plain))

    assert (told(actual), actual.total) == ([("manual", "mine", 100)], -1_900)


def test_a_deposit_takes_no_rule() -> None:
    assert told(priced(LineRule("r", percent=-50_000), lines=(core_line(line(price=100, nature=DEPOSIT)),))) == []


def test_conditions_of_a_line_rule_count_the_whole_basket() -> None:
    lines = tuple(core_line(line(str(number), price=400, quantity=2_000)) for number in range(2))
    rule = LineRule("r", percent=-50_000, products=("product-0",), conditions=Conditions(min_items=4, min_value=1_600))

    assert told(priced(rule, lines=lines)) == [("line-rule", "r", -400)]
    assert told(priced(rule, lines=lines[:1])) == []


def test_a_rule_that_asks_where_needs_a_context() -> None:
    rule = LineRule("r", percent=-50_000, conditions=Conditions(modes=(2,)))

    with pytest.raises(PricingError) as refused:
        priced(rule)

    assert refused.value.code == "pricing.no_context"
    assert told(priced(rule, context=Context(mode=2))) == [("line-rule", "r", -500)]
    assert told(priced(rule, context=Context(mode=1))) == []


def test_a_rule_that_loses_never_refuses_a_sale() -> None:
    loser = LineRule("dear", fixed=AMOUNT_MAX)
    sold = core_line(line("1", price=1_000, quantity=AMOUNT_MAX // 10**6))

    actual = priced(loser, LineRule("cheap", fixed=10_000), lines=(sold,))

    assert [step.ref for step in actual.discounts] == ["cheap"]
    with pytest.raises(PricingError) as refused:
        priced(loser, lines=(sold,))
    assert (refused.value.code, refused.value.line_id) == ("pricing.overflow", "1")


def test_the_version_of_a_rule_is_told() -> None:
    actual = priced(LineRule("r", version=7, percent=-10_000))

    assert [(step.version, step.uses, step.units) for step in actual.discounts] == [(7, 1, ())]


def test_five_hundred_rules_on_every_line_choose_as_few() -> None:
    rules = [LineRule(str(number), percent=-100 * (number + 1), priority=number % 7) for number in range(500)]

    actual = priced(*rules)

    assert [step.ref for step in actual.discounts] == [str(max(number for number in range(500) if number % 7 == 6))]


def test_the_table_of_the_page_comes_out() -> None:
    rules = (
        LineRule("happy", amount=-10_000, stack="s", priority=5, departments=("bar",)),
        LineRule("club", percent=-10_000, stack="s"),
        LineRule("clearance", percent=-50_000),
    )

    assert priced(*rules).total == 810
