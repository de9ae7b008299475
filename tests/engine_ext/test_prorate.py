"""Proration of the core: largest remainder, to the last minor unit."""

from decimal import Decimal

import pytest
import reference_prorate
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_ext import prorate
from engine_ext.money import MoneyOverflow

SMALL = st.lists(st.integers(0, 30), max_size=80)
LARGE = st.lists(st.integers(0, 2**57), max_size=60)
FEW_VALUES = st.lists(st.sampled_from([0, 1, 2, 333, 1000]), min_size=30, max_size=50)


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (500, [1000, 1000, 1000], [167, 167, 166]),
        (100, [333, 333, 334], [33, 33, 34]),
        (700, [700, 250, 150], [446, 159, 95]),
        (1000, [100, 1900], [50, 950]),
    ],
)
def test_the_vectors_of_the_specification_hold(total: int, weights: list[int], expected: list[int]) -> None:
    actual = prorate.split(total, weights)

    assert expected == actual


def test_a_tie_of_remainders_goes_to_the_larger_weight() -> None:
    # 2 x 1 / 4 and 2 x 3 / 4 both leave 2 / 4.
    actual = prorate.split(2, [1, 3])

    assert actual == [0, 2]


def test_a_tie_of_remainders_and_weights_goes_to_the_earlier_one() -> None:
    actual = prorate.split(1, [7, 7])

    assert actual == [1, 0]


def test_a_tie_goes_to_the_earlier_one_among_many_too() -> None:
    actual = prorate.split(3, [5] * 100)

    assert actual == [1, 1, 1] + [0] * 97


def test_a_weight_of_zero_gets_nothing() -> None:
    actual = prorate.split(-7, [0, 3, 0, 3, 0])

    assert actual == [0, -4, 0, -3, 0]


def test_nothing_is_split_over_nothing() -> None:
    assert prorate.split(0, []) == []
    assert prorate.split(0, [0, 0]) == [0, 0]


@pytest.mark.parametrize("weights", [[], [0], [0, 0, 0]])
def test_something_cannot_be_split_over_nothing(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights add up to 0"):
        prorate.split(1, weights)


def test_a_negative_weight_is_refused_by_its_place() -> None:
    with pytest.raises(ValueError, match="weight 1 is negative: -2"):
        prorate.split(10, [3, -2, 4])


def test_the_most_negative_total_is_split_exactly() -> None:
    actual = prorate.split(-(2**63), [2**62, 1, 5])

    assert sum(actual) == -(2**63)
    assert [-share for share in reference_prorate.split(2**63, [2**62, 1, 5])] == actual


def test_weights_that_add_up_beyond_64_bits_are_refused() -> None:
    with pytest.raises(MoneyOverflow, match="add up to more"):
        prorate.split(1, [2**62, 2**62])


@pytest.mark.parametrize("value", [3.9, True, Decimal(3), None])
def test_only_ints_are_split(value: object) -> None:
    with pytest.raises(TypeError, match=r"^total must be an int"):
        prorate.split(value, [1])  # type: ignore[arg-type]  # the wrong type is the test
    with pytest.raises(TypeError, match=r"^weight must be an int"):
        prorate.split(1, [1, value])  # type: ignore[list-item]  # the wrong type is the test


def test_numbers_beyond_64_bits_are_refused() -> None:
    with pytest.raises(MoneyOverflow, match=r"^total does not fit"):
        prorate.split(2**63, [1])
    with pytest.raises(MoneyOverflow, match=r"^weight does not fit"):
        prorate.split(1, [2**63])


@settings(max_examples=500, deadline=None)
@given(st.integers(-1000, 1000) | st.integers(-(2**63), 2**63 - 1), SMALL | LARGE | FEW_VALUES)
def test_the_core_and_the_twin_split_alike(total: int, weights: list[int]) -> None:
    if sum(weights) == 0:
        total = 0

    actual = prorate.split(total, weights)

    assert reference_prorate.split(total, weights) == actual


@settings(max_examples=300, deadline=None)
@given(st.integers(-(2**62), 2**62), SMALL | LARGE)
def test_shares_add_up_and_a_negative_total_mirrors_them(total: int, weights: list[int]) -> None:
    if sum(weights) == 0:
        total = 0

    actual = prorate.split(total, weights)

    assert total == sum(actual)
    assert [-share for share in actual] == prorate.split(-total, weights)


@settings(max_examples=300, deadline=None)
@given(st.data(), SMALL | LARGE)
def test_a_total_within_the_sum_takes_no_weight_below_zero(data: st.DataObject, weights: list[int]) -> None:
    total = data.draw(st.integers(0, sum(weights)))

    actual = prorate.split(total, weights)

    assert all(0 <= share <= weight for share, weight in zip(actual, weights, strict=True))
