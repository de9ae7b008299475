"""Refunds in plain fractions: every thousandth of a line has its own worth, and a refund adds the ones it covers."""

from fractions import Fraction

from reference_money import r


def worth(whole: int, size: int, thousandth: int) -> int:
    """What the k-th thousandth of a line brings back: R(k) - R(k - 1) with R(k) = r(whole x k / size)."""
    return r(Fraction(whole * thousandth, size)) - r(Fraction(whole * (thousandth - 1), size))


def part(whole: int, size: int, first: int, last: int) -> int:
    """What the thousandths first..last bring back together: R(last) - R(first - 1)."""
    return sum(worth(whole, size, thousandth) for thousandth in range(first, last + 1))
