"""Refunds: what is due for a part of a sealed line, such that any sequence of parts adds up to what was sold."""

cimport cython
from libc.stdint cimport int64_t

from engine_ext.basket cimport (
    DEPOSIT, EXEMPT, GOODS, GROSS, MARGIN, RateTotal, bounded, checked_basis, checked_nature, rate_total, shown,
)
from engine_ext.money cimport GUICHET_AMOUNT_MAX, WHOLE, times

from engine_ext.basket import PricingError

include "stamp.pxi"


cdef int64_t amount_of(object value, str name, str line_id) except? -1:
    return bounded(value, name, "pricing.bad_amount", line_id, -GUICHET_AMOUNT_MAX, GUICHET_AMOUNT_MAX)


cdef int check_shares(tuple shares, str line_id) except -1:
    for share in shares:
        if type(share) is not tuple or len(<tuple>share) != 2:
            raise TypeError("shares must hold (index of the discount, amount) tuples")
        bounded((<tuple>share)[0], "index of the discount", "pricing.bad_share", line_id, 0, GUICHET_AMOUNT_MAX)
        amount_of((<tuple>share)[1], "share", line_id)
    return 0


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class SoldLine:
    """A sealed line and how much of it goes back: ``now``, after ``already``, both in thousandths and not negative.

    ``quantity``, ``amount``, ``vat`` and ``shares`` are those that were sealed, with their signs; ``rate`` and
    ``scheme`` are those of the `RateTotal` that the line belongs to. PricingError
    ``pricing.refund_exceeds`` where more would go back than was sold, ``bad_quantity``, ``bad_amount``, ``bad_rate``,
    ``bad_nature`` or ``bad_share`` where a value is out of bounds; TypeError on anything but the declared types.
    """

    cdef readonly str id
    cdef readonly str category
    cdef readonly int64_t rate
    cdef readonly int nature
    cdef readonly int scheme
    cdef readonly int64_t quantity
    cdef readonly int64_t amount
    cdef readonly int64_t vat
    cdef readonly tuple shares
    cdef readonly int64_t already
    cdef readonly int64_t now

    def __cinit__(
        self, *, str id not None, str category not None, rate, nature=GOODS, quantity, amount, vat,
        tuple shares not None=(), already=0, now, scheme=0,
    ):
        self.id = id
        self.category = category
        self.rate = bounded(rate, "rate", "pricing.bad_rate", id, 0, WHOLE)
        self.nature = checked_nature(nature, id)
        self.scheme = bounded(scheme, "scheme", "pricing.bad_nature", id, 0, MARGIN | EXEMPT)
        self.quantity = bounded(
            quantity, "quantity", "pricing.bad_quantity", id, -GUICHET_AMOUNT_MAX, GUICHET_AMOUNT_MAX
        )
        if self.quantity == 0:
            raise PricingError("pricing.bad_quantity", id, "quantity must not be 0")
        self.amount = amount_of(amount, "amount", id)
        self.vat = amount_of(vat, "vat", id)
        check_shares(shares, id)
        self.shares = shares
        self.already = bounded(already, "already", "pricing.bad_quantity", id, 0, GUICHET_AMOUNT_MAX)
        self.now = bounded(now, "now", "pricing.bad_quantity", id, 1, GUICHET_AMOUNT_MAX)
        if self.already + self.now > abs(self.quantity):
            raise PricingError(
                "pricing.refund_exceeds", id,
                f"{self.now} thousandths after {self.already} are more than the {abs(self.quantity)} sold",
            )

    def __repr__(self):
        return shown(
            self, ("id", "category", "rate", "nature", "quantity", "amount", "vat", "shares", "already", "now")
        )


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class RefundedLine:
    """The part of a sold line that goes back, with the signs of the sale: ``base`` plus ``shares`` is ``amount``."""

    cdef readonly str id
    cdef readonly int64_t quantity
    cdef readonly int64_t base
    cdef readonly tuple shares
    cdef readonly int64_t amount
    cdef readonly int64_t vat
    cdef readonly int64_t net
    cdef readonly int64_t gross

    def __repr__(self):
        return shown(self, ("id", "quantity", "base", "shares", "amount", "vat", "net", "gross"))


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class Refund:
    """What goes back, with the signs of the sale: its lines in the order given, its rates in that of a ticket."""

    cdef readonly tuple lines
    cdef readonly tuple rates
    cdef readonly int64_t total
    cdef readonly int64_t vat
    cdef readonly int64_t net
    cdef readonly int basis

    def __repr__(self):
        return shown(self, ("lines", "rates", "total", "vat", "net", "basis"))


cdef int64_t part(int64_t whole, SoldLine line) except? -1:
    # R(already + now) - R(already), with R(k) = r(whole x k / n): the rounding of one step is taken back by the next.
    cdef int64_t size = abs(line.quantity)
    return times(whole, line.already + line.now, size) - times(whole, line.already, size)


cdef RefundedLine take_back(SoldLine line, int basis):
    cdef RefundedLine back = RefundedLine.__new__(RefundedLine)
    cdef list shares = []
    cdef int64_t amount
    back.id = line.id
    back.quantity = line.now if line.quantity > 0 else -line.now
    back.amount = back.base = part(line.amount, line)
    back.vat = part(line.vat, line)
    for share in line.shares:
        amount = part(<int64_t>(<tuple>share)[1], line)
        back.base -= amount
        if amount:
            shares.append(((<tuple>share)[0], amount))
    back.shares = tuple(shares)
    back.gross = back.amount if basis == GROSS else back.amount + back.vat
    back.net = back.amount - back.vat if basis == GROSS else back.amount
    return back


cdef int64_t sign_of_sale(list given) except 0:
    # The sign that pricing gave the basket: that of the goods (base, else quantity), of the deposits without any.
    cdef int64_t deposits = 0
    cdef int64_t base
    cdef SoldLine line
    for line in given:
        if line.nature != GOODS:
            deposits += line.amount
            continue
        base = line.amount
        for share in line.shares:
            base -= <int64_t>(<tuple>share)[1]
        return 1 if (base if base != 0 else line.quantity) > 0 else -1
    return -1 if deposits < 0 else 1


cdef tuple add_up(list given, list lines, int basis):
    # VAT per rate is the sum of the lines' VAT: nothing is computed again from a total.
    cdef dict sums = {}
    cdef int64_t sign = sign_of_sale(given)
    cdef Py_ssize_t i
    cdef SoldLine sold
    cdef RefundedLine back
    for i in range(len(lines)):
        sold = <SoldLine>given[i]
        back = <RefundedLine>lines[i]
        key = (sold.category, sold.rate, sold.nature, sold.nature == DEPOSIT and sold.amount * sign < 0, sold.scheme)
        amount, vat = sums.get(key, (0, 0))
        sums[key] = (amount + back.amount, vat + back.vat)
    rates = []
    for key in sorted(sums):
        amount, vat = sums[key]
        rates.append(rate_total(key[0], key[1], key[2], amount, vat, basis, key[4]))
    return tuple(rates)


cdef Refund run_refund(list given, int basis):
    cdef Refund refund = Refund.__new__(Refund)
    cdef RateTotal rate
    cdef list lines = []
    cdef set seen = set()
    for line in given:
        if type(line) is not SoldLine:
            raise TypeError(f"lines must hold SoldLine, not {type(line).__name__}")
        if (<SoldLine>line).id in seen:
            raise PricingError("pricing.duplicate_line", (<SoldLine>line).id, "this line is refunded twice at once")
        seen.add((<SoldLine>line).id)
        lines.append(take_back(<SoldLine>line, basis))
    refund.lines = tuple(lines)
    refund.rates = add_up(given, lines, basis)
    refund.total = refund.vat = refund.net = 0
    for rate in refund.rates:
        refund.total += rate.gross
        refund.vat += rate.vat
        refund.net += rate.net
    refund.basis = basis
    return refund


def refund(lines, *, basis=GROSS):
    """What goes back for parts of sealed lines, in the basis of their document: cumulative rounding, no new pricing.

    Each of amount, VAT and discount shares is R(already + now) − R(already) with R(k) = r(whole × k / quantity), so
    steps of any size add up to the sealed line. Amounts have the signs of the sale; a refund ticket negates them.
    PricingError ``pricing.duplicate_line`` where a line stands twice, ``pricing.overflow`` beyond 64 bits.
    """
    cdef int kind = checked_basis(basis)
    try:
        return run_refund(list(lines), kind)
    except OverflowError as error:
        raise PricingError("pricing.overflow", None, str(error)) from error
