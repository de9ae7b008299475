"""Phase 3 of pricing: the operator's adjustments, automatic rules, the customer's discount, coupons, source by source."""

from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free

from engine_ext.basket cimport GOODS, BasketLine, SubtotalAdjustment, with_quantity
from engine_ext.book cimport Coupon, CustomerDiscount, TicketRule
from engine_ext.conditions cimport failing
from engine_ext.line_rules cimport Situation
from engine_ext.money cimport WHOLE, times
from engine_ext.prorate cimport split_into
from engine_ext.sheet cimport Row, Sheet, add_line, cut, explain, give, slot_of, within_limit

from engine_ext.basket import PricingError
from engine_ext.line_rules import KIND_AMOUNT, KIND_FIXED, KIND_PERCENT
from engine_ext.sheet import RULE_AUTOMATIC, RULE_COUPON, RULE_CUSTOMER, RULE_MANUAL

include "stamp.pxi"

cdef enum:
    TICKET = 3
    SUBTOTALS = 100

PHASE_TICKET = TICKET
SUBTOTALS_MAX = SUBTOTALS


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


cdef int64_t weigh(Sheet sheet, const unsigned char *covered) except -1:
    # Weights of the goods that are covered, all of them where nothing says which, and their sum; deposits weigh nothing.
    cdef int64_t total = 0
    cdef Py_ssize_t i
    cdef Row *row
    for i in range(sheet.count):
        row = sheet.order[i]
        sheet.weights[i] = 0
        if row.group == GOODS and (covered == NULL or covered[row.entered]):
            sheet.weights[i] = row.remaining
            total += row.remaining
    return total


cdef bint is_named(Row *row, Coupon coupon) except -1:
    cdef BasketLine line = <BasketLine>row.line
    if row.group != GOODS:
        return False
    if not coupon.products and not coupon.departments:
        return True
    return line.product in coupon.products or line.department in coupon.departments


cdef int64_t weigh_named(Sheet sheet, Coupon coupon) except -1:
    cdef int64_t total = 0
    cdef Py_ssize_t i
    for i in range(sheet.count):
        sheet.weights[i] = 0
        if is_named(sheet.order[i], coupon):
            sheet.weights[i] = sheet.order[i].remaining
            total += sheet.order[i].remaining
    return total


cdef bint reaches(Sheet sheet, Coupon coupon) except -1:
    # Whether any line is there for the coupon to apply to.
    cdef Py_ssize_t i
    for i in range(sheet.count):
        if is_named(sheet.order[i], coupon):
            return True
    return False


cdef int spread(Sheet sheet, str ref, str kind, int64_t total, int64_t wanted) except -1:
    # Over the weights that were just taken, which add up to `total`.
    cdef int64_t granted = cut(wanted, total)
    cdef Py_ssize_t i
    if granted:
        split_into(granted, sheet.weights, sheet.count, sheet.parts)
        for i in range(sheet.count):
            give(sheet, sheet.order[i], sheet.parts[i])
    return explain(sheet, ref, TICKET, kind, total, wanted, granted)


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


cdef int spread_percent(Sheet sheet, str ref, int64_t percent, int64_t total) except -1:
    return spread(sheet, ref, KIND_PERCENT, total, times(total, percent, WHOLE))


cdef int run_operator_source(Sheet sheet, list subtotals, const unsigned char *covered) except -1:
    # Every percentage, then every amount, then the fixed prices, each on what remains.
    cdef Py_ssize_t s
    cdef SubtotalAdjustment rule
    cdef const unsigned char *listed
    cdef int step
    for step in range(3):
        for s in range(len(subtotals)):
            rule = <SubtotalAdjustment>subtotals[s]
            listed = &covered[s * sheet.count] if rule.lines else NULL
            if step == 0 and rule.percent:
                spread_percent(sheet, rule.ref, rule.percent, weigh(sheet, listed))
            elif step == 1 and rule.amount:
                spread(sheet, rule.ref, KIND_AMOUNT, weigh(sheet, listed), rule.amount)
            elif step == 2 and rule.has_fixed:
                spread_price(sheet, rule, weigh(sheet, listed))
    return 0


cdef int apply_subtotals(Sheet sheet, list subtotals) except -1:
    cdef unsigned char *covered
    if len(subtotals) > SUBTOTALS:
        raise PricingError("pricing.too_many_subtotals", None, f"at most {SUBTOTALS} adjustments a basket")
    for rule in subtotals:
        if type(rule) is not SubtotalAdjustment:
            raise TypeError(f"subtotals must hold SubtotalAdjustment, not {type(rule).__name__}")
    sheet.at = None
    sheet.rule = RULE_MANUAL
    sheet.version = 0
    covered = <unsigned char *>calloc(len(subtotals) * sheet.count + 1, 1)
    if covered == NULL:
        raise MemoryError()
    try:
        mark_covered(sheet, subtotals, covered)
        run_operator_source(sheet, subtotals, covered)
    finally:
        free(covered)
    return 0


cdef int note_value_left(Sheet sheet, Situation situation) except -1:
    # What thresholds "after discounts" see: the entered goods before any automatic rule, and so no automatic item.
    cdef Py_ssize_t i
    situation.facts.value_left = 0
    for i in range(sheet.count):
        if sheet.order[i].group == GOODS:
            situation.facts.value_left += sheet.order[i].remaining
    return 0


cdef int add_item(Sheet sheet, TicketRule rule, int64_t covers) except -1:
    # Priced by phase 0 only; it counts in the sums of what comes after it.
    cdef BasketLine line = rule.item.line
    cdef int64_t quantity
    if rule.item.per_cover:
        if covers == 0:
            return 0
        sheet.at = line.id
        quantity = times(line.quantity, covers, 1)
        within_limit(quantity)
        line = with_quantity(line, quantity)
    add_line(sheet, line, rule)
    sheet.at = None
    return 0


cdef int run_automatic_source(Sheet sheet, Situation situation) except -1:
    # Conditions see only what was entered, so they are tested together; then the rules in their order: each item and
    # percentage, and after them the amounts, as inside every source.
    cdef list applying = []
    cdef TicketRule rule
    cdef int64_t distance = 0
    for rule in situation.book.ticket_rules:
        if rule.id in situation.removed:
            continue
        if failing(rule.conditions, situation.context, situation.facts, &distance) is None:
            applying.append(rule)
    sheet.rule = RULE_AUTOMATIC
    for rule in applying:
        sheet.version = rule.version
        if rule.item is not None:
            add_item(sheet, rule, situation.context.covers if situation.context is not None else 0)
        if rule.percent:
            spread_percent(sheet, rule.id, rule.percent, weigh(sheet, NULL))
    for rule in applying:
        sheet.version = rule.version
        if rule.amount:
            spread(sheet, rule.id, KIND_AMOUNT, weigh(sheet, NULL), rule.amount)
    return 0


cdef int run_customer_source(Sheet sheet, CustomerDiscount discount) except -1:
    sheet.rule = RULE_CUSTOMER
    sheet.version = discount.version
    if discount.percent:
        spread_percent(sheet, discount.id, discount.percent, weigh(sheet, NULL))
    if discount.amount:
        spread(sheet, discount.id, KIND_AMOUNT, weigh(sheet, NULL), discount.amount)
    return 0


cdef int run_coupon_source(Sheet sheet, Situation situation) except -1:
    # By id, so that the order in which coupons are scanned changes nothing.
    cdef list applying = []
    cdef Coupon coupon
    cdef int64_t distance = 0
    for coupon in situation.coupons:
        if failing(coupon.conditions, situation.context, situation.facts, &distance) is None and reaches(sheet, coupon):
            applying.append(coupon)
    sheet.rule = RULE_COUPON
    for coupon in applying:
        sheet.version = coupon.version
        if coupon.percent:
            spread_percent(sheet, coupon.id, coupon.percent, weigh_named(sheet, coupon))
    for coupon in applying:
        sheet.version = coupon.version
        if coupon.amount:
            spread(sheet, coupon.id, KIND_AMOUNT, weigh_named(sheet, coupon), coupon.amount)
    return 0


cdef int apply_ticket_rules(Sheet sheet, object given, Situation situation) except -1:
    # A negative basket is priced without rules; the operator's own discounts are how he repeats what was once paid.
    cdef list subtotals = list(given)
    if subtotals:
        apply_subtotals(sheet, subtotals)
    sheet.at = None
    if situation is None or sheet.sign < 0:
        return 0
    note_value_left(sheet, situation)
    if situation.book is not None and situation.book.ticket_rules:
        run_automatic_source(sheet, situation)
    if situation.customer is not None:
        run_customer_source(sheet, situation.customer)
    if situation.coupons:
        run_coupon_source(sheet, situation)
    return 0
