"""Conditions: each of them, the order in which they are tested, and how far each is from holding."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_ext.basket import PricingError
from engine_ext.conditions import Conditions, Context, Facts, test

check = test  # under its own name pytest would collect it
del test

BOUNDED = settings(max_examples=200, deadline=None)
SATURDAY = date(2026, 11, 21).toordinal()


@pytest.mark.parametrize(
    ("conditions", "context", "facts", "expected"),
    [
        ({}, {}, {}, None),
        ({"modes": (1, 2)}, {"mode": 2}, {}, None),
        ({"modes": (1, 2)}, {"mode": 3}, {}, ("mode", 0)),
        ({"groups": (4,)}, {"groups": (4, 5)}, {}, None),
        ({"groups": (4,)}, {"groups": ()}, {}, ("customer_group", 0)),
        ({"tables": (7,)}, {"table": 0}, {}, ("table", 0)),
        ({"tills": (1,)}, {"till": 2}, {}, ("till", 0)),
        ({"zones": (1,)}, {"zone": 0}, {}, ("zone", 0)),
        ({"weekdays": (1, 6)}, {"weekday": 6}, {}, None),
        ({"weekdays": (1, 6)}, {"weekday": 7}, {}, ("weekday", 1)),
        ({"weekdays": (5,)}, {"weekday": 6}, {}, ("weekday", 6)),
        ({"from_minute": 1020, "until_minute": 1140}, {"minute": 1020}, {}, None),
        ({"from_minute": 1020, "until_minute": 1140}, {"minute": 1139}, {}, None),
        ({"from_minute": 1020, "until_minute": 1140}, {"minute": 1140}, {}, ("hours", 1320)),
        ({"from_minute": 1020, "until_minute": 1140}, {"minute": 1019}, {}, ("hours", 1)),
        ({"from_minute": 1320, "until_minute": 120}, {"minute": 1439}, {}, None),
        ({"from_minute": 1320, "until_minute": 120}, {"minute": 119}, {}, None),
        ({"from_minute": 1320, "until_minute": 120}, {"minute": 120}, {}, ("hours", 1200)),
        ({"from_minute": 1320, "until_minute": 0}, {"minute": 0}, {}, ("hours", 1320)),
        ({"from_minute": 1320}, {"minute": 1439}, {}, None),
        ({"until_minute": 600}, {"minute": 600}, {}, ("hours", 840)),
        ({"days": (10, 12)}, {"day": 12}, {}, None),
        ({"days": (10, 12)}, {"day": 8}, {}, ("days", 2)),
        ({"days": (10, 12)}, {"day": 13}, {}, ("days", -1)),
        ({"min_items": 3}, {}, {"items": 2}, ("items", 1)),
        ({"min_value": 1_000}, {}, {"value": 800}, ("value", 200)),
        ({"min_value": 1_000, "after_discounts": True}, {}, {"value": 1_000, "value_left": 900}, ("value", 100)),
        ({"min_value": 1_000}, {}, {"value": 1_000, "value_left": 900}, None),
        ({"min_covers": 8}, {"covers": 6}, {}, ("covers", 2)),
        ({"products": ("tea",)}, {}, {"products": ("tea",)}, None),
        ({"departments": ("bar",)}, {}, {"products": ("bar",)}, ("contains", 1)),
        ({"products": ("tea",), "departments": ("bar",)}, {}, {"departments": ("bar",)}, None),
    ],
)
def test_a_condition_tells_whether_it_holds_and_how_far_it_is(
    conditions: dict[str, Any], context: dict[str, Any], facts: dict[str, Any], expected: tuple[str, int] | None
) -> None:
    assert expected == check(Conditions(**conditions), Context(**context), Facts(**facts))


def test_the_first_condition_in_the_fixed_order_is_told() -> None:
    conditions = Conditions(modes=(1,), weekdays=(2,), min_items=5, min_value=100)

    assert check(conditions, Context(mode=0, weekday=1), Facts()) == ("mode", 0)
    assert check(conditions, Context(mode=1, weekday=1), Facts()) == ("weekday", 1)
    assert check(conditions, Context(mode=1, weekday=2), Facts()) == ("items", 5)
    assert check(conditions, Context(mode=1, weekday=2), Facts(items=5)) == ("value", 100)


def test_after_midnight_the_weekday_is_that_of_the_evening_before() -> None:
    friday_night = Conditions(weekdays=(5,), from_minute=1_320, until_minute=180)

    still_friday = Context(weekday=5, minute=60, day=SATURDAY - 1)
    saturday_night = Context(weekday=6, minute=60, day=SATURDAY)

    assert check(friday_night, still_friday, Facts()) is None
    assert check(friday_night, saturday_night, Facts()) == ("weekday", 6)


@BOUNDED
@given(st.integers(0, 1_439), st.integers(0, 1_440), st.integers(0, 1_439))
def test_hours_hold_exactly_on_the_minutes_that_a_clock_passes(begin: int, end: int, minute: int) -> None:
    if begin == end:
        return
    passed = {(begin + step) % 1_440 for step in range((end - begin) % 1_440 or 1_440)}

    actual = check(Conditions(from_minute=begin, until_minute=end), Context(minute=minute), Facts())

    expected = None if minute in passed else ("hours", (begin - minute) % 1_440)
    assert expected == actual


@pytest.mark.parametrize(
    "words",
    [
        {"from_minute": 600, "until_minute": 600},
        {"until_minute": 0},
        {"from_minute": 1_440},
        {"until_minute": 1_441},
        {"days": (12, 10)},
        {"days": (0, 10)},
        {"weekdays": (0,)},
        {"weekdays": (8,)},
        {"modes": (-1,)},
        {"min_items": -1},
        {"min_value": 2**53},
        {"after_discounts": True},
    ],
)
def test_conditions_that_nothing_meets_are_refused(words: dict[str, Any]) -> None:
    with pytest.raises(PricingError) as refused:
        Conditions(**words)

    assert refused.value.code == "pricing.bad_condition"


@pytest.mark.parametrize(
    ("sort", "words"),
    [
        (Conditions, {"modes": (True,)}),
        (Conditions, {"modes": ("1",)}),
        (Conditions, {"days": [1, 2]}),
        (Conditions, {"days": (1, 2, 3)}),
        (Conditions, {"min_value": 1.5}),
        (Conditions, {"products": "tea"}),
        (Conditions, {"products": (1,)}),
        (Conditions, {"after_discounts": 1}),
        (Context, {"minute": None}),
        (Context, {"groups": (1.0,)}),
        (Facts, {"items": "3"}),
    ],
)
def test_another_type_is_a_type_error(sort: Any, words: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        sort(**words)


@pytest.mark.parametrize("words", [{"weekday": 0}, {"weekday": 8}, {"minute": 1_440}, {"day": 0}, {"covers": -1}])
def test_a_context_out_of_bounds_is_refused(words: dict[str, int]) -> None:
    with pytest.raises(PricingError) as refused:
        Context(**words)  # type: ignore[arg-type]  # one word of a Context

    assert refused.value.code == "pricing.bad_context"


def test_a_customer_of_too_many_groups_is_refused() -> None:
    with pytest.raises(PricingError) as refused:
        Context(groups=range(101))

    assert refused.value.code == "pricing.bad_context"


def test_facts_below_nothing_are_refused() -> None:
    with pytest.raises(PricingError) as refused:
        Facts(items=-1)

    assert refused.value.code == "pricing.bad_facts"


def test_what_was_built_can_be_read_again() -> None:
    conditions = Conditions(modes=[3], from_minute=60, until_minute=30, days=(1, 2), min_covers=4, products=["tea"])

    assert (conditions.modes, conditions.products, conditions.days) == (frozenset({3}), frozenset({"tea"}), (1, 2))
    assert (conditions.from_minute, conditions.until_minute, conditions.min_covers) == (60, 30, 4)
    assert "min_covers=4" in repr(conditions)
    assert "minute=5" in repr(Context(minute=5))
    assert "value_left=7" in repr(Facts(value=7))
