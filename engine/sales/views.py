"""What others may ask of tickets: one as sealed with everything that happened to it since, and lists of them."""

import datetime
import hashlib
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from engine.kernel.errors import Fault, Refusal
from engine.kernel.messages import INTEGER_MAX, TILL_MAX, Header, Query
from engine.kernel.public_proof import proof_path
from engine.kernel.world import World, join_position, split_position
from engine.sales.records import Copied, Original, Paid, Posted, Refunded
from engine.sales.state import COUNTERS, DAYS, LATER, TICKETS, LaterRow, TicketRow

TRAINING_SERIES = 65_535
PAGE_TICKETS_MAX = 200
PAGE_SCAN_ROWS_MAX = 2_000  # tickets that one page of a list looks at, however few of them fit
GENERATION_FIRST = 1
EVENTS_MAX = 999  # refunds, later payments or copies of one ticket

SeriesIn = Annotated[int, Meta(ge=0, le=TRAINING_SERIES)]
NumberIn = Annotated[int, Meta(ge=1, le=2**40 - 1)]


class Sealed(Header, frozen=True, kw_only=True):
    """An entry whose records are still as they stand in its bytes."""

    rec: tuple[msgspec.Raw, ...]


class SealedTicket(Header, frozen=True, kw_only=True):
    """The entry of a ticket."""

    rec: tuple[Posted | Refunded]


class SealedLater(Header, frozen=True, kw_only=True):
    """The entry of something that happened to a ticket later."""

    rec: tuple[Refunded | Paid | Copied]


_LATER = msgspec.json.Decoder(SealedLater)
_TICKET_RECORD = msgspec.json.Decoder(Posted | Refunded)
_LATER_RECORD = msgspec.json.Decoder(Refunded | Paid | Copied)
_SEALED = msgspec.json.Decoder(Sealed)
_TICKET = msgspec.json.Decoder(SealedTicket)


def entry_bytes(world: World, position: int) -> bytes:
    """An entry's bytes as sealed."""
    data = world.rows.entry(position)
    if data is None:
        raise Fault("sales.no_entry", f"a table names the entry at position {position}, which is not there")
    return data


def sealed(world: World, position: int) -> Sealed:
    """An entry by its position, its records undecoded."""
    return _SEALED.decode(entry_bytes(world, position))


def _ticket_of(data: bytes) -> SealedTicket:
    """A ticket's entry; the ticket stands first, and few have anything behind it (coupons, lent rights)."""
    try:
        return _TICKET.decode(data)
    except msgspec.ValidationError:
        whole = _SEALED.decode(data)
        return SealedTicket(**_header(whole), rec=(_TICKET_RECORD.decode(whole.rec[0]),))


def _later_of(data: bytes) -> SealedLater:
    try:
        return _LATER.decode(data)
    except msgspec.ValidationError:
        whole = _SEALED.decode(data)
        return SealedLater(**_header(whole), rec=(_LATER_RECORD.decode(whole.rec[0]),))


def _header(entry: Header) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Header.__struct_fields__}


def sealed_ticket(world: World, position: int) -> SealedTicket:
    """A ticket's entry by its position."""
    return _ticket_of(entry_bytes(world, position))


def sealed_payment(world: World, position: int) -> Paid:
    """A later payment by the position of its entry."""
    record = _later_of(entry_bytes(world, position)).rec[0]
    assert isinstance(record, Paid), "a table names an entry as a payment that is none"
    return record


def series(world: World, *, training: bool) -> int:
    """The series that a ticket sealed now is numbered in: one per generation of the log (journal.md, Checking), with
    training counted from the other end."""
    number = world.gen - GENERATION_FIRST
    return TRAINING_SERIES - number if training else number


def is_training(series: int) -> bool:
    """Whether a series numbers training tickets."""
    return series > TRAINING_SERIES // 2


def next_number(world: World, series: int) -> int:
    """The accounting number that the next ticket of a series takes."""
    counter = world.get(COUNTERS, series)
    return 1 if counter is None else counter.last + 1


def ticket_row(world: World, series: int, no: int) -> TicketRow | None:
    """The small row of a ticket, or None."""
    return world.get(TICKETS, series, no)


def later_row(world: World, series: int, no: int, row: TicketRow) -> LaterRow:
    """What happened to a ticket later; an empty row where nothing did."""
    later = world.get(LATER, series, no)
    return later if later is not None else LaterRow(due=max(0, row.due))


class TicketName(msgspec.Struct, frozen=True, kw_only=True):
    """How a ticket is named: by its accounting number (``series`` null: the one that this till sells in), or by its
    entry's place in the journal (``gen``, ``seq``)."""

    no: NumberIn | None = None
    series: SeriesIn | None = None
    gen: Annotated[int, Meta(ge=GENERATION_FIRST, le=TILL_MAX)] = GENERATION_FIRST
    seq: Annotated[int, Meta(ge=0, lt=2**48)] | None = None


def find(name: TicketName, world: World, *, training: bool) -> tuple[Original, TicketRow]:
    """The ticket that a name means; refuses one that does not exist."""
    no = name.no
    number = series(world, training=training) if name.series is None else name.series
    if name.seq is not None:
        data = world.rows.entry(join_position(name.gen, name.seq))
        try:
            found = None if data is None else _ticket_of(data).rec[0]
        except msgspec.ValidationError:
            found = None  # an entry, but not of a ticket
        if found is None or no not in (None, found.no):
            raise Refusal("sales.unknown_ticket", "no ticket was sealed there", at="seq")
        no, number = found.no, found.series
    row = None if no is None else ticket_row(world, number, no)
    if no is None or row is None:
        raise Refusal("sales.unknown_ticket", f"there is no ticket {no} in series {number}", at="no")
    gen, seq = split_position(row.position)
    return Original(gen=gen, seq=seq, series=number, no=no), row


def find_for(name: TicketName, world: World, *, training: bool) -> tuple[Original, TicketRow]:
    """The ticket that a command acts on: a training session touches training tickets only, and no other does."""
    of, row = find(name, world, training=training)
    if is_training(of.series) != training:
        raise Refusal("sales.training_mixed", "a training session and real tickets do not meet", at="no")
    return of, row


class AskTicket(Query, TicketName, frozen=True, kw_only=True, tag="sales.ticket"):
    """One ticket; without a series, of the shop's."""


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a ticket later: the entry it stands in, when, where, by whom, and the record."""

    gen: int
    seq: int
    at: str
    till: int
    operator: int
    record: Refunded | Paid | Copied


class TicketShown(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as sealed, the facts of its entry, its leaf in hex, and all that happened to it since.

    ``due`` is what is to be paid now; ``refundable`` maps line ids to the quantity that can still be given back.
    ``proof_path``, behind the shop's public address, is where the customer finds the ticket and its proof.
    """

    gen: int
    seq: int
    at: str
    till: int
    operator: int
    training: bool
    software: str
    leaf: str
    proof_path: str
    number_on_chain: int
    previous: str | None
    ticket: Posted | Refunded
    due: int
    refundable: dict[int, int]
    refunds: tuple[Later, ...]
    payments: tuple[Later, ...]
    copies: tuple[Later, ...]


def answer_ticket(query: AskTicket, world: World) -> TicketShown:
    """The ticket from its sealed bytes; its leaf is hashed from them here (journal.md, Seal)."""
    of, row = find(query, world, training=False)
    data = entry_bytes(world, row.position)
    entry = _ticket_of(data)
    ticket = entry.rec[0]
    later = later_row(world, of.series, of.no, row)
    link = next(link for link in entry.chain if link.of == ticket.fiscal)
    leaf = hashlib.sha256(b"\0" + data).hexdigest()
    return TicketShown(
        gen=entry.gen,
        seq=entry.seq,
        at=entry.at,
        till=entry.till,
        operator=entry.op,
        training=entry.training,
        software=entry.soft,
        leaf=leaf,
        proof_path=proof_path(entry, leaf),
        number_on_chain=link.n,
        previous=link.prev,
        ticket=ticket,
        due=later.due,
        refundable={} if row.refund else _refundable(ticket, later),
        refunds=_events(world, [position for position, _ in later.refunds]),
        payments=_events(world, later.payments),
        copies=_events(world, later.copies),
    )


def _refundable(ticket: Posted | Refunded, later: LaterRow) -> dict[int, int]:
    left = {line.id: line.q - later.refunded.get(line.id, 0) for line in ticket.lines}
    return dict(sorted(left.items()))


def _events(world: World, positions: list[int]) -> tuple[Later, ...]:
    shown = []
    for position in positions:
        entry = _later_of(entry_bytes(world, position))
        shown.append(
            Later(gen=entry.gen, seq=entry.seq, at=entry.at, till=entry.till, operator=entry.op, record=entry.rec[0])
        )
    return tuple(shown)


class AskTickets(Query, frozen=True, kw_only=True, tag="sales.tickets"):
    """Tickets of a series, newest first, by number range, till, operator and business day.

    ``before`` is the cursor: the ``next`` of the page before. A page looks at a bounded number of tickets, so it may
    hold fewer than ``limit`` and still have a ``next``.
    """

    series: SeriesIn = 0
    first: NumberIn | None = None
    last: NumberIn | None = None
    till: Annotated[int, Meta(ge=1, le=TILL_MAX)] | None = None
    operator: Annotated[int, Meta(ge=1, le=INTEGER_MAX)] | None = None
    day: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = None
    before: NumberIn | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_TICKETS_MAX)] = 50


class TicketListed(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket of a list; ``due`` is what is to be paid now."""

    series: int
    no: int
    gen: int
    seq: int
    at_ms: int
    day: str
    till: int
    operator: int
    session: int
    refund: bool
    mode: int
    total: int
    due: int


class TicketsPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of tickets, newest first; ``next`` goes into ``before`` of the next query (null: there is no more)."""

    tickets: tuple[TicketListed, ...]
    next: int | None


def answer_tickets(query: AskTickets, world: World) -> TicketsPage:
    """A page of the list; a day's page reads that day's tickets only, whatever lies before and after it."""
    newest = query.last if query.last is not None else next_number(world, query.series) - 1
    if query.before is not None:
        newest = min(newest, query.before - 1)
    oldest = query.first or 1
    runs = [(1, newest)] if query.day is None else _runs(world, query.series, _ordinal(query.day))
    found: list[TicketListed] = []
    looked = 0
    for first, last in runs:
        for no, row in _walk(world, query.series, max(first, oldest), min(last, newest)):
            looked += 1
            if _fits(query, row):
                found.append(_listed(world, query.series, no, row))
            if len(found) == query.limit or looked == PAGE_SCAN_ROWS_MAX:
                return TicketsPage(tickets=tuple(found), next=no if no > 1 else None)
    return TicketsPage(tickets=tuple(found), next=None)


def _ordinal(day: str) -> int:
    try:
        return datetime.date.fromisoformat(day).toordinal()
    except ValueError as error:
        raise Refusal("sales.bad_day", f"{day} is not a day", at="day") from error


def _runs(world: World, series: int, day: int) -> list[tuple[int, int]]:
    """The runs of numbers that make up a business day, newest first; one, unless somebody put the clock back."""
    counter = world.get(COUNTERS, series)
    last = 0 if counter is None else counter.last
    return [(key[2], end or last) for key, end in world.scan(DAYS, series, day, reverse=True)]


def _walk(world: World, series: int, oldest: int, newest: int) -> Iterator[tuple[int, TicketRow]]:
    if newest < oldest:
        return
    for key, row in world.scan(
        TICKETS, series, after=(series, newest + 1), reverse=True, limit=min(newest - oldest + 1, PAGE_SCAN_ROWS_MAX)
    ):
        yield key[1], row


def _fits(query: AskTickets, row: TicketRow) -> bool:
    return (query.till is None or row.till == query.till) and (query.operator is None or row.operator == query.operator)


def _listed(world: World, series: int, no: int, row: TicketRow) -> TicketListed:
    gen, seq = split_position(row.position)
    return TicketListed(
        series=series,
        no=no,
        gen=gen,
        seq=seq,
        at_ms=row.at_ms,
        day=datetime.date.fromordinal(row.day).isoformat(),
        till=row.till,
        operator=row.operator,
        session=row.session,
        refund=row.refund,
        mode=row.mode,
        total=row.total,
        due=later_row(world, series, no, row).due,
    )
