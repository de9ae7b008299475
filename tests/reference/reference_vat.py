"""Phase 4 of the whole twin: the VAT of a ticket by rate and regime, and its way back to the lines."""

from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

from reference_book import Sold
from reference_money import r
from reference_pricing import DEPOSIT, NET
from reference_prorate import split

WHOLE = 100_000


class Regime(IntEnum):
    """How a line is taxed."""

    NORMAL = 0
    EXEMPT = 1
    MARGIN = 2


@dataclass(kw_only=True, frozen=True)
class Row:
    """What a ticket says of one rate under one regime."""

    category: str
    rate: int
    nature: int
    regime: Regime
    gross: int
    vat: int
    net: int
    relief: int


def group_of(line: Sold) -> tuple[str, int, int, bool, Regime]:
    """ "Once per (territory, VAT category, rate) and ticket"; lines that stand against the sign "form their own group
    per rate". The category names its territory."""
    regime = Regime.EXEMPT if line.exempt else Regime.MARGIN if line.margin else Regime.NORMAL
    return line.category, line.rate, line.nature, line.nature == DEPOSIT and line.amount < 0, regime


def vat_inside(gross: int, rate: int) -> int:
    """V = r(G x rate / (100 % + rate))."""
    return r(gross * Fraction(rate, WHOLE + rate))


def vat_of_group(
    key: tuple[str, int, int, bool, Regime], lines: list[Sold], basis: int, sign: int, minor: Fraction
) -> Row:
    category, rate, nature, _, regime = key
    weights = [abs(line.amount) for line in lines]
    relief = vat = 0
    if regime == Regime.MARGIN:
        # "Margin VAT is r(max(0, sale - cost) x rate / (100 % + rate)) per line, summed": it is inside the price in
        # both bases, since neither the buyer nor the receipt may see it.
        for line in lines:
            line.vat = vat_inside(max(0, line.amount - r((line.cost or 0) * line.quantity * minor)), rate)
        vat = sum(line.vat for line in lines)
        gross = sum(line.amount for line in lines)
    elif regime == Regime.EXEMPT:
        # "An exempt profile on gross basis first computes V at the normal rate and takes it off (split over the
        # lines): the customer pays N".
        if basis != NET:
            relief = -vat_inside(sum(line.amount for line in lines), rate)
        for line, part in zip(lines, split(relief, weights), strict=True):
            line.relief = part
            line.amount += part
        gross = sum(line.amount for line in lines)
    else:
        amount = sum(line.amount for line in lines)
        vat = r(amount * Fraction(rate, WHOLE)) if basis == NET else vat_inside(amount, rate)
        gross = amount + vat if basis == NET else amount
        # "Per-line VAT for display and refunds is V split by largest remainder".
        for line, part in zip(lines, split(vat, weights), strict=True):
            line.vat = part
    figures = {"gross": gross * sign, "vat": vat * sign, "net": (gross - vat) * sign, "relief": relief * sign}
    return Row(category=category, rate=rate, nature=nature, regime=regime, **figures)
