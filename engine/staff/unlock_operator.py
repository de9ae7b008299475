"""A manager unlocks an operator who typed too many wrong PINs."""

from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.messages import Command, Record
from engine.kernel.world import World
from engine.staff import state_tries as tries
from engine.staff.try_pin import Operator


class UnlockOperator(Command, frozen=True, kw_only=True, tag="staff.unlock"):
    """``operator`` may try again at once."""

    operator: Operator


def decide_unlock(command: UnlockOperator, world: World) -> tuple[Record, ...]:
    """Forgets the operator's wrong PINs; nobody unlocks himself, nor whom nothing locks."""
    if command.operator == world.actor.operator:
        raise Refusal("staff.own_lock", "nobody unlocks himself", at="operator")
    wrong = world.get(tries.WRONG, command.operator)
    if wrong is None:
        raise Refusal("staff.not_locked", f"operator {command.operator} is not locked", at="operator")
    world.stage(tries.WRONG, None, command.operator)
    detail = {"operator": command.operator, "wrong": wrong.count}
    return (Event(code=0, what="staff.unlocked", detail=detail),)
