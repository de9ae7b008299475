"""Selling: a basket is priced, paid, numbered and becomes a ticket, or is refused as a whole."""

import msgspec

from engine.cash import views as cash
from engine.kernel.errors import Refusal
from engine.kernel.messages import Command
from engine.kernel.world import World
from engine.payments import views as payments
from engine.sales import make_ticket, views
from engine.sales.draft_basket import Draft, draft, need
from engine.sales.receive_basket import Basket
from engine.sales.records import STOCK_ITEM, Posted


class PostSale(Command, Basket, frozen=True, kw_only=True, tag="sales.post"):
    """Sell what is in the basket; see `Basket`. Without payments and with ``unpaid`` the whole ticket stays due."""


def decide_post(command: PostSale, world: World) -> tuple[Posted]:
    """The ticket, with the next accounting number of its series (pricing.md, phases 0 to 5)."""
    session = cash.open_session(world)
    made = draft(command, world)
    priced = make_ticket.price(made)
    if command.shown_total is not None and command.shown_total != priced.total:
        new = make_ticket.ticket(
            command, made, priced, world, series=0, no=0, session=session.number, legs=(), due=priced.total
        )
        raise Refusal(
            "sales.price_changed",
            f"the till showed {command.shown_total}, the price is {priced.total}",
            at="shown_total",
            data={"ticket": msgspec.to_builtins(new)},
        )
    if made.stock and not session.training:
        _require_stock(made, world)
    legs, due = payments.settle(world, priced.total, command.payments, may_stay_due=command.unpaid, refund=False)
    cash.require_room(session, priced.total, legs)
    if due:
        need(world, "sales.unpaid", "unpaid")
    series = views.series(world, training=session.training)
    no = views.next_number(world, series)
    return (
        make_ticket.ticket(
            command, made, priced, world, series=series, no=no, session=session.number, legs=legs, due=due
        ),
    )


def _require_stock(made: Draft, world: World) -> None:
    """Refuses to sell more of a product that blocks than there is, naming the first line that asks for it."""
    for product, (asked, blocks) in made.stock.items():
        balance = world.balance(STOCK_ITEM, product)
        floor = 0 if blocks else balance.floor
        if floor is not None and balance.amount - asked < floor:
            index = next(index for index, facts in enumerate(made.facts) if facts.product == product)
            left = balance.amount - floor
            raise Refusal(
                "sales.out_of_stock",
                f"{made.facts[index].label}: {left} thousandths left, {asked} asked",
                at=f"lines[{index}]",
                data={"product": product, "left": left, "asked": asked},
            )
