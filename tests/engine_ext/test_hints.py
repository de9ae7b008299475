"""Hints: what kept each kind of rule from applying, how far it was, and that the nearest come first."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pricing_cases import core_line, line
from reference_pricing import Adjustment, Line
from rule_cases import random_rule_case, run_core

from engine_ext import conditions as asked
from engine_ext.basket import PricingError
from engine_ext.book import AddedItem, Book, Coupon, LineRule, TicketRule
from engine_ext.conditions import Conditions, Context
from engine_ext.hints import REMOVED, REPLACED, TYPED, UNCOVERED
from engine_ext.misses import BEATEN, MISSES_MAX, PRECEDED, SHORT, NearMiss
from engine_ext.patterns import Pattern, Patterns, Slot
from engine_ext.pricing import price

BOUNDED = settings(max_examples=150, deadline=None)
TEA = line("1", price=1_000, product="tea")


def misses(
    book: Book | None = None, *, lines: tuple[Line, ...] = (TEA,), context: Context | None = None, **words: Any
) -> tuple[NearMiss, ...]:
    at = Context(mode=1, minute=600, weekday=3, day=100) if context is None else context
    return price([core_line(each) for each in lines], book=book, context=at, misses=True, **words).misses


def told(*found: NearMiss) -> list[tuple[str, str, str, int, int, str | None]]:
    return [(miss.rule, miss.ref, miss.reason, miss.missing, miss.amount, miss.by) for miss in found]


def test_every_failing_condition_tells_its_distance() -> None:
    wanted = {
        asked.VALUE: (Conditions(min_value=1_200), 0, 200),
        asked.ITEMS: (Conditions(min_items=2), 1, 0),
        asked.COVERS: (Conditions(min_covers=4), 4, 0),
        asked.CONTAINS: (Conditions(products=("cake",)), 1, 0),
        asked.HOURS: (Conditions(from_minute=660, until_minute=700), 60, 0),
        asked.WEEKDAY: (Conditions(weekdays=(5,)), 2, 0),
        asked.DAYS: (Conditions(days=(1, 97)), -3, 0),
        asked.MODE: (Conditions(modes=(2,)), 0, 0),
    }
    for reason, (conditions, missing, amount) in wanted.items():
        book = Book(
            line_rules=[LineRule("l", percent=-1_000, conditions=conditions)],
            ticket_rules=[TicketRule("t", percent=-1_000, conditions=conditions)],
        )

        actual = misses(book, coupons=[Coupon("c", percent=-1_000, conditions=conditions)])

        assert told(*actual) == [
            ("line-rule", "l", reason, missing, amount, None),
            ("automatic", "t", reason, missing, amount, None),
            ("coupon", "c", reason, missing, amount, None),
        ]


def test_a_rule_beaten_on_its_line_names_by_whom_and_by_how_much() -> None:
    book = Book(line_rules=[LineRule("more", percent=-20_000), LineRule("less", percent=-15_000)])

    assert told(*misses(book)) == [("line-rule", "less", BEATEN, 0, 50, "more")]


def test_of_several_lines_the_nearest_is_told() -> None:
    lines = (TEA, line("2", price=100, product="cake"))
    book = Book(line_rules=[LineRule("more", percent=-20_000), LineRule("less", percent=-15_000)])

    assert told(*misses(book, lines=lines)) == [("line-rule", "less", BEATEN, 0, 5, "more")]


def test_a_rule_that_a_higher_priority_precedes_names_it() -> None:
    book = Book(line_rules=[LineRule("first", percent=-1_000, priority=1), LineRule("great", percent=-50_000)])

    assert told(*misses(book)) == [("line-rule", "great", PRECEDED, 0, 0, "first")]


def test_the_operators_word_is_told() -> None:
    book = Book(line_rules=[LineRule("r", percent=-50_000)])
    typed = line("1", price=1_000, typed=90_000)
    manual = line("1", price=1_000, manual=Adjustment(ref="mine", percent=-1_000))

    assert told(*misses(book, lines=(typed,))) == [("line-rule", "r", TYPED, 0, 0, None)]
    assert told(*misses(book, lines=(manual,))) == [("line-rule", "r", REPLACED, 0, 0, "mine")]


def test_a_rule_that_names_no_line_of_the_basket_is_no_near_miss() -> None:
    book = Book(line_rules=[LineRule("r", percent=-50_000, products=("cake",))])

    assert misses(book) == ()


def test_a_rule_that_applied_to_any_line_is_no_miss() -> None:
    book = Book(line_rules=[LineRule("r", percent=-50_000)])

    assert misses(book, lines=(TEA, line("2", price=100, typed=5))) == ()


def test_a_removed_rule_says_so() -> None:
    book = Book(ticket_rules=[TicketRule("r", percent=-50_000)])

    assert told(*misses(book, removed=("r",))) == [("automatic", "r", REMOVED, 0, 0, None)]


def test_an_item_per_cover_without_covers_says_so() -> None:
    item = AddedItem(core_line(line("ar", price=100)), per_cover=True)

    assert told(*misses(Book(ticket_rules=[TicketRule("r", item=item)]))) == [
        ("automatic", "r", asked.COVERS, 1, 0, None)
    ]


def test_a_coupon_whose_articles_are_not_there_says_so() -> None:
    actual = misses(coupons=[Coupon("c", amount=-1, products=("cake",)), Coupon("d", amount=-1)])

    assert told(*actual) == [("coupon", "c", UNCOVERED, 1, 0, None)]


def test_the_nearest_come_first_whatever_their_kind() -> None:
    pattern = Pattern("menu", (Slot(products=("tea",)), Slot(2, products=("cake",))), amount=-10)
    book = Book(
        line_rules=[LineRule("night", percent=-1_000, conditions=Conditions(from_minute=1_200))],
        patterns=Patterns([pattern]),
        ticket_rules=[
            TicketRule("rich", percent=-1_000, conditions=Conditions(min_value=1_100)),
            TicketRule("else", percent=-1_000, conditions=Conditions(modes=(2,))),
        ],
    )

    actual = misses(book, coupons=[Coupon("items", amount=-1, conditions=Conditions(min_items=2))])

    assert [(miss.ref, miss.reason) for miss in actual] == [
        ("rich", asked.VALUE),
        ("items", asked.ITEMS),
        ("menu", SHORT),
        ("night", asked.HOURS),
        ("else", asked.MODE),
    ]
    assert {miss.rule for miss in actual} == {"line-rule", "pattern", "automatic", "coupon"}


def test_of_many_misses_the_nearest_twenty_are_told() -> None:
    rules = [
        TicketRule(str(number), percent=-1_000, conditions=Conditions(min_items=2 + number)) for number in range(99)
    ]

    actual = misses(Book(ticket_rules=rules))

    assert [miss.missing for miss in actual] == list(range(1, MISSES_MAX + 1))


def test_a_negative_basket_has_no_hints() -> None:
    book = Book(
        line_rules=[LineRule("r", percent=-1)], ticket_rules=[TicketRule("r", percent=-1)], patterns=Patterns([])
    )

    assert misses(book, lines=(line("1", price=1, quantity=-1_000),), coupons=[Coupon("c", amount=-1)]) == ()


@BOUNDED
@given(st.randoms(use_true_random=False))
def test_a_rule_either_applies_or_may_be_told_never_both(rng: Random) -> None:
    case = random_rule_case(rng)
    try:
        ticket = run_core(case, misses=True)
    except PricingError:
        return
    applied = {(step.rule, step.ref) for step in ticket.discounts}
    missed = [(miss.rule, miss.ref) for miss in ticket.misses]

    assert len(missed) == len(set(missed))
    assert applied.isdisjoint(missed)
