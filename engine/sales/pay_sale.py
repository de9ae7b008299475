"""Later payment: a ticket that was left unpaid, or partly, is paid; as often as needed, never above what is due."""

from typing import Annotated

from msgspec import Meta

from engine.cash import views as cash
from engine.kernel.errors import Refusal
from engine.kernel.messages import Command
from engine.kernel.world import World
from engine.payments import views as payments
from engine.payments.kinds import LEGS_MAX, LegIn
from engine.sales import views
from engine.sales.records import Paid


class PaySale(Command, views.TicketName, frozen=True, kw_only=True, tag="sales.pay"):
    """Pay a ticket that something is due for, named by its number (and series) or by its entry (``gen``, ``seq``)."""

    payments: Annotated[tuple[LegIn, ...], Meta(min_length=1, max_length=LEGS_MAX)]


def decide_pay(command: PaySale, world: World) -> tuple[Paid]:
    """The payment, on the session of the till that takes it; turnover was counted with the sale."""
    session = cash.open_session(world)
    of, row = views.find_for(command, world, training=session.training)
    later = views.later_row(world, of.series, of.no, row)
    if later.due <= 0:
        raise Refusal("sales.nothing_due", f"nothing is due for ticket {of.no}", at="no")
    if len(later.payments) >= views.EVENTS_MAX:
        raise Refusal("sales.too_many_events", f"ticket {of.no} was paid {views.EVENTS_MAX} times", at="no")
    before = list(views.sealed_ticket(world, row.position).rec[0].legs)
    for position in later.payments:
        before.extend(views.sealed_payment(world, position).legs)
    legs, due = payments.settle(
        world, later.due, command.payments, may_stay_due=True, refund=False, before=tuple(before)
    )
    cash.require_room(session, 0, legs)
    return (Paid(of=of, session=session.number, day=world.date().isoformat(), legs=legs, due=due),)
