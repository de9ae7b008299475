"""Pricing, phase by phase: the vectors of the specification and each rule of docs/pricing.md."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pricing_cases import core_line, core_subtotal, line
from reference_pricing import DEPOSIT, STORED, Adjustment, Line

from engine_ext.basket import BASIS_NET, PricingError
from engine_ext.money import AMOUNT_MAX
from engine_ext.pricing import ALGORITHM, Priced, price
from engine_ext.ticket_rules import SUBTOTALS_MAX

CORE = ("basket", "sheet", "conditions", "book", "line_rules", "patterns", "uses", "ticket_rules", "pricing", "refund")


def priced(*lines: Line, rules: tuple[Adjustment, ...] = (), basis: int = 0, decimals: int = 2) -> Priced:
    subtotals = [core_subtotal(rule) for rule in rules]
    return price([core_line(each) for each in lines], subtotals, basis=basis, decimals=decimals)


def rates_of(ticket: Priced) -> list[tuple[int, int, int]]:
    return [(rate.gross, rate.vat, rate.net) for rate in ticket.rates]


def test_vector_vat_of_three_rates() -> None:
    actual = priced(
        line("1", price=1090, rate=20_000), line("2", price=1550, rate=10_000), line("3", price=899, rate=5_500)
    )

    # Categories are sorted as text: "rate-10000", "rate-20000", "rate-5500".
    assert rates_of(actual) == [(1550, 141, 1409), (1090, 182, 908), (899, 47, 852)]
    assert actual.total == 3539


def test_vector_a_menu_at_ten_over_two_rates() -> None:
    lines = (line("1", price=100, rate=5_000), line("2", price=1900, rate=1_000))

    actual = priced(*lines, rules=(Adjustment(ref="menu", fixed=1000),))

    assert {each.id: each.amount for each in actual.lines} == {"1": 50, "2": 950}


def test_vector_a_menu_at_seven() -> None:
    lines = (line("1", price=700), line("2", price=250), line("3", price=150))

    actual = priced(*lines, rules=(Adjustment(ref="menu", fixed=700),))

    assert [each.amount for each in actual.lines] == [446, 159, 95]


def test_vector_five_off_three_equal_lines() -> None:
    lines = [line(number, price=1000) for number in "123"]

    actual = priced(*lines, rules=(Adjustment(ref="off", amount=-500),))

    assert [each.shares for each in actual.lines] == [((0, -167),), ((0, -167),), ((0, -166),)]


def test_vector_a_percentage_is_taken_once_on_the_line() -> None:
    rule = Adjustment(ref="ten", percent=-10_000)

    actual = priced(line(price=39_900, quantity=25_000, manual=rule))

    assert actual.discounts[0].granted == -99_750
    assert actual.total == 997_500 - 99_750


def test_the_figures_of_a_line_are_its_properties_in_one_call() -> None:
    rule = Adjustment(ref="ten", percent=-10_000)

    actual = priced(line(price=39_900, quantity=25_000), rules=(rule,)).lines[0]

    of = actual.line
    expected = (of.id, (of.category, of.rate, 0), of.quantity, of.unit, *(actual.base, actual.shares), actual.amount)
    assert (*expected, actual.vat) == actual.figures()
    assert actual.shares


def test_vector_phases_one_and_three_follow_each_other() -> None:
    sold = line(price=1000, manual=Adjustment(ref="one", amount=-10_000))
    rules = (Adjustment(ref="ten", percent=-10_000), Adjustment(ref="twenty", percent=-20_000))

    actual = priced(sold, rules=rules)

    assert actual.total == 648
    assert actual.lines[0].shares == ((0, -100), (1, -90), (2, -162))


@pytest.mark.parametrize(
    ("catalogue", "quantity", "decimals", "base"),
    [
        (12_345, 1_000, 2, 123),
        (12_350, 1_000, 2, 124),
        (29_900, 535, 2, 160),
        (5_000, 1_000, 0, 1),
        (12_345, 1_000, 3, 1235),
    ],
)
def test_phase_0_rounds_a_line_once(catalogue: int, quantity: int, decimals: int, base: int) -> None:
    actual = priced(line(price=0, catalogue=catalogue, quantity=quantity), decimals=decimals)

    assert base == actual.lines[0].base


def test_phase_0_adds_options_to_the_unit_price() -> None:
    actual = priced(line(price=500, options=(("syrup", 3_000), ("small", -10_000)), quantity=2_000))

    assert (actual.lines[0].unit, actual.lines[0].base) == (43_000, 860)


def test_a_default_discount_applies_by_itself() -> None:
    actual = priced(line(price=1000, default=Adjustment(ref="default", percent=-10_000)))

    assert [(step.ref, step.phase, step.granted) for step in actual.discounts] == [("default", 1, -100)]


def test_the_operators_discount_replaces_the_default() -> None:
    default, manual = Adjustment(ref="default", percent=-10_000), Adjustment(ref="manual", percent=-5_000)

    actual = priced(line(price=1000, default=default, manual=manual))

    assert [(step.ref, step.granted) for step in actual.discounts] == [("manual", -50)]


def test_a_typed_price_takes_no_default_but_takes_the_operators_discount() -> None:
    default, manual = Adjustment(ref="default", percent=-10_000), Adjustment(ref="manual", percent=-5_000)

    without = priced(line(price=1000, typed=80_000, default=default))
    with_manual = priced(line(price=1000, typed=80_000, default=default, manual=manual))

    assert (without.total, with_manual.total) == (800, 760)


def test_percent_comes_before_amount_inside_one_adjustment() -> None:
    rule = Adjustment(ref="both", percent=-10_000, amount=-10_000)

    actual = priced(line(price=1000, quantity=2_000, manual=rule))

    assert [(step.kind, step.base_sum, step.granted) for step in actual.discounts] == [
        ("percent", 2000, -200),
        ("amount", 1800, -200),
    ]


def test_a_fixed_unit_price_may_raise_a_line_even_from_nothing() -> None:
    actual = [priced(line(price=each, manual=Adjustment(ref="fix", fixed=30_000))).total for each in (1000, 200, 0)]

    assert actual == [300, 300, 300]


def test_a_line_discount_never_takes_a_line_below_zero() -> None:
    actual = priced(line(price=100, manual=Adjustment(ref="off", amount=-20_000)))

    assert (actual.total, actual.discounts[0].wanted, actual.discounts[0].reason) == (0, -200, "cut_to_sum")


def test_percents_come_before_amounts_and_the_fixed_price_last_whatever_the_order_given() -> None:
    rules = (
        Adjustment(ref="menu", fixed=500),
        Adjustment(ref="both", amount=-100, percent=-10_000),
        Adjustment(ref="ten", percent=-10_000),
    )

    actual = priced(line(price=1000), rules=rules)

    assert [(step.ref, step.kind, step.base_sum, step.granted) for step in actual.discounts] == [
        ("both", "percent", 1000, -100),
        ("ten", "percent", 900, -90),
        ("both", "amount", 810, -100),
        ("menu", "fixed", 710, -210),
    ]


def test_a_subtotal_covers_the_lines_it_lists_only() -> None:
    lines = (line("1", price=1000), line("2", price=1000), line("3", price=1000))

    actual = priced(*lines, rules=(Adjustment(ref="half", lines=("3", "1"), percent=-50_000),))

    assert [each.amount for each in actual.lines] == [500, 1000, 500]


def test_a_fixed_price_may_raise_what_it_covers() -> None:
    actual = priced(line("1", price=100), line("2", price=300), rules=(Adjustment(ref="menu", fixed=1000),))

    assert [each.amount for each in actual.lines] == [250, 750]


def test_a_fixed_price_over_nothing_is_refused() -> None:
    with pytest.raises(PricingError) as refusal:
        priced(line(price=0), rules=(Adjustment(ref="menu", fixed=1000),))

    assert (refusal.value.code, refusal.value.line_id) == ("pricing.fixed_over_zero", None)


def test_a_subtotal_that_lists_an_unknown_line_is_refused() -> None:
    with pytest.raises(PricingError) as refusal:
        priced(line("1", price=100), rules=(Adjustment(ref="menu", lines=("1", "2")),))

    assert (refusal.value.code, refusal.value.line_id) == ("pricing.unknown_line", "2")


def test_too_many_subtotals_are_refused() -> None:
    with pytest.raises(PricingError) as refusal:
        priced(line(price=100), rules=(Adjustment(ref="x", percent=-1),) * (SUBTOTALS_MAX + 1))

    assert refusal.value.code == "pricing.too_many_subtotals"


def test_a_surcharge_is_split_by_the_same_weights() -> None:
    actual = priced(line("1", price=300), line("2", price=100), rules=(Adjustment(ref="terrace", amount=100),))

    assert [each.amount for each in actual.lines] == [375, 125]


def test_a_deposit_takes_no_discount_weighs_nothing_and_has_its_own_vat() -> None:
    beer = line("1", price=500)
    cup = line("2", price=100, nature=DEPOSIT, default=Adjustment(ref="default", percent=-50_000))
    back = line("3", price=100, quantity=-2_000, nature=DEPOSIT)

    actual = priced(beer, cup, back, rules=(Adjustment(ref="all", percent=-10_000),))

    assert {each.id: each.amount for each in actual.lines} == {"1": 450, "2": 100, "3": -200}
    assert rates_of(actual) == [(450, 75, 375), (100, 17, 83), (-200, -33, -167)]
    assert [rate.nature for rate in actual.rates] == [0, 1, 1]
    assert {each.id: each.vat for each in actual.lines} == {"1": 75, "2": 17, "3": -33}


def test_a_menu_does_not_swallow_a_deposit_it_lists() -> None:
    lines = (line("1", price=500), line("2", price=100, nature=DEPOSIT))

    actual = priced(*lines, rules=(Adjustment(ref="menu", lines=("1", "2"), fixed=400),))

    assert actual.total == 500


def test_net_basis_puts_the_vat_on_top() -> None:
    actual = priced(line("1", price=999), line("2", price=501), basis=BASIS_NET)

    assert rates_of(actual) == [(1800, 300, 1500)]
    assert (actual.total, actual.vat, actual.net) == (1800, 300, 1500)
    assert [(each.amount, each.vat) for each in actual.lines] == [(999, 200), (501, 100)]


def test_vector_the_margin_scheme_taxes_each_gain_and_no_loss() -> None:
    vase = line("1", price=12_000, cost=700_000, margin=True)
    chair = line("2", price=3_000, cost=450_000, margin=True)
    lamp = line("3", price=5_000, cost=449_900, quantity=2_000, margin=True)

    actual = priced(vase, chair, lamp)

    assert [(row.id, row.cost, row.vat) for row in actual.lines] == [
        ("1", 7_000, 833),
        ("2", 4_500, 0),
        ("3", 8_998, 167),
    ]
    assert [(rate.rate, rate.scheme, rate.gross, rate.vat) for rate in actual.rates] == [(20_000, 1, 25_000, 1_000)]


def test_vector_whoever_is_exempt_pays_the_net_and_each_line_says_so() -> None:
    lines = (line("1", price=1_090, exempt=True), line("2", price=110, exempt=True))

    actual = priced(*lines, line("3", price=899, rate=5_500, exempt=True))

    assert actual.total == 1_000 + 852
    assert [(row.amount, row.vat, row.shares) for row in actual.lines] == [
        (908, 0, ((0, -182),)),
        (92, 0, ((0, -18),)),
        (852, 0, ((1, -47),)),
    ]
    assert [(step.ref, step.phase, step.kind, step.base_sum, step.granted) for step in actual.discounts] == [
        ("vat:rate-20000", 4, "exempt", 1_200, -200),
        ("vat:rate-5500", 4, "exempt", 899, -47),
    ]
    assert [(rate.rate, rate.scheme, rate.gross, rate.vat) for rate in actual.rates] == [
        (0, 2, 1_000, 0),
        (0, 2, 852, 0),
    ]


def test_an_exempt_ticket_between_companies_has_nothing_to_take_off() -> None:
    actual = priced(line("1", price=1_000, exempt=True), basis=BASIS_NET)

    assert (actual.total, actual.vat, actual.discounts) == (1_000, 0, ())


def test_a_voucher_of_several_purposes_carries_no_vat_and_takes_no_discount() -> None:
    card = line("2", price=5_000, nature=STORED, default=Adjustment(ref="default", percent=-50_000))

    actual = priced(line("1", price=1_200), card, rules=(Adjustment(ref="half", percent=-50_000),))

    assert [(rate.nature, rate.rate, rate.gross, rate.vat) for rate in actual.rates] == [
        (0, 20_000, 600, 100),
        (2, 0, 5_000, 0),
    ]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"margin": True}, "pricing.no_cost"),
        ({"margin": True, "cost": 1, "nature": DEPOSIT}, "pricing.bad_nature"),
    ],
)
def test_a_margin_needs_goods_with_a_cost(words: dict[str, Any], code: str) -> None:
    with pytest.raises(PricingError) as refusal:
        priced(line("4", price=100, **words))

    assert (code, "4") == (refusal.value.code, refusal.value.line_id)


def test_a_total_that_passes_the_limit_with_its_vat_is_refused() -> None:
    with pytest.raises(PricingError) as refusal:
        priced(line(price=0, catalogue=AMOUNT_MAX, quantity=100_000), basis=BASIS_NET)

    assert (refusal.value.code, refusal.value.line_id) == ("pricing.overflow", None)


def test_a_negative_basket_mirrors_a_positive_one() -> None:
    rules = (Adjustment(ref="off", amount=-100),)

    sale = priced(line("1", price=333, quantity=1_500), line("2", price=250), rules=rules)
    back = priced(line("1", price=333, quantity=-1_500), line("2", price=250, quantity=-1_000), rules=rules)

    assert [(each.base, each.amount, each.vat) for each in sale.lines] == [
        (-each.base, -each.amount, -each.vat) for each in back.lines
    ]
    assert (sale.total, sale.discounts[0].granted) == (-back.total, -back.discounts[0].granted)


def test_a_negative_basket_is_priced_without_default_discounts() -> None:
    default, manual = Adjustment(ref="default", percent=-10_000), Adjustment(ref="manual", percent=-20_000)

    by_default = priced(line(price=1000, quantity=-1_000, default=default))
    by_hand = priced(line(price=1000, quantity=-1_000, default=default, manual=manual))

    assert (by_default.total, by_hand.total) == (-1000, -800)


def test_an_empty_basket_comes_to_nothing() -> None:
    actual = price([])

    assert (actual.lines, actual.rates, actual.discounts, actual.total) == ((), (), (), 0)
    assert actual.algorithm == ALGORITHM == 1


def test_a_priced_line_knows_the_line_it_was() -> None:
    sold = core_line(line(price=100))

    actual = price([sold])

    assert actual.lines[0].line is sold


@pytest.mark.parametrize("value", [2.0, True, Decimal(2), "2", None])
def test_the_context_is_made_of_ints(value: Any) -> None:
    with pytest.raises(TypeError, match="basis must be an int"):
        price([], basis=value)
    with pytest.raises(TypeError, match="decimals must be an int"):
        price([], decimals=value)


@pytest.mark.parametrize(("context", "code"), [({"basis": 2}, "bad_basis"), ({"decimals": 5}, "bad_decimals")])
def test_a_context_out_of_bounds_is_refused(context: dict[str, Any], code: str) -> None:
    with pytest.raises(PricingError) as refusal:
        price([], **context)

    assert f"pricing.{code}" == refusal.value.code


def test_only_lines_and_adjustments_are_priced() -> None:
    with pytest.raises(TypeError, match="lines must hold BasketLine, not Line"):
        price([line(price=100)])  # type: ignore[list-item]  # the wrong type is the test
    with pytest.raises(TypeError, match="subtotals must hold SubtotalAdjustment, not str"):
        price([core_line(line(price=100))], ["x"])  # type: ignore[list-item]  # the wrong type is the test


def test_a_ticket_shows_itself() -> None:
    actual = repr(priced(line(price=100)))

    assert "PricedLine(id='1', unit=10000, base=100, shares=(), amount=100, vat=17)" in actual
    assert "RateTotal(category='rate-20000', rate=20000, nature=0, gross=100, vat=17, net=83)" in actual


def test_every_refusal_of_the_core_is_documented_and_no_other() -> None:
    root = Path(__file__).parents[2]
    sources = [(root / "engine_ext" / f"{name}.pyx").read_text() for name in CORE]

    raised = {code for source in sources for code in re.findall(r'"(pricing\.[a-z_]+)"', source)}
    documented = set(re.findall(r"`(pricing\.[a-z_]+)`", (root / "docs" / "pricing.md").read_text()))

    assert raised == documented
