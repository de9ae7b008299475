"""Tables and folds of tills' drawers: sessions and where they are sealed, running totals and perpetual ones."""

import msgspec

from engine.cash.records import DIFFERENCE, DRAWER, FLOAT_SOURCE, Closed, Opened
from engine.kernel.ledger import Posting
from engine.kernel.tables import Table
from engine.kernel.world import Folding
from engine.payments.records import Leg
from engine.sales.records import Paid, Posted, Rate, Refunded

CASH = "cash"
DEPARTMENTS_MAX = 300  # departments told apart in one session
CHANNELS_MAX = 20  # sales modes told apart in one session
OPERATORS_MAX = 150  # operators told apart in one session
MODES_MAX = 100  # payment modes told apart in one session
RATES_MAX = 100  # VAT keys told apart in one session
OTHERS = -1
"""The id of what is beyond these limits, in one sum: a closing always fits its entry, so a till can always close."""


class ModeTotal(msgspec.Struct, array_like=True):
    """One payment mode in a session: how many legs, what they paid of tickets, and what of it the till now holds
    (tips and kept excess included)."""

    type: str
    count: int
    amount: int
    held: int


class Totals(msgspec.Struct, array_like=True):
    """The running totals of a till's session; every figure is a sum of what was sealed, so a closing only reads them.

    ``moved`` adds up everything in absolute value, so it bounds every other figure. ``vat`` maps (rate id, deposit
    group, rate) to [gross, VAT, net]; ``departments`` (0: free lines), ``channels`` and ``operators`` map an id to
    [count, amount]. Keys stand in the order in which they first occurred, which is the order of the records, so a
    refold gives the same bytes.
    """

    series: int = 0
    first: int = 0
    last: int = 0
    tickets: int = 0
    refunds: int = 0
    turnover: int = 0
    tips: int = 0
    kept: int = 0
    rounding: int = 0
    due: int = 0
    moved: int = 0
    vat: dict[tuple[int, bool, int], list[int]] = msgspec.field(default_factory=dict)
    modes: dict[int, ModeTotal] = msgspec.field(default_factory=dict)
    departments: dict[int, list[int]] = msgspec.field(default_factory=dict)
    channels: dict[int, list[int]] = msgspec.field(default_factory=dict)
    operators: dict[int, list[int]] = msgspec.field(default_factory=dict)


class TillRow(msgspec.Struct, array_like=True):
    """A till's last session, open or closed, with its totals, and the till's perpetual totals.

    ``opened`` is the opening entry's own time text, ``opened_at`` its position; ``left`` what the last real session
    left in the drawer (None before the first); ``perpetual`` and ``absolute`` never count training.
    """

    session: int
    open: bool
    training: bool
    opened: str
    opened_ms: int
    opened_at: int
    operator: int
    day: str
    float_in: int
    left: int | None
    perpetual: int
    absolute: int
    totals: Totals


class SessionPlace(msgspec.Struct, array_like=True):
    """Where a session's opening and closing stand in the journal (None: still open)."""

    opened: int
    closed: int | None


TILLS = Table("cash.tills", b"ht", ">H", TillRow)
"""till -> its last session and its totals."""

SESSIONS = Table("cash.sessions", b"hs", ">HI", SessionPlace, db="rows")
"""(till, session) -> where it was opened and closed."""


def fold_opened(record: Opened, folding: Folding) -> None:
    """A session begins with empty totals; a float that is not what was left goes to the difference account."""
    entry = folding.entry
    till = entry.till
    before = folding.get(TILLS, till)
    left = before.left if before is not None else None
    if not record.training:
        source = FLOAT_SOURCE if left is None else DIFFERENCE
        surplus = record.float_in - (left or 0)
        folding.post(Posting(DRAWER, till, surplus), Posting(source, till, -surplus))
    row = TillRow(
        session=record.session,
        open=True,
        training=record.training,
        opened=entry.at,
        opened_ms=folding.at_ms,
        opened_at=folding.position,
        operator=entry.op,
        day=record.day,
        float_in=record.float_in,
        left=left,
        perpetual=before.perpetual if before is not None else 0,
        absolute=before.absolute if before is not None else 0,
        totals=Totals(),
    )
    folding.put(TILLS, row, till)
    folding.put(SESSIONS, SessionPlace(folding.position, None), till, record.session)


def fold_closed(record: Closed, folding: Folding) -> None:
    """A session ends: the drawer is set to what was counted, then emptied down to the float that stays."""
    till = folding.entry.till
    row = _open_row(folding)
    row.open = False
    if not record.training:
        row.left = record.float_out
        cash = [count for count in record.counts if count.type == CASH]
        variance = sum(count.variance for count in cash)
        carried = sum(count.counted for count in cash) - record.float_out
        folding.post(
            Posting(DRAWER, till, variance - carried),
            Posting(DIFFERENCE, till, -variance),
            Posting(FLOAT_SOURCE, till, carried),
        )
    folding.put(SESSIONS, SessionPlace(row.opened_at, folding.position), till, record.session)


def fold_ticket(record: Posted | Refunded, folding: Folding) -> None:
    """A sale or refund enters the running totals of its till's session, and the perpetual totals unless in training."""
    row = _open_row(folding)
    total = record.total
    if not row.training:
        row.perpetual += total
        row.absolute += abs(total)
    totals = row.totals
    totals.last = record.no
    if not totals.first:
        totals.series = record.series
        totals.first = record.no
    totals.tickets += 1
    if type(record) is Refunded:
        totals.refunds += 1
    totals.turnover += total
    totals.moved += abs(total)
    totals.due += record.due
    _add(totals.channels, record.mode, total, CHANNELS_MAX)
    _add(totals.operators, folding.entry.op, total, OPERATORS_MAX)
    departments = totals.departments
    for line in record.lines:
        sums = departments.get(line.d or 0)
        if sums is None:
            _add(departments, line.d or 0, line.a, DEPARTMENTS_MAX)
        else:
            sums[0] += 1
            sums[1] += line.a
    for rate in record.rates:
        _tax(totals.vat, rate)
    _take(totals, record.legs)


def fold_paid(record: Paid, folding: Folding) -> None:
    """A later payment enters its till's session: its modes, less that is due; turnover was counted with the sale."""
    row = _open_row(folding)
    totals = row.totals
    totals.due -= sum(leg.counted + leg.rounding for leg in record.legs)
    _take(totals, record.legs)


def _open_row(folding: Folding) -> TillRow:
    row = folding.change(TILLS, folding.entry.till)
    assert row is not None, "a decision let a till without a session act"
    assert row.open, "a decision let a closed till act"
    return row


def _add(breakdown: dict[int, list[int]], id: int, amount: int, most: int) -> None:
    sums = breakdown.get(id)
    if sums is None and len(breakdown) >= most:
        id = OTHERS
        sums = breakdown.get(id)
    if sums is None:
        breakdown[id] = [1, amount]
    else:
        sums[0] += 1
        sums[1] += amount


def _tax(vat: dict[tuple[int, bool, int], list[int]], rate: Rate) -> None:
    key = (rate.c, rate.deposit, rate.r)
    sums = vat.get(key)
    if sums is None and len(vat) >= RATES_MAX:
        key = (OTHERS, False, 0)
        sums = vat.get(key)
    if sums is None:
        vat[key] = [rate.g, rate.v, rate.n]
    else:
        sums[0] += rate.g
        sums[1] += rate.v
        sums[2] += rate.n


def _take(totals: Totals, legs: tuple[Leg, ...]) -> None:
    for leg in legs:
        totals.moved += abs(leg.tendered)
        totals.tips += leg.tip
        totals.kept += leg.kept
        totals.rounding += leg.rounding
        mode = totals.modes.get(leg.mode)
        if mode is None:
            mode = _new_mode(totals.modes, leg)
        mode.count += 1
        mode.amount += leg.counted
        mode.held += leg.tendered - leg.change


def _new_mode(modes: dict[int, ModeTotal], leg: Leg) -> ModeTotal:
    """A mode's first leg; beyond the limit it joins the others, but for cash, which has to be counted."""
    id, kind = leg.mode, leg.type
    if len(modes) >= MODES_MAX and kind != CASH:
        id, kind = OTHERS, "other"
    return modes.setdefault(id, ModeTotal(kind, 0, 0, 0))
