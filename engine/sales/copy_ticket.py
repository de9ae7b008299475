"""Copies: every reprint or resend of a ticket is numbered and sealed."""

from typing import Annotated

from msgspec import Meta

from engine.cash import views as cash
from engine.kernel.errors import Refusal
from engine.kernel.messages import Command
from engine.kernel.world import World
from engine.sales import views
from engine.sales.records import Copied


class CopyTicket(Command, views.TicketName, frozen=True, kw_only=True, tag="sales.copy"):
    """Print or send a ticket again, named by its number (and series) or by its entry; ``how`` says by what way."""

    how: Annotated[str, Meta(pattern=r"^[a-z]{1,16}$")] = "print"


def decide_copy(command: CopyTicket, world: World) -> tuple[Copied]:
    """The copy's number, from 1 (fiscal.md, FR-26); a till need not be open for it."""
    session = cash.session(world, world.actor.till)
    training = session is not None and session.training
    of, row = views.find_for(command, world, training=training)
    later = views.later_row(world, of.series, of.no, row)
    if len(later.copies) >= views.EVENTS_MAX:
        raise Refusal("sales.too_many_events", f"ticket {of.no} was copied {views.EVENTS_MAX} times", at="no")
    return (Copied(of=of, copy=len(later.copies) + 1, how=command.how),)
