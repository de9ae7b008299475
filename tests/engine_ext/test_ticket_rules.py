"""Phase 3: the sources in their order, added items, thresholds that automatic items never feed, removal, coupons."""

import copy
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pricing_cases import core_line, line, plain
from reference_pricing import AMOUNT_MAX, DEPOSIT, GOODS, Line
from rule_cases import core_answer, plain_answer, random_rule_case, run_core

from engine_ext.basket import BasketLine, PricingError, SubtotalAdjustment
from engine_ext.book import COUPONS_MAX, REMOVED_MAX, AddedItem, Book, Coupon, CustomerDiscount, LineRule, TicketRule
from engine_ext.conditions import Conditions, Context
from engine_ext.pricing import ALGORITHM_RULES, Priced, price

BOUNDED = settings(max_examples=200, deadline=None)
RANDOMS = st.randoms(use_true_random=False)
SOLD = line("1", price=1_000)


def item(rule_id: str, cents: int, **words: Any) -> AddedItem:
    per_cover = words.pop("per_cover", False)
    return AddedItem(core_line(line(f"a{rule_id}", price=cents, rate=10_000, **words)), per_cover=per_cover)


def priced(*rules: TicketRule, lines: tuple[Line, ...] = (SOLD,), **words: Any) -> Priced:
    return price([core_line(each) for each in lines], book=Book(ticket_rules=rules), **words)


def told(ticket: Priced) -> list[tuple[str, str, int, int]]:
    return [(step.rule, step.ref, step.base_sum, step.granted) for step in ticket.discounts]


def amounts(ticket: Priced) -> dict[str, int]:
    return {row.id: row.amount for row in ticket.lines}


def code_of(**words: Any) -> str:
    with pytest.raises(PricingError) as refused:
        price([core_line(SOLD)], **words)
    return refused.value.code


def test_thousands_of_baskets_with_rules_come_out_as_told_plainly() -> None:
    refused = 0
    for seed in range(3_000):
        case = random_rule_case(Random(f"rules/{seed}"))

        actual = core_answer(case)

        assert plain_answer(case) == actual, f"seed rules/{seed}"
        refused += not isinstance(actual[0], dict)  # type: ignore[index]  # a ticket or a refusal
    assert 0 < refused < 1_000


@BOUNDED
@given(RANDOMS)
def test_the_order_of_entry_changes_nothing(rng: Random) -> None:
    case = random_rule_case(rng)
    before = core_answer(case)
    for given_in_order in (case.lines, case.line_rules, case.ticket_rules, case.coupons):
        rng.shuffle(given_in_order)

    after = core_answer(case)

    assert before == after or not isinstance(before[0], dict)  # type: ignore[index]  # refusals name the first line


@BOUNDED
@given(RANDOMS)
def test_everything_adds_up_and_nothing_falls_below_zero(rng: Random) -> None:
    case = random_rule_case(rng)
    try:
        ticket = run_core(case)
    except PricingError:
        return

    assert ticket.total == sum(row.amount + row.vat * case.basis for row in ticket.lines)
    assert ticket.vat == sum(row.vat for row in ticket.lines) == sum(rate.vat for rate in ticket.rates)
    for row in ticket.lines:
        assert row.amount == row.base + sum(share for _, share in row.shares)
    for index, step in enumerate(ticket.discounts):
        assert step.granted == sum(share for row in ticket.lines for at, share in row.shares if at == index)
    goods = [row.amount for row in ticket.lines if row.line.nature == GOODS]
    assert min(goods, default=0) >= 0 or max(goods) <= 0


@BOUNDED
@given(RANDOMS)
def test_running_twice_and_asking_why_change_nothing(rng: Random) -> None:
    case = random_rule_case(rng)
    try:
        first = run_core(case)
    except PricingError:
        return

    again, asked = run_core(copy.deepcopy(case)), run_core(case, misses=True)

    assert plain(first) == plain(again) == plain(asked)
    assert len(asked.misses) <= 20
    assert first.misses == ()


def test_vector_phases_one_and_three_follow_each_other() -> None:
    book = Book(
        line_rules=[LineRule("one", amount=-10_000)],
        ticket_rules=[TicketRule("ten", percent=-10_000)],
    )

    actual = price([core_line(SOLD)], book=book, customer=CustomerDiscount("twenty", percent=-20_000))

    assert (actual.total, actual.algorithm) == (648, ALGORITHM_RULES)
    assert [step.granted for step in actual.discounts] == [-100, -90, -162]


def test_sources_follow_each_other_each_on_what_remains() -> None:
    actual = price(
        [core_line(SOLD)],
        [SubtotalAdjustment("typed", amount=-200)],
        book=Book(ticket_rules=[TicketRule("auto", percent=-50_000)]),
        customer=CustomerDiscount("loyal", percent=-10_000, amount=-60),
        coupons=[Coupon("gift", amount=-100)],
    )

    assert told(actual) == [
        ("manual", "typed", 1_000, -200),
        ("automatic", "auto", 800, -400),
        ("customer", "loyal", 400, -40),
        ("customer", "loyal", 360, -60),
        ("coupon", "gift", 300, -100),
    ]


def test_inside_a_source_percentages_come_before_amounts() -> None:
    rules = (TicketRule("a", amount=-100, priority=9), TicketRule("b", percent=-10_000))

    assert told(priced(*rules)) == [("automatic", "b", 1_000, -100), ("automatic", "a", 900, -100)]
    coupons = [Coupon("a", amount=-100), Coupon("b", percent=-10_000)]
    assert told(price([core_line(SOLD)], coupons=coupons)) == [("coupon", "b", 1_000, -100), ("coupon", "a", 900, -100)]


def test_automatic_rules_follow_priority_then_id() -> None:
    rules = [TicketRule(name, percent=-10_000, priority=at) for name, at in (("b", 0), ("c", 1), ("a", 0))]

    assert [step.ref for step in priced(*rules).discounts] == ["c", "a", "b"]


def test_an_added_item_has_its_own_rate_and_names_its_rule() -> None:
    actual = priced(TicketRule("fee", version=4, item=item("fee", 250)))

    assert [(row.id, row.amount, row.rule and row.rule.id) for row in actual.lines] == [
        ("afee", 250, "fee"),
        ("1", 1_000, None),
    ]
    assert {(rate.rate, rate.gross) for rate in actual.rates} == {(10_000, 250), (20_000, 1_000)}
    assert told(actual) == []


def test_an_added_item_counts_in_the_sums_of_later_discounts() -> None:
    rules = (
        TicketRule("early", percent=-10_000, priority=2),
        TicketRule("fee", item=item("fee", 250), percent=-20_000, priority=1),
    )

    actual = priced(*rules, customer=CustomerDiscount("loyal", percent=-10_000))

    assert told(actual) == [
        ("automatic", "early", 1_000, -100),
        ("automatic", "fee", 1_150, -230),
        ("customer", "loyal", 920, -92),
    ]


def test_an_added_item_takes_no_line_rule() -> None:
    book = Book(line_rules=[LineRule("half", percent=-50_000)], ticket_rules=[TicketRule("fee", item=item("fee", 250))])

    assert amounts(price([core_line(SOLD)], book=book)) == {"1": 500, "afee": 250}


def test_an_added_item_never_feeds_a_threshold_its_own_included() -> None:
    rules = (
        TicketRule("fee", item=item("fee", 900), priority=9),
        TicketRule("rich", percent=-10_000, conditions=Conditions(min_value=1_001)),
        TicketRule("many", percent=-10_000, conditions=Conditions(min_items=2)),
    )

    actual = priced(*rules, coupons=[Coupon("c", amount=-1, conditions=Conditions(min_value=1_001))])

    assert told(actual) == []


def test_an_item_per_cover_is_added_once_for_each_of_them() -> None:
    rule = TicketRule("bread", item=item("bread", 150, per_cover=True, options=(("rye", 5_000),)))

    actual = priced(rule, context=Context(covers=3))

    assert [(row.line.quantity, row.base) for row in actual.lines if row.rule] == [(3_000, 600)]
    assert amounts(priced(rule, context=Context(covers=0))) == {"1": 1_000}
    assert code_of(book=Book(ticket_rules=[rule])) == "pricing.no_context"


def test_thresholds_are_tested_on_base_amounts_unless_the_rule_says_otherwise() -> None:
    half = SubtotalAdjustment("half", percent=-50_000)
    base = TicketRule("base", amount=-1, conditions=Conditions(min_value=1_000))
    left = TicketRule("left", amount=-1, conditions=Conditions(min_value=501, after_discounts=True))

    actual = price([core_line(SOLD)], [half], book=Book(ticket_rules=[base, left]))

    assert [step.ref for step in actual.discounts] == ["half", "base"]


def test_what_one_rule_leaves_is_no_threshold_of_the_next() -> None:
    rules = (
        TicketRule("first", percent=-50_000, priority=1),
        TicketRule("second", amount=-1, conditions=Conditions(min_value=1_000, after_discounts=True)),
    )

    assert [step.ref for step in priced(*rules).discounts] == ["first", "second"]


def test_deposits_feed_no_threshold_and_take_no_discount() -> None:
    cup = line("2", price=500, nature=DEPOSIT)
    rules = (
        TicketRule("all", percent=-10_000),
        TicketRule("rich", percent=-50_000, conditions=Conditions(min_value=1_001)),
        TicketRule("many", percent=-50_000, conditions=Conditions(min_items=2)),
    )

    assert amounts(priced(*rules, lines=(SOLD, cup))) == {"1": 900, "2": 500}


def test_happy_hour_crosses_midnight_by_the_business_day() -> None:
    rule = TicketRule(
        "friday", percent=-50_000, conditions=Conditions(weekdays=(5,), from_minute=1_320, until_minute=120)
    )

    def total(weekday: int, minute: int) -> int:
        return priced(rule, context=Context(weekday=weekday, minute=minute)).total

    assert [total(5, 1_320), total(5, 60), total(5, 120), total(6, 60)] == [500, 500, 1_000, 1_000]


def test_a_removed_rule_adds_neither_its_item_nor_its_discount() -> None:
    rules = (TicketRule("fee", item=item("fee", 250), percent=-10_000), TicketRule("ten", percent=-10_000))

    actual = priced(*rules, removed=("fee", "a rule of last year"))

    assert told(actual) == [("automatic", "ten", 1_000, -100)]
    assert amounts(actual) == {"1": 900}


def test_a_surcharge_is_split_by_what_lines_come_to() -> None:
    lines = (line("1", price=1_000), line("2", price=500))

    assert amounts(priced(TicketRule("terrace", percent=10_000), lines=lines)) == {"1": 1_100, "2": 550}
    assert amounts(priced(TicketRule("terrace", amount=100), lines=lines)) == {"1": 1_067, "2": 533}


def test_a_coupon_reaches_only_what_it_names() -> None:
    lines = (
        line("1", price=1_000, product="tea"),
        line("2", price=500, product="cake"),
        line("3", price=100, product="jam", department="shelf"),
    )
    coupon = Coupon("c", amount=-900, products=("cake",), departments=("shelf",))

    actual = price([core_line(each) for each in lines], coupons=[coupon])

    assert amounts(actual) == {"1": 1_000, "2": 0, "3": 0}
    assert [(step.wanted, step.granted, step.reason) for step in actual.discounts] == [(-900, -600, "cut_to_sum")]


def test_a_coupon_that_reaches_nothing_is_not_used() -> None:
    actual = price([core_line(SOLD)], coupons=[Coupon("c", amount=-900, products=("cake",))])

    assert (told(actual), actual.total) == ([], 1_000)


def test_a_negative_basket_takes_neither_automatic_rules_nor_customer_nor_coupon() -> None:
    back = line("1", price=1_000, quantity=-1_000)

    actual = priced(
        TicketRule("fee", item=item("fee", 250), percent=-10_000),
        lines=(back,),
        customer=CustomerDiscount("loyal", percent=-10_000),
        coupons=[Coupon("c", amount=-100)],
    )

    assert (told(actual), actual.total) == ([], -1_000)


def test_an_item_whose_id_is_taken_is_refused() -> None:
    with pytest.raises(PricingError) as refused:
        priced(TicketRule("fee", item=item("fee", 250)), lines=(line("afee", price=1),))

    assert (refused.value.code, refused.value.line_id) == ("pricing.duplicate_line", "afee")


def test_an_item_that_overflows_names_its_line() -> None:
    dear = TicketRule("fee", item=item("fee", AMOUNT_MAX // 100))

    with pytest.raises(PricingError) as refused:
        priced(dear, lines=(line("1", price=1, catalogue=AMOUNT_MAX, quantity=100_000),))

    assert (refused.value.code, refused.value.line_id) == ("pricing.overflow", "afee")


def test_covers_without_measure_are_refused() -> None:
    rule = TicketRule("bread", item=item("bread", 1, per_cover=True))

    with pytest.raises(PricingError) as refused:
        priced(rule, context=Context(covers=AMOUNT_MAX))

    assert (refused.value.code, refused.value.line_id) == ("pricing.overflow", "abread")


def test_arguments_that_no_basket_has_are_refused() -> None:
    coupon = Coupon("c", amount=-1)

    assert code_of(coupons=[coupon, coupon]) == "pricing.duplicate_coupon"
    assert code_of(coupons=[coupon] * (COUPONS_MAX + 1)) == "pricing.too_many_coupons"
    assert code_of(removed=[str(number) for number in range(REMOVED_MAX + 1)]) == "pricing.too_many_removed"
    assert code_of(coupons=[Coupon("c", amount=-1, conditions=Conditions(tills=(1,)))]) == "pricing.no_context"


@pytest.mark.parametrize(
    "words",
    [
        {"book": ()},
        {"context": 1},
        {"customer": "loyal"},
        {"coupons": (1,)},
        {"removed": "fee"},
        {"removed": (1,)},
    ],
)
def test_another_type_is_a_type_error(words: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        price([core_line(SOLD)], **words)


def test_a_coupon_may_ask_for_what_the_basket_contains() -> None:
    tea: list[BasketLine] = [core_line(line("1", price=1_000, product="tea", department="bar"))]

    def total(**words: Any) -> int:
        return price(tea, coupons=[Coupon("c", amount=-100, conditions=Conditions(**words))]).total

    assert [total(products=("tea",)), total(products=("cake",)), total(departments=("bar",))] == [900, 1_000, 900]


def test_five_hundred_items_find_their_place() -> None:
    rules = [TicketRule(str(number), item=item(str(number), number)) for number in range(500)]

    actual = priced(*rules)

    assert len(actual.lines) == 501
    assert actual.total == 1_000 + sum(range(500))
    keys = [(row.line.category, row.line.rate, row.line.product) for row in actual.lines]
    assert keys == sorted(keys)


def test_the_table_of_the_page_comes_out() -> None:
    delivered = Conditions(modes=(3,))
    rules = (
        TicketRule("delivery", priority=1, item=item("delivery", 250), conditions=delivered),
        TicketRule("week", percent=-10_000),
    )

    actual = priced(
        *rules,
        lines=(line("1", price=4_000),),
        context=Context(mode=3, covers=3),
        customer=CustomerDiscount("loyal", percent=-20_000),
        coupons=[Coupon("five", amount=-500)],
    )

    assert [(step.base_sum, step.granted) for step in actual.discounts] == [(4_250, -425), (3_825, -765), (3_060, -500)]
    assert actual.total == 2_560


PERCENTS = st.integers(-100_000, 1_000_000)
AMOUNTS = st.one_of(st.integers(-AMOUNT_MAX, AMOUNT_MAX), st.integers(-1_000, 1_000))


@BOUNDED
@given(
    sold=st.lists(st.tuples(st.integers(-AMOUNT_MAX, AMOUNT_MAX), AMOUNTS), max_size=4),
    percents=st.tuples(PERCENTS, PERCENTS, PERCENTS),
    amounts=st.tuples(AMOUNTS, AMOUNTS, AMOUNTS),
    covers=st.integers(0, AMOUNT_MAX),
    decimals=st.integers(0, 4),
)
def test_any_numbers_give_a_ticket_or_a_refusal_by_code(
    sold: list[tuple[int, int]],
    percents: tuple[int, int, int],
    amounts: tuple[int, int, int],
    covers: int,
    decimals: int,
) -> None:
    lines = [
        core_line(line(str(at), price=0, catalogue=unit, quantity=quantity or 1))
        for at, (quantity, unit) in enumerate(sold)
    ]
    fee = TicketRule(
        "fee", item=item("fee", abs(amounts[0]) // 100, per_cover=True), percent=percents[0], amount=amounts[0]
    )
    book = Book(line_rules=[LineRule("l", percent=percents[1] or 1, amount=amounts[1])], ticket_rules=[fee])
    words = {
        "book": book,
        "context": Context(covers=covers),
        "customer": CustomerDiscount("c", percent=percents[2], amount=amounts[2]),
        "coupons": [Coupon("k", amount=amounts[1] or 1)],
        "decimals": decimals,
    }

    answer = total_or_code(lines, words)

    assert answer in {"pricing.overflow", "pricing.mixed_signs"} or isinstance(answer, int)


def total_or_code(lines: list[BasketLine], words: dict[str, Any]) -> int | str:
    try:
        ticket = price(lines, misses=True, **words)
    except PricingError as error:
        return error.code
    total: int = ticket.total
    return total if total == sum(row.amount for row in ticket.lines) else "the lines do not add up"
