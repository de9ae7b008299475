"""Refunding: lines and quantities of a sealed sale are given back as a new ticket of opposite sign."""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from engine.cash import views as cash
from engine.discounts import views_coupons as coupons
from engine.discounts.kinds_coupons import COUPONS
from engine.kernel.errors import Refusal
from engine.kernel.kinds import Quantity, Row
from engine.kernel.messages import LINES_MAX, Command, Note, Record
from engine.kernel.money import quantity
from engine.kernel.world import World
from engine.payments import views as payments
from engine.payments.kinds import LegIn, Legs
from engine.payments.records import Leg
from engine.sales import return_money, views
from engine.sales.make_ticket import BASES, MARGIN, STORED, sealed_rate
from engine.sales.records import Discount, Line, Original, Posted, Refunded
from engine.sales.state import LaterRow
from engine.shop import views as shop
from engine_ext.basket import (
    NATURE_DEPOSIT,
    NATURE_GOODS,
    NATURE_STORED,
    SCHEME_EXEMPT,
    SCHEME_MARGIN,
    PricingError,
)
from engine_ext.refund import Refund, RefundedLine, SoldLine, refund

SCHEMES = {MARGIN: SCHEME_MARGIN, "exempt": SCHEME_EXEMPT, "intra-eu": SCHEME_EXEMPT}
"""The scheme of a sealed rate, as the core numbers it; any other is 0."""


class RefundLineIn(Row, frozen=True, kw_only=True):
    """A line of the original, by its id, and how much of it comes back (null: all that is left of it).

    ``restock`` false keeps the goods out of stock: damaged, or eaten.
    """

    line: Annotated[int, Meta(ge=1, le=LINES_MAX)]
    quantity: Quantity | None = None
    restock: bool = True


class RefundSale(Command, views.TicketName, frozen=True, kw_only=True, tag="sales.refund"):
    """Refund a ticket, named by its number (and series) or by its entry (``gen``, ``seq``).

    Without ``lines`` everything that is left of it. Without ``payments`` it goes back the ways it was paid, the last
    one first.
    """

    lines: Annotated[tuple[RefundLineIn, ...], Meta(max_length=LINES_MAX)] = ()
    payments: Legs = ()
    reason: Note | None = None
    note: Note | None = None
    receipt: bool = False


def decide_refund(command: RefundSale, world: World) -> tuple[Record, ...]:
    """The ticket of opposite sign: amounts by cumulative rounding, VAT as sealed (pricing.md, Refunds); where nothing
    is left of the sale, the uses of its coupons that come back with it."""
    session = cash.open_session(world)
    of, row = views.find_for(command, world, training=session.training)
    if row.refund:
        raise Refusal("sales.refund_of_refund", f"ticket {of.no} is a refund itself", at="no")
    sale = views.sealed_ticket(world, row.position).rec[0]
    assert isinstance(sale, Posted)
    later = views.later_row(world, of.series, of.no, row)
    if len(later.refunds) >= views.EVENTS_MAX:
        raise Refusal("sales.too_many_events", f"ticket {of.no} was refunded {views.EVENTS_MAX} times", at="no")
    sold, kept_out = _asked(command, sale, later)
    try:
        back = refund(sold, basis=BASES[sale.basis])
    except PricingError as error:
        raise Refusal(error.code, error.text, at="lines") from error
    case = _Case(of, sale, later, sold, kept_out, back, min(later.due, back.total))
    legs = _give_back(command.payments, case, world)
    cash.require_room(session, back.total, legs)
    ticket = _ticket(command, case, legs, session.number, world)
    return ticket, *(() if session.training else _restored(case, world))


def _restored(case: "_Case", world: World) -> tuple[Record, ...]:
    """The uses of coupons that a whole refund gives back, where the coupon says so."""
    if not any(discount.k == COUPONS.name for discount in case.sale.disc) or not _complete(case):
        return ()
    used = {discount.id for discount in case.sale.disc if discount.k == COUPONS.name and discount.id is not None}
    of, customer = case.of, None if case.sale.cust is None else case.sale.cust.id
    return tuple([record for id in sorted(used) for record in coupons.restored(world, id, customer, of.series, of.no)])


class _Case(NamedTuple):
    """A refund being decided: the sale and what happened to it since, the lines that come back, those of them that do
    not return to stock, the amounts, and what of them was only due."""

    of: Original
    sale: Posted
    later: LaterRow
    sold: list[SoldLine]
    kept_out: set[int]
    back: Refund
    off: int


def _asked(command: RefundSale, sale: Posted, later: LaterRow) -> tuple[list[SoldLine], set[int]]:
    """What of which line comes back, and the lines whose goods do not return to stock."""
    left = {line.id: line.q - later.refunded.get(line.id, 0) for line in sale.lines}
    wanted: dict[int, int] = {}
    kept_out: set[int] = set()
    if not command.lines:
        wanted = {id: rest for id, rest in left.items() if rest}
        if not wanted:
            raise Refusal("sales.nothing_left", f"all of ticket {sale.no} was given back", at="no")
    for index, given in enumerate(command.lines):
        at = f"lines[{index}]"
        if given.line not in left:
            raise Refusal("sales.unknown_line", f"ticket {sale.no} has no line {given.line}", at=f"{at}.line")
        if given.line in wanted:
            raise Refusal("sales.line_twice", f"line {given.line} is there twice", at=f"{at}.line")
        rest = left[given.line]
        asked = rest if given.quantity is None else quantity(given.quantity, f"{at}.quantity")
        if not 0 < asked <= rest:
            raise Refusal(
                "sales.refund_exceeds",
                f"{rest} thousandths of line {given.line} can be given back, not {asked}",
                at=f"{at}.quantity",
                data={"line": given.line, "left": rest, "asked": asked},
            )
        wanted[given.line] = asked
        if not given.restock:
            kept_out.add(given.line)
    return [
        _sold(line, sale, line.q - left[line.id], wanted[line.id]) for line in sale.lines if line.id in wanted
    ], kept_out


def _sold(line: Line, sale: Posted, already: int, now: int) -> SoldLine:
    rate = sale.rates[line.r]
    return SoldLine(
        id=str(line.id),
        category=str(rate.c),
        rate=rate.r,
        nature=NATURE_DEPOSIT if rate.deposit else NATURE_STORED if rate.s == STORED else NATURE_GOODS,
        scheme=SCHEMES.get(rate.s, 0),
        quantity=line.q,
        amount=line.a,
        vat=line.t,
        shares=line.x,
        already=already,
        now=now,
    )


def _give_back(asked: tuple[LegIn, ...], case: _Case, world: World) -> tuple[Leg, ...]:
    """The legs of the refund: what was only due is not given back, and cash no more than came in as cash."""
    sale = case.sale
    amount = case.back.total - case.off
    paid = return_money.paid_so_far(sale, case.later)
    complete = case.later.due == case.off and _complete(case)
    given = asked or return_money.same_ways(paid, amount, complete=complete)
    legs, _ = payments.settle(world, -amount, given, may_stay_due=False, refund=True)
    legs = return_money.true_up(legs, paid, shop.settings(world).cash_rounding_step, complete=complete)
    return_money.require_cash(legs, paid)
    return legs


def _complete(case: _Case) -> bool:
    """Whether nothing is left of the sale after this refund."""
    whole = case.later.refunded | {int(line.id): line.already + line.now for line in case.sold}
    return all(whole.get(line.id, 0) == line.q for line in case.sale.lines)


def _ticket(command: RefundSale, case: _Case, legs: tuple[Leg, ...], session: int, world: World) -> Refunded:
    """The refund as sealed, in the document's own currency, basis and book; every amount is negative."""
    of, sale, back = case.of, case.sale, case.back
    rates = {(int(rate.category), rate.rate, rate.scheme): index for index, rate in enumerate(back.rates)}
    names = {(rate.c, rate.r, SCHEMES.get(rate.s, 0)): rate.s for rate in sale.rates}
    originals = {line.id: line for line in sale.lines}
    listed: dict[int | None, int] = dict(sale.pr)
    used: dict[int, int] = {}
    for line in back.lines:
        for discount, _ in line.shares:
            used.setdefault(discount, len(used))
    lines = []
    for number, line in enumerate(back.lines, 1):
        old = originals[int(line.id)]
        if old.id in case.kept_out:
            old = msgspec.structs.replace(old, s=False)
        rate = sale.rates[old.r]
        lines.append(_line(number, line, old, rates[rate.c, rate.r, SCHEMES.get(rate.s, 0)], used))
    return Refunded(
        series=of.series,
        no=views.next_number(world, of.series),
        session=session,
        day=world.date().isoformat(),
        basis=sale.basis,
        cur=sale.cur,
        dec=sale.dec,
        mode=sale.mode,
        lines=tuple(lines),
        disc=tuple([_discount(sale.disc[index], index, back) for index in used]),
        rates=tuple([sealed_rate(rate, -1, names[int(rate.category), rate.rate, rate.scheme]) for rate in back.rates]),
        items=len(lines),
        total=-back.total,
        legs=legs,
        due=-case.off,
        note=command.note,
        book=sale.book,
        algo=sale.algo,
        asked=command.receipt,
        cust=sale.cust,
        table=sale.table,
        covers=sale.covers,
        zone=sale.zone,
        pr=tuple([(line.id, listed[line.of]) for line in lines if line.of in listed]),
        of=of,
        reason=command.reason,
    )


def _line(number: int, line: RefundedLine, old: Line, rate: int, used: dict[int, int]) -> Line:
    return Line(
        id=number,
        p=old.p,
        pv=old.pv,
        d=old.d,
        l=old.l,
        q=-line.quantity,
        u=old.u,
        typed=old.typed,
        o=old.o,
        b=-line.base,
        x=tuple([(used[index], -amount) for index, amount in line.shares]),
        a=-line.amount,
        r=rate,
        t=-line.vat,
        n=old.n,
        of=old.id,
        s=old.s,
    )


def _discount(old: Discount, index: int, back: Refund) -> Discount:
    """What of a discount is taken back: the shares of the lines that come back, and the base they stand on."""
    granted = base = 0
    for line in back.lines:
        shares = dict(line.shares)
        if index in shares:
            granted -= shares[index]
            base -= line.base
    return Discount(
        id=old.id, pv=old.pv, l=old.l, phase=old.phase, base=base, wanted=granted, granted=granted, cut=None, k=old.k
    )


def refund_again(sealed: Refunded, sale: Posted, already: Mapping[int, int], world: World) -> Refunded:
    """A sealed refund computed once more, for `engine.sales.replay_ticket`: its own quantities, legs and reasons over
    the sale and what of each line had gone back before (1/1000). Refused where the core refuses it."""
    originals = {line.id: line for line in sale.lines}
    asked = {line.of: -line.q for line in sealed.lines if line.of in originals}
    sold = [_sold(line, sale, already.get(line.id, 0), asked[line.id]) for line in sale.lines if line.id in asked]
    kept_out = {line.of for line in sealed.lines if line.of in originals and originals[line.of].s and not line.s}
    try:
        back = refund(sold, basis=BASES[sale.basis])
    except PricingError as error:
        raise Refusal(error.code, error.text, at="lines") from error
    case = _Case(
        of=sealed.of,
        sale=sale,
        later=LaterRow(due=0),
        sold=sold,
        kept_out={id for id in kept_out if id is not None},
        back=back,
        off=-sealed.due,
    )
    command = RefundSale(note=sealed.note, reason=sealed.reason, receipt=sealed.asked)
    made = _ticket(command, case, sealed.legs, sealed.session, world)
    return msgspec.structs.replace(made, no=sealed.no, day=sealed.day)
