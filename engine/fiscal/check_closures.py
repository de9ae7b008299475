"""The independent recount: what every closure says, added up again from the tickets and payments before it."""

from collections.abc import Callable
from typing import Any

from engine.cash.records import Closed, Opened
from engine.payments.records import Leg
from engine.sales.records import Paid, Posted, Refunded

CASH = "cash"


class _Recount:
    """One till: its open session's sums and its perpetual totals."""

    def __init__(self) -> None:
        self.session = 0
        self.known = False
        self.open = False
        self.perpetual: int | None = None
        self.absolute: int | None = None
        self.begin(0, "", 0, training=False)

    def begin(self, session: int, opened: str, float_in: int, *, training: bool) -> None:
        self.session, self.opened, self.float_in, self.training = session, opened, float_in, training
        self.series = -1
        self.first = self.last = self.tickets = self.refunds = self.turnover = self.due = 0
        self.tips = self.kept = self.rounding = 0
        self.vat: dict[tuple[int, bool, int], list[int]] = {}
        self.departments: dict[int, list[int]] = {}
        self.channels: dict[int, list[int]] = {}
        self.operators: dict[int, list[int]] = {}
        self.modes: dict[int, list[int]] = {}
        self.held: dict[int, int] = {}
        self.types: dict[int, str] = {}


class ClosureCheck:
    """Follows every till's session through tickets and payments, and holds each closure against its own sums.

    ``whole`` says whether the walk began with the first entry; else a closure is compared only where its opening was
    seen, and perpetual totals from the first closure that was seen on.
    """

    def __init__(self, report: Callable[[str, str], None], *, whole: bool) -> None:
        self._report = report
        self._whole = whole
        self._tills: dict[int, _Recount] = {}
        self.closures = 0

    def _till(self, till: int) -> _Recount:
        found = self._tills.get(till)
        if found is None:
            found = self._tills[till] = _Recount()
            if self._whole:
                found.perpetual = found.absolute = 0
        return found

    def opened(self, entry: Any, record: Opened, position: int) -> None:
        """Sessions of a till are numbered from 1 and never overlap."""
        till = self._till(entry.till)
        known = till.known or self._whole
        if known and (till.open or record.session != till.session + 1):
            text = f"session {record.session} of till {entry.till} opens after session {till.session}"
            self._report("check.session", f"{text}, which is {'open' if till.open else 'closed'}")
        till.begin(record.session, entry.at, record.float_in, training=record.training)
        till.known = till.open = True

    def ticket(self, entry: Any, record: Posted | Refunded, position: int) -> None:
        """A ticket enters the sums of its till's open session."""
        till = self._tills.get(entry.till)
        if till is None or not till.open or till.session != record.session:
            self._outside(entry, record.session)
            if till is None or not till.open:
                return
        total = record.total
        if not entry.training and till.perpetual is not None and till.absolute is not None:
            till.perpetual += total
            till.absolute += abs(total)
        if till.series < 0:
            till.series, till.first = record.series, record.no
        till.last = record.no
        till.tickets += 1
        if type(record) is Refunded:
            till.refunds += 1
        till.turnover += total
        till.due += record.due
        _count(till.channels, record.mode, total)
        _count(till.operators, entry.op, total)
        departments = till.departments
        for line in record.lines:
            sums = departments.get(line.d or 0)
            if sums is None:
                departments[line.d or 0] = [1, line.a]
            else:
                sums[0] += 1
                sums[1] += line.a
        for rate in record.rates:
            sums = till.vat.get((rate.c, rate.deposit, rate.r))
            if sums is None:
                till.vat[rate.c, rate.deposit, rate.r] = [rate.g, rate.v, rate.n]
            else:
                sums[0] += rate.g
                sums[1] += rate.v
                sums[2] += rate.n
        _take(till, record.legs)

    def paid(self, entry: Any, record: Paid, position: int) -> None:
        """A later payment enters the session of the till that took it."""
        till = self._tills.get(entry.till)
        if till is None or not till.open or till.session != record.session:
            self._outside(entry, record.session)
            if till is None or not till.open:
                return
        till.due -= sum(leg.counted + leg.rounding for leg in record.legs)
        _take(till, record.legs)

    def _outside(self, entry: Any, session: int) -> None:
        till = self._tills.get(entry.till)
        if self._whole or (till is not None and till.known):
            self._report("check.session", f"session {session} of till {entry.till} is not open here")

    def closed(self, entry: Any, record: Closed, position: int) -> None:
        """Every figure of the closure against the recount."""
        self.closures += 1
        till = self._till(entry.till)
        if till.open and till.session == record.session:
            for name, found in _figures(till, record).items():
                said = getattr(record, name)
                if said != found:
                    text = f"closure of session {record.session} of till {entry.till}: {name} is {said!r}"
                    self._report("check.closure", f"{text}, the records make {found!r}")
            self._counts(entry, till, record)
        elif till.known or self._whole:
            text = f"session {record.session} of till {entry.till} is closed, session {till.session} was"
            self._report("check.session", f"{text} {'open' if till.open else 'the last'}")
        if till.perpetual is None or (till.perpetual, till.absolute) != (record.perpetual, record.absolute):
            till.perpetual, till.absolute = record.perpetual, record.absolute
        till.session, till.open, till.known = record.session, False, True

    def _counts(self, entry: Any, till: _Recount, record: Closed) -> None:
        expected = dict(till.held)
        cash = [count.mode for count in record.counts if count.type == CASH]
        if cash:
            expected[min(cash)] = expected.get(min(cash), 0) + till.float_in
        for count in record.counts:
            right = expected.pop(count.mode, 0)
            if count.expected != right or count.variance != count.counted - count.expected:
                text = f"closure of till {entry.till}: mode {count.mode} expects {count.expected}, the records {right}"
                self._report("check.closure", f"{text}; counted {count.counted}, variance {count.variance}")
        if expected:
            self._report("check.closure", f"closure of till {entry.till}: modes {sorted(expected)} are left out")


def _count(sums: dict[int, list[int]], id: int, amount: int) -> None:
    found = sums.get(id)
    if found is None:
        sums[id] = [1, amount]
    else:
        found[0] += 1
        found[1] += amount


def _take(till: _Recount, legs: tuple[Leg, ...]) -> None:
    for leg in legs:
        till.tips += leg.tip
        till.kept += leg.kept
        till.rounding += leg.rounding
        _count(till.modes, leg.mode, leg.counted)
        till.held[leg.mode] = till.held.get(leg.mode, 0) + leg.tendered - leg.change


def _figures(till: _Recount, record: Closed) -> dict[str, Any]:
    """The closure's figures by name, in the form that the record gives them."""
    kind = type(record.modes[0]) if record.modes else None
    figures: dict[str, Any] = {
        "training": till.training,
        "opened": till.opened,
        "first": till.first,
        "last": till.last,
        "tickets": till.tickets,
        "refunds": till.refunds,
        "turnover": till.turnover,
        "tips": till.tips,
        "kept": till.kept,
        "rounding": till.rounding,
        "due": till.due,
        "variance": sum(count.variance for count in record.counts),
    }
    if till.series >= 0:
        figures["series"] = till.series
    if till.perpetual is not None:
        figures["perpetual"], figures["absolute"] = till.perpetual, till.absolute
    for name in ("modes", "departments", "channels", "operators"):
        sums = sorted(getattr(till, name).items())
        kind = type(getattr(record, name)[0]) if getattr(record, name) else None
        figures[name] = tuple((kind(id=id, count=one[0], amount=one[1]) if kind else id) for id, one in sums)
    vat = type(record.vat[0]) if record.vat else None
    figures["vat"] = tuple(
        (vat(c=c, deposit=deposit, r=rate, g=one[0], v=one[1], n=one[2]) if vat else rate)
        for (c, deposit, rate), one in sorted(till.vat.items())
    )
    return figures
