"""The sheet of one pricing: the order of its lines, the sign of a basket, ids, and the limit of amounts."""

import itertools

import pytest
from pricing_cases import core_line, core_subtotal, line
from reference_pricing import DEPOSIT, Adjustment, Line

from engine_ext.basket import PricingError
from engine_ext.money import AMOUNT_MAX
from engine_ext.pricing import Priced, price
from engine_ext.sheet import CUT_TO_SUM, EMPTY_SUM, LINES_MAX, Applied


def priced(*lines: Line, rules: tuple[Adjustment, ...] = (), decimals: int = 2) -> Priced:
    return price([core_line(each) for each in lines], [core_subtotal(rule) for rule in rules], decimals=decimals)


def order_of(*lines: Line) -> list[str]:
    return [each.id for each in priced(*lines).lines]


def refusal_of(*lines: Line, rules: tuple[Adjustment, ...] = (), decimals: int = 2) -> tuple[str, str | None]:
    with pytest.raises(PricingError) as refusal:
        priced(*lines, rules=rules, decimals=decimals)
    return refusal.value.code, refusal.value.line_id


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"category": "a", "rate": 9}, {"category": "b", "rate": 1}),
        ({"rate": 1, "category": "a", "product": "z"}, {"rate": 2, "category": "a", "product": "a"}),
        ({"product": "z"}, {"product": None, "department": "a"}),
        ({"product": "a"}, {"product": "b"}),
        ({"product": None, "department": "a"}, {"product": None, "department": "b"}),
        ({"product": None, "department": None}, {"product": None, "department": "a"}),
        ({"product": "a", "price": 1}, {"product": "a", "price": 2}),
        ({"product": "a", "options": ()}, {"product": "a", "options": (("x", 0),)}),
        ({"product": "a", "options": (("x", 0),)}, {"product": "a", "options": (("y", 0),)}),
        ({"product": "a", "quantity": 1_000}, {"product": "a", "quantity": 2_000}),
        ({"product": "é"}, {"product": "€"}),
    ],
)
def test_lines_stand_in_the_order_of_the_specification(first: dict[str, object], second: dict[str, object]) -> None:
    words: dict[str, object] = {"price": 100}
    later = line("1", **(words | second))  # type: ignore[arg-type]  # words of a line
    earlier = line("2", **(words | first))  # type: ignore[arg-type]  # words of a line

    assert order_of(later, earlier) == order_of(earlier, later) == ["2", "1"]


def test_the_base_orders_lines_that_are_equal_otherwise() -> None:
    # Unit price 0 by options of opposite deltas cannot differ, so the base differs by quantity only: the id decides.
    lines = [line(str(number), price=100, product="a") for number in (3, 1, 2)]

    assert order_of(*lines) == ["1", "2", "3"]


def test_the_options_of_a_line_stand_in_one_order_whatever_the_keys_pressed() -> None:
    ordered = line("1", price=100, product="a", options=(("x", 100), ("y", 100)))
    turned = line("2", price=100, product="a", options=(("y", 100), ("x", 100)))

    assert order_of(turned, ordered) == ["1", "2"]


def test_every_order_of_entry_gives_the_same_ticket() -> None:
    lines = [line(str(i), price=333, rate=(20_000, 5_500)[i % 2], product="ab"[i // 2 % 2]) for i in range(5)]
    rules = (Adjustment(ref="r", amount=-100),)

    tickets = {repr(priced(*each, rules=rules)) for each in itertools.permutations(lines)}

    assert len(tickets) == 1


def test_a_large_basket_is_sorted_too() -> None:
    lines = [line(f"{number:05}", price=100, product="a") for number in range(LINES_MAX)]

    assert order_of(*lines[5_000:], *lines[:5_000]) == [each.id for each in lines]


def test_more_lines_than_the_limit_are_refused() -> None:
    lines = [line(str(number), price=100) for number in range(LINES_MAX + 1)]

    assert refusal_of(*lines) == ("pricing.too_many_lines", None)


def test_two_lines_of_one_id_are_refused() -> None:
    assert refusal_of(line("1", price=1), line("2", price=1), line("1", price=2)) == ("pricing.duplicate_line", "1")


def test_goods_of_both_signs_are_refused() -> None:
    lines = (line("1", price=100), line("2", price=100, quantity=-1_000))

    assert refusal_of(*lines) == ("pricing.mixed_signs", "2")


def test_goods_that_cost_nothing_have_the_sign_of_their_quantity() -> None:
    lines = (line("1", price=100), line("2", price=0, quantity=-1_000))

    assert refusal_of(*lines) == ("pricing.mixed_signs", "2")


def test_a_deposit_returned_does_not_turn_round_a_free_line_that_is_given_a_price() -> None:
    free = line("1", price=0, manual=Adjustment(ref="five", fixed=50_000))

    actual = priced(free, line("2", price=100, quantity=-1_000, nature=DEPOSIT))

    assert {each.id: each.amount for each in actual.lines} == {"1": 500, "2": -100}


def test_a_deposit_may_stand_against_the_sign() -> None:
    actual = priced(line("1", price=500), line("2", price=100, quantity=-2_000, nature=DEPOSIT))

    assert actual.total == 300


def test_a_basket_of_deposits_alone_may_have_both_signs() -> None:
    charged = line("1", price=100, nature=DEPOSIT, product="cup")
    returned = line("2", price=100, quantity=-3_000, nature=DEPOSIT, product="cup")

    actual = priced(charged, returned)

    assert actual.total == -200
    assert [(rate.gross, rate.vat) for rate in actual.rates] == [(-300, -50), (100, 17)]


def test_a_base_beyond_the_limit_is_refused_with_its_line() -> None:
    fits = line("1", price=1, quantity=1)
    too_much = line("2", price=1, catalogue=AMOUNT_MAX, quantity=100_001)

    assert refusal_of(fits, too_much) == ("pricing.overflow", "2")


def test_a_base_beyond_64_bits_is_refused_with_its_line() -> None:
    too_much = line("9", price=1, catalogue=AMOUNT_MAX, quantity=AMOUNT_MAX)

    assert refusal_of(too_much) == ("pricing.overflow", "9")


def test_the_largest_base_fits_and_a_cent_more_is_refused() -> None:
    largest = line("1", price=1, catalogue=AMOUNT_MAX, quantity=100_000)

    assert priced(largest).total == AMOUNT_MAX
    assert refusal_of(largest, line("2", price=1)) == ("pricing.overflow", "2")


def test_a_surcharge_beyond_the_limit_is_refused() -> None:
    largest = line("1", price=1, catalogue=AMOUNT_MAX, quantity=100_000)

    assert refusal_of(largest, rules=(Adjustment(ref="r", amount=1),)) == ("pricing.overflow", None)


def test_a_line_surcharge_beyond_the_limit_is_refused_with_its_line() -> None:
    surcharge = Adjustment(ref="r", percent=1_000)
    largest = line("1", price=1, catalogue=AMOUNT_MAX, quantity=100_000, manual=surcharge)

    assert refusal_of(largest) == ("pricing.overflow", "1")


@pytest.mark.parametrize(
    ("wanted", "base", "granted", "reason"),
    [(-50, 100, -50, None), (-100, 100, -100, None), (-101, 100, -100, CUT_TO_SUM), (-1, 0, 0, EMPTY_SUM)],
)
def test_a_discount_is_cut_to_its_sum_and_says_so(wanted: int, base: int, granted: int, reason: str | None) -> None:
    [step] = priced(line(price=base), rules=(Adjustment(ref="r", amount=wanted),)).discounts

    assert isinstance(step, Applied)
    assert (step.base_sum, step.wanted, step.granted, step.reason) == (base, wanted, granted, reason)


def test_a_surcharge_finds_nothing_to_stand_on_over_a_sum_of_zero() -> None:
    [step] = priced(line(price=0), rules=(Adjustment(ref="r", amount=70),)).discounts

    assert (step.wanted, step.granted, step.reason) == (70, 0, EMPTY_SUM)


def test_a_step_shows_itself() -> None:
    [step] = priced(line(price=100), rules=(Adjustment(ref="r", amount=-1),)).discounts

    expected = "Applied(ref='r', phase=3, kind='amount', base_sum=100, wanted=-1, granted=-1, reason=None)"
    assert expected == repr(step)
