"""Rounding and checked arithmetic of the core: halves away from zero, 128-bit products, nothing wrapped."""

from collections.abc import Callable
from decimal import Decimal

import pytest
import reference_money
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_ext import money

INT64 = st.integers(-(2**63), 2**63 - 1)
POSITIVE = st.integers(1, 2**63 - 1)
EDGES = st.sampled_from([0, 1, -1, 2, 2**31, 2**53 - 1, 2**62, 2**63 - 1, -(2**63), -(2**63) + 1])


@pytest.mark.parametrize(
    ("n", "d", "expected"),
    [(5, 2, 3), (-5, 2, -3), (1, 2, 1), (-1, 2, -1), (1, 3, 0), (2, 3, 1), (-2, 3, -1), (7, 7, 1), (0, 9, 0)],
)
def test_halves_go_away_from_zero(n: int, d: int, expected: int) -> None:
    actual = money.divide(n, d)

    assert expected == actual


@pytest.mark.parametrize(("x", "expected"), [(198, 200), (-198, -200), (4999, 5000), (197, 195), (0, 0), (-2, 0)])
def test_cash_is_rounded_to_five_cents(x: int, expected: int) -> None:
    actual = money.round_to_step(x, 5)

    assert expected == actual


def test_a_product_of_128_bits_is_exact() -> None:
    actual = money.mul_div(2**62 + 1, 2**62 + 3, 2**62 + 3)

    assert actual == 2**62 + 1


def test_the_most_negative_number_survives() -> None:
    actual = money.mul_div(-(2**63), 3, 3)

    assert actual == -(2**63)


def test_amounts_stay_exact_for_readers_of_json() -> None:
    assert money.AMOUNT_MAX == 2**53 - 1
    assert float(money.AMOUNT_MAX) == money.AMOUNT_MAX


@pytest.mark.parametrize("arguments", [(2**62, 2, 1), (-(2**62), 4, 1), (2**63 - 1, 2**63 - 1, 2**62)])
def test_a_result_beyond_64_bits_is_refused(arguments: tuple[int, int, int]) -> None:
    with pytest.raises(money.MoneyOverflow, match="does not fit"):
        money.mul_div(*arguments)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_argument_beyond_64_bits_is_refused_by_name(number: int, place: int) -> None:
    arguments = [1, 1, 1]
    arguments[place] = number

    with pytest.raises(money.MoneyOverflow, match=f"^{'abd'[place]} does not fit"):
        money.mul_div(*arguments)


@pytest.mark.parametrize("value", [3.9, True, Decimal(3), "3", None])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_only_an_int_is_a_number_of_money(value: object, place: int) -> None:
    arguments: list[object] = [1, 1, 1]
    arguments[place] = value

    with pytest.raises(TypeError, match=f"^{'abd'[place]} must be an int, not {type(value).__name__}"):
        money.mul_div(*arguments)  # type: ignore[arg-type]  # the wrong type is the test


@pytest.mark.parametrize("value", [3.9, True, Decimal(3)])
@pytest.mark.parametrize(("function", "name"), [(money.divide, "nd"), (money.round_to_step, ["x", "step"])])
def test_every_argument_of_every_function_is_guarded(
    function: Callable[..., int], name: list[str], value: object
) -> None:
    with pytest.raises(TypeError, match=f"^{name[0]} must"):
        function(value, 1)
    with pytest.raises(TypeError, match=f"^{name[1]} must"):
        function(1, value)


@pytest.mark.parametrize("d", [0, -1])
def test_a_divisor_must_be_positive(d: int) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        money.divide(1, d)
    with pytest.raises(ValueError, match="must be positive"):
        money.round_to_step(1, d)


def test_no_multiple_above_the_largest_number_is_a_refusal() -> None:
    with pytest.raises(money.MoneyOverflow):
        money.round_to_step(2**63 - 1, 2**62)


@settings(max_examples=500, deadline=None)
@given(INT64 | EDGES, INT64 | EDGES, POSITIVE | st.integers(1, 1000))
def test_the_core_and_the_twin_round_alike(a: int, b: int, d: int) -> None:
    try:
        expected: object = reference_money.mul_div(a, b, d)
    except reference_money.Overflow:
        expected = money.MoneyOverflow

    try:
        actual: object = money.mul_div(a, b, d)
    except money.MoneyOverflow:
        actual = money.MoneyOverflow

    assert expected == actual


@settings(max_examples=300, deadline=None)
@given(INT64 | EDGES, st.integers(1, 1000) | POSITIVE)
def test_the_core_and_the_twin_round_to_steps_alike(x: int, step: int) -> None:
    try:
        expected: object = reference_money.round_to_step(x, step)
    except reference_money.Overflow:
        expected = money.MoneyOverflow

    try:
        actual: object = money.round_to_step(x, step)
    except money.MoneyOverflow:
        actual = money.MoneyOverflow

    assert expected == actual


@settings(max_examples=200, deadline=None)
@given(st.integers(-(2**63) + 1, 2**63 - 1), POSITIVE)
def test_rounding_is_symmetric(n: int, d: int) -> None:
    assert -money.divide(n, d) == money.divide(-n, d)
