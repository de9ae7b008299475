"""Selling: a basket is priced, paid, numbered and becomes a ticket, or is refused as a whole."""

import msgspec

from engine.cash import views as cash
from engine.kernel.errors import Refusal
from engine.kernel.messages import Command, Record
from engine.kernel.world import World
from engine.payments import views as payments
from engine.sales import make_ticket, views
from engine.sales.draft_basket import Draft, draft, need
from engine.sales.draft_rules import Terms, coupon_uses, draft_terms
from engine.sales.receive_basket import Basket
from engine.sales.records import STOCK_ITEM
from engine_ext.pricing import Priced


class PostSale(Command, Basket, frozen=True, kw_only=True, tag="sales.post"):
    """Sell what is in the basket; see `Basket`. Without payments and with ``unpaid`` the whole ticket stays due."""


def decide_post(command: PostSale, world: World) -> tuple[Record, ...]:
    """The ticket, with the next accounting number of its series (pricing.md, phases 0 to 5), and the coupons used."""
    session = cash.open_session(world)
    made = draft(command, world)
    terms = draft_terms(command, made, world)
    priced = make_ticket.price(made, terms, misses=bool(command.coupons))
    if command.shown_total is not None and command.shown_total != priced.total:
        new = make_ticket.ticket(
            command, made, priced, world, terms, series=0, no=0, session=session.number, legs=(), due=priced.total
        )
        raise Refusal(
            "sales.price_changed",
            f"the till showed {command.shown_total}, the price is {priced.total}",
            at="shown_total",
            data={"ticket": msgspec.to_builtins(new)},
        )
    if terms is not None and terms.added:
        _ask_added(made, terms, priced)
    if made.stock and not session.training:
        _require_stock(made, world)
    legs, due = payments.settle(world, priced.total, command.payments, may_stay_due=command.unpaid, refund=False)
    cash.require_room(session, priced.total, legs)
    if due:
        need(world, "sales.unpaid", "unpaid")
    series = views.series(world, training=session.training)
    no = views.next_number(world, series)
    sold = make_ticket.ticket(
        command, made, priced, world, terms, series=series, no=no, session=session.number, legs=legs, due=due
    )
    if terms is None or not terms.coupons:
        return (sold,)
    used = coupon_uses(command, terms, priced, world, series=series, no=no)
    return (sold,) if session.training else (sold, *used)


def _ask_added(made: Draft, terms: Terms, priced: Priced) -> None:
    """What rules have added asks for stock too."""
    for line in priced.lines:
        added = terms.added.get(line.id)
        if added is not None and added.ready.item.stock_tracked:
            item = added.ready.item
            made.stock[item.id] = (made.stock.get(item.id, (0,))[0] + line.line.quantity, item.stock_blocks)


def _require_stock(made: Draft, world: World) -> None:
    """Refuses to sell more of a product that blocks than there is, naming the first line that asks for it."""
    for product, (asked, blocks) in made.stock.items():
        balance = world.balance(STOCK_ITEM, product)
        floor = 0 if blocks else balance.floor
        if floor is not None and balance.amount - asked < floor:
            index = next((index for index, facts in enumerate(made.facts) if facts.product == product), None)
            left = balance.amount - floor
            label = f"product {product}" if index is None else made.facts[index].label
            raise Refusal(
                "sales.out_of_stock",
                f"{label}: {left} thousandths left, {asked} asked",
                at=None if index is None else f"lines[{index}]",
                data={"product": product, "left": left, "asked": asked},
            )
