"""A wrong PIN or badge is sealed, and the shop is alerted when somebody seems to be guessing."""

from typing import Any

from engine.kernel.events import Event
from engine.kernel.messages import Command, Record
from engine.kernel.world import World
from engine.staff import state_tries as tries
from engine.staff.try_pin import Operator, Way, require_till


class ReportWrongPin(Command, frozen=True, kw_only=True, tag="staff.report_wrong_pin"):
    """The worker found the PIN of ``operator`` (null: a badge) to be wrong; its try was counted before."""

    operator: Operator | None
    way: Way


def decide_report_wrong(command: ReportWrongPin, world: World) -> tuple[Record, ...]:
    """One event, which is an alert at most once an hour from the shop's sixtieth wrong try of an hour on."""
    require_till(world)
    now = world.at_ms
    detail: dict[str, Any] = {"operator": command.operator or 0, "way": command.way}
    wrong = world.get(tries.WRONG, command.operator) if command.operator else None
    if wrong is not None:
        detail["wrong"] = wrong.count
        detail["locked"] = tries.wait_ms(wrong, now) is None
    guessed = len(tries.recent(world.get(tries.SHOP_TRIES, 0), now))
    alerted = world.get(tries.ALERTED, 0)
    quiet = alerted is None or not 0 <= now - alerted < tries.HOUR_MS
    if guessed >= tries.SHOP_TRIES_ALERT and quiet:
        world.stage(tries.ALERTED, now, 0)
        return (Event(code=0, what="staff.guessing", detail={**detail, "hour": guessed}),)
    return (Event(code=0, what="staff.wrong_pin", detail=detail),)
