"""What others may ask of tills: the open session, a session's records, and its totals so far."""

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.cash.records import Closed, Count, Opened, Total, VatTotal
from engine.cash.state import CASH, SESSIONS, TILLS, TillRow, Totals
from engine.kernel.errors import Refusal
from engine.kernel.messages import INTEGER_MAX, TILL_MAX, Query
from engine.kernel.world import World
from engine.payments.records import Leg
from engine.sales import views as sales

SESSION_MAX = 2**32 - 1
COUNT_MAX = 10**12  # minor units of one float or one count
TICKET_MAX = 10**12  # minor units that one ticket moves, its total and its payments together
ROOM_MAX = INTEGER_MAX - 100 * COUNT_MAX  # what totals may come to, so that sums with floats and counts fit too


class SessionView(msgspec.Struct, frozen=True):
    """A till's open session; ``room`` is what may still be moved before a total would not fit its closing."""

    number: int
    opened_at_ms: int
    training: bool
    day: str
    operator: int
    float_in: int
    room: int


def session(world: World, till: int) -> SessionView | None:
    """The till's open session, or None while it is closed."""
    row = world.get(TILLS, till)
    if row is None or not row.open:
        return None
    room = ROOM_MAX - max(row.absolute, row.totals.moved)
    return SessionView(row.session, row.opened_ms, row.training, row.day, row.operator, row.float_in, room)


def open_session(world: World) -> SessionView:
    """The open session of the till that asks; a closed till can neither sell, refund nor take payments."""
    found = session(world, world.actor.till)
    if found is None:
        raise Refusal("cash.till_closed", f"till {world.actor.till} is closed: open it first")
    return found


def require_room(session: SessionView, total: int, legs: tuple[Leg, ...]) -> None:
    """Refuses a ticket beyond all reason, and one after which a total would leave exact integers: a till whose closing
    cannot be sealed could never close."""
    moved = abs(total) + sum([abs(leg.tendered) for leg in legs])
    if moved > TICKET_MAX:
        raise Refusal("cash.too_large", f"one ticket moves at most {TICKET_MAX} minor units, payments included")
    if moved > session.room:
        raise Refusal("cash.totals_full", "the totals of this till would leave the range of exact integers")


def open_row(world: World, till: int) -> TillRow:
    """The row of a till whose session must be open."""
    row = world.get(TILLS, till)
    if row is None or not row.open:
        raise Refusal("cash.till_closed", f"till {till} is closed")
    return row


def last_row(world: World, till: int) -> TillRow | None:
    """The row of a till that was ever opened."""
    return world.get(TILLS, till)


class AskSession(Query, frozen=True, kw_only=True, tag="cash.session"):
    """A till's session by number, or the last one."""

    till: Annotated[int, Meta(ge=1, le=TILL_MAX)]
    session: Annotated[int, Meta(ge=1, le=SESSION_MAX)] | None = None


class SessionShown(msgspec.Struct, frozen=True, kw_only=True):
    """One session: its opening as sealed, when and by whom, and its closing where it is over."""

    till: int
    session: int
    open: bool
    opened_at: str
    operator: int
    difference: int
    opened: Opened
    closed_at: str | None
    closed: Closed | None


def answer_session(query: AskSession, world: World) -> SessionShown:
    """The sealed records of a session; ``difference`` is the float counted in less what the session before had left."""
    number = query.session
    if number is None:
        row = world.get(TILLS, query.till)
        number = 0 if row is None else row.session
    place = world.get(SESSIONS, query.till, number)
    if place is None:
        raise Refusal("cash.unknown_session", f"till {query.till} has no such session", at="session")
    begin = sales.sealed(world, place.opened)
    end = None if place.closed is None else sales.sealed(world, place.closed)
    opened = msgspec.json.decode(begin.rec[0], type=Opened)
    return SessionShown(
        till=query.till,
        session=number,
        open=end is None,
        opened_at=begin.at,
        operator=begin.op,
        difference=opened.float_in - opened.left,
        opened=opened,
        closed_at=None if end is None else end.at,
        closed=None if end is None else msgspec.json.decode(end.rec[0], type=Closed),
    )


class AskTotals(Query, frozen=True, kw_only=True, tag="cash.x"):
    """The live X totals of a till's open session."""

    till: Annotated[int, Meta(ge=1, le=TILL_MAX)]


def answer_x(query: AskTotals, world: World) -> Closed:
    """What a closing at this moment would seal if every count were right; computed from the running totals alone."""
    row = open_row(world, query.till)
    return closing(row, counts(row, {}), world, float_out=0)


def counts(row: TillRow, counted: dict[int, tuple[str, int]]) -> tuple[Count, ...]:
    """Expected against counted, for every mode that was used or counted; a mode left out is taken as right.

    The float belongs to the cash mode with the lowest id.
    """
    modes = {id: (mode.type, mode.held) for id, mode in row.totals.modes.items()}
    for id, (kind, _) in counted.items():
        modes.setdefault(id, (kind, 0))
    bearer = min((id for id, (kind, _) in modes.items() if kind == CASH), default=None)
    made = []
    for id in sorted(modes):
        kind, expected = modes[id]
        if id == bearer:
            expected += row.float_in
        found = counted[id][1] if id in counted else expected
        made.append(Count(mode=id, type=kind, expected=expected, counted=found, variance=found - expected))
    return tuple(made)


def closing(row: TillRow, found: tuple[Count, ...], world: World, *, float_out: int) -> Closed:
    """The closing record of a session as its totals stand."""
    totals = row.totals
    return Closed(
        scope="shift",
        session=row.session,
        day=world.date().isoformat(),
        training=row.training,
        opened=row.opened,
        series=totals.series if totals.first else sales.series(world, training=row.training),
        first=totals.first,
        last=totals.last,
        tickets=totals.tickets,
        refunds=totals.refunds,
        turnover=totals.turnover,
        vat=_vat(totals),
        modes=tuple(Total(id=id, count=mode.count, amount=mode.amount) for id, mode in sorted(totals.modes.items())),
        departments=_breakdown(totals.departments),
        channels=_breakdown(totals.channels),
        operators=_breakdown(totals.operators),
        tips=totals.tips,
        kept=totals.kept,
        rounding=totals.rounding,
        due=totals.due,
        counts=found,
        variance=sum(count.variance for count in found),
        float_out=float_out,
        perpetual=row.perpetual,
        absolute=row.absolute,
    )


def _vat(totals: Totals) -> tuple[VatTotal, ...]:
    return tuple(
        VatTotal(c=c, deposit=deposit, r=rate, g=sums[0], v=sums[1], n=sums[2])
        for (c, deposit, rate), sums in sorted(totals.vat.items())
    )


def _breakdown(sums: dict[int, list[int]]) -> tuple[Total, ...]:
    return tuple(Total(id=id, count=count, amount=amount) for id, (count, amount) in sorted(sums.items()))
