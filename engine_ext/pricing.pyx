"""Pricing: a basket in, every amount of its ticket out, by steps that each work on the same sheet of rows."""

cimport cython
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free

from engine_ext.basket cimport (
    DEPOSIT, EXEMPT, GOODS, GROSS, MARGIN, NET, STORED, BasketLine, LineAdjustment, RateTotal, SubtotalAdjustment,
    bounded, checked_basis, rate_total, shown,
)
from engine_ext.misses cimport near_misses
from engine_ext.money cimport WHOLE, times
from engine_ext.patterns cimport MOST_MENUS, Patterns
from engine_ext.prorate cimport split_into
from engine_ext.sheet cimport (
    GROUPS, UNTAXED, Applied, Row, Sheet, cut, enter_lines, explain, find_sign, give, open_sheet, shares_of, slot_of,
    sort_lines, take_off, turn_upright, within_limit,
)
from engine_ext.tax cimport vat_in_gross, vat_of_margin, vat_on_net
from engine_ext.units cimport Units
from engine_ext.uses cimport apply_patterns

from engine_ext.basket import PricingError

include "stamp.pxi"

cdef enum:
    NUMBER = 1
    NUMBER_WITH_PATTERNS = 2
    SUBTOTALS = 100

ALGORITHM = NUMBER  # sealed with every ticket; a change of any result takes a new number, and this one stays runnable
ALGORITHM_PATTERNS = NUMBER_WITH_PATTERNS  # the same, with rules that consume units between phases 1 and 3
SEARCH_EXACT = "exact"
SEARCH_BOUNDED = "bounded"
SUBTOTALS_MAX = SUBTOTALS
DECIMALS_MAX = 4
PHASE_LINE = 1
PHASE_TICKET = 3
PHASE_VAT = 4
VAT_REF = "vat:"  # and the category: the step that takes its VAT off
KIND_PERCENT = "percent"
KIND_AMOUNT = "amount"
KIND_FIXED = "fixed"
KIND_EXEMPT = "exempt"


cdef enum:
    LINE = 1
    TICKET = 3
    VAT = 4
    SCHEMES = 4  # none, margin, exempt, both


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(32)
cdef class PricedLine:
    """A line with its amounts, in minor units: ``base`` plus its ``shares`` is ``amount``, ``vat`` its part of the VAT.

    ``line`` is the basket's line; each share is (index into the ticket's discounts, signed change), never 0. ``cost``
    is what a line under the margin scheme cost, None for any other.
    """

    cdef readonly BasketLine line
    cdef readonly int64_t base
    cdef readonly tuple shares
    cdef readonly int64_t amount
    cdef readonly int64_t vat
    cdef readonly object cost

    @property
    def id(self):
        return self.line.id

    @property
    def unit(self):
        return self.line.unit

    def figures(self):
        """All of a line in one call: (id, VAT key (category, rate, scheme), quantity, unit, base, shares, amount, vat).

        The key is that of the line's `RateTotal`: its rate is 0 where no VAT is charged.
        """
        cdef BasketLine line = self.line
        key = (line.category, 0 if line.nature == STORED or line.scheme & EXEMPT else line.rate, line.scheme)
        return line.id, key, line.quantity, line.unit, self.base, self.shares, self.amount, self.vat

    def __repr__(self):
        return shown(self, ("id", "unit", "base", "shares", "amount", "vat"))


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(8)
cdef class Priced:
    """A priced ticket, its lines and rates in the order of pricing, its discounts in the order they were applied.

    ``total`` is what the customer pays, VAT included, in both bases; ``net`` plus ``vat`` is ``total``. With a book of
    patterns ``uses`` are the ``PatternUse`` of this ticket, ``search`` tells whether no better choice of them exists
    (``SEARCH_EXACT``) or the budget was spent before that was proven (``SEARCH_BOUNDED``), ``nodes`` what it took;
    ``misses`` are the ``NearMiss`` that were asked for.
    """

    cdef readonly tuple lines
    cdef readonly tuple rates
    cdef readonly tuple discounts
    cdef readonly int64_t total
    cdef readonly int64_t vat
    cdef readonly int64_t net
    cdef readonly int basis
    cdef readonly int algorithm
    cdef readonly tuple uses
    cdef readonly str search
    cdef readonly int64_t nodes
    cdef readonly tuple misses

    def __repr__(self):
        names = ("lines", "rates", "discounts", "total", "vat", "net", "basis", "algorithm")
        return shown(self, names if self.search is None else names + ("uses", "search", "nodes"))


cdef int change_line(Sheet sheet, Row *row, str ref, str kind, int64_t wanted, int64_t granted) except -1:
    cdef int64_t base_sum = row.remaining
    give(sheet, row, granted)
    return explain(sheet, ref, LINE, kind, base_sum, wanted, granted)


cdef int adjust_line(Sheet sheet, Row *row, LineAdjustment rule) except -1:
    # Percent first, then the amount per unit on what remains; a fixed price is both in one, and may raise the line.
    cdef int64_t size = row.quantity if row.quantity > 0 else -row.quantity
    cdef int64_t wanted
    if rule.has_fixed:
        wanted = times(rule.fixed_unit, size, sheet.scale)
        within_limit(wanted)
        wanted -= row.remaining
        return change_line(sheet, row, rule.ref, KIND_FIXED, wanted, wanted)
    if rule.percent:
        wanted = times(row.remaining, rule.percent, WHOLE)
        change_line(sheet, row, rule.ref, KIND_PERCENT, wanted, cut(wanted, row.remaining))
    if rule.amount:
        wanted = times(rule.amount, size, sheet.scale)
        change_line(sheet, row, rule.ref, KIND_AMOUNT, wanted, cut(wanted, row.remaining))
    return 0


cdef int apply_line_rules(Sheet sheet) except -1:
    # Phase 1: the operator's discount replaces the default; a typed price and a negative basket take no default.
    cdef Py_ssize_t i
    cdef BasketLine line
    cdef LineAdjustment rule
    for i in range(sheet.count):
        if sheet.order[i].group != GOODS:
            continue
        line = <BasketLine>sheet.order[i].line
        rule = line.manual
        if rule is None and not line.is_typed and sheet.sign > 0:
            rule = line.default
        if rule is not None:
            sheet.at = line.id
            adjust_line(sheet, sheet.order[i], rule)
    return 0


cdef int mark_covered(Sheet sheet, list subtotals, unsigned char *covered) except -1:
    # covered[s * count + r] tells whether adjustment s lists the row that was entered as the r-th.
    cdef Py_ssize_t s
    cdef Row *row
    cdef SubtotalAdjustment rule
    for s in range(len(subtotals)):
        rule = <SubtotalAdjustment>subtotals[s]
        for line_id in rule.lines:
            row = slot_of(sheet, <str>line_id)[0]
            if row == NULL:
                raise PricingError("pricing.unknown_line", line_id, f"{rule.ref} lists it, the basket does not")
            covered[s * sheet.count + row.entered] = 1
    return 0


cdef int64_t weigh(Sheet sheet, SubtotalAdjustment rule, const unsigned char *covered) except -1:
    # Weights of the rows that the rule covers, and their sum; deposits weigh nothing.
    cdef int64_t total = 0
    cdef Py_ssize_t i
    cdef Row *row
    for i in range(sheet.count):
        row = sheet.order[i]
        sheet.weights[i] = 0
        if row.group == GOODS and (not rule.lines or covered[row.entered]):
            sheet.weights[i] = row.remaining
            total += row.remaining
    return total


cdef int spread(Sheet sheet, SubtotalAdjustment rule, str kind, int64_t total, int64_t wanted) except -1:
    cdef int64_t granted = cut(wanted, total)
    cdef Py_ssize_t i
    if granted:
        split_into(granted, sheet.weights, sheet.count, sheet.parts)
        for i in range(sheet.count):
            give(sheet, sheet.order[i], sheet.parts[i])
    return explain(sheet, rule.ref, TICKET, kind, total, wanted, granted)


cdef int spread_price(Sheet sheet, SubtotalAdjustment rule, int64_t total) except -1:
    # A fixed price splits the price itself, not the saving, so it may also raise what it covers.
    cdef int64_t wanted = rule.fixed_amount - total
    cdef Py_ssize_t i
    if total == 0:
        raise PricingError("pricing.fixed_over_zero", None, f"{rule.ref} sets a price over lines that come to 0")
    split_into(rule.fixed_amount, sheet.weights, sheet.count, sheet.parts)
    for i in range(sheet.count):
        give(sheet, sheet.order[i], sheet.parts[i] - sheet.weights[i])
    return explain(sheet, rule.ref, TICKET, KIND_FIXED, total, wanted, wanted)


cdef int spread_percent(Sheet sheet, SubtotalAdjustment rule, const unsigned char *covered) except -1:
    cdef int64_t total
    if not rule.percent:
        return 0
    total = weigh(sheet, rule, covered)
    return spread(sheet, rule, KIND_PERCENT, total, times(total, rule.percent, WHOLE))


cdef int spread_amount(Sheet sheet, SubtotalAdjustment rule, const unsigned char *covered) except -1:
    if not rule.amount:
        return 0
    return spread(sheet, rule, KIND_AMOUNT, weigh(sheet, rule, covered), rule.amount)


cdef int spread_fixed(Sheet sheet, SubtotalAdjustment rule, const unsigned char *covered) except -1:
    if not rule.has_fixed:
        return 0
    return spread_price(sheet, rule, weigh(sheet, rule, covered))


cdef int run_operator_source(Sheet sheet, list subtotals, const unsigned char *covered) except -1:
    # One source of phase 3: every percentage, then every amount, then the fixed prices, each on what remains.
    cdef Py_ssize_t s
    for s in range(len(subtotals)):
        spread_percent(sheet, <SubtotalAdjustment>subtotals[s], &covered[s * sheet.count])
    for s in range(len(subtotals)):
        spread_amount(sheet, <SubtotalAdjustment>subtotals[s], &covered[s * sheet.count])
    for s in range(len(subtotals)):
        spread_fixed(sheet, <SubtotalAdjustment>subtotals[s], &covered[s * sheet.count])
    return 0


cdef int apply_ticket_rules(Sheet sheet, object given) except -1:
    # Phase 3. Its first source is the operator's; the sources that follow it work on what remains after this one.
    cdef list subtotals = list(given)
    cdef unsigned char *covered
    if not subtotals:
        return 0
    if len(subtotals) > SUBTOTALS:
        raise PricingError("pricing.too_many_subtotals", None, f"at most {SUBTOTALS} adjustments a basket")
    for rule in subtotals:
        if type(rule) is not SubtotalAdjustment:
            raise TypeError(f"subtotals must hold SubtotalAdjustment, not {type(rule).__name__}")
    sheet.at = None
    covered = <unsigned char *>calloc(len(subtotals) * sheet.count + 1, 1)
    if covered == NULL:
        raise MemoryError()
    try:
        mark_covered(sheet, subtotals, covered)
        run_operator_source(sheet, subtotals, covered)
    finally:
        free(covered)
    return 0


cdef inline bint belongs(Row *row, int group, int scheme) noexcept:
    return row.group == group and (<BasketLine>row.line).scheme == scheme


cdef int64_t split_vat(Sheet sheet, Py_ssize_t low, Py_ssize_t high, int group, int scheme, int64_t vat) except? -1:
    # Shares the VAT of a group out over its rows.
    cdef Py_ssize_t found = 0
    cdef Py_ssize_t i
    cdef Row *row
    for i in range(low, high):
        row = sheet.order[i]
        if belongs(row, group, scheme):
            sheet.weights[found] = row.remaining if row.remaining > 0 else -row.remaining
            found += 1
    split_into(vat, sheet.weights, found, sheet.parts)
    found = 0
    for i in range(low, high):
        row = sheet.order[i]
        if belongs(row, group, scheme):
            row.vat = sheet.parts[found]
            found += 1
    return vat


cdef int64_t margin_vat(Sheet sheet, Py_ssize_t low, Py_ssize_t high, int group, int scheme, bint net) except? -1:
    # Row by row, then summed: what one line loses is not set against what another gains.
    cdef int64_t vat = 0
    cdef Py_ssize_t i
    cdef Row *row
    cdef BasketLine line
    for i in range(low, high):
        row = sheet.order[i]
        if belongs(row, group, scheme):
            line = <BasketLine>row.line
            sheet.at = line.id
            row.cost = times(line.unit_cost, row.quantity, sheet.scale)
            within_limit(row.cost)
            row.vat = vat_of_margin(row.remaining, row.cost, line.rate, net)
            vat += row.vat
    sheet.at = None
    return vat


cdef int64_t take_vat_off(
    Sheet sheet, Py_ssize_t low, Py_ssize_t high, int group, int scheme, int64_t amount, int64_t vat, int basis
) except? -1:
    # The customer pays no VAT. Where prices hold it each row gives its own back, and the ticket says so as a step.
    cdef Py_ssize_t i
    cdef Row *row
    for i in range(low, high):
        row = sheet.order[i]
        if belongs(row, group, scheme):
            if basis == GROSS:
                take_off(sheet, row, row.vat)
            row.vat = 0
    if basis == NET or vat == 0:
        return amount
    explain(sheet, VAT_REF + (<BasketLine>sheet.order[low].line).category, VAT, KIND_EXEMPT, amount, -vat, -vat)
    return amount - vat


cdef RateTotal tax_group(Sheet sheet, Py_ssize_t low, Py_ssize_t high, int group, int scheme, int basis):
    # Phase 4 for the rows low..high-1 of one group: VAT once on their sum, then split over them.
    cdef int64_t amount = 0
    cdef int64_t vat = 0
    cdef int64_t rate
    cdef Py_ssize_t i
    cdef BasketLine first
    for i in range(low, high):
        if belongs(sheet.order[i], group, scheme):
            amount += sheet.order[i].remaining
    first = <BasketLine>sheet.order[low].line
    rate = 0 if group == UNTAXED else first.rate
    if scheme & MARGIN:
        vat = margin_vat(sheet, low, high, group, scheme, basis == NET)
    elif scheme == 0 or basis == GROSS:
        vat = vat_on_net(amount, rate) if basis == NET else vat_in_gross(amount, rate)
        split_vat(sheet, low, high, group, scheme, vat)
    if scheme & EXEMPT:
        rate = 0
        amount = take_vat_off(sheet, low, high, group, scheme, amount, vat, basis)
        vat = 0
    return rate_total(
        first.category, rate, STORED if group == UNTAXED else DEPOSIT if group != GOODS else GOODS,
        amount * sheet.sign, vat * sheet.sign, basis, scheme
    )


cdef tuple break_down(Sheet sheet, int basis):
    # Phase 4: the rows of one category and rate lie side by side in the order of pricing.
    cdef list rates = []
    cdef Py_ssize_t low = 0
    cdef Py_ssize_t high
    cdef int kind  # a group and a scheme in one number
    cdef int present  # a bit for each kind that has rows
    cdef BasketLine line
    cdef BasketLine other
    while low < sheet.count:
        line = <BasketLine>sheet.order[low].line
        present = 1 << SCHEMES * sheet.order[low].group + line.scheme
        high = low + 1
        while high < sheet.count:
            other = <BasketLine>sheet.order[high].line
            if other.rate != line.rate or other.category != line.category:
                break
            present |= 1 << SCHEMES * sheet.order[high].group + other.scheme
            high += 1
        for kind in range(GROUPS * SCHEMES):
            if present >> kind & 1:
                rates.append(tax_group(sheet, low, high, kind // SCHEMES, kind % SCHEMES, basis))
        low = high
    return tuple(rates)


cdef PricedLine finished_line(Sheet sheet, Row *row):
    cdef PricedLine line = PricedLine.__new__(PricedLine)
    line.line = <BasketLine>row.line
    line.base = row.base * sheet.sign
    line.shares = shares_of(sheet, row)
    line.amount = row.remaining * sheet.sign
    line.vat = row.vat * sheet.sign
    if line.line.scheme & MARGIN:
        line.cost = row.cost * sheet.sign
    return line


cdef tuple finished_lines(Sheet sheet):
    cdef tuple lines = PyTuple_New(sheet.count)
    cdef Py_ssize_t i
    cdef PricedLine line
    for i in range(sheet.count):
        line = finished_line(sheet, sheet.order[i])
        Py_INCREF(line)  # which the tuple takes over
        PyTuple_SET_ITEM(lines, i, line)
    return lines


cdef Priced finish(Sheet sheet, tuple rates, int basis):
    cdef Priced priced = Priced.__new__(Priced)
    cdef RateTotal rate
    priced.total = priced.vat = priced.net = 0
    for rate in rates:
        priced.total += rate.gross
        priced.vat += rate.vat
        priced.net += rate.net
    within_limit(priced.total)
    priced.lines = finished_lines(sheet)
    priced.rates = rates
    priced.discounts = tuple(sheet.applied)
    priced.basis = basis
    priced.algorithm = NUMBER
    priced.uses = priced.misses = ()
    return priced


cdef int add_search(Priced priced, Units units) except -1:
    priced.algorithm = NUMBER_WITH_PATTERNS
    priced.uses = tuple(units.uses)
    priced.search = SEARCH_BOUNDED if units.bounded else SEARCH_EXACT
    priced.nodes = units.nodes
    return 0


cdef Priced run_phases(Sheet sheet, object subtotals, int basis, Patterns book, tuple menus, bint why):
    cdef Units units = None
    cdef Priced priced
    enter_lines(sheet)
    find_sign(sheet)
    turn_upright(sheet)
    sort_lines(sheet)
    apply_line_rules(sheet)
    if book is not None:
        sheet.at = None
        units = apply_patterns(sheet, book, menus)
    apply_ticket_rules(sheet, subtotals)
    sheet.at = None
    priced = finish(sheet, break_down(sheet, basis), basis)
    if units is not None:
        add_search(priced, units)
        if why:
            priced.misses = near_misses(units)
    return priced


cdef int64_t scale_of(object decimals) except -1:
    # Unit prices count 1/10 000 and quantities 1/1 000: their product is 10**7 to the major unit.
    cdef int64_t scale = 10_000_000
    cdef int64_t place
    for place in range(bounded(decimals, "decimals", "pricing.bad_decimals", None, 0, DECIMALS_MAX)):
        scale //= 10
    return scale


cdef tuple checked_menus(object menus, Patterns patterns):
    cdef tuple chosen = tuple(menus)
    if chosen and patterns is None:
        raise PricingError("pricing.unknown_menu", None, "a menu was chosen, and there is no book of patterns")
    if len(chosen) > MOST_MENUS:
        raise PricingError("pricing.too_many_menus", None, f"at most {MOST_MENUS} chosen menus a basket")
    return chosen


def price(lines, subtotals=(), *, basis=GROSS, decimals=2, Patterns patterns=None, menus=(), bint misses=False):
    """The priced ticket of a basket: phases 0, 1, 3 and 4 of ``docs/pricing.md``, algorithm 1; with phase 2, 2.

    ``lines`` are at most ``LINES_MAX`` ``BasketLine``; ``subtotals`` the operator's ``SubtotalAdjustment``, in the
    order he gave them; ``basis`` tells whether prices hold VAT; ``decimals`` are the currency's, 0 to ``DECIMALS_MAX``.
    ``patterns`` is the book of rules that consume units, phase 2, and ``menus`` the ``ChosenMenu`` of the operator;
    ``misses`` asks why the others of its patterns did not apply, for a query that sells nothing.
    Pure: the same arguments give the same ticket, in whatever order the lines stand.

    PricingError ``pricing.duplicate_line``, ``mixed_signs``, ``unknown_line``, ``fixed_over_zero``, ``too_many_lines``,
    ``too_many_subtotals``, ``bad_basis``, ``bad_decimals``, ``unknown_menu``, ``menu_mismatch``, ``menus_exclude``,
    ``too_many_menus``, or ``overflow`` where an amount would pass ``AMOUNT_MAX``.
    """
    cdef int kind = checked_basis(basis)
    cdef tuple chosen = checked_menus(menus, patterns) if menus else ()
    cdef Sheet sheet = open_sheet(lines, scale_of(decimals))
    try:
        return run_phases(sheet, subtotals, kind, patterns, chosen, misses)
    except OverflowError as error:
        raise PricingError("pricing.overflow", sheet.at, str(error)) from error
