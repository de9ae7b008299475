"""When an overload is over is read off the answers, and off nothing else."""

import numpy as np
import pytest

from benchmarks.bench_overload import recovery_s

MS = 1_000_000


def _answers(*parts: tuple[int, int, int, int]) -> np.ndarray:
    """Rows from (first due ms, last due ms, took ms, status), one answer each millisecond."""
    rows = [(due * MS, (due + took) * MS, status) for first, last, took, status in parts for due in range(first, last)]
    return np.array(rows, dtype=np.int64)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ((200, 400, 2, 200), 0.0),
        ((200, 400, 50, 200), float("inf")),
    ],
)
def test_it_is_over_when_answers_come_as_before(after: tuple[int, int, int, int], expected: float) -> None:
    times = _answers((0, 100, 2, 200), (100, 200, 60, 503), after)

    actual = recovery_s(times, 0, 100 * MS, 200 * MS)

    assert expected == actual


def test_it_is_not_over_while_anything_is_refused() -> None:
    times = _answers((0, 100, 2, 200), (100, 200, 60, 503), (200, 260, 1, 503), (260, 400, 2, 200))

    actual = recovery_s(times, 0, 100 * MS, 200 * MS)

    assert pytest.approx(0.1) == actual
