"""Baskets: what goes into pricing, checked once where it is built, and the words that every result is told in."""

cimport cython
from cpython.long cimport PyLong_AsLongLongAndOverflow
from libc.stdint cimport int64_t

from engine_ext.money cimport GUICHET_AMOUNT_MAX, WHOLE

include "stamp.pxi"

# No class below takes part in garbage collection: each is final and immutable and holds strings, numbers and objects
# of the same kind only, so a cycle cannot arise, and a till builds a dozen of them per sale.

NATURE_GOODS = GOODS
NATURE_DEPOSIT = DEPOSIT
NATURE_STORED = STORED
SCHEME_MARGIN = MARGIN
SCHEME_EXEMPT = EXEMPT
BASIS_GROSS = GROSS
BASIS_NET = NET
PERCENT_MIN = -WHOLE
PERCENT_MAX = 10 * WHOLE
OPTIONS_MAX = 64
TAGS_MAX = 64
PRIORITY_MAX = HIGHEST_PRIORITY


class PricingError(Exception):
    """A basket or a refund cannot be priced: a stable ``code``, the line it is about (or None) and a sentence."""

    def __init__(self, code, line_id, text):
        super().__init__(code, line_id, text)
        self.code = code
        self.line_id = line_id
        self.text = text

    def __str__(self):
        return f"{self.code}: {self.text}" if self.line_id is None else f"{self.code}: line {self.line_id}: {self.text}"


cdef int64_t bounded(object value, str name, str code, object line_id, int64_t low, int64_t high) except? -1:
    # The guard of every number that enters: an int64_t argument would turn 3.9 into 3 and True into 1 without a word.
    cdef int overflow = 0
    cdef int64_t number
    if type(value) is not int:
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    number = PyLong_AsLongLongAndOverflow(value, &overflow)
    if overflow or not low <= number <= high:
        raise PricingError(code, line_id, f"{name} must be between {low} and {high}, not {value}")
    return number


cdef int checked_nature(object value, str line_id) except -1:
    return bounded(value, "nature", "pricing.bad_nature", line_id, GOODS, STORED)


cdef int checked_basis(object value) except -1:
    return bounded(value, "basis", "pricing.bad_basis", None, GROSS, NET)


cdef int64_t checked_priority(object value) except? -1:
    return bounded(value, "priority", "pricing.bad_priority", None, -HIGHEST_PRIORITY, HIGHEST_PRIORITY)


cdef object shown(object thing, tuple names):
    fields = ", ".join([f"{name}={getattr(thing, name)!r}" for name in names])
    return f"{type(thing).__name__}({fields})"


cdef int refuse_mixture(int64_t percent, int64_t amount) except -1:
    if percent != 0 or amount != 0:
        raise PricingError("pricing.bad_adjustment", None, "a fixed price excludes a percentage and an amount")
    return 0


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(32)
cdef class LineAdjustment:
    """A discount (negative) or surcharge (positive) on one line: percent first, then amount; or a fixed price.

    ``percent`` in thousandths of a percent; ``amount`` and ``fixed`` are *unit prices* in 1/10 000 of the major unit,
    applied per unit of the line's quantity. ``ref`` names the discount in the explanation. ``priority`` places it among
    the rules that may apply to the line; those of one ``stack`` group add up. PricingError ``pricing.bad_percent``,
    ``pricing.bad_price``, ``pricing.bad_priority`` or ``pricing.bad_adjustment`` where a number is out of bounds.
    """

    def __cinit__(self, str ref not None, *, percent=0, amount=0, fixed=None, priority=0, str stack=None):
        self.ref = ref
        self.stack = stack
        self.priority = checked_priority(priority)
        self.percent = bounded(percent, "percent", "pricing.bad_percent", None, -WHOLE, 10 * WHOLE)
        self.amount = bounded(amount, "amount", "pricing.bad_price", None, -GUICHET_AMOUNT_MAX, GUICHET_AMOUNT_MAX)
        self.has_fixed = fixed is not None
        if self.has_fixed:
            refuse_mixture(self.percent, self.amount)
            self.fixed_unit = bounded(fixed, "fixed", "pricing.bad_price", None, 0, GUICHET_AMOUNT_MAX)

    @property
    def fixed(self):
        return self.fixed_unit if self.has_fixed else None

    def __repr__(self):
        return shown(self, ("ref", "percent", "amount", "fixed"))


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(8)
cdef class SubtotalAdjustment:
    """A discount (negative) or surcharge (positive) on the sum of ``lines``, all of them where that is empty.

    ``percent`` in thousandths of a percent; ``amount`` and ``fixed`` are *amounts* in minor units. Errors as for
    ``LineAdjustment``, with ``pricing.bad_amount`` for the two amounts.
    """

    def __cinit__(self, str ref not None, *, tuple lines not None=(), percent=0, amount=0, fixed=None):
        for line_id in lines:
            if type(line_id) is not str:
                raise TypeError(f"lines must hold line ids (str), not {type(line_id).__name__}")
        self.ref = ref
        self.lines = lines
        self.percent = bounded(percent, "percent", "pricing.bad_percent", None, -WHOLE, 10 * WHOLE)
        self.amount = bounded(amount, "amount", "pricing.bad_amount", None, -GUICHET_AMOUNT_MAX, GUICHET_AMOUNT_MAX)
        self.has_fixed = fixed is not None
        if self.has_fixed:
            refuse_mixture(self.percent, self.amount)
            self.fixed_amount = bounded(fixed, "fixed", "pricing.bad_amount", None, 0, GUICHET_AMOUNT_MAX)

    @property
    def fixed(self):
        return self.fixed_amount if self.has_fixed else None

    def __repr__(self):
        return shown(self, ("ref", "lines", "percent", "amount", "fixed"))


cdef int64_t price_of(object value, str name, str line_id) except? -1:
    return bounded(value, name, "pricing.bad_price", line_id, -GUICHET_AMOUNT_MAX, GUICHET_AMOUNT_MAX)


cdef int64_t first_price(object typed, object listed, object catalogue, str line_id) except? -1:
    # Phase 0: the operator's price, else the one of a list, else the catalogue's. All three are checked.
    cdef int64_t unit = price_of(catalogue, "catalogue", line_id)
    if listed is not None:
        unit = price_of(listed, "listed", line_id)
    if typed is not None:
        unit = price_of(typed, "typed", line_id)
    return unit


cdef tuple sorted_options(tuple options, str line_id):
    # In one order, whatever the order of the keys pressed: options are part of the sort key of lines.
    if len(options) > OPTIONS_MAX:
        raise PricingError("pricing.too_many_options", line_id, f"at most {OPTIONS_MAX} options a line")
    for option in options:
        if type(option) is not tuple or len(<tuple>option) != 2 or type((<tuple>option)[0]) is not str:
            raise TypeError("options must hold (option id, delta of the unit price) tuples")
        price_of((<tuple>option)[1], "option delta", line_id)
    return tuple(sorted(options))


cdef int64_t with_options(int64_t unit, tuple options, str line_id) except? -1:
    # At most 65 numbers below 2**53 each: the sum fits in 64 bits and is held to the bound of a price at the end.
    for option in options:
        unit += <int64_t>(<tuple>option)[1]
    if not -GUICHET_AMOUNT_MAX <= unit <= GUICHET_AMOUNT_MAX:
        raise PricingError("pricing.bad_price", line_id, "the unit price with its options is out of bounds")
    return unit


cdef tuple sorted_tags(tuple tags, str line_id):
    # Each once and in one order: tags are part of what makes two units alike.
    if len(tags) > TAGS_MAX:
        raise PricingError("pricing.too_many_tags", line_id, f"at most {TAGS_MAX} tags a line")
    for tag in tags:
        if type(tag) is not str:
            raise TypeError(f"tags must hold texts, not {type(tag).__name__}")
    return tuple(sorted(set(tags)))


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(32)
cdef class BasketLine:
    """One line of a basket.

    ``catalogue``, ``listed`` (from a price list) and ``typed`` (by the operator) are unit prices in 1/10 000 of the
    major unit; ``options`` are (option id, signed delta of the unit price); ``quantity`` in thousandths, negative in a
    refund without its ticket; ``rate`` in thousandths of a percent. ``category`` names territory and VAT category.
    ``product`` and ``department`` may be None. A line of nature ``NATURE_DEPOSIT`` (deposit charged or returned,
    advance deducted) may stand against the sign of the basket and takes no discount; one of ``NATURE_STORED`` (a
    voucher or card of several purposes is sold or topped up) neither, and carries no VAT. ``manual`` is the operator's
    line discount, ``default`` the one that hangs on the product or its department; ``unit`` is the price that phase 0
    chose. ``tags`` are what rules that consume units may ask for, beside product and department.

    ``margin`` taxes what the line brings beyond its ``cost``, a unit price too; ``exempt`` takes the VAT off again.
    ``scheme`` is ``SCHEME_MARGIN`` and ``SCHEME_EXEMPT`` as they hold, added up.

    TypeError on anything but the declared types; PricingError ``pricing.bad_quantity``, ``bad_price``, ``bad_rate``,
    ``bad_nature``, ``too_many_options``, ``too_many_tags``, ``deposit_discounted`` or ``no_cost``, with the line's id,
    where a value is out of bounds.
    """

    def __cinit__(
        self, *, str id not None, str product, str department, str category not None, rate, quantity, catalogue,
        listed=None, typed=None, tuple options not None=(), nature=GOODS, LineAdjustment manual=None,
        LineAdjustment default=None, tuple tags not None=(), cost=None, bint margin=False, bint exempt=False,
    ):
        self.id = id
        self.product = product
        self.department = department
        self.category = category
        self.sold_as = product if product is not None else department if department is not None else ""
        self.rate = bounded(rate, "rate", "pricing.bad_rate", id, 0, WHOLE)
        self.quantity = bounded(
            quantity, "quantity", "pricing.bad_quantity", id, -GUICHET_AMOUNT_MAX, GUICHET_AMOUNT_MAX
        )
        if self.quantity == 0:
            raise PricingError("pricing.bad_quantity", id, "quantity must not be 0")
        self.is_typed = typed is not None
        self.unit = first_price(typed, listed, catalogue, id)
        self.options = options
        if options:
            self.options = sorted_options(options, id)
            self.unit = with_options(self.unit, self.options, id)
        self.tags = sorted_tags(tags, id) if tags else tags
        self.nature = checked_nature(nature, id)
        if self.nature != GOODS and manual is not None:
            raise PricingError("pricing.deposit_discounted", id, "a deposit, an advance or a voucher takes no discount")
        self.unit_cost = 0 if cost is None else price_of(cost, "cost", id)
        if margin or exempt:
            self.scheme = checked_scheme(self, margin, exempt, cost is not None)
        self.manual = manual
        self.default = default

    def __repr__(self):
        return shown(
            self, ("id", "product", "department", "category", "rate", "quantity", "unit", "options", "nature", "manual",
                   "default") + (("scheme",) if self.scheme else ())
        )


cdef BasketLine with_quantity(BasketLine line, int64_t quantity):
    # The same line of another quantity: what a rule adds once per cover. Every argument of BasketLine but the discounts
    # of the line must be handed on here.
    return BasketLine(
        id=line.id, product=line.product, department=line.department, category=line.category, rate=line.rate,
        quantity=quantity, catalogue=line.unit - sum([delta for _, delta in line.options]), options=line.options,
        nature=line.nature, tags=line.tags, cost=line.unit_cost, margin=line.scheme & MARGIN != 0,
        exempt=line.scheme & EXEMPT != 0,
    )


cdef int checked_scheme(BasketLine line, bint margin, bint exempt, bint has_cost) except -1:
    # What carries no VAT needs no scheme; what is no goods has no margin (docs/pricing.md, phase 4).
    if margin and line.nature != GOODS:
        raise PricingError("pricing.bad_nature", line.id, "only goods have a margin")
    if margin and not has_cost:
        raise PricingError("pricing.no_cost", line.id, "the margin of a line needs its cost")
    return 0 if line.nature == STORED else (MARGIN if margin else 0) | (EXEMPT if exempt else 0)


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(16)
cdef class RateTotal:
    """What one VAT rate of a ticket comes to: the breakdown that is sealed, and added up by every closure after it."""

    def __repr__(self):
        scheme = ("scheme",) if self.scheme else ()
        return shown(self, ("category", "rate", "nature", "gross", "vat", "net") + scheme)


cdef RateTotal rate_total(
    str category, int64_t rate, int nature, int64_t amount, int64_t vat, int basis, int scheme
):
    cdef RateTotal total = RateTotal.__new__(RateTotal)
    total.category = category
    total.rate = rate
    total.nature = nature
    total.scheme = scheme
    total.vat = vat
    total.gross = amount if basis == GROSS else amount + vat
    total.net = amount - vat if basis == GROSS else amount
    return total
