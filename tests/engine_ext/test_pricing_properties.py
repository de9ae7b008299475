"""What holds for every basket, and the core against its twin, value by value."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pricing_cases import Case, core_answer, core_line, core_subtotal, plain, random_case, run_core, twin_answer
from reference_pricing import DEPOSIT, GOODS, NET, STORED, Adjustment
from reference_tax import margin_vat

from engine_ext.basket import PricingError
from engine_ext.pricing import Priced, price

BASKETS = 4_000
RANDOMS = st.randoms(use_true_random=False)
BOUNDED = settings(max_examples=100, deadline=None)


def ticket_of(case: Case) -> Priced | None:
    try:
        return run_core(case)
    except PricingError:
        return None


@pytest.mark.parametrize("lines_max", [12, 3, 40])
def test_thousands_of_baskets_come_out_of_core_and_twin_alike(lines_max: int) -> None:
    refused = 0
    for seed in range(BASKETS * 3 // lines_max):
        case = random_case(Random(f"{lines_max}/{seed}"), lines_max=lines_max)

        actual = core_answer(case)

        assert twin_answer(case) == actual, f"seed {lines_max}/{seed}"
        refused += isinstance(actual, tuple)
    assert 0 < refused < BASKETS * 2 // lines_max


@BOUNDED
@given(RANDOMS)
def test_core_and_twin_agree(rng: Random) -> None:
    case = random_case(rng)

    assert twin_answer(case) == core_answer(case)


@BOUNDED
@given(RANDOMS)
def test_the_order_of_entry_changes_nothing(rng: Random) -> None:
    case = random_case(rng)
    before = ticket_of(case)
    rng.shuffle(case.lines)

    after = ticket_of(case)

    assert (before and plain(before)) == (after and plain(after))


@BOUNDED
@given(RANDOMS)
def test_everything_adds_up(rng: Random) -> None:
    case = random_case(rng)
    ticket = ticket_of(case)
    if ticket is None:
        return
    payable = [line.amount + line.vat * (case.basis == NET) for line in ticket.lines]

    assert ticket.total == sum(payable) == sum(rate.gross for rate in ticket.rates) == ticket.net + ticket.vat
    assert ticket.vat == sum(line.vat for line in ticket.lines) == sum(rate.vat for rate in ticket.rates)
    for line in ticket.lines:
        assert line.amount == line.base + sum(share for _, share in line.shares)
    for index, step in enumerate(ticket.discounts):
        shares = [share for line in ticket.lines for number, share in line.shares if number == index]
        assert step.granted == sum(shares)
        assert (step.reason is None) == (step.wanted == step.granted)


@BOUNDED
@given(RANDOMS)
def test_every_rate_is_the_sum_of_its_lines(rng: Random) -> None:
    ticket = ticket_of(random_case(rng))
    if ticket is None:
        return
    for nature in (GOODS, DEPOSIT, STORED):
        for key in {(row.category, row.rate, row.scheme) for row in ticket.rates}:
            rows = [row for row in ticket.rates if (row.category, row.rate, row.scheme) == key and row.nature == nature]
            lines = [row for row in ticket.lines if row.figures()[1] == key and row.line.nature == nature]

            assert sum(row.vat for row in rows) == sum(line.vat for line in lines)
            assert all(row.gross == row.net + row.vat for row in rows)


@BOUNDED
@given(RANDOMS)
def test_whoever_is_exempt_pays_the_net_of_the_ordinary_ticket(rng: Random) -> None:
    case = random_case(rng)
    for line in case.lines:
        line.exempt = False
    ordinary = ticket_of(case)
    for line in case.lines:
        line.exempt = True
    exempt = ticket_of(case)
    if ordinary is None or exempt is None:
        return

    assert ordinary.net == exempt.total == exempt.net
    assert exempt.vat == 0 == sum(line.vat for line in exempt.lines)
    assert [line.id for line in ordinary.lines] == [line.id for line in exempt.lines]


@BOUNDED
@given(RANDOMS)
def test_the_margin_of_each_line_is_taxed_and_a_loss_never(rng: Random) -> None:
    case = random_case(rng)
    for line in case.lines:
        line.exempt = False
        if line.nature == GOODS:
            line.margin, line.cost = True, rng.randint(0, 200_000)
    ticket = ticket_of(case)
    if ticket is None:
        return

    for row in ticket.lines:
        if row.line.nature == GOODS:
            assert row.cost is not None
            sale = abs(row.amount) + abs(row.vat) * (case.basis == NET)
            assert abs(row.vat) == margin_vat(sale, abs(row.cost), row.line.rate)


@BOUNDED
@given(RANDOMS)
def test_no_line_changes_its_sign_and_no_vat_exceeds_its_line(rng: Random) -> None:
    ticket = ticket_of(random_case(rng))
    if ticket is None:
        return
    goods = [line for line in ticket.lines if line.line.nature == GOODS]
    sign = -1 if any((line.base or line.line.quantity) < 0 for line in goods) else 1

    assert all(line.amount * sign >= 0 for line in goods)
    assert all(0 <= line.vat * (1 if line.amount > 0 else -1) <= abs(line.amount) for line in ticket.lines)


@BOUNDED
@given(RANDOMS)
def test_all_of_it_off_leaves_nothing_to_pay_for_goods(rng: Random) -> None:
    case = random_case(rng)
    case.subtotals = [Adjustment(ref="all", percent=-100_000)]
    ticket = ticket_of(case)
    if ticket is None:
        return

    assert all(line.amount == 0 == line.vat for line in ticket.lines if line.line.nature == GOODS)


@BOUNDED
@given(RANDOMS)
def test_a_basket_turned_round_is_the_ticket_turned_round(rng: Random) -> None:
    case = random_case(rng)
    for line in case.lines:
        line.default = None  # the one thing that a negative basket does without
    before = core_answer(case)
    for line in case.lines:
        line.quantity = -line.quantity

    after = core_answer(case)

    if isinstance(before, tuple):
        assert before == after
        return
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert before["total"] == -after["total"]
    assert [row[2:] for row in before["lines"]] == [
        (-base, tuple((index, -share) for index, share in shares), -amount, -vat)
        for _, _, base, shares, amount, vat in after["lines"]
    ]


@BOUNDED
@given(RANDOMS)
def test_the_same_inputs_give_the_same_ticket_again(rng: Random) -> None:
    case = random_case(rng)
    lines, subtotals = [core_line(line) for line in case.lines], [core_subtotal(rule) for rule in case.subtotals]
    if ticket_of(case) is None:
        return

    first = price(lines, subtotals, basis=case.basis, decimals=case.decimals)
    second = price(lines, subtotals, basis=case.basis, decimals=case.decimals)

    assert repr(first) == repr(second)
