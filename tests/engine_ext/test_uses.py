"""Uses on their lines: how a menu's price and a discount are split, chosen menus, and what a ticket tells of them."""

import pytest
from pattern_cases import PatternCase, run_core
from pricing_cases import core_line, line
from reference_patterns import Rule, Slot
from reference_pricing import Line

from engine_ext import patterns as core
from engine_ext.basket import PricingError
from engine_ext.book import Book
from engine_ext.patterns import MENUS_MAX, ChosenMenu, Patterns
from engine_ext.pricing import ALGORITHM, ALGORITHM_PATTERNS, price
from engine_ext.uses import PHASE_UNITS


def menu(*products: str, price: int, **words: object) -> Rule:
    slots = tuple(Slot(products=frozenset({each})) for each in products)
    return Rule(id="menu", slots=slots, price=price, **words)  # type: ignore[arg-type]  # words of Rule


def lines_at(*cents: int) -> list[Line]:
    return [line(name, product=name, price=each) for name, each in zip("abc", cents, strict=False)]


def test_vector_a_menu_at_seven_splits_its_price() -> None:
    ticket = run_core(PatternCase(lines=lines_at(700, 250, 150), rules=[menu("a", "b", "c", price=700)]))

    assert [each.amount for each in ticket.lines] == [446, 159, 95]


def test_vector_a_menu_at_ten_over_two_rates_keeps_the_price_of_each_part() -> None:
    lines = [line("a", product="a", price=100, rate=5_000), line("b", product="b", price=1900, rate=1_000)]

    ticket = run_core(PatternCase(lines=lines, rules=[menu("a", "b", price=1000)]))

    assert {each.id: each.amount for each in ticket.lines} == {"a": 50, "b": 950}


def test_the_ticket_tells_rule_version_units_and_amounts() -> None:
    rule = Rule(id="pair", slots=(Slot(quantity=2),), percent=-100_000, count=1, version=7)

    ticket = run_core(PatternCase(lines=lines_at(300, 200), rules=[rule]))

    (use,) = ticket.uses
    assert (use.ref, use.version, use.discount, use.chosen, use.times) == ("pair", 7, 0, False, 1)
    assert use.slots == ((("a", 1, 300), ("b", 1, 200)),)
    assert (use.base_sum, use.wanted, use.granted) == (500, -200, -200)
    (step,) = ticket.discounts
    assert (step.ref, step.phase, step.kind, step.base_sum, step.granted) == ("pair", PHASE_UNITS, "percent", 500, -200)


def test_a_free_unit_is_shared_by_all_units_of_its_use() -> None:
    """Bringing back the dear one does not leave the free one for nothing."""
    rule = Rule(id="pair", slots=(Slot(quantity=2),), percent=-100_000, count=1)

    ticket = run_core(PatternCase(lines=lines_at(300, 200), rules=[rule]))

    assert [each.amount for each in ticket.lines] == [180, 120]


def test_an_amount_beyond_its_units_is_cut_and_says_so() -> None:
    rule = Rule(id="pair", slots=(Slot(quantity=2),), amount=-900)

    ticket = run_core(PatternCase(lines=lines_at(300, 200), rules=[rule]))

    assert (ticket.total, ticket.discounts[0].wanted, ticket.discounts[0].granted) == (0, -900, -500)
    assert ticket.discounts[0].reason == "cut_to_sum"


def test_a_chosen_menu_comes_before_the_search_and_may_raise_its_price() -> None:
    rules = [menu("a", "b", price=900), Rule(id="pair", slots=(Slot(quantity=2),), amount=-100)]

    ticket = run_core(PatternCase(lines=lines_at(300, 200), rules=rules, menus=[("menu", ("a", "b"))]))

    assert [(use.ref, use.chosen, use.granted) for use in ticket.uses] == [("menu", True, 400)]
    assert [each.amount for each in ticket.lines] == [540, 360]


def test_a_menu_that_is_not_automatic_applies_by_its_button_only() -> None:
    rule = menu("a", "b", price=400, automatic=False)

    alone = run_core(PatternCase(lines=lines_at(300, 200), rules=[rule]))
    chosen = run_core(PatternCase(lines=lines_at(300, 200), rules=[rule], menus=[("menu", ("a", "b"))]))

    assert (alone.total, chosen.total) == (500, 400)


def test_a_chosen_menu_holds_its_group() -> None:
    rules = [menu("a", price=250, group="g"), Rule(id="other", slots=(Slot(),), amount=-1, group="g")]

    ticket = run_core(PatternCase(lines=lines_at(300, 200), rules=rules, menus=[("menu", ("a",))]))

    assert [use.ref for use in ticket.uses] == ["menu"]


@pytest.mark.parametrize(
    ("menus", "code", "line_id"),
    [
        ([("nothing", ("a",))], "pricing.unknown_menu", None),
        ([("menu", ("a", "z"))], "pricing.unknown_line", "z"),
        ([("menu", ("a",))], "pricing.menu_mismatch", None),
        ([("menu", ("b", "a"))], "pricing.menu_mismatch", "b"),
        ([("menu", ("a", "b")), ("menu", ("a", "b"))], "pricing.menu_mismatch", "a"),
        ([("menu", ("a", "b")), ("rival", ("c",))], "pricing.menus_exclude", None),
        ([("zero", ("c",))], "pricing.fixed_over_zero", None),
        ([("menu", ("a", "b"))] * (MENUS_MAX + 1), "pricing.too_many_menus", None),
    ],
)
def test_a_chosen_menu_that_is_not_true_is_refused(
    menus: list[tuple[str, tuple[str, ...]]], code: str, line_id: str | None
) -> None:
    rival = Rule(id="rival", slots=(Slot(),), price=1, group="g")
    zero = Rule(id="zero", slots=(Slot(),), price=1)
    case = PatternCase(
        lines=lines_at(300, 200, 0), rules=[menu("a", "b", price=400, group="g"), rival, zero], menus=menus
    )

    with pytest.raises(PricingError) as refused:
        run_core(case)

    assert (code, line_id) == (refused.value.code, refused.value.line_id)


def test_a_menu_without_a_book_is_refused() -> None:
    with pytest.raises(PricingError, match=r"pricing\.unknown_menu"):
        price([core_line(line(price=100))], menus=[ChosenMenu("menu", ("1",))])


def test_a_ticket_without_a_book_is_what_it_always_was() -> None:
    lines = [core_line(each) for each in lines_at(300, 200)]

    without, empty = price(lines), price(lines, book=Book(patterns=Patterns([])))

    assert (without.algorithm, without.uses, without.search) == (ALGORITHM, (), None)
    assert (empty.algorithm, empty.uses, empty.search) == (ALGORITHM_PATTERNS, (), "exact")
    assert repr(without.lines) == repr(empty.lines)
    assert "search" not in repr(without)


def test_goods_brought_back_without_a_ticket_are_priced_without_rules() -> None:
    lines = [line("a", product="a", price=300, quantity=-1_000)]

    ticket = run_core(PatternCase(lines=lines, rules=[menu("a", price=100)], menus=[("menu", ("a",))]))

    assert (ticket.total, ticket.uses) == (-300, ())


def test_the_explanation_counts_uses_and_units_of_each_line() -> None:
    lines = [core_line(each) for each in lines_at(300, 200)]
    book = Book(patterns=Patterns([core.Pattern("pair", (core.Slot(2),), version=6, amount=-50)]))

    [step] = price(lines, book=book).discounts

    assert (step.rule, step.version, step.uses) == ("pattern", 6, 1)
    assert sorted(step.units) == [(line_id, 1) for line_id in sorted(each.id for each in lines)]
