"""The pattern book: what it refuses when it is compiled, and what a slot takes."""

from collections.abc import Callable

import pytest
from pattern_cases import PatternCase, core_rule, run_core
from pricing_cases import line
from reference_patterns import Rule
from reference_patterns import Slot as PlainSlot

from engine_ext.basket import PricingError
from engine_ext.money import AMOUNT_MAX
from engine_ext.patterns import (
    GROUPS_MAX,
    MENU_UNITS_MAX,
    NODES_MAX,
    PATTERNS_MAX,
    SLOT_QUANTITY_MAX,
    SLOTS_MAX,
    ChosenMenu,
    Pattern,
    Patterns,
    Slot,
)

ONE = (Slot(),)
REFUSED: list[tuple[str, Callable[[], object]]] = [
    ("pricing.bad_pattern", lambda: Pattern("p", (), amount=-1)),
    ("pricing.bad_pattern", lambda: Pattern("p", ONE)),
    ("pricing.bad_pattern", lambda: Pattern("p", ONE, price=1, amount=-1)),
    ("pricing.bad_pattern", lambda: Pattern("p", ONE, amount=-1, on=(0,))),
    ("pricing.bad_pattern", lambda: Pattern("p", ONE, percent=-1, on=(1,))),
    ("pricing.bad_pattern", lambda: Pattern("p", ONE, percent=-1, count=2)),
    ("pricing.bad_pattern", lambda: Pattern("p", (Slot(supplements=(("x", 1),)),), amount=-1)),
    ("pricing.bad_percent", lambda: Pattern("p", ONE, percent=0)),
    ("pricing.bad_percent", lambda: Pattern("p", ONE, percent=-100_001)),
    ("pricing.bad_amount", lambda: Pattern("p", ONE, amount=1)),
    ("pricing.bad_amount", lambda: Pattern("p", ONE, price=-1)),
    ("pricing.bad_amount", lambda: Pattern("p", ONE, price=AMOUNT_MAX + 1)),
    ("pricing.too_many_slots", lambda: Pattern("p", ONE * (SLOTS_MAX + 1), amount=-1)),
    ("pricing.bad_quantity", lambda: Slot(0)),
    ("pricing.bad_quantity", lambda: Slot(SLOT_QUANTITY_MAX + 1)),
    ("pricing.bad_slot", lambda: Slot(products=("a",), except_products=("a", "b"))),
    ("pricing.bad_slot", lambda: Slot(supplements=(("a", 1), ("a", 2)))),
    ("pricing.bad_menu", lambda: ChosenMenu("m", ())),
    ("pricing.bad_menu", lambda: ChosenMenu("m", ("1",) * (MENU_UNITS_MAX + 1))),
    ("pricing.duplicate_pattern", lambda: Patterns([Pattern("p", ONE, amount=-1)] * 2)),
    ("pricing.bad_mode", lambda: Patterns([], mode=2)),
    ("pricing.bad_budget", lambda: Patterns([], budget=NODES_MAX + 1)),
    (
        "pricing.too_many_patterns",
        lambda: Patterns([Pattern(f"p{n}", ONE, amount=-1) for n in range(PATTERNS_MAX + 1)]),
    ),
    (
        "pricing.too_many_groups",
        lambda: Patterns([Pattern(f"p{n}", ONE, amount=-1, group=f"g{n}") for n in range(GROUPS_MAX + 1)]),
    ),
]


@pytest.mark.parametrize(("code", "make"), REFUSED, ids=[f"{at}-{code}" for at, (code, _) in enumerate(REFUSED)])
def test_what_can_never_apply_or_passes_a_limit_is_refused(code: str, make: Callable[[], object]) -> None:
    with pytest.raises(PricingError) as refused:
        make()

    assert code == refused.value.code


@pytest.mark.parametrize(
    "make",
    [
        lambda: Pattern("p", ONE, percent=-1.0),  # type: ignore[arg-type]  # that is the test
        lambda: Pattern("p", ONE, price=True),
        lambda: Pattern("p", ("slot",), price=1),  # type: ignore[arg-type]  # that is the test
        lambda: Slot(products="cola"),
        lambda: Slot(products=(1,)),  # type: ignore[arg-type]  # that is the test
        lambda: Slot(supplements=("a",)),  # type: ignore[arg-type]  # that is the test
        lambda: Patterns(["p"]),  # type: ignore[list-item]  # that is the test
        lambda: ChosenMenu("m", (1,)),  # type: ignore[arg-type]  # that is the test
    ],
)
def test_other_types_are_type_errors(make: Callable[[], object]) -> None:
    with pytest.raises(TypeError):
        make()


def test_a_book_stands_in_the_order_of_priority_then_id() -> None:
    rules = [Pattern(name, ONE, amount=-1, priority=priority) for name, priority in (("b", 0), ("a", 0), ("c", 5))]

    book = Patterns(rules)

    assert [rule.id for rule in book.patterns] == ["c", "a", "b"]


def test_a_pattern_tells_its_one_benefit() -> None:
    rules = [Pattern("p", ONE, price=5), Pattern("p", ONE, percent=-7), Pattern("p", ONE, amount=-9)]

    told = [(rule.price, rule.percent, rule.amount) for rule in rules]

    assert told == [(5, None, None), (None, -7, None), (None, None, -9)]


@pytest.mark.parametrize(
    ("slot", "taken"),
    [
        (PlainSlot(), "abc"),
        (PlainSlot(products=frozenset({"pa"})), "a"),
        (PlainSlot(departments=frozenset({"food"})), "abc"),
        (PlainSlot(tags=frozenset({"hot"})), "bc"),
        (PlainSlot(products=frozenset({"pa"}), tags=frozenset({"bio"})), "ac"),
        (PlainSlot(except_products=frozenset({"pa"})), "bc"),
        (PlainSlot(departments=frozenset({"food"}), except_tags=frozenset({"bio"})), "ab"),
    ],
)
def test_a_slot_takes_what_any_set_names_less_the_exceptions(slot: PlainSlot, taken: str) -> None:
    lines = [
        line("a", product="pa", price=100),
        line("b", product="pb", price=100, tags=("hot",)),
        line("c", product="pc", price=100, tags=("hot", "bio")),
    ]

    ticket = run_core(PatternCase(lines=lines, rules=[Rule(id="r", slots=(slot,), amount=-10)]))

    assert "".join(sorted(each.id for each in ticket.lines if each.shares)) == taken


def test_a_rule_of_the_tests_survives_the_way_to_the_core() -> None:
    rule = Rule(id="r", slots=(PlainSlot(quantity=2),), percent=-50_000, count=1, dearest=True, group="g", version=3)

    made = core_rule(rule)

    assert (made.id, made.version, made.count, made.dearest, made.group) == ("r", 3, 1, True, "g")
    assert made.slots[0].quantity == 2
