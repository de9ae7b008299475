"""Pricing without selling: the ticket that a basket would become, and what is missing for rules that do not apply."""

from engine.cash import views as cash
from engine.kernel.messages import Query
from engine.kernel.world import World
from engine.payments import views as payments
from engine.sales import make_ticket, views
from engine.sales.draft_basket import draft
from engine.sales.draft_rules import Hint, draft_terms, hints
from engine.sales.receive_basket import Basket
from engine.sales.records import Posted


class PriceSale(Query, Basket, frozen=True, kw_only=True, tag="sales.price"):
    """The same basket as for ``sales.post``; payments may be left out, then the whole ticket is due."""


class Quote(Posted, frozen=True, kw_only=True, tag="sales.posted"):
    """The would-be ticket, and ``hints``: the nearest rules that did not apply, and why; they are never sealed."""

    hints: tuple[Hint, ...] = ()


def answer_price(query: PriceSale, world: World) -> Quote:
    """The would-be ticket with number 0; refused for the same reasons as the sale, a closed till, stock and a coupon
    whose conditions do not hold excepted: the hints tell of that."""
    made = draft(query, world)
    terms = draft_terms(query, made, world)
    priced = make_ticket.price(made, terms, misses=True)
    legs, due = (
        payments.settle(world, priced.total, query.payments, may_stay_due=True, refund=False)
        if query.payments
        else ((), priced.total)
    )
    session = cash.session(world, world.actor.till)
    training = session is not None and session.training
    ticket = make_ticket.ticket(
        query,
        made,
        priced,
        world,
        terms,
        series=views.series(world, training=training),
        no=0,
        session=0 if session is None else session.number,
        legs=legs,
        due=due,
    )
    fields = {name: getattr(ticket, name) for name in ticket.__struct_fields__}
    return Quote(**fields, hints=() if terms is None else hints(terms, priced))
