"""Rounding and checked arithmetic in plain fractions, as the specification words it."""

from fractions import Fraction

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1


class Overflow(Exception):
    """What does not fit."""


def r(value: Fraction) -> int:
    """To nearest, halves away from zero."""
    if value < 0:
        return -r(-value)
    return int(value + Fraction(1, 2))


def fits(number: int) -> int:
    if not INT64_MIN <= number <= INT64_MAX:
        raise Overflow(number)
    return number


def mul_div(a: int, b: int, d: int) -> int:
    return fits(r(Fraction(a * b, d)))


def divide(n: int, d: int) -> int:
    return mul_div(n, 1, d)


def round_to_step(x: int, step: int) -> int:
    sign = -1 if x < 0 else 1
    return fits(r(Fraction(abs(x), step)) * step * sign)
