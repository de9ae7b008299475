"""Signing out at a till."""

from engine.kernel.errors import Refusal
from engine.kernel.events import JET_STOP, Event
from engine.kernel.messages import Command, Record
from engine.kernel.world import World
from engine.staff.records import SignedOut
from engine.staff.state import SIGN_INS
from engine.staff.try_pin import Operator, require_till


class SignOutAtTill(Command, frozen=True, kw_only=True, tag="staff.sign_out"):
    """``operator`` leaves this till; whoever else is signed in there stays."""

    operator: Operator


def decide_sign_out(command: SignOutAtTill, world: World) -> tuple[Record, ...]:
    """Anybody at a till may sign anybody out there: leaving is never refused. JET 40: operator log-off."""
    till = require_till(world)
    row = world.get(SIGN_INS, till, command.operator)
    if row is None:
        text = f"operator {command.operator} is not signed in at till {till}"
        raise Refusal("staff.not_signed_in", text, at="operator")
    return (
        SignedOut(operator=command.operator, number=row.number),
        Event(code=JET_STOP, what="staff.signed_out", detail={"operator": command.operator}),
    )
