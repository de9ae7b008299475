"""Sending again: an endpoint is taken back to an earlier place of the journal and hears everything after it."""

from typing import Annotated

from msgspec import Meta

from engine.integrations import views
from engine.integrations.records import Replayed
from engine.kernel.errors import Refusal
from engine.kernel.messages import Command, Id
from engine.kernel.world import GENERATIONS_MAX, World, join_position


class ReplayEvents(Command, frozen=True, kw_only=True, tag="integrations.replay"):
    """Send endpoint ``id`` again what happened after the entry (``gen``, ``seq``), under the same ids as before."""

    id: Id
    gen: Annotated[int, Meta(ge=1, le=GENERATIONS_MAX)] = 1
    seq: Annotated[int, Meta(ge=0, lt=2**48)]


def decide_replay(command: ReplayEvents, world: World) -> tuple[Replayed]:
    """No further back than the endpoint is old, and not into the future."""
    state = views.hook_row(world, command.id)
    position = join_position(command.gen, command.seq)
    if position >= world.position:
        raise Refusal("integrations.bad_place", "the journal has not come that far", at="seq")
    return (Replayed(id=command.id, position=max(position, state.since)),)
