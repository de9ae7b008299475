"""What the outbox has delivered, said for many endpoints and many events at once."""

from typing import Annotated

from msgspec import Meta

from engine.integrations import views
from engine.integrations.kinds import WEBHOOKS_MAX
from engine.integrations.records import Delivered, Heard
from engine.kernel.errors import Refusal
from engine.kernel.kinds import Row
from engine.kernel.messages import Command, Id
from engine.kernel.world import World

BEYOND_MAX = 500  # later events that one endpoint may have heard while an earlier one waits for its retry


class HeardIn(Row, frozen=True, kw_only=True):
    """How far one endpoint has heard (``integrations.records.Heard``); ``turn`` as ``integrations.hooks`` gave it."""

    id: Id
    turn: views.PositionIn
    position: views.PositionIn
    number: views.NumberIn
    beyond: Annotated[tuple[tuple[views.PositionIn, views.NumberIn], ...], Meta(max_length=BEYOND_MAX)] = ()


class ReportDelivered(Command, frozen=True, kw_only=True, tag="integrations.report_delivered"):
    """Endpoints have heard more. Said now and then, not for each delivery: after a crash the last ones are sent again,
    under the same ids (at least once)."""

    heard: Annotated[tuple[HeardIn, ...], Meta(min_length=1, max_length=WEBHOOKS_MAX)]


def decide_report_delivered(command: ReportDelivered, world: World) -> tuple[Delivered]:
    """What of the report still says something: endpoints that are gone or were taken back since are passed over."""
    views.require_outbox(world)
    heard = tuple(
        Heard(id=given.id, position=given.position, number=given.number, beyond=tuple(sorted(given.beyond)))
        for index, given in enumerate(command.heard)
        if _moves(given, index, command, world)
    )
    if not heard:
        raise Refusal("integrations.no_progress", "no endpoint has heard more than was known")
    return (Delivered(heard=heard),)


def _moves(given: HeardIn, index: int, command: ReportDelivered, world: World) -> bool:
    at = f"heard[{index}]"
    if any(other.id == given.id for other in command.heard[:index]):
        raise Refusal("integrations.bad_report", f"endpoint {given.id} is there twice", at=f"{at}.id")
    place = (given.position, given.number)
    if any(later <= place for later in given.beyond) or len(set(given.beyond)) != len(given.beyond):
        raise Refusal("integrations.bad_report", "what was heard beyond comes after the rest, once", at=f"{at}.beyond")
    if max((place, *given.beyond))[0] >= world.position:
        raise Refusal("integrations.bad_report", "nobody has heard of what is still to happen", at=at)
    try:
        state = views.hook_row(world, given.id)
    except Refusal:
        return False
    known = (state.position, state.number)
    return given.turn == state.turn and (place > known or (place == known and set(given.beyond) > set(state.beyond)))
