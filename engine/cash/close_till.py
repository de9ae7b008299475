"""Closing a till: what was counted against what the records expect, sealed as the shift closure."""

from typing import Annotated

from msgspec import Meta

from engine.cash import views
from engine.cash.records import Closed
from engine.cash.state import CASH, TillRow
from engine.kernel.errors import Refusal
from engine.kernel.kinds import Row
from engine.kernel.messages import Command, Id
from engine.kernel.world import World
from engine.payments import views as payments

COUNTS_MAX = 50  # payment modes counted at one closing


class CountIn(Row, frozen=True, kw_only=True):
    """What was counted of one payment mode, in minor units; for cash, with the float."""

    mode: Id
    amount: Annotated[int, Meta(ge=-views.COUNT_MAX, le=views.COUNT_MAX)]


class CloseTill(Command, frozen=True, kw_only=True, tag="cash.close"):
    """Close this till with the amounts counted and ``float_out`` left in the drawer.

    Blind: who counts need not know what is expected, the answer tells. Cash must be counted where there should be any
    or some is left; another mode that is left out is taken as right.
    """

    counted: Annotated[tuple[CountIn, ...], Meta(max_length=COUNTS_MAX)] = ()
    float_out: Annotated[int, Meta(ge=0, le=views.COUNT_MAX)]


def decide_close(command: CloseTill, world: World) -> tuple[Closed]:
    """The shift closure, read from the running totals: its cost does not depend on the number of tickets."""
    row = views.open_row(world, world.actor.till)
    counted = _counted(command, row, world)
    found = views.counts(row, counted)
    cash = [count for count in found if count.type == CASH]
    missing = [count.mode for count in cash if count.mode not in counted]
    if missing or (not cash and (row.float_in or command.float_out)):
        raise Refusal("cash.count_missing", "the cash in the drawer must be counted", at="counted")
    in_drawer = sum(count.counted for count in cash)
    if command.float_out > in_drawer:
        raise Refusal(
            "cash.float_exceeds", f"{command.float_out} cannot be left of {in_drawer} counted", at="float_out"
        )
    return (views.closing(row, found, world, float_out=command.float_out),)


def _counted(command: CloseTill, row: TillRow, world: World) -> dict[int, tuple[str, int]]:
    """What was counted of each mode, with the mode's type as this session knows it."""
    counted: dict[int, tuple[str, int]] = {}
    for index, count in enumerate(command.counted):
        at = f"counted[{index}]"
        if count.mode in counted:
            raise Refusal("cash.counted_twice", f"payment mode {count.mode} is counted twice", at=at)
        known = row.totals.modes.get(count.mode) or payments.mode(world, count.mode)
        if known is None:
            raise Refusal("cash.unknown_mode", f"there is no payment mode {count.mode}", at=at)
        counted[count.mode] = (known.type, count.amount)
    return counted
