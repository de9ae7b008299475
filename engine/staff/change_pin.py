"""Changing one's own PIN or badge at a till, after the worker found the old PIN to be right."""

from typing import Literal

from engine.kernel.errors import Refusal
from engine.kernel.kinds import Secret
from engine.kernel.messages import Command, Record
from engine.kernel.world import World
from engine.staff import state_tries as tries
from engine.staff import views
from engine.staff.try_pin import require_till


class ChangePin(Command, frozen=True, kw_only=True, tag="staff.change_pin"):
    """The operator at this till, who has just typed his PIN again, gets another ``pin`` or ``badge`` (null: none)."""

    field: Literal["pin", "badge"]
    secret: Secret | None


def decide_change(command: ChangePin, world: World) -> tuple[Record, ...]:
    """His own only, and only behind a try that was counted within the last minute; every sign-in of his is over."""
    till, operator = require_till(world), world.actor.operator
    if not operator:
        raise Refusal("staff.not_signed_in", "nobody is signed in whose PIN could be changed")
    tries.give_back(world, till, operator)
    return views.change_secret(world, operator, command.field, command.secret)
