"""Pricing: a basket in, every amount of its ticket out, by steps that each work on the same sheet of rows."""

cimport cython
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from libc.stdint cimport int64_t

from engine_ext.basket cimport (
    DEPOSIT, EXEMPT, GOODS, GROSS, MARGIN, NET, STORED, BasketLine, RateTotal, bounded, checked_basis, rate_total, shown,
)
from engine_ext.book cimport MOST_COUPONS, MOST_REMOVED, Book, Coupon, CustomerDiscount, TicketRule
from engine_ext.conditions cimport Context
from engine_ext.hints cimport line_misses, nearest, ticket_misses
from engine_ext.line_rules cimport Situation, apply_line_rules, take_facts
from engine_ext.misses cimport near_misses
from engine_ext.money cimport times
from engine_ext.patterns cimport MOST_MENUS, Patterns
from engine_ext.prorate cimport split_into
from engine_ext.sheet cimport (
    GROUPS, UNTAXED, Row, Sheet, enter_lines, explain, find_sign, open_sheet, shares_of, sort_lines, take_off,
    turn_upright, within_limit,
)
from engine_ext.tax cimport vat_in_gross, vat_of_margin, vat_on_net
from engine_ext.ticket_rules cimport apply_ticket_rules
from engine_ext.units cimport Units
from engine_ext.uses cimport apply_patterns

from engine_ext.basket import PricingError
from engine_ext.sheet import RULE_VAT

include "stamp.pxi"

cdef enum:
    NUMBER = 1
    NUMBER_WITH_PATTERNS = 2
    NUMBER_WITH_RULES = 3

ALGORITHM = NUMBER  # sealed with every ticket; a change of any result takes a new number, and this one stays runnable
ALGORITHM_PATTERNS = NUMBER_WITH_PATTERNS  # the same, with rules that consume units between phases 1 and 3
ALGORITHM_RULES = NUMBER_WITH_RULES  # the same, with line rules, automatic rules, customers' discounts and coupons
SEARCH_EXACT = "exact"
SEARCH_BOUNDED = "bounded"
DECIMALS_MAX = 4
PHASE_VAT = 4
VAT_REF = "vat:"  # and the category: the step that takes its VAT off
KIND_EXEMPT = "exempt"


cdef enum:
    VAT = 4
    SCHEMES = 4  # none, margin, exempt, both


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(32)
cdef class PricedLine:
    """A line with its amounts, in minor units: ``base`` plus its ``shares`` is ``amount``, ``vat`` its part of the VAT.

    ``line`` is the basket's line, or the item that the automatic rule ``rule`` added (None for a line that was
    entered); each share is (index into the ticket's discounts, signed change), never 0. ``cost`` is what a line under
    the margin scheme cost, None for any other.
    """

    cdef readonly BasketLine line
    cdef readonly int64_t base
    cdef readonly tuple shares
    cdef readonly int64_t amount
    cdef readonly int64_t vat
    cdef readonly object cost
    cdef readonly TicketRule rule

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
    sheet.rule = RULE_VAT
    sheet.version = 0
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
    line.rule = None if row.rule == NULL else <TicketRule>row.rule
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
    priced.algorithm = NUMBER_WITH_RULES if sheet.stacked else NUMBER
    priced.uses = priced.misses = ()
    return priced


cdef int add_search(Priced priced, Units units) except -1:
    priced.algorithm = max(priced.algorithm, NUMBER_WITH_PATTERNS)
    priced.uses = tuple(units.uses)
    priced.search = SEARCH_BOUNDED if units.bounded else SEARCH_EXACT
    priced.nodes = units.nodes
    return 0


cdef Priced run_phases(Sheet sheet, object subtotals, int basis, Book book, tuple menus, Situation situation, bint why):
    cdef bint ruled = situation is not None and sheet.sign > 0
    cdef Units units = None
    cdef list misses = [] if why else None
    cdef Priced priced
    sort_lines(sheet)
    if ruled:
        take_facts(sheet, situation)
    apply_line_rules(sheet, situation)
    if why and ruled and situation.book is not None:
        misses += line_misses(sheet, situation)
    if book is not None and book.patterns is not None:
        sheet.at = None
        units = apply_patterns(sheet, book.patterns, menus)
        if why:
            misses += near_misses(units)
    apply_ticket_rules(sheet, subtotals, situation)
    if why and ruled:
        misses += ticket_misses(sheet, situation)
    sheet.at = None
    priced = finish(sheet, break_down(sheet, basis), basis)
    if units is not None:
        add_search(priced, units)
    if situation is not None:
        priced.algorithm = NUMBER_WITH_RULES
    if why:
        priced.misses = nearest(misses)
    return priced


cdef tuple checked_coupons(object given):
    # By id: the order in which coupons are scanned changes nothing, and one counts once.
    cdef list coupons = list(given)
    if len(coupons) > MOST_COUPONS:
        raise PricingError("pricing.too_many_coupons", None, f"at most {MOST_COUPONS} coupons a basket")
    for coupon in coupons:
        if type(coupon) is not Coupon:
            raise TypeError(f"coupons must hold Coupon, not {type(coupon).__name__}")
    if len({coupon.id for coupon in coupons}) < len(coupons):
        raise PricingError("pricing.duplicate_coupon", None, "a coupon counts once a ticket, and one is given twice")
    return tuple(sorted(coupons, key=_by_id))


def _by_id(coupon):
    return coupon.id


cdef frozenset checked_removed(object given):
    cdef frozenset removed = frozenset(given)
    if type(given) is str:
        raise TypeError("removed must be rule ids, not one text")
    for each in removed:
        if type(each) is not str:
            raise TypeError(f"removed must hold rule ids (str), not {type(each).__name__}")
    if len(removed) > MOST_REMOVED:
        raise PricingError("pricing.too_many_removed", None, f"at most {MOST_REMOVED} rules removed from a basket")
    return removed


cdef Situation situation_of(Book book, Context context, CustomerDiscount customer, object coupons, object removed):
    # None where no rule but patterns is in play: then the ticket is priced by algorithm 1 or 2.
    cdef tuple checked = checked_coupons(coupons) if coupons else ()
    cdef frozenset without = checked_removed(removed) if removed else frozenset()
    cdef bint ruled = book is not None and bool(book.line_rules or book.ticket_rules)
    cdef bint depends = ruled and book.depends
    cdef Situation situation = Situation.__new__(Situation)
    if not ruled and customer is None and not checked:
        return None
    situation.looks_inside = ruled and book.looks_inside
    for coupon in checked:
        depends = depends or (<Coupon>coupon).conditions.depends
        situation.looks_inside = situation.looks_inside or (<Coupon>coupon).conditions.looks_inside
    if depends and context is None:
        raise PricingError("pricing.no_context", None, "a rule asks where or when the sale is, and nothing tells")
    situation.book = book if ruled else None
    situation.context = context
    situation.customer = customer
    situation.coupons = checked
    situation.removed = without
    situation.verdicts = bytearray(len(book.line_rules) if ruled else 0)
    situation.known = {}
    situation.used = set()
    return situation


cdef int64_t scale_of(object decimals) except -1:
    # Unit prices count 1/10 000 and quantities 1/1 000: their product is 10**7 to the major unit.
    cdef int64_t scale = 10_000_000
    cdef int64_t place
    for place in range(bounded(decimals, "decimals", "pricing.bad_decimals", None, 0, DECIMALS_MAX)):
        scale //= 10
    return scale


cdef tuple checked_menus(object menus, Book book):
    cdef tuple chosen = tuple(menus)
    if chosen and (book is None or book.patterns is None):
        raise PricingError("pricing.unknown_menu", None, "a menu was chosen, and there is no book of patterns")
    if len(chosen) > MOST_MENUS:
        raise PricingError("pricing.too_many_menus", None, f"at most {MOST_MENUS} chosen menus a basket")
    return chosen


def price(
    lines, subtotals=(), *, basis=GROSS, decimals=2, Book book=None, Context context=None, menus=(),
    CustomerDiscount customer=None, coupons=(), removed=(), bint misses=False,
):
    """The priced ticket of a basket: every phase of ``docs/pricing.md``.

    ``lines`` are at most ``LINES_MAX`` ``BasketLine``; ``subtotals`` the operator's ``SubtotalAdjustment``, in the
    order he gave them; ``basis`` tells whether prices hold VAT; ``decimals`` are the currency's, 0 to ``DECIMALS_MAX``.
    ``book`` holds the shop's rules and ``context`` what their conditions ask for; ``menus`` are the ``ChosenMenu`` of
    the operator, ``customer`` and ``coupons`` the discounts that they bring, ``removed`` the ids of automatic rules
    that a cashier removed, whether the book has them or not. ``misses`` asks why other rules did not apply, for a query
    that sells nothing. Pure: the same arguments give the same ticket, in whatever order lines and coupons stand.

    The number of the algorithm is 1 without rules, 2 with patterns, 3 with a line rule, an automatic rule, a customer's
    discount or a coupon in play, and where two adjustments of a line share a stack group.

    PricingError ``pricing.duplicate_line``, ``mixed_signs``, ``unknown_line``, ``fixed_over_zero``, ``too_many_lines``,
    ``too_many_subtotals``, ``bad_basis``, ``bad_decimals``, ``unknown_menu``, ``menu_mismatch``, ``menus_exclude``,
    ``too_many_menus``, ``no_context``, ``duplicate_coupon``, ``too_many_coupons``, ``too_many_removed``, or
    ``overflow`` where an amount would pass ``AMOUNT_MAX``.
    """
    cdef int kind = checked_basis(basis)
    cdef tuple chosen = checked_menus(menus, book) if menus else ()
    cdef Situation situation = None
    cdef Sheet sheet
    if book is not None or customer is not None or coupons or removed:
        situation = situation_of(book, context, customer, coupons, removed)
    sheet = open_sheet(lines, scale_of(decimals), 0 if book is None else book.items)
    try:
        enter_lines(sheet)
        find_sign(sheet)
        turn_upright(sheet)
        return run_phases(sheet, subtotals, kind, book, chosen, situation, misses)
    except OverflowError as error:
        raise PricingError("pricing.overflow", sheet.at, str(error)) from error
