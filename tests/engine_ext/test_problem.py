"""The problem of a search: which uses there are, and what happens where there are too many of them."""

from random import Random

import pytest
from pattern_cases import PatternCase, run_core
from pricing_cases import line
from reference_patterns import Rule, Slot
from reference_pricing import Line

from engine_ext.problem import CLASSES_MAX, COLUMNS_MAX, PARTS_MAX, STEPS_MAX


def shop(count: int, *, quantity: int = 1_000) -> list[Line]:
    rng = Random(count)
    return [line(f"{n:03}", product=f"p{n:03}", price=rng.randint(100, 900), quantity=quantity) for n in range(count)]


def saved(case: PatternCase) -> tuple[int, str | None]:
    ticket = run_core(case)
    return -sum(step.granted for step in ticket.discounts), ticket.search


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"price": 450}, 300),
        ({"percent": -50_000}, 375),
        ({"percent": -100_000, "count": 1}, 150),
        ({"percent": -100_000, "count": 1, "dearest": True}, 400),
        ({"percent": -100_000, "count": 2}, 350),
        ({"percent": -100_000, "on": (0,)}, 200),
        ({"percent": -50_000, "on": (1, 2), "count": 1, "dearest": True}, 200),
        ({"amount": -120}, 120),
        ({"amount": -10_000}, 750),
    ],
)
def test_each_benefit_saves_what_it_says(words: dict[str, object], expected: int) -> None:
    lines = [line("1", product="a", price=200), line("2", product="b", price=400), line("3", product="c", price=150)]
    slots = tuple(Slot(products=frozenset({name})) for name in "abc")

    actual = saved(PatternCase(lines=lines, rules=[Rule(id="r", slots=slots, **words)]))  # type: ignore[arg-type]  # words of Rule

    assert (expected, "exact") == actual


def test_a_percentage_of_a_use_is_rounded_once() -> None:
    lines = [line("1", product="a", price=101), line("2", product="b", price=104)]
    rule = Rule(id="r", slots=(Slot(products=frozenset("a")), Slot(products=frozenset("b"))), percent=-50_000)

    assert (103, "exact") == saved(PatternCase(lines=lines, rules=[rule]))


def test_a_use_that_saves_nothing_is_none() -> None:
    rule = Rule(id="r", slots=(Slot(quantity=2),), price=200)

    assert (0, "exact") == saved(PatternCase(lines=[line(price=100, quantity=2_000)], rules=[rule]))


def test_the_dearer_unit_pays_its_supplement_in_the_slot_that_asks_for_it() -> None:
    lines = [line("1", product="steak", price=2_500), line("2", product="wine", price=600)]
    main = Slot(products=frozenset({"steak", "soup"}), supplements=(("steak", 300),))
    rule = Rule(id="menu", slots=(main, Slot(products=frozenset({"wine"}))), price=2_000)

    assert (800, "exact") == saved(PatternCase(lines=lines, rules=[rule]))


def test_overlapping_slots_give_each_unit_the_place_that_saves_most() -> None:
    lines = [line("1", product="a", price=300), line("2", product="b", price=500)]
    both = frozenset("ab")
    rule = Rule(id="menu", slots=(Slot(products=both, supplements=(("b", 90),)), Slot(products=both)), price=600)

    ticket = run_core(PatternCase(lines=lines, rules=[rule]))

    assert ticket.uses[0].slots == ((("1", 1, 300),), (("2", 1, 500),))
    assert ticket.total == 600


def test_three_for_two_over_more_classes_than_a_search_takes_still_goes_through_all_of_them() -> None:
    rule = Rule(id="three", slots=(Slot(quantity=3),), percent=-100_000, count=1)
    lines = shop(CLASSES_MAX + 26)

    actual = saved(PatternCase(lines=lines, rules=[rule]))

    worths = sorted((each.catalogue // 100 for each in lines), reverse=True)
    assert (sum(worths[2::3]), "bounded") == actual


def test_more_uses_than_there_is_room_for_are_narrowed_not_refused() -> None:
    rule = Rule(id="eight", slots=(Slot(quantity=8),), percent=-10_000)

    cents, search = saved(PatternCase(lines=shop(40), rules=[rule]))

    # 40 units in eights leave none, so the sum is all of them but for the rounding of each use.
    assert search == "bounded"
    assert abs(cents * 10 - sum(each.catalogue // 100 for each in shop(40))) <= 25


def test_the_limits_are_what_the_documents_say() -> None:
    assert (CLASSES_MAX, COLUMNS_MAX, PARTS_MAX, STEPS_MAX) == (64, 8_192, 65_536, 32_768)
