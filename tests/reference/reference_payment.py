"""Phase 5 and refunds of the whole twin: what legs must come to, cash in coins, and lines that go back part by part."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from reference_money import r
from reference_pricing import DEPOSIT, NET

AMOUNTS = ("tendered", "counted", "change", "tip", "rounding", "kept")


def in_coins(amount: int, step: int) -> int:
    """ "r(|x| / step) x step x sign(x)"; a step of 0 is a country whose smallest coin is its minor unit."""
    if step < 2:
        return amount
    return r(Fraction(abs(amount), step)) * step * (-1 if amount < 0 else 1)


def broken_legs(legs: Iterable[Mapping[str, int]], total: int, due: int) -> list[str]:
    """What is wrong with the legs of a ticket: "tendered = counted + change + tip + kept; for the ticket the sum of
    counted + the sum of rounding + due = total"."""
    legs = list(legs)
    wrong = [
        f"leg {number}: tendered is not counted + change + tip + kept"
        for number, leg in enumerate(legs)
        if leg["tendered"] != leg["counted"] + leg["change"] + leg["tip"] + leg["kept"]
    ]
    paid = sum(leg["counted"] + leg["rounding"] for leg in legs)
    return wrong if paid + due == total else [*wrong, f"legs come to {paid}, due is {due}, the total is {total}"]


@dataclass(kw_only=True, frozen=True)
class Gone:
    """A part of a sealed line on its way back: the thousandths after ``already``, ``now`` of them."""

    id: str
    category: str
    rate: int
    nature: int
    quantity: int
    amount: int
    vat: int
    shares: tuple[tuple[int, int], ...]
    already: int
    now: int


def back(whole: int, gone: Gone) -> int:
    """ "R(b) - R(a - 1)" with "R(k) = r(A x k / n)"."""
    size = abs(gone.quantity)
    until, before = gone.already + gone.now, gone.already
    return r(Fraction(whole * until, size)) - r(Fraction(whole * before, size))


def refund(parts: Iterable[Gone], basis: int) -> dict[str, object]:
    """ "R(k) is applied to the line's remaining amount after all discounts, in the document's basis (gross: with VAT,
    and N = amount - VAT), to its VAT and to each discount share; the base shown is that amount plus shares; VAT per
    rate of the refund is the sum of its lines' VAT"."""
    lines, rates = [], dict[tuple[str, int, int, bool], list[int]]()
    for gone in parts:
        amount, vat = back(gone.amount, gone), back(gone.vat, gone)
        shares = tuple((index, part) for index, share in gone.shares if (part := back(share, gone)))
        gross = amount + vat if basis == NET else amount
        base = amount - sum(share for _, share in shares)
        lines.append((gone.id, base, shares, amount, vat, gross - vat, gross))
        against = gone.nature == DEPOSIT and gone.amount < 0
        row = rates.setdefault((gone.category, gone.rate, gone.nature, against), [0, 0])
        row[0], row[1] = row[0] + gross, row[1] + vat
    return {
        "lines": lines,
        "rates": [(*key[:3], gross, vat, gross - vat) for key, (gross, vat) in sorted(rates.items())],
        "total": sum(gross for gross, _ in rates.values()),
    }
