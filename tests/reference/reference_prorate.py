"""Largest remainder in plain fractions, as the specification words it."""

from collections.abc import Sequence
from fractions import Fraction


def split(total: int, weights: Sequence[int]) -> list[int]:
    """Shares of ``total``: the floor of each quota, and a unit more for the largest remainders."""
    if total < 0:
        return [-share for share in split(-total, weights)]
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError("nothing to split over")
        return [0 for _ in weights]
    quotas = [Fraction(total * weight, whole) for weight in weights]
    shares = [int(quota) for quota in quotas]
    missing = total - sum(shares)
    claims = sorted(range(len(weights)), key=lambda i: (shares[i] - quotas[i], -weights[i], i))
    for i in claims[:missing]:
        shares[i] += 1
    return shares
