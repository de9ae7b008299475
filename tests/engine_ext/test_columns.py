"""Report columns against their twin without numpy."""

import struct
from typing import Any

import numpy as np
import pytest
import reference_columns as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_ext import columns

INT64 = st.integers(-(2**63), 2**63 - 1)
KEYS = st.integers(-3, 3) | INT64


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_rows_become_columns(data: st.DataObject) -> None:
    width = data.draw(st.integers(1, 6))
    table = data.draw(st.lists(st.lists(INT64, min_size=width, max_size=width), max_size=20))
    rows = [struct.pack(f"<{width}q", *row) for row in table]

    gathered = columns.gather(rows, width)

    assert gathered.tolist() == reference.gather(rows, width)
    assert (gathered.shape, gathered.dtype) == ((width, len(rows)), np.dtype(np.int64))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(KEYS, st.integers(-(2**40), 2**40)), max_size=60))
def test_sums_by_key_are_the_twins(pairs: list[tuple[int, int]]) -> None:
    keys, values = [key for key, _ in pairs], [value for _, value in pairs]

    result = columns.group_sum(np.array(keys, dtype=np.int64), np.array(values, dtype=np.int64))

    assert [part.tolist() for part in result] == list(reference.group_sum(keys, values))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from([2**63 - 1, -(2**63), 2**62, 1, -1])), max_size=6))
def test_a_sum_that_leaves_64_bits_is_an_error_exactly_when_the_twin_says_so(pairs: list[tuple[int, int]]) -> None:
    keys, values = [key for key, _ in pairs], [value for _, value in pairs]
    arrays = (np.array(keys, dtype=np.int64), np.array(values, dtype=np.int64))
    try:
        expected = list(reference.group_sum(keys, values))
    except OverflowError:
        with pytest.raises(OverflowError):
            columns.group_sum(*arrays)
    else:
        assert [part.tolist() for part in columns.group_sum(*arrays)] == expected


def test_many_keys_with_colliding_low_bits_are_kept_apart() -> None:
    keys = np.arange(5000, dtype=np.int64) << 40

    found, counts, sums = columns.group_sum(np.concatenate([keys, keys]), np.ones(10_000, dtype=np.int64))

    assert found.tolist() == keys.tolist()
    assert set(counts.tolist()) == set(sums.tolist()) == {2}


def test_a_read_only_column_can_be_summed() -> None:
    keys = np.zeros(3, dtype=np.int64)
    keys.flags.writeable = False

    assert [part.tolist() for part in columns.group_sum(keys, keys)] == [[0], [3], [0]]


@pytest.mark.parametrize("wrong", [np.array([1.0]), np.array([1], dtype=np.int32), np.array([[1]]), [1], None])
def test_only_int64_columns_are_summed(wrong: Any) -> None:
    good = np.array([1], dtype=np.int64)

    for keys, values in ((wrong, good), (good, wrong)):
        with pytest.raises((TypeError, ValueError)):
            columns.group_sum(keys, values)


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 keys but 1 values"):
        columns.group_sum(np.zeros(2, dtype=np.int64), np.zeros(1, dtype=np.int64))
    with pytest.raises(ValueError, match="row 1 has 7 bytes"):
        columns.gather([b"x" * 8, b"x" * 7], 1)
    with pytest.raises(TypeError, match="row 0"):
        columns.gather(["x" * 8], 1)  # type: ignore[list-item]  # the point of the test


@pytest.mark.parametrize("width", [0, -1, 257, 1.0, True])
def test_a_width_is_a_sensible_integer(width: Any) -> None:
    with pytest.raises(ValueError, match="columns"):
        columns.gather([], width)
