"""Inviting a device to become a till: a one-time code that a manager reads to it."""

from typing import Annotated

from msgspec import Meta

from engine.access.state import INVITATIONS, Invitation
from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.messages import TILL_MAX, Command, Record
from engine.kernel.world import World
from engine.shop import views as shop

INVITATION_MS = 10 * 60_000
INVITATION_TRIES_MAX = 5

Till = Annotated[int, Meta(ge=1, le=TILL_MAX)]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
"""SHA-256 or HMAC-SHA-256 in hex: what the engine gets of anything secret."""


class InviteTill(Command, frozen=True, kw_only=True, tag="access.invite_till"):
    """For ten minutes and five tries a device that knows the code becomes ``till``; ``code`` is the worker's keyed hash
    of it, and the code itself is shown once, by the worker."""

    till: Till
    code: Digest


def decide_invite(command: InviteTill, world: World) -> tuple[Record, ...]:
    """A till in use; a new invitation takes the place of an open one. The live credential stays until the new one."""
    require_till_in_use(world, command.till)
    code = Invitation(bytes.fromhex(command.code), world.at_ms + INVITATION_MS, 0, world.actor.operator)
    world.stage(INVITATIONS, code, command.till)
    return (Event(code=0, what="till.invited", detail={"till": command.till}),)


def require_till_in_use(world: World, till: int) -> None:
    """Refuses a till that nobody set up or that is switched off."""
    row = shop.till(world, till)
    if row is None or not row.active:
        raise Refusal("access.unknown_till", f"there is no till {till} in use", at="till")
