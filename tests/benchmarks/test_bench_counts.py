"""The gate on instruction counts: what it lets through, what it stops."""

import pytest

from benchmarks import bench_counts
from benchmarks.counted import OPERATIONS


@pytest.mark.parametrize(
    ("count", "held"), [(99_000, True), (100_000, True), (101_000, True), (101_001, False), (200_000, False)]
)
def test_more_than_one_percent_above_the_baseline_is_a_failure(count: int, held: bool) -> None:
    actual = bench_counts.judged("price", count, 100_000)

    assert held == actual.held


def test_a_count_without_a_baseline_is_only_reported() -> None:
    actual = bench_counts.judged("price", 100_000, None)

    assert actual.held is None


def test_the_stored_baseline_knows_every_operation() -> None:
    stored = bench_counts.stored_baseline()

    assert stored is not None
    assert set(OPERATIONS) == set(stored["counts"])
