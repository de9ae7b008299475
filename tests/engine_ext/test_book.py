"""The rule book: what it takes, what it refuses by code, and the order in which it keeps its rules."""

from typing import Any

import pytest

from engine_ext.basket import NATURE_DEPOSIT, BasketLine, LineAdjustment, PricingError
from engine_ext.book import (
    RULES_MAX,
    AddedItem,
    Book,
    Coupon,
    CustomerDiscount,
    LineRule,
    TicketRule,
)
from engine_ext.conditions import Conditions
from engine_ext.patterns import Pattern, Patterns, Slot


def item_line(line_id: str = "afee", **words: Any) -> BasketLine:
    given: dict[str, Any] = {
        "product": "fee",
        "department": None,
        "category": "normal",
        "rate": 20_000,
        "quantity": 1_000,
        "catalogue": 25_000,
    }
    return BasketLine(id=line_id, **(given | words))


def code_of(make: Any, *args: Any, **words: Any) -> str:
    with pytest.raises(PricingError) as refused:
        make(*args, **words)
    return refused.value.code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({}, "pricing.bad_rule"),
        ({"percent": -100_001}, "pricing.bad_percent"),
        ({"amount": 2**53}, "pricing.bad_price"),
        ({"fixed": -1}, "pricing.bad_price"),
        ({"fixed": 1, "percent": -1}, "pricing.bad_adjustment"),
        ({"percent": -1, "priority": 1_000_000_001}, "pricing.bad_priority"),
        ({"percent": -1, "version": -1}, "pricing.bad_rule"),
        ({"percent": -1, "products": ("tea",), "except_products": ("tea", "cake")}, "pricing.bad_rule"),
        ({"percent": -1, "conditions": Conditions(min_value=1, after_discounts=True)}, "pricing.bad_rule"),
        ({"percent": -1, "products": [str(each) for each in range(10_001)]}, "pricing.bad_rule"),
    ],
)
def test_a_line_rule_that_cannot_work_is_refused(words: dict[str, Any], code: str) -> None:
    assert code == code_of(LineRule, "r", **words)


def test_a_line_rule_that_excludes_part_of_what_it_asks_for_is_taken() -> None:
    rule = LineRule("r", percent=-1, departments=("bar",), except_products=("tea",), stack="s", priority=4)

    assert (rule.departments, rule.except_products, rule.stack, rule.priority) == (
        frozenset({"bar"}),
        frozenset({"tea"}),
        "s",
        4,
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({}, "pricing.bad_rule"),
        ({"percent": 1_000_001}, "pricing.bad_percent"),
        ({"amount": -(2**53)}, "pricing.bad_amount"),
        ({"item": AddedItem(item_line("fee"))}, "pricing.bad_rule"),
        ({"percent": 1, "priority": -1_000_000_001}, "pricing.bad_priority"),
    ],
)
def test_an_automatic_rule_that_cannot_work_is_refused(words: dict[str, Any], code: str) -> None:
    assert code == code_of(TicketRule, "fee", **words)


@pytest.mark.parametrize(
    "words",
    [
        {"quantity": -1_000},
        {"catalogue": -1},
        {"nature": NATURE_DEPOSIT},
        {"manual": LineAdjustment("m", percent=-1)},
        {"default": LineAdjustment("d", percent=-1)},
    ],
)
def test_an_added_item_is_sold_goods_without_a_discount(words: dict[str, Any]) -> None:
    assert code_of(AddedItem, item_line(**words)) == "pricing.bad_rule"


def test_a_coupon_that_changes_nothing_is_refused() -> None:
    assert code_of(Coupon, "c") == "pricing.bad_rule"
    assert code_of(Coupon, "c", percent=-100_001) == "pricing.bad_percent"
    assert code_of(CustomerDiscount, "c", amount=2**53) == "pricing.bad_amount"


@pytest.mark.parametrize(
    ("make", "args", "words"),
    [
        (LineRule, (1,), {"percent": -1}),
        (LineRule, ("r",), {"percent": -1.0}),
        (LineRule, ("r",), {"percent": -1, "stack": 3}),
        (LineRule, ("r",), {"percent": -1, "products": "tea"}),
        (LineRule, ("r",), {"percent": -1, "conditions": {}}),
        (AddedItem, (item_line(),), {"per_cover": 1}),
        (AddedItem, (None,), {}),
        (TicketRule, ("r",), {"item": item_line()}),
        (CustomerDiscount, (None,), {}),
        (Coupon, ("c",), {"amount": True}),
        (Book, (), {"line_rules": (Coupon("c", amount=-1),)}),
        (Book, (), {"patterns": []}),
    ],
)
def test_another_type_is_a_type_error(make: Any, args: tuple[Any, ...], words: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        make(*args, **words)


def test_a_book_keeps_its_rules_by_priority_then_id() -> None:
    rules = [LineRule(name, percent=-1, priority=priority) for name, priority in (("b", 0), ("a", 0), ("c", 9))]

    assert [rule.id for rule in Book(line_rules=rules).line_rules] == ["c", "a", "b"]


def test_two_rules_of_one_sort_and_id_are_refused() -> None:
    assert code_of(Book, line_rules=[LineRule("r", percent=-1)] * 2) == "pricing.duplicate_rule"
    assert code_of(Book, ticket_rules=[TicketRule("r", percent=-1)] * 2) == "pricing.duplicate_rule"


def test_a_line_rule_and_an_automatic_rule_may_share_an_id() -> None:
    book = Book(line_rules=[LineRule("r", percent=-1)], ticket_rules=[TicketRule("r", percent=-1)])

    assert (len(book.line_rules), len(book.ticket_rules)) == (1, 1)


def test_rules_of_all_sorts_count_against_one_limit() -> None:
    patterns = Patterns([Pattern("p", (Slot(),), amount=-1)])
    rules = [LineRule(str(number), percent=-1) for number in range(RULES_MAX - 1)]

    assert len(Book(line_rules=rules, patterns=patterns).line_rules) == RULES_MAX - 1
    assert code_of(Book, line_rules=rules, patterns=patterns, ticket_rules=[TicketRule("t", percent=-1)]) == (
        "pricing.too_many_rules"
    )


def test_what_was_built_can_be_read_again() -> None:
    item = AddedItem(item_line(), per_cover=True)
    rule = TicketRule("fee", version=3, priority=2, item=item, percent=-1_000, conditions=Conditions(min_covers=2))

    assert rule.item is not None
    assert (rule.item.per_cover, rule.item.line.id, rule.percent, rule.version) == (True, "afee", -1_000, 3)
    assert rule.conditions.min_covers == 2
    for thing in (
        rule,
        item,
        LineRule("l", fixed=5),
        CustomerDiscount("c", percent=-1),
        Coupon("k", amount=-1, products=("tea",)),
        Book(ticket_rules=[rule]),
    ):
        assert type(thing).__name__ in repr(thing)
