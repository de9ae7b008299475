"""Rules of the book in small baskets that a reader can follow, on core and twin: phases 1 and 3."""

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pattern_cases import DEPARTMENTS, PRODUCTS
from pricing_cases import line
from reference_book import (
    Basket,
    Book,
    Conditions,
    Context,
    Coupon,
    CustomerDiscount,
    Facts,
    Given,
    LineRule,
    Sold,
    TicketRule,
)
from reference_pricing import DEPOSIT, Adjustment
from whole_cases import WholeCase, random_conditions, random_context, random_whole, some, whole_line
from whole_core import core_conditions, core_context, core_whole, run_whole, twin_whole

from engine_ext import conditions as core
from engine_ext.basket import PricingError
from engine_ext.pricing import Priced

RANDOMS = st.builds(Random, st.integers(0, 2**64))
HAPPY_HOUR = Conditions(from_minute=17 * 60, until_minute=19 * 60)


def sold(line_id: str = "1", *, price: int, **more: Any) -> Sold:
    return whole_line(line(line_id, price=price, **more))


def ticket(
    *lines: Sold,
    line_rules: tuple[LineRule, ...] = (),
    ticket_rules: tuple[TicketRule, ...] = (),
    context: Context | None = None,
    **more: Any,
) -> Priced:
    """The core's ticket, on which the twin agrees."""
    book = Book(line_rules=line_rules, ticket_rules=ticket_rules)
    case = WholeCase(basket=Basket(lines=list(lines), **more), book=book, context=context or Context())
    assert twin_whole(case) == core_whole(case)
    return run_whole(case)


def applied(priced: Priced) -> list[tuple[str, int]]:
    return [(step.ref, step.granted) for step in priced.discounts]


def fee(id: str = "fee", cents: int = 300, **more: Any) -> TicketRule:
    return TicketRule(id=id, item=sold("fee", price=cents, product="delivery"), **more)


def test_of_two_line_rules_the_higher_priority_wins_though_it_saves_less() -> None:
    """Complaint 31 (erpnext#49405, #33210): priority was ignored."""
    rules = (LineRule(id="1", percent=-50_000), LineRule(id="2", percent=-10_000, priority=1))

    assert applied(ticket(sold(price=1000), line_rules=rules)) == [("2", -100)]


def test_of_equal_priorities_the_larger_saving_wins_then_the_lower_id() -> None:
    rules = (LineRule(id="3", amount=-5_000), LineRule(id="2", percent=-10_000), LineRule(id="1", percent=-10_000))

    dear, cheap = (applied(ticket(sold(price=cents), line_rules=rules)) for cents in (1000, 100))

    assert (dear, cheap) == ([("1", -100)], [("3", -50)])


def test_rules_of_one_stack_group_add_up_in_priority_order_each_on_what_remains() -> None:
    rules = (
        LineRule(id="1", percent=-20_000, stack="s"),
        LineRule(id="2", amount=-10_000, stack="s", priority=5),
        LineRule(id="3", percent=-90_000),
    )

    assert applied(ticket(sold(price=1000), line_rules=rules)) == [("2", -100), ("1", -180)]


def test_the_operators_discount_replaces_line_rules_unless_they_share_its_stack_group() -> None:
    rules = (LineRule(id="1", percent=-10_000, stack="s"), LineRule(id="2", percent=-20_000))

    alone = ticket(sold(price=1000, manual=Adjustment(ref="m", amount=-10_000)), line_rules=rules)
    stacked = ticket(sold(price=1000, manual=Given(ref="m", amount=-30_000, stack="s")), line_rules=rules)

    assert applied(alone) == [("m", -100)]
    assert applied(stacked) == [("m", -300), ("1", -70)]


def test_a_typed_price_takes_neither_default_nor_line_rule() -> None:
    rules = (LineRule(id="1", percent=-10_000),)
    typed = sold(price=1000, typed=80_000, default=Adjustment(ref="d", percent=-5_000))

    assert (ticket(typed, line_rules=rules).total, applied(ticket(typed, line_rules=rules))) == (800, [])


def test_a_line_rule_takes_what_it_names_less_its_exceptions() -> None:
    rule = LineRule(id="1", percent=-50_000, departments=frozenset({"food"}), except_products=frozenset({"product-2"}))

    priced = ticket(
        sold("1", price=100), sold("2", price=100), sold("3", price=100, department="x"), line_rules=(rule,)
    )

    assert {each.id: each.amount for each in priced.lines} == {"1": 50, "2": 100, "3": 100}


@pytest.mark.parametrize(("minute", "total"), [(1_019, 500), (1_020, 250), (1_139, 250), (1_140, 500)])
def test_happy_hour_begins_at_17_00_and_is_over_at_19_00(minute: int, total: int) -> None:
    rule = LineRule(id="1", percent=-50_000, conditions=HAPPY_HOUR)

    assert ticket(sold(price=500), line_rules=(rule,), context=Context(minute=minute)).total == total


@pytest.mark.parametrize(
    ("weekday", "minute", "holds"), [(6, 1_380, True), (6, 60, True), (7, 60, False), (6, 130, False)]
)
def test_hours_that_cross_midnight_belong_to_the_business_day_that_began_before(
    weekday: int, minute: int, holds: bool
) -> None:
    night = Conditions(weekdays=frozenset({6}), from_minute=22 * 60, until_minute=2 * 60)
    rule = TicketRule(id="night", percent=10_000, conditions=night)

    priced = ticket(sold(price=1000), ticket_rules=(rule,), context=Context(weekday=weekday, minute=minute))

    assert priced.total == (1100 if holds else 1000)


def test_an_added_item_is_priced_by_phase_0_only_and_counts_in_later_discounts() -> None:
    rules = (fee(priority=1), TicketRule(id="ten", percent=-10_000))
    everything = LineRule(id="1", percent=-50_000)

    priced = ticket(sold(price=1000), line_rules=(everything,), ticket_rules=rules)

    assert {each.id: (each.base, each.amount) for each in priced.lines} == {"1": (1000, 450), "afee": (300, 270)}
    assert applied(priced) == [("1", -500), ("ten", -80)]


def test_an_added_item_feeds_no_threshold_its_own_included() -> None:
    """Complaint 32: points earned and spent at once; here a fee of 3.00 does not carry 8.00 over a limit of 10.00."""
    rules = (
        fee("1", conditions=Conditions(min_value=800)),
        TicketRule(id="2", amount=-100, conditions=Conditions(min_value=1_000)),
        TicketRule(id="3", amount=-100, conditions=Conditions(min_items=2)),
    )

    assert [step.ref for step in ticket(sold(price=800), ticket_rules=rules).discounts] == []
    assert ticket(sold(price=800), ticket_rules=rules).total == 1100


def test_an_item_per_cover_comes_once_for_each_guest_and_not_at_all_without() -> None:
    rule = fee(cents=150, per_cover=True)

    totals = [ticket(sold(price=1000), ticket_rules=(rule,), context=Context(covers=n)).total for n in (0, 1, 4)]

    assert totals == [1000, 1150, 1600]


def test_a_removed_rule_stays_away_with_its_item_and_its_discount() -> None:
    rules = (fee("1", amount=-50), TicketRule(id="2", percent=-10_000))

    assert ticket(sold(price=1000), ticket_rules=rules, removed=frozenset({"1"})).total == 900
    assert ticket(sold(price=1000), ticket_rules=rules, removed=frozenset({"1", "2"})).total == 1000


def test_sources_follow_each_other_and_percent_comes_before_amount_inside_each() -> None:
    """Complaint 31: the order is published, and each step says what it met."""
    priced = ticket(
        sold(price=10_000),
        ticket_rules=(TicketRule(id="auto-a", amount=-100, priority=1), TicketRule(id="auto-b", percent=-10_000)),
        subtotals=[Adjustment(ref="op", percent=-10_000, amount=-1_000)],
        customer=CustomerDiscount(id="cust", percent=-5_000),
        coupons=[Coupon(id="k2", percent=-50_000), Coupon(id="k1", amount=-500)],
    )

    assert [(step.ref, step.base_sum, step.granted) for step in priced.discounts] == [
        ("op", 10_000, -1_000),
        ("op", 9_000, -1_000),
        ("auto-b", 8_000, -800),
        ("auto-a", 7_200, -100),
        ("cust", 7_100, -355),
        ("k2", 6_745, -3_373),
        ("k1", 3_372, -500),
    ]


def test_33_a_coupon_reaches_only_what_it_names() -> None:
    """erpnext#28601: the coupon of another rule was applied."""
    coupon = Coupon(id="k", percent=-50_000, products=frozenset({"product-2"}))

    priced = ticket(sold("1", price=1000), sold("2", price=200), coupons=[coupon])
    elsewhere = ticket(sold("1", price=1000), coupons=[coupon])

    assert {each.id: each.amount for each in priced.lines} == {"1": 1000, "2": 100}
    assert (elsewhere.total, applied(elsewhere)) == (1000, [])


def test_29_a_coupon_of_ten_is_ten_over_all_rates() -> None:
    """odoo#97672: a fixed coupon was spent once for each VAT group."""
    lines = (sold("1", price=1500), sold("2", price=1500, rate=5_500))

    assert applied(ticket(*lines, coupons=[Coupon(id="k", amount=-1_000)])) == [("k", -1_000)]


def test_one_discount_never_takes_another_away() -> None:
    """Thresholds are tested on base amounts unless the rule says otherwise."""
    limit = Conditions(min_value=1_000)
    half = [Adjustment(ref="half", percent=-50_000)]
    strict = replace(limit, after_discounts=True)

    on_base = ticket(sold(price=1000), ticket_rules=(TicketRule(id="r", amount=-10, conditions=limit),), subtotals=half)
    on_rest = ticket(
        sold(price=1000), ticket_rules=(TicketRule(id="r", amount=-10, conditions=strict),), subtotals=half
    )

    assert (on_base.total, on_rest.total) == (490, 500)


def test_deposits_feed_no_threshold_and_take_no_rule() -> None:
    cup = sold("2", price=900, nature=DEPOSIT)
    rule = TicketRule(id="r", percent=-50_000, conditions=Conditions(min_value=1_000))

    assert ticket(sold("1", price=400), cup, ticket_rules=(rule,)).total == 1300


def test_goods_brought_back_without_a_ticket_meet_no_rule_of_the_book() -> None:
    priced = ticket(
        sold(price=1000, quantity=-1_000),
        line_rules=(LineRule(id="1", percent=-10_000),),
        ticket_rules=(fee(), TicketRule(id="r", percent=-10_000)),
        customer=CustomerDiscount(id="c", percent=-10_000),
        coupons=[Coupon(id="k", percent=-10_000)],
    )

    assert (priced.total, applied(priced), len(priced.lines)) == (-1000, [], 1)


@settings(max_examples=150, deadline=None)
@given(RANDOMS)
def test_removing_a_rule_changes_nothing_about_which_others_apply(rng: Random) -> None:
    """Nothing triggers itself or another: "removing and running again gives the same result"."""
    case = random_whole(rng)
    assert case.book is not None
    if not case.book.ticket_rules:
        return
    gone = rng.choice(case.book.ticket_rules).id
    with_it, without = (applied_rules(replace_removed(case, removed)) for removed in (frozenset(), frozenset({gone})))

    if with_it is not None and without is not None:
        assert with_it - {gone} == without


def replace_removed(case: WholeCase, removed: frozenset[str]) -> WholeCase:
    return replace(case, basket=replace(case.basket, removed=removed))


def applied_rules(case: WholeCase) -> set[str] | None:
    """The automatic rules that left a discount or an item; None where the basket is refused."""
    try:
        priced = run_whole(case)
    except PricingError:
        return None
    items = {each.id.removeprefix("a") for each in priced.lines if each.id.startswith("a")}
    return items | {step.ref for step in priced.discounts if step.rule == "automatic"}


@settings(max_examples=300, deadline=None)
@given(RANDOMS)
def test_core_and_twin_name_the_same_first_failing_condition_and_distance(rng: Random) -> None:
    asked, context = random_conditions(rng), random_context(rng)
    value = rng.choice((0, 499, 500, 20_000))
    facts = Facts(
        items=rng.choice((0, 1, 2, 12)),
        value=value,
        value_left=rng.randint(0, value),
        products=some(rng, PRODUCTS, 0.7),
        departments=some(rng, DEPARTMENTS, 0.7),
    )
    told = core.Facts(
        items=facts.items,
        value=facts.value,
        value_left=facts.value_left,
        products=facts.products,
        departments=facts.departments,
    )

    assert asked.first_failing(context, facts) == core.test(core_conditions(asked), core_context(context), told)


@pytest.mark.parametrize(
    "make",
    [
        lambda: run_whole(WholeCase(basket=Basket(lines=[]), book=Book(ticket_rules=(TicketRule(id="1"),)))),
        lambda: run_whole(WholeCase(basket=Basket(lines=[]), book=Book(line_rules=(LineRule(id="1"),)))),
    ],
)
def test_a_rule_that_can_never_do_anything_is_refused_when_it_is_made(make: Callable[[], object]) -> None:
    with pytest.raises(PricingError) as refused:
        make()

    assert refused.value.code == "pricing.bad_rule"
