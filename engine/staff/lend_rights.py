"""A second operator lends his rights to one command, after the worker found his PIN to be right."""

from engine.kernel.messages import Command
from engine.kernel.world import World
from engine.staff import views
from engine.staff.state_tries import lend
from engine.staff.try_pin import Operator


class LendRights(Command, frozen=True, kw_only=True, tag="staff.lend"):
    """``operator``, whose PIN was typed at this till where somebody else stands, lends his rights for a minute."""

    operator: Operator


def decide_lend(command: LendRights, world: World) -> tuple[()]:
    """His try was right and counts no more, whether his rights are used or not; marks only, no entry."""
    views.require_lender(world, world.actor, command.operator)
    lend(world, world.actor.till, command.operator)
    return ()
