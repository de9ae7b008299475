"""What users of other tills complain of in their prices: the complaints of peers.md that pricing prevents."""

import itertools
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from pricing_cases import line
from reference_book import Basket, Book, Sold
from reference_patterns import Rule, Slot
from reference_pricing import Adjustment
from whole_cases import WholeCase, random_small_whole, whole_line
from whole_core import core_whole, run_whole, twin_whole

from engine_ext.pricing import Priced
from engine_ext.refund import SoldLine, refund
from engine_ext.tax import vat_of_gross


def sold(line_id: str = "1", *, price: int, **more: Any) -> Sold:
    return whole_line(line(line_id, price=price, **more))


def ticket(*lines: Sold, rules: tuple[Adjustment, ...] = (), patterns: tuple[Rule, ...] = (), basis: int = 0) -> Priced:
    """The core's ticket, on which the twin agrees."""
    basket = Basket(lines=list(lines), subtotals=list(rules), basis=basis)
    case = WholeCase(basket=basket, book=Book(patterns=patterns))
    assert twin_whole(case) == core_whole(case)
    return run_whole(case)


def amounts(priced: Priced) -> list[int]:
    return [each.amount for each in priced.lines]


def test_24_vat_is_rounded_once_per_rate_and_its_lines_add_up_to_it() -> None:
    """odoo#14672: each line of 0.03 alone would carry 0.01 of VAT, the ticket of 0.09 carries 0.02, everywhere."""
    priced = ticket(*(sold(name, price=3) for name in "abc"))

    assert [vat_of_gross(3, 20_000)] * 3 == [1, 1, 1]
    assert ([rate.vat for rate in priced.rates], priced.vat) == ([2], 2)
    assert sorted(each.vat for each in priced.lines) == [0, 1, 1]


def test_24_the_ticket_and_the_invoice_of_one_net_basket_are_one_total() -> None:
    """odoo#33511: 11.33 on the ticket and 11.34 on the invoice."""
    lines = [sold(str(number), price=315) for number in range(3)]

    priced = ticket(*lines, basis=1)

    assert (priced.net, priced.vat, priced.total) == (945, 189, 1134)
    assert priced.total == sum(each.amount + each.vat for each in priced.lines)


@pytest.mark.parametrize("rate", [20_000, 19_000, 10_000, 5_500, 2_100])
def test_25_a_price_that_includes_vat_never_grows_a_cent(rate: int) -> None:
    """odoo!34842, pretix!5781: 8.01 became 8.02, 15.00 with 19 % was impossible."""
    asked = [801, 1500, *range(1, 400, 7)]

    actual = [ticket(sold(price=cents, rate=rate)).total for cents in asked]

    assert asked == actual


@pytest.mark.parametrize(("price", "parts"), [(5000, 3), (700, 3), (1100, 4), (1, 2), *((120, n) for n in range(1, 9))])
def test_27_a_menu_costs_its_price_to_the_cent_however_many_choices_it_has(price: int, parts: int) -> None:
    """odoo!221189, !167472, #182511, #182161: 50.00 sold 49.98, 7.00 sold 6.99, 11 sold 12, 1.20 from 1.18 to 1.23."""
    lines = [sold(str(n), price=price // parts + 37 * n + 1, rate=(20_000, 5_500)[n % 2]) for n in range(parts)]
    slots = tuple(Slot(products=frozenset({f"product-{n}"})) for n in range(parts))

    by_button = ticket(*lines, rules=(Adjustment(ref="menu", fixed=price),))
    found = ticket(*lines, patterns=(Rule(id="menu", slots=slots, price=price),))

    assert price == by_button.total == found.total == sum(amounts(found))
    assert amounts(by_button) == amounts(found)


@pytest.mark.parametrize("discount", [823_636, 111_092])
def test_28_a_discount_on_the_basket_comes_to_its_amount_over_any_quantities(discount: int) -> None:
    """vendure#3091, #3003: 8,236.25 instead of 8,236.36; 1,110.85 instead of 1,110.92."""
    quantities = (7_000, 13_000, 25_000, 1_000, 535)
    lines = [sold(str(n), price=39_900 + n, quantity=quantity) for n, quantity in enumerate(quantities)]

    priced = ticket(*lines, rules=(Adjustment(ref="deal", amount=-discount),))

    assert priced.discounts[0].granted == -discount == sum(share for each in priced.lines for _, share in each.shares)
    assert priced.total == sum(each.base for each in priced.lines) - discount


def test_28_ten_percent_of_twenty_five_is_taken_once_on_the_sum() -> None:
    """PrestaShop!42281: 10 % of 25 x 399.00 is 997.50, never 25 times 39.90 rounded."""
    priced = ticket(sold(price=39_900, quantity=25_000), rules=(Adjustment(ref="ten", percent=-10_000),))

    assert (priced.discounts[0].granted, priced.total) == (-99_750, 897_750)


def test_28_a_hundred_percent_leaves_nothing_behind() -> None:
    """umbraco#126, odoo!271032: 0.01 was left after 100 %."""
    lines = [sold(str(n), price=33 + n, quantity=1_333, rate=(20_000, 10_000)[n % 2]) for n in range(7)]

    priced = ticket(*lines, rules=(Adjustment(ref="gift", percent=-100_000),))

    assert (priced.total, priced.vat, set(amounts(priced))) == (0, 0, {0})


def test_29_one_discount_is_split_over_all_rates_in_one_pass() -> None:
    """vendure#653, odoo#97672: the split went wrong, and a cap was spent once for each VAT rate."""
    lines = (sold("1", price=1000), sold("2", price=2000, rate=5_500), sold("3", price=3000, rate=10_000))

    priced = ticket(*lines, rules=(Adjustment(ref="cap", amount=-1000),))

    assert {each.id: each.amount for each in priced.lines} == {"1": 833, "2": 1667, "3": 2500}
    assert (priced.total, priced.discounts[0].granted) == (5000, -1000)


def test_29_a_discount_larger_than_its_sum_is_cut_once_and_not_for_each_rate() -> None:
    """vendure#1237: over 3.00 and 4.00 of two rates, 10.00 off grants 7.00."""
    priced = ticket(
        sold("1", price=300), sold("2", price=400, rate=5_500), rules=(Adjustment(ref="cap", amount=-1000),)
    )

    assert (priced.total, priced.discounts[0].wanted, priced.discounts[0].granted) == (0, -1000, -700)


def test_30_ten_off_fifty_is_forty_where_prices_include_vat() -> None:
    """medusa#5776: 50 less 10 gave 39, because the 10 was read as net."""
    priced = ticket(sold(price=5000), rules=(Adjustment(ref="ten", amount=-1000),))

    assert (priced.total, priced.vat) == (4000, 667)


def test_30_and_in_net_basis_the_discount_is_net_like_the_prices() -> None:
    """medusa#12226: every rule is in the basis of its document."""
    priced = ticket(sold(price=5000), rules=(Adjustment(ref="ten", amount=-1000),), basis=1)

    assert (priced.net, priced.vat, priced.total) == (4000, 800, 4800)


def test_30_no_total_is_a_sixteenth_decimal() -> None:
    """medusa!12960: a total of -1.6e-14 where nothing was to pay."""
    lines = [sold(str(n), price=cents) for n, cents in enumerate((10, 20, 30))]

    priced = ticket(*lines, rules=(Adjustment(ref="all", amount=-60),))

    assert (repr(priced.total), amounts(priced)) == ("0", [0, 0, 0])


def test_31_the_second_percentage_works_on_what_the_first_left() -> None:
    """odoo!241043: 160 where 162 was right."""
    steps = (Adjustment(ref="10", percent=-10_000), Adjustment(ref="20", percent=-20_000))

    priced = ticket(sold(price=1000, manual=Adjustment(ref="1.00", amount=-10_000)), rules=steps)

    assert [step.granted for step in priced.discounts] == [-100, -90, -162]
    assert priced.total == 648


def test_31_percent_comes_before_amount_whatever_the_order_of_keys() -> None:
    """odoo!178352: 55 or 50, by which key was pressed first."""
    rules = (Adjustment(ref="half", percent=-50_000), Adjustment(ref="ten", amount=-1000))

    either = [ticket(sold(price=12_000), rules=order).total for order in (rules, rules[::-1])]

    assert either == [5000, 5000]


def test_31_no_percentage_stays_on_top_of_a_fixed_price() -> None:
    """odoo!121209: the fixed price is what the customer pays."""
    rules = (Adjustment(ref="menu", fixed=1000), Adjustment(ref="ten", percent=-10_000))

    assert ticket(sold("1", price=800), sold("2", price=700), rules=rules).total == 1000


def test_32_the_path_of_entry_does_not_matter() -> None:
    """medusa#14432: over-applied when added in one go; goods cost the same in one line or in four."""
    pair = Rule(id="pair", slots=(Slot(quantity=2, products=frozenset({"p"})),), percent=-100_000, count=1)
    entries = ((4_000,), (3_000, 1_000), (1_000, 2_000, 1_000), (1_000,) * 4)

    totals = [
        ticket(*(sold(str(n), product="p", price=250, quantity=q) for n, q in enumerate(each)), patterns=(pair,)).total
        for each in entries
    ]

    assert totals == [500] * 4


def test_32_every_order_of_five_lines_gives_one_ticket() -> None:
    """odoo!127770, !212093: rewards misfired by the order in which lines came and went."""
    pair = Rule(id="pair", slots=(Slot(quantity=2),), percent=-33_333)
    lines = [sold(str(n), price=333, product="ab"[n % 2], rate=(20_000, 5_500)[n // 3]) for n in range(5)]
    rules = (Adjustment(ref="r", amount=-101),)

    tickets = {repr(ticket(*each, rules=rules, patterns=(pair,))) for each in itertools.permutations(lines)}

    assert len(tickets) == 1


def test_32_a_reward_never_raises_what_it_rewards() -> None:
    """odoo#117988: 14 became 17."""
    menu = Rule(id="menu", slots=(Slot(quantity=2),), price=1700)

    priced = ticket(sold("1", price=600), sold("2", price=800), patterns=(menu,))

    assert (priced.total, priced.discounts) == (1400, ())


def test_33_rules_that_collide_are_settled_and_never_shown_to_the_cashier() -> None:
    """erpnext#41636: equal priorities were an error at the till; a book of rules that all tie sells every basket."""
    codes: set[object] = set()
    for seed in range(300):
        case = random_small_whole(Random(f"collide/{seed}"))
        assert case.book is not None
        patterns = tuple(replace(rule, priority=0) for rule in case.book.patterns)
        basket = replace(case.basket, menus=[], subtotals=[], customer=None, coupons=[])
        answer = core_whole(WholeCase(basket=basket, book=Book(patterns=patterns, mode=case.book.mode)))
        codes.add(answer[0] if isinstance(answer, tuple) else "sold")

    assert codes <= {"sold", "pricing.overflow", "pricing.mixed_signs", "pricing.duplicate_line"}


def part(priced: Priced, line_id: str, already: int, now: int) -> SoldLine:
    (row,) = (each for each in priced.lines if each.id == line_id)
    return SoldLine(
        id=row.id,
        category=row.line.category,
        rate=row.line.rate,
        quantity=row.line.quantity,
        amount=row.amount,
        vat=row.vat,
        shares=row.shares,
        already=already,
        now=now,
    )


def test_35_a_line_brought_back_does_not_move_its_discount_to_the_others() -> None:
    """vendure#4811: shares are frozen when they are sold."""
    lines = (sold("1", price=1000), sold("2", price=2000, quantity=3_000))
    priced = ticket(*lines, rules=(Adjustment(ref="off", amount=-1000),))
    rows = {each.id: each for each in priced.lines}

    first = refund([part(priced, "1", 0, 1_000)])
    second = [refund([part(priced, "2", already, 1_000)]).total for already in (0, 1_000, 2_000)]

    assert (first.total, first.lines[0].shares) == (rows["1"].amount, rows["1"].shares)
    assert (second, sum(second)) == ([1714, 1715, 1714], rows["2"].amount)
    assert first.total + sum(second) == priced.total == 6000


def test_35_a_second_refund_takes_only_what_the_first_left() -> None:
    """odoo!227937, !199072: the second refund took every line once more."""
    priced = ticket(sold("1", price=1000, quantity=3_000))

    steps = [refund([part(priced, "1", already, now)]).total for already, now in ((0, 2_000), (2_000, 1_000))]

    assert steps == [2000, 1000]
