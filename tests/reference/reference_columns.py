"""Slow twin of the report columns, without numpy."""

import struct
from collections.abc import Sequence

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


def gather(rows: Sequence[bytes], width: int) -> list[list[int]]:
    table = [struct.unpack(f"<{width}q", row) for row in rows]
    return [[row[column] for row in table] for column in range(width)]


def group_sum(keys: Sequence[int], values: Sequence[int]) -> tuple[list[int], list[int], list[int]]:
    """Keys ascending, rows per key, sum per key; OverflowError as soon as a running sum leaves 64 bits."""
    counts: dict[int, int] = {}
    sums: dict[int, int] = {}
    for key, value in zip(keys, values, strict=True):
        counts[key] = counts.get(key, 0) + 1
        sums[key] = sums.get(key, 0) + value
        if not INT64_MIN <= sums[key] <= INT64_MAX:
            raise OverflowError
    order = sorted(counts)
    return order, [counts[key] for key in order], [sums[key] for key in order]
