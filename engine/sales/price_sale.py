"""Pricing without selling: the ticket that a basket would become; nothing is sealed."""

from engine.cash import views as cash
from engine.kernel.messages import Query
from engine.kernel.world import World
from engine.payments import views as payments
from engine.sales import make_ticket, views
from engine.sales.draft_basket import draft
from engine.sales.receive_basket import Basket
from engine.sales.records import Posted


class PriceSale(Query, Basket, frozen=True, kw_only=True, tag="sales.price"):
    """The same basket as for ``sales.post``; payments may be left out, then the whole ticket is due."""


def answer_price(query: PriceSale, world: World) -> Posted:
    """The would-be ticket with number 0; refused for the same reasons as the sale, a closed till and stock excepted."""
    made = draft(query, world)
    priced = make_ticket.price(made)
    legs, due = (
        payments.settle(world, priced.total, query.payments, may_stay_due=True, refund=False)
        if query.payments
        else ((), priced.total)
    )
    session = cash.session(world, world.actor.till)
    training = session is not None and session.training
    return make_ticket.ticket(
        query,
        made,
        priced,
        world,
        series=views.series(world, training=training),
        no=0,
        session=0 if session is None else session.number,
        legs=legs,
        due=due,
    )
