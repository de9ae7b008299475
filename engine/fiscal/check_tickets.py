"""The sums inside every ticket and payment, computed again from nothing but what is sealed."""

from array import array
from collections.abc import Callable
from typing import Any

from engine.kernel.world import join_position, split_position
from engine.payments.records import Leg
from engine.sales.records import Copied, Original, Paid, Posted, Refunded

Report = Callable[[str, str], None]
"""``report(code, text)``: notes a break at the entry that is being looked at."""

RATE_SCALE = 100_000  # rates are thousandths of a percent
MARGIN = "margin"  # the scheme of a rate whose VAT is that of each line's margin
BASE_DIGITS = 7  # digits behind the point of a unit price (4) and of a quantity (3) together


def rounded(numerator: int, denominator: int) -> int:
    """A quotient to the nearest whole number, halves away from zero (pricing.md, Numbers)."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return whole if numerator >= 0 else -whole


class TicketCheck:
    """Looks at tickets, later payments and copies in the order of the journal.

    Per series it keeps eight bytes for each number (where the ticket stands), and otherwise only what is still due.
    ``whole`` says whether the walk began with the first entry: without that, what a record refers to may lie before.
    """

    def __init__(self, report: Report, *, whole: bool) -> None:
        self._report = report
        self._whole = whole
        self._places: dict[int, array[int]] = {}
        self._first: dict[int, int] = {}
        self._training: dict[int, bool] = {}
        self._due: dict[tuple[int, int], int] = {}
        self._copies: dict[tuple[int, int], int] = {}
        self.tickets = 0

    def posted(self, entry: Any, record: Posted, position: int) -> None:
        """A sale: its number, its lines, its VAT by the rule of its basis, its payments."""
        self.tickets += 1
        self._number(entry, record, position)
        if not (_lines_add_up(record) and _prices_and_vat_fit(record)):
            self._say_what(record)
            self._say_what_of_sale(record)
        self._legs(record.legs, record.total - record.due)
        if record.due:
            self._due[record.series, record.no] = record.due

    def _say_what_of_sale(self, record: Posted) -> None:
        for index, rate in enumerate(record.rates):
            if rate.s == MARGIN:
                right = _vat_of_margins(record, index)
                if rate.v != right:
                    self._report("check.ticket_sums", f"VAT of the margins at {rate.r} is {right}, not {rate.v}")
                continue
            base, over = (rate.g, RATE_SCALE + rate.r) if record.basis == "gross" else (rate.n, RATE_SCALE)
            right = rounded(base * rate.r, over)
            if rate.v != right:
                self._report("check.ticket_sums", f"VAT of {base} at {rate.r} is {right}, not {rate.v}")
        scale = 10 ** (BASE_DIGITS - record.dec)
        for line in record.lines:
            if line.b != rounded(line.u * line.q, scale):
                self._report("check.ticket_sums", f"line {line.id}: {line.u} times {line.q} is not {line.b}")

    def refunded(self, entry: Any, record: Refunded, position: int) -> None:
        """A refund: as a sale, but its VAT is the sum of its lines' (pricing.md, Refunds); it names its original."""
        self.tickets += 1
        self._number(entry, record, position)
        if not _lines_add_up(record):
            self._say_what(record)
        self._legs(record.legs, record.total - record.due)
        self._original(record.of, position)
        if record.due:
            self._lower(record.of, record.due, None)

    def paid(self, entry: Any, record: Paid, position: int) -> None:
        """A later payment lowers what is due by what its legs paid."""
        self._original(record.of, position)
        for leg in record.legs:
            self._leg(leg)
        self._lower(record.of, -sum(leg.counted + leg.rounding for leg in record.legs), record.due)

    def copied(self, entry: Any, record: Copied, position: int) -> None:
        """Copies of one ticket are numbered from 1."""
        self._original(record.of, position)
        key = (record.of.series, record.of.no)
        before = self._copies.get(key, 0 if self._whole else record.copy - 1)
        if record.copy != before + 1:
            self._report("check.original", f"copy {record.copy} of ticket {record.of.no} follows copy {before}")
        self._copies[key] = record.copy

    def _number(self, entry: Any, record: Posted | Refunded, position: int) -> None:
        series, no = record.series, record.no
        places = self._places.get(series)
        if places is None:
            places = self._places[series] = array("Q")
            self._first[series] = 1 if self._whole else no
            self._training[series] = entry.training
        last = self._first[series] + len(places) - 1
        if no == last + 1 and entry.training is self._training[series]:
            places.append(position)
            return
        if no != last + 1:
            self._report("check.accounting_number", f"number {no} of series {series} follows number {last}")
            if no > last + 1:
                places.extend([0] * min(no - last - 1, 1 << 20))
        if no > last:
            places.append(position)
        if self._training[series] != entry.training:
            self._report("check.accounting_number", f"series {series} holds training tickets and real ones")

    def _original(self, of: Original, position: int) -> None:
        places = self._places.get(of.series)
        first = self._first.get(of.series, 1)
        index = of.no - first
        if index < 0 or places is None:
            known = self._whole
        else:
            known = index >= len(places) or places[index] not in (0, join_position(of.gen, of.seq))
        if known:
            gen, seq = split_position(position)
            text = f"entry {seq} of generation {gen} refers to ticket {of.no} of series {of.series}"
            self._report("check.original", f"{text} at entry {of.seq} of generation {of.gen}, which it is not")

    def _lower(self, of: Original, by: int, says: int | None) -> None:
        key = (of.series, of.no)
        before = self._due.get(key, 0 if self._whole else None)
        if before is None:
            return
        after = before + by
        if after < 0 or (says is not None and says != after):
            said = "" if says is None else f", the record says {says}"
            self._report("check.payment_sums", f"of ticket {of.no} {before} was due, {after} is left{said}")
        if after > 0:
            self._due[key] = after
        else:
            self._due.pop(key, None)

    def _legs(self, legs: tuple[Leg, ...], paid: int) -> None:
        found = 0
        for leg in legs:
            counted = leg.counted
            found += counted + leg.rounding
            if leg.tendered != counted + leg.change + leg.tip + leg.kept:
                self._leg(leg)
        if found != paid:
            self._report("check.payment_sums", f"the payments make {found}, the total less what is due is {paid}")

    def _leg(self, leg: Leg) -> None:
        if leg.tendered != leg.counted + leg.change + leg.tip + leg.kept:
            text = f"of {leg.tendered} tendered, {leg.counted} + {leg.change} + {leg.tip} + {leg.kept} is counted"
            self._report("check.payment_sums", text)

    def _say_what(self, record: Posted | Refunded) -> None:
        """Names each sum that does not fit; called only where `_lines_add_up` said no."""
        gross = record.basis == "gross"
        report = self._report
        if record.items != len(record.lines):
            report("check.ticket_sums", f"the ticket says {record.items} lines and has {len(record.lines)}")
        for line in record.lines:
            shares = sum(amount for _, amount in line.x)
            if line.a != line.b + shares:
                report("check.ticket_sums", f"line {line.id}: {line.b} with discounts of {shares} is not {line.a}")
            if not 0 <= line.r < len(record.rates):
                report("check.ticket_sums", f"line {line.id} names rate {line.r} of {len(record.rates)}")
            if any(not 0 <= index < len(record.disc) for index, _ in line.x):
                report("check.ticket_sums", f"line {line.id} names a discount that is not there")
        for index, rate in enumerate(record.rates):
            amount = sum(line.a for line in record.lines if line.r == index)
            vat = sum(line.t for line in record.lines if line.r == index)
            if amount != (rate.g if gross else rate.n):
                report(
                    "check.ticket_sums", f"the lines of rate {rate.r} make {amount}, not {rate.g if gross else rate.n}"
                )
            if vat != rate.v:
                report("check.ticket_sums", f"the VAT of the lines of rate {rate.r} makes {vat}, not {rate.v}")
            if rate.g != rate.n + rate.v:
                report("check.ticket_sums", f"rate {rate.r}: net {rate.n} and VAT {rate.v} do not make {rate.g}")
        for index, discount in enumerate(record.disc):
            granted = sum(amount for line in record.lines for at, amount in line.x if at == index)
            if granted != discount.granted:
                report("check.ticket_sums", f"discount {discount.l!r} granted {discount.granted}, its lines {granted}")
        total = sum(rate.g for rate in record.rates)
        if total != record.total:
            report("check.ticket_sums", f"the rates make {total}, the total is {record.total}")


def _lines_add_up(record: Posted | Refunded) -> bool:
    """Lines, discounts, rates and total in one pass; False where any of them does not fit."""
    rates, disc = record.rates, record.disc
    amounts, vats, granted = [0] * len(rates), [0] * len(rates), [0] * len(disc)
    lines = record.lines
    try:
        for line in lines:
            amount, index = line.a, line.r
            if line.x:
                base = line.b
                for at, share in line.x:
                    base += share
                    granted[at] += share
                if base != amount:
                    return False
            elif line.b != amount:
                return False
            amounts[index] += amount
            vats[index] += line.t
    except IndexError:
        return False
    total = 0
    gross = record.basis == "gross"
    for index, rate in enumerate(rates):
        total += rate.g
        if amounts[index] != (rate.g if gross else rate.n) or vats[index] != rate.v or rate.g != rate.n + rate.v:
            return False
    if granted and granted != [discount.granted for discount in disc]:
        return False
    return total == record.total and record.items == len(lines)


def _prices_and_vat_fit(record: Posted) -> bool:
    """Every base is unit price times quantity, every VAT its rate's share; False where one is not.

    The rounding is written out for what is not negative, which is nearly everything; the rest takes the slow way.
    """
    scale = 10 ** (BASE_DIGITS - record.dec)
    for line in record.lines:
        product = line.u * line.q
        if line.b != ((2 * product + scale) // (2 * scale) if product >= 0 else rounded(product, scale)):
            return False
    gross = record.basis == "gross"
    for index, rate in enumerate(record.rates):
        if rate.s == MARGIN:
            if rate.v != _vat_of_margins(record, index):
                return False
            continue
        percent = rate.r
        base, over = (rate.g, RATE_SCALE + percent) if gross else (rate.n, RATE_SCALE)
        share = base * percent
        if rate.v != ((2 * share + over) // (2 * over) if share >= 0 else rounded(share, over)):
            return False
    return True


def _vat_of_margins(record: Posted, index: int) -> int:
    """The VAT that the lines of a margin rate bear: of what each brings beyond its cost (pricing.md, phase 4).

    In net basis what a line brings is its amount with its VAT.
    """
    rate = record.rates[index].r
    costs = dict(record.costs)
    vat = 0
    for line in record.lines:
        if line.r == index:
            gain = line.a - costs.get(line.id, 0) + (0 if record.basis == "gross" else line.t)
            sign = -1 if line.q < 0 else 1
            vat += sign * rounded(max(0, sign * gain) * rate, RATE_SCALE + rate)
    return vat
