"""Phase 1 of pricing: of all rules that may apply to a line, the one that does, and the others of its stack group."""

cimport cython
from libc.stdint cimport INT64_MAX, int64_t

from engine_ext.basket cimport GOODS, BasketLine, LineAdjustment
from engine_ext.book cimport Book, LineRule, rules_hit
from engine_ext.conditions cimport Facts, failing
from engine_ext.money cimport GUICHET_AMOUNT_MAX, WHOLE, guichet_mul_div, times
from engine_ext.sheet cimport Row, Sheet, cut, explain, give, within_limit

from engine_ext.sheet import RULE_DEFAULT, RULE_LINE, RULE_MANUAL

include "stamp.pxi"

cdef enum:
    LINE = 1
    UNIT = 1_000  # thousandths of the unit of measure
    UNTESTED = 0
    HOLDS = 1
    FAILS = 2

PHASE_LINE = LINE
KIND_PERCENT = "percent"
KIND_AMOUNT = "amount"
KIND_FIXED = "fixed"


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class Situation:
    """What one pricing holds rules against: the book, where and when, the customer and his coupons, and what is sold."""


cdef int take_facts(Sheet sheet, Situation situation) except -1:
    # Counts goods as they were entered. On an upright basket, before anything is discounted or added.
    cdef Facts facts = Facts.__new__(Facts)
    cdef set products = set()
    cdef set departments = set()
    cdef Py_ssize_t i
    cdef Row *row
    for i in range(sheet.count):
        row = &sheet.rows[i]
        if row.group != GOODS:
            continue
        if row.quantity > 0:
            facts.items += 1 if row.quantity % UNIT else row.quantity // UNIT
        facts.value += row.base
        if situation.looks_inside:
            products.add((<BasketLine>row.line).product)
            departments.add((<BasketLine>row.line).department)
    facts.value_left = facts.value
    facts.products = frozenset(products)
    facts.departments = frozenset(departments)
    situation.facts = facts
    return 0


cdef tuple places_for(Situation situation, BasketLine line):
    # The line rules that name this line, whatever their conditions; alike lines are looked up once.
    cdef tuple key = (line.product, line.department, line.tags)
    cdef object found = situation.known.get(key)
    if found is None:
        found = situation.known[key] = rules_hit(situation.book, line)
    return <tuple>found


cdef bint holds(Situation situation, Py_ssize_t place) except -1:
    # Whether the conditions of a line rule are met: tested once a ticket, and only for rules that name a line of it.
    cdef int64_t distance = 0
    if situation.verdicts[place] == UNTESTED:
        situation.verdicts[place] = FAILS
        rule = <LineRule>situation.book.line_rules[place]
        if failing((<LineRule>rule).conditions, situation.context, situation.facts, &distance) is None:
            situation.verdicts[place] = HOLDS
    return situation.verdicts[place] == HOLDS


cdef int64_t saturated(int64_t a, int64_t b, int64_t d) noexcept:
    # r(a*b/d) within a quarter of 64 bits: enough to compare, and a rule that loses need not refuse a sale.
    cdef int64_t result = 0
    cdef int64_t most = INT64_MAX // 4
    if guichet_mul_div(a, b, d, &result):
        return most if (a < 0) == (b < 0) else -most
    return min(max(result, -most), most)


cdef int64_t after(int64_t left, int64_t wanted) noexcept:
    return 0 if left == 0 else max(left + wanted, 0)


cdef int64_t effect(Sheet sheet, Row *row, LineAdjustment rule) noexcept:
    # What the rule alone would change on the base of the line: below 0 for a saving.
    cdef int64_t size = row.quantity if row.quantity > 0 else -row.quantity
    cdef int64_t left = row.base
    if rule.has_fixed:
        return saturated(rule.fixed_unit, size, sheet.scale) - row.base
    if rule.percent:
        left = after(left, saturated(left, rule.percent, WHOLE))
    if rule.amount:
        left = after(left, saturated(rule.amount, size, sheet.scale))
    return left - row.base


cdef tuple key_of(Sheet sheet, Row *row, tuple offer):
    # Highest priority, then the larger saving, then the lower id; last the source, so that no two offers are equal.
    cdef LineAdjustment rule = <LineAdjustment>offer[0]
    return -rule.priority, effect(sheet, row, rule), rule.ref, offer[1]


cdef bint is_better(Sheet sheet, Row *row, tuple offer, tuple best) except -1:
    cdef int64_t priority = (<LineAdjustment>offer[0]).priority
    cdef int64_t other = (<LineAdjustment>best[0]).priority
    if priority != other:
        return priority > other
    return key_of(sheet, row, offer) < key_of(sheet, row, best)


cdef list offers_for(BasketLine line, Situation situation):
    # (adjustment, source) of the default and of every line rule that names the line and whose conditions hold.
    cdef list offers = []
    if line.default is not None:
        offers.append((line.default, BY_DEFAULT))
    if situation is not None:
        for place in places_for(situation, line):
            if holds(situation, place):
                offers.append(((<LineRule>situation.book.line_rules[<Py_ssize_t>place]).step, place))
    return offers


cdef list in_stack(Sheet sheet, Row *row, list offers, str stack):
    members = [(key_of(sheet, row, offer), offer) for offer in offers if (<LineAdjustment>offer[0]).stack == stack]
    members.sort()
    return [offer for _, offer in members]


cdef list chosen_for(Sheet sheet, Row *row, Situation situation):
    # What applies to a line of goods, in order. A negative basket and a typed price take the operator's discount only.
    cdef BasketLine line = <BasketLine>row.line
    cdef LineAdjustment manual = line.manual
    cdef bint alone = line.is_typed or sheet.sign < 0 or row.rule != NULL
    cdef list offers
    cdef tuple best = None
    if manual is not None and (alone or manual.stack is None):
        return [(manual, BY_HAND)]
    if alone:
        return []
    offers = offers_for(line, situation)
    if manual is not None:
        offers.append((manual, BY_HAND))
        return in_stack(sheet, row, offers, manual.stack)
    for offer in offers:
        if best is None or is_better(sheet, row, <tuple>offer, best):
            best = <tuple>offer
    if best is None:
        return []
    if (<LineAdjustment>best[0]).stack is None:
        return [best]
    return in_stack(sheet, row, offers, (<LineAdjustment>best[0]).stack)


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


cdef int apply_offer(Sheet sheet, Row *row, tuple offer, Situation situation) except -1:
    cdef Py_ssize_t source = offer[1]
    sheet.version = 0
    if source >= 0:
        sheet.rule = RULE_LINE
        sheet.version = (<LineRule>situation.book.line_rules[source]).version
        situation.used.add(source)
    else:
        sheet.rule = RULE_MANUAL if source == BY_HAND else RULE_DEFAULT
    return adjust_line(sheet, row, <LineAdjustment>offer[0])


cdef int adjust_plainly(Sheet sheet, Row *row, BasketLine line) except -1:
    # Without line rules and stack groups: the operator's discount, else the default one.
    if line.manual is None and (line.default is None or line.is_typed or sheet.sign < 0):
        return 0
    sheet.at = line.id
    sheet.version = 0
    sheet.rule = RULE_DEFAULT if line.manual is None else RULE_MANUAL
    return adjust_line(sheet, row, line.default if line.manual is None else line.manual)


cdef bint adds_up(BasketLine line) noexcept:
    # Whether the line's own two discounts share a stack group.
    return line.manual is not None and line.default is not None and line.manual.stack is not None


cdef int apply_line_rules(Sheet sheet, Situation situation) except -1:
    cdef bint ruled = situation is not None and situation.book is not None and len(situation.book.line_rules) > 0
    cdef Py_ssize_t i
    cdef Row *row
    cdef BasketLine line
    cdef list chosen
    for i in range(sheet.count):
        row = sheet.order[i]
        if row.group != GOODS:
            continue
        line = <BasketLine>row.line
        if not ruled and not adds_up(line):
            adjust_plainly(sheet, row, line)
            continue
        sheet.at = line.id
        chosen = chosen_for(sheet, row, situation if ruled else None)
        sheet.stacked = sheet.stacked or not ruled and len(chosen) > 1
        for offer in chosen:
            apply_offer(sheet, row, <tuple>offer, situation)
    return 0
