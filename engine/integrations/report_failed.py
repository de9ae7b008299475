"""What the outbox could not deliver: the event is given up, and its endpoint switched off."""

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.integrations import views
from engine.integrations.kinds import WEBHOOKS, WebhookRow
from engine.integrations.records import Failed
from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.messages import Command, Id, Record
from engine.kernel.rows import RowPut
from engine.kernel.world import World

STATUS_MAX = 999
ATTEMPTS_MAX = 100


class ReportFailed(Command, frozen=True, kw_only=True, tag="integrations.report_failed"):
    """Endpoint ``id`` did not take the event at (``position``, ``number``), whatever was tried: the final outcome."""

    id: Id
    turn: views.PositionIn
    position: views.PositionIn
    number: views.NumberIn
    reason: Annotated[str, Meta(pattern=r"^[a-z_]{1,32}$")]
    status: Annotated[int, Meta(ge=0, le=STATUS_MAX)] = 0
    attempts: Annotated[int, Meta(ge=1, le=ATTEMPTS_MAX)]


def decide_report_failed(command: ReportFailed, world: World) -> tuple[Record, ...]:
    """The failure, the endpoint switched off, and an event that says so; switched on again, it hears all it missed
    since its last success."""
    views.require_outbox(world)
    state = views.hook_row(world, command.id)
    row: WebhookRow | None = world.row(WEBHOOKS, command.id)
    assert row is not None, "an endpoint has a state and no row"
    if command.turn != state.turn or not row.active:
        raise Refusal("integrations.no_progress", f"endpoint {command.id} was changed since", at="turn")
    if command.position >= world.position:
        raise Refusal("integrations.bad_report", "nobody was told of what is still to happen", at="position")
    failed = Failed(
        id=command.id,
        position=command.position,
        number=command.number,
        reason=command.reason,
        status=command.status,
        attempts=command.attempts,
    )
    off = RowPut(
        kind=WEBHOOKS.name, id=command.id, row=msgspec.structs.replace(row, active=False), person=None, secrets=()
    )
    detail = {"id": command.id, "reason": command.reason, "status": command.status}
    return failed, off, Event(code=0, what="webhooks.switched_off", detail=detail)
