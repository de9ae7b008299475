"""Signing in at a till, after the worker found the PIN or the badge to be right."""

from engine.kernel import credentials
from engine.kernel.errors import Refusal
from engine.kernel.events import JET_START, Event
from engine.kernel.messages import Command, Record
from engine.kernel.world import World
from engine.staff import state_tries as tries
from engine.staff import views
from engine.staff.records import SignedIn
from engine.staff.state import NUMBERS
from engine.staff.try_pin import Operator, Way, require_till


class SignInAtTill(Command, frozen=True, kw_only=True, tag="staff.sign_in"):
    """``operator`` stands at this till from now on, beside those who are signed in there already."""

    operator: Operator
    way: Way


def decide_sign_in(command: SignInAtTill, world: World) -> tuple[Record, ...]:
    """An operator in use, whose try was counted before; gives that try back. JET 80: operator log-in."""
    till, operator = require_till(world), command.operator
    if world.actor.operator not in (0, operator):
        raise Refusal("staff.other_operator", "nobody signs another operator in", at="operator")
    found = views.operator(world, operator)
    if found is None or not found.active:
        raise Refusal("staff.unknown_operator", f"there is no operator {operator} in use", at="operator")
    tries.give_back(world, till, operator if command.way == "pin" else tries.UNKNOWN_BADGE)
    named = credentials.parse(world.actor.credential)
    number = (world.get(NUMBERS, till) or 0) + 1
    return (
        SignedIn(operator=operator, number=number, serial=named.serial if named else 0, way=command.way),
        Event(code=JET_START, what="staff.signed_in", detail={"operator": operator, "way": command.way}),
    )
