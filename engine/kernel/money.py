"""Decimal strings at the edge, integers inside: unit prices (1/10 000) and quantities (1/1000)."""

import functools

from engine.kernel.errors import Refusal
from engine.kernel.messages import INTEGER_MAX

UNIT_PRICE_PLACES = 4
QUANTITY_PLACES = 3


@functools.lru_cache(maxsize=8192)
def _parse(value: str | int, places: int) -> int | None:
    text = str(value)
    sign = -1 if text.startswith("-") else 1
    whole, _, fraction = text.removeprefix("-").partition(".")
    if len(fraction) > places or not (whole + fraction).isascii() or not (whole + fraction).isdigit():
        return None
    return sign * int(whole + fraction.ljust(places, "0"))


def parse_decimal(value: str | int, places: int, at: str) -> int:
    """The integer number of 1/10**places units in a decimal string or whole number; refuses what it cannot hold."""
    number = _parse(value, places)
    if number is None:
        raise Refusal("kernel.bad_decimal", f"{value!r} is not a decimal with at most {places} decimals", at=at)
    if abs(number) > INTEGER_MAX:
        raise Refusal("kernel.bad_decimal", f"{value!r} is too large", at=at)
    return number


def unit_price(value: str | int, at: str) -> int:
    """A unit price in 1/10 000 of the major unit ("2.5" is 25 000)."""
    return parse_decimal(value, UNIT_PRICE_PLACES, at)


def quantity(value: str | int, at: str) -> int:
    """A quantity in 1/1000 of the unit of measure ("0.535" is 535)."""
    return parse_decimal(value, QUANTITY_PLACES, at)


def format_decimal(number: int, places: int) -> str:
    """The shortest decimal string of an integer count of 1/10**places units (25 000 of 4 places is "2.5")."""
    sign = "-" if number < 0 else ""
    digits = str(abs(number)).rjust(places + 1, "0")
    whole, fraction = digits[: len(digits) - places], digits[len(digits) - places :].rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"
