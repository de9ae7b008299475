"""Trying a PIN or a badge: counted, durably, before the worker looks whether it is right."""

from typing import Annotated, Literal

from msgspec import Meta

from engine.kernel.errors import Refusal
from engine.kernel.messages import INTEGER_MAX, Command
from engine.kernel.world import World
from engine.staff import state_tries as tries
from engine.staff import views

Way = Literal["pin", "badge"]
Operator = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]


class TryPin(Command, frozen=True, kw_only=True, tag="staff.try_pin"):
    """Somebody at this till types the PIN of ``operator``, or shows a badge (null: it tells who he is afterwards)."""

    operator: Operator | None


def decide_try(command: TryPin, world: World) -> tuple[()]:
    """Counts against the operator, the till and the shop; refuses who has to wait, and seals that he was refused."""
    till = require_till(world)
    operator = command.operator or tries.UNKNOWN_BADGE
    known = command.operator is not None and views.operator(world, operator) is not None
    tries.count_try(world, till, operator, known=known)
    return ()


def require_till(world: World) -> int:
    """The actor's till: PINs and badges are taken at enrolled tills only."""
    if not world.actor.till:
        raise Refusal("staff.no_till", "PINs and badges are taken at tills only")
    return world.actor.till
