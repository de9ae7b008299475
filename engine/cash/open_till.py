"""Opening a till: a session begins with a counted float."""

from typing import Annotated

from msgspec import Meta

from engine.cash import views
from engine.cash.records import Opened
from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.messages import Command
from engine.kernel.world import World
from engine.shop import views as shop
from engine.staff import views as staff

TRAINING = "cash.training"


class OpenTill(Command, frozen=True, kw_only=True, tag="cash.open"):
    """Open this till with ``float_in`` minor units in the drawer; ``training`` needs the right ``cash.training``."""

    float_in: Annotated[int, Meta(ge=0, le=views.COUNT_MAX)]
    training: bool = False


def decide_open(command: OpenTill, world: World) -> tuple[Opened]:
    """One open session per till; a float that is not what was left is accepted, sealed with both, and booked."""
    till = world.actor.till
    known = shop.till(world, till) if till else None
    if known is None or not known.active:
        raise Refusal("cash.unknown_till", f"there is no till {till} in use")
    if command.training and not staff.role_allows(world, world.actor, TRAINING):
        event = Event(code=0, what="refused.not_allowed", detail={"right": TRAINING})
        text = f"training needs the right {TRAINING}"
        raise Refusal("kernel.not_allowed", text, at="training", data={"right": TRAINING}, records=(event,))
    row = views.last_row(world, till)
    if row is not None and row.open:
        raise Refusal("cash.already_open", f"till {till} is open since {row.opened}", data={"session": row.session})
    return (
        Opened(
            session=1 if row is None else row.session + 1,
            day=world.date().isoformat(),
            float_in=command.float_in,
            left=command.float_in if row is None or row.left is None else row.left,
            training=command.training,
        ),
    )
