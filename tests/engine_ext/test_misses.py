"""Near misses: the first failing condition of a rule that did not apply, and how far it was from applying."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from pattern_cases import PatternCase, book_of, random_pattern_case
from pricing_cases import core_line, line
from reference_patterns import FIRST, Rule, Slot

from engine_ext.basket import PricingError
from engine_ext.book import Book
from engine_ext.misses import (
    BEATEN,
    EXCLUDED,
    MISSES_MAX,
    NO_SAVING,
    PRECEDED,
    SHORT,
    USED_UP,
    NearMiss,
)
from engine_ext.patterns import ChosenMenu
from engine_ext.pricing import price


def misses_of(case: PatternCase) -> list[NearMiss]:
    menus = [ChosenMenu(*menu) for menu in case.menus]
    lines = [core_line(each) for each in case.lines]
    return list(price(lines, book=Book(patterns=book_of(case)), menus=menus, misses=True).misses)


def told(miss: NearMiss) -> tuple[object, ...]:
    return miss.ref, miss.reason, miss.slot, miss.missing, miss.by, miss.amount


def of(product: str, quantity: int = 1) -> Slot:
    return Slot(quantity=quantity, products=frozenset({product}))


COFFEE, CAKE = line("1", product="coffee", price=200), line("2", product="cake", price=300)


def test_one_item_short_names_the_slot() -> None:
    rule = Rule(id="menu", slots=(of("coffee"), of("cake", 2)), price=600)

    (miss,) = misses_of(PatternCase(lines=[COFFEE, CAKE], rules=[rule]))

    assert told(miss) == ("menu", SHORT, 1, 1, None, 0)


def test_two_slots_that_want_the_same_unit_are_one_short() -> None:
    rule = Rule(id="menu", slots=(of("coffee"), of("coffee")), amount=-10)

    (miss,) = misses_of(PatternCase(lines=[COFFEE, CAKE], rules=[rule]))

    assert told(miss) == ("menu", SHORT, 1, 1, None, 0)


def test_a_menu_dearer_than_its_units_tells_by_how_much() -> None:
    rule = Rule(id="menu", slots=(of("coffee"), of("cake")), price=650)

    (miss,) = misses_of(PatternCase(lines=[COFFEE, CAKE], rules=[rule]))

    assert told(miss) == ("menu", NO_SAVING, None, 0, None, 150)


def test_a_beaten_rule_names_who_beat_it_and_by_how_much() -> None:
    rules = [
        Rule(id="best", slots=(of("coffee"), of("cake")), amount=-150),
        Rule(id="less", slots=(of("coffee"),), amount=-100),
    ]

    (miss,) = misses_of(PatternCase(lines=[COFFEE, CAKE], rules=rules))

    assert told(miss) == ("less", BEATEN, None, 0, "best", 50)


def test_where_the_first_wins_a_later_rule_is_preceded() -> None:
    rules = [
        Rule(id="a", slots=(of("coffee"),), amount=-10),
        Rule(id="b", slots=(of("coffee"), of("cake")), amount=-150),
    ]

    (miss,) = misses_of(PatternCase(lines=[COFFEE, CAKE], rules=rules, mode=FIRST))

    assert told(miss) == ("b", PRECEDED, None, 0, "a", 0)


def test_a_rule_of_a_group_that_is_taken_is_excluded() -> None:
    rules = [
        Rule(id="a", slots=(of("coffee"),), amount=-10, group="g"),
        Rule(id="b", slots=(of("cake"),), amount=-150, group="g"),
    ]

    (miss,) = misses_of(PatternCase(lines=[COFFEE, CAKE], rules=rules))

    assert told(miss) == ("a", EXCLUDED, None, 0, "b", 0)


def test_what_a_chosen_menu_took_is_used_up() -> None:
    rules = [
        Rule(id="menu", slots=(of("coffee"),), price=150),
        Rule(id="pair", slots=(of("cake"), of("coffee")), amount=-150),
    ]

    (miss,) = misses_of(PatternCase(lines=[COFFEE, CAKE], rules=rules, menus=[("menu", ("1",))]))

    assert told(miss) == ("pair", USED_UP, 1, 1, None, 0)


def test_only_the_nearest_are_told_and_only_where_asked() -> None:
    rules = [Rule(id=f"r{n:02}", slots=(of("coffee", 2 + n),), amount=-10) for n in range(MISSES_MAX + 5)]
    case = PatternCase(lines=[COFFEE], rules=rules)

    misses = misses_of(case)

    assert [miss.missing for miss in misses] == list(range(1, MISSES_MAX + 1))
    assert price([core_line(COFFEE)], book=Book(patterns=book_of(case))).misses == ()


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_asking_why_changes_no_ticket_and_every_rule_that_applied_has_no_miss(rng: Random) -> None:
    case = random_pattern_case(rng, units_max=12)
    lines, menus = [core_line(each) for each in case.lines], [ChosenMenu(*menu) for menu in case.menus]
    try:
        plain = price(lines, book=Book(patterns=book_of(case)), menus=menus)
    except PricingError:
        return

    asked = price(lines, book=Book(patterns=book_of(case)), menus=menus, misses=True)

    assert repr(plain) == repr(asked)
    assert {use.ref for use in asked.uses}.isdisjoint(miss.ref for miss in asked.misses)
    for miss in asked.misses:
        assert (miss.missing > 0) == (miss.reason in (SHORT, USED_UP))
        assert miss.amount >= 0
