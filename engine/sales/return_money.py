"""How the money of a refund goes back: the ways it came, no more of it than came, and never more cash than cash."""

from typing import NamedTuple

import msgspec

from engine.kernel.errors import Refusal
from engine.payments.kinds import LegIn
from engine.payments.records import Leg
from engine.sales.records import Posted
from engine.sales.state import CASH, LaterRow


class Paid(NamedTuple):
    """What the shop holds for a ticket, by payment mode in the order of their first use; ``counted`` minor units."""

    modes: dict[int, int]
    cash_modes: frozenset[int]

    @property
    def total(self) -> int:
        """What can be given back at all."""
        return sum(self.modes.values())

    @property
    def cash(self) -> int:
        """What can be given back in cash."""
        return max(0, sum(held for mode, held in self.modes.items() if mode in self.cash_modes))


def paid_so_far(sale: Posted, later: LaterRow) -> Paid:
    """What was paid with the sale and later, less what was given back."""
    modes: dict[int, int] = {}
    for leg in sale.legs:
        modes[leg.mode] = modes.get(leg.mode, 0) + leg.counted
    for moved in (later.cash, later.other):
        for mode, amount in moved.items():
            modes[mode] = modes.get(mode, 0) + amount
    return Paid(modes, frozenset(later.cash).union(leg.mode for leg in sale.legs if leg.type == CASH))


def same_ways(paid: Paid, amount: int, *, complete: bool) -> tuple[LegIn, ...]:
    """Legs that give ``amount`` back by the modes that paid, the last used first; the first used takes the rest."""
    if not amount:
        # Nothing is to be given back, but the last step may have to return the coins that rounding kept before.
        kept = [LegIn(mode=mode) for mode in paid.modes if mode in paid.cash_modes] if complete and paid.total else []
        return tuple(kept[:1])
    # A ticket so small that cash rounding took all of it was paid with nothing: its mode takes part all the same.
    modes = [mode for mode, held in paid.modes.items() if held > 0] or list(paid.modes)
    legs: list[LegIn] = []
    rest = amount
    for mode in reversed(modes):
        part = min(rest, paid.modes[mode])
        if mode == modes[0] or part == rest:
            legs.append(LegIn(mode=mode))
            break
        legs.append(LegIn(mode=mode, tendered=-part))
        rest -= part
    return tuple(legs)


def true_up(legs: tuple[Leg, ...], paid: Paid, step: int, *, complete: bool) -> tuple[Leg, ...]:
    """Moves cash rounding so that a sale refunded in full returns exactly what was paid, in however many steps, and no
    step returns more than the shop still holds (pricing.md, Refunds; complaint 34 of the peers' users)."""
    returned = -sum(leg.counted for leg in legs)
    excess = returned - paid.total
    # What is no whole number of coins stems from a change of modes on the way: no coin can put that right.
    if excess == 0 or (excess < 0 and not complete) or excess % max(1, step):
        return legs
    for index, leg in enumerate(legs):
        if leg.type == CASH:
            fixed = msgspec.structs.replace(
                leg,
                tendered=leg.tendered + excess,
                counted=leg.counted + excess,
                rounding=leg.rounding - excess,
            )
            return (*legs[:index], fixed, *legs[index + 1 :])
    return legs


def require_cash(legs: tuple[Leg, ...], paid: Paid) -> None:
    """A cash refund never exceeds the cash still to be returned."""
    cash = -sum(leg.counted for leg in legs if leg.type == CASH)
    if cash > paid.cash:
        raise Refusal(
            "sales.cash_exceeds",
            f"{paid.cash} of this ticket was paid in cash and not given back yet, {cash} asked",
            at="payments",
            data={"left": paid.cash, "asked": cash},
        )
