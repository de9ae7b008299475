"""Tables and folds of tickets: accounting numbers, one small row per ticket, what happened to it later, postings."""

import msgspec

from engine.cash.records import DRAWER
from engine.kernel.ledger import Posting
from engine.kernel.tables import Table
from engine.kernel.world import Folding
from engine.payments.records import Leg
from engine.sales.records import (
    DUE,
    KEPT,
    OTHER_MODE,
    ROUNDING,
    STOCK_ITEM,
    STOCK_OUTSIDE,
    TIPS,
    TURNOVER,
    Copied,
    Line,
    Original,
    Paid,
    Posted,
    Refunded,
)

CASH = "cash"
DUE_SERIES_SHIFT = 40  # an account of what is due is named by its series above and its number below this bit


class TicketRow(msgspec.Struct, array_like=True):
    """What a list shows of a ticket, and where its entry stands; ``due`` is what was left to pay when it was sealed."""

    position: int
    at_ms: int
    till: int
    operator: int
    day: int
    session: int
    refund: bool
    mode: int
    total: int
    due: int


class Counter(msgspec.Struct, array_like=True):
    """A series: its last number, and the business day that it is in since the number ``first``."""

    last: int
    day: int
    first: int


class LaterRow(msgspec.Struct, array_like=True):
    """What happened to a ticket after its sale; there is no row while nothing did.

    ``due`` is what is to be paid now; ``refunded`` maps a line id to the quantity given back (1/1000). ``cash`` and
    ``other`` map a payment mode to what later payments added and refunds gave back (signed, counted). ``refunds``
    holds (position, number), the others positions.
    """

    due: int
    refunded: dict[int, int] = msgspec.field(default_factory=dict)
    cash: dict[int, int] = msgspec.field(default_factory=dict)
    other: dict[int, int] = msgspec.field(default_factory=dict)
    refunds: list[tuple[int, int]] = msgspec.field(default_factory=list)
    payments: list[int] = msgspec.field(default_factory=list)
    copies: list[int] = msgspec.field(default_factory=list)


TICKETS = Table("sales.tickets", b"tk", ">HQ", TicketRow, db="tickets")
"""(series, number) -> the ticket."""

LATER = Table("sales.later", b"tl", ">HQ", LaterRow, db="rows")
"""(series, number) -> what happened to it later."""

COUNTERS = Table("sales.counters", b"tn", ">H", Counter)
"""series -> its last number."""

DAYS = Table("sales.days", b"td", ">HIQ", int, db="rows")
"""(series, business day, first number) -> last number of that run (0: not over yet).

A day has one run unless somebody put the clock back (journal.md, Closures), so a day's list never reads another's.
"""


def due_account(series: int, no: int) -> int:
    """The id of the account that holds what is due for a ticket."""
    return series << DUE_SERIES_SHIFT | no


def fold_ticket(record: Posted | Refunded, folding: Folding) -> None:
    """A ticket takes its number, its row, and its place on the ledger; a refund is remembered by its original too."""
    series, no = record.series, record.no
    entry = folding.entry
    _count(series, no, folding)
    refund = type(record) is Refunded
    row = TicketRow(
        position=folding.position,
        at_ms=folding.at_ms,
        till=entry.till,
        operator=entry.op,
        day=folding.day,
        session=record.session,
        refund=refund,
        mode=record.mode,
        total=record.total,
        due=record.due,
    )
    folding.put(TICKETS, row, series, no)
    owner = no
    if isinstance(record, Refunded):
        owner = record.of.no
        _remember_refund(record, folding)
    if not entry.training:
        _post_money(record.legs, record.due, record.total, due_account(series, owner), folding)
        _post_stock(record.lines, folding)


def fold_paid(record: Paid, folding: Folding) -> None:
    """A later payment lowers what is due."""
    of = record.of
    later = _later(of, folding)
    later.payments.append(folding.position)
    paid = _return(later, record.legs)
    later.due -= paid
    assert later.due == record.due, "the record and the row disagree on what is due"
    folding.put(LATER, later, of.series, of.no)
    if not folding.entry.training:
        _post_money(record.legs, -paid, 0, due_account(of.series, of.no), folding)


def fold_copied(record: Copied, folding: Folding) -> None:
    """A copy takes its number among the ticket's copies."""
    later = _later(record.of, folding)
    later.copies.append(folding.position)
    folding.put(LATER, later, record.of.series, record.of.no)


def _count(series: int, no: int, folding: Folding) -> None:
    counter = folding.change(COUNTERS, series)
    if counter is None:
        counter = Counter(0, -1, 0)
        folding.put(COUNTERS, counter, series)
    assert no == counter.last + 1, "an accounting number was given twice or left out"
    counter.last = no
    if counter.day != folding.day:
        if counter.first:
            folding.put(DAYS, no - 1, series, counter.day, counter.first)
        counter.day = folding.day
        counter.first = no
        folding.put(DAYS, 0, series, folding.day, no)


def _later(of: Original, folding: Folding) -> LaterRow:
    later = folding.get(LATER, of.series, of.no)
    if later is not None:
        return later
    ticket = folding.get(TICKETS, of.series, of.no)
    assert ticket is not None, "a record speaks of a ticket that was never sealed"
    return LaterRow(due=max(0, ticket.due))


def _remember_refund(record: Refunded, folding: Folding) -> None:
    of = record.of
    later = _later(of, folding)
    refunded = later.refunded
    for line in record.lines:
        assert line.of is not None
        refunded[line.of] = refunded.get(line.of, 0) - line.q
    later.due += record.due
    _return(later, record.legs)
    later.refunds.append((folding.position, record.no))
    folding.put(LATER, later, of.series, of.no)


def _return(later: LaterRow, legs: tuple[Leg, ...]) -> int:
    """Enters legs into what was paid by each mode; what they take off the amount to pay."""
    paid = 0
    for leg in legs:
        moved = later.cash if leg.type == CASH else later.other
        moved[leg.mode] = moved.get(leg.mode, 0) + leg.counted
        paid += leg.counted + leg.rounding
    return paid


def _post_money(legs: tuple[Leg, ...], due: int, total: int, owner: int, folding: Folding) -> None:
    """Books a ticket or a payment: what each mode took and what is due, against turnover, tips, kept, rounding."""
    till = folding.entry.till
    postings = [Posting(TURNOVER, till, -total)]
    if due:
        postings.append(Posting(DUE, owner, due))
    tips = kept = rounding = 0
    for leg in legs:
        taken = leg.tendered - leg.change
        if leg.type == CASH:
            postings.append(Posting(DRAWER, till, taken))
        else:
            postings.append(Posting(OTHER_MODE, leg.mode, taken))
        tips += leg.tip
        kept += leg.kept
        rounding += leg.rounding
    if tips:
        postings.append(Posting(TIPS, till, -tips))
    if kept:
        postings.append(Posting(KEPT, till, -kept))
    if rounding:
        postings.append(Posting(ROUNDING, till, rounding))
    folding.post(*postings)


def _post_stock(lines: tuple[Line, ...], folding: Folding) -> None:
    for line in lines:
        if line.s:
            assert line.p is not None
            folding.post(Posting(STOCK_ITEM, line.p, -line.q), Posting(STOCK_OUTSIDE, 0, line.q))
