"""Hints: of every kind of rule those that nearly applied, the first condition that failed and the way to it."""

from libc.stdint cimport int64_t

from engine_ext.basket cimport GOODS, BasketLine, LineAdjustment
from engine_ext.book cimport Coupon, LineRule, TicketRule
from engine_ext.conditions cimport failing
from engine_ext.line_rules cimport BY_HAND, Situation, chosen_for, effect, holds, places_for
from engine_ext.misses cimport NEAREST, NearMiss
from engine_ext.sheet cimport Row, Sheet
from engine_ext.ticket_rules cimport reaches

from engine_ext.conditions import CONTAINS, COVERS, DAYS, HOURS, ITEMS, VALUE, WEEKDAY
from engine_ext.misses import BEATEN, PRECEDED
from engine_ext.sheet import RULE_AUTOMATIC, RULE_COUPON, RULE_LINE

include "stamp.pxi"

cdef enum:
    # How much it takes: more of the same sale, another article, another time, or another place or customer.
    MORE = 0
    TIME = 1
    ELSEWHERE = 2
    ASKED = 3  # someone decided so
    # Kinds of rules after the patterns, which are 0.
    OF_LINE = 1
    OF_TICKET = 2
    OF_COUPON = 3

REPLACED = "replaced"
TYPED = "typed"
REMOVED = "removed"
UNCOVERED = "uncovered"
cdef dict RANKS = {
    ITEMS: MORE, VALUE: MORE, COVERS: MORE, CONTAINS: MORE, UNCOVERED: MORE, BEATEN: MORE, PRECEDED: MORE,
    HOURS: TIME, WEEKDAY: TIME, DAYS: TIME, REPLACED: ASKED, TYPED: ASKED, REMOVED: ASKED,
}


cdef NearMiss miss_of(str rule, str ref, int64_t version, str reason, int kind, int place):
    cdef NearMiss miss = NearMiss.__new__(NearMiss)
    miss.rule = rule
    miss.ref = ref
    miss.version = version
    miss.reason = reason
    miss.rank = RANKS.get(reason, ELSEWHERE)
    miss.kind = kind
    miss.place = place
    return miss


cdef int tell_distance(NearMiss miss, int64_t distance) except -1:
    # Money stands in `amount`, all that is counted in `missing`.
    if miss.reason == VALUE:
        miss.amount = distance
    else:
        miss.missing = distance
    return 0


cdef NearMiss rivalled(Sheet sheet, Row *row, Situation situation, int place):
    # Of a rule whose conditions hold: what took its place on this line.
    cdef LineRule rule = <LineRule>situation.book.line_rules[place]
    cdef BasketLine line = <BasketLine>row.line
    cdef NearMiss miss
    cdef LineAdjustment winner
    cdef list chosen = chosen_for(sheet, row, situation)
    if line.is_typed:
        return miss_of(RULE_LINE, rule.id, rule.version, TYPED, OF_LINE, place)
    winner = <LineAdjustment>(<tuple>chosen[0])[0]
    if line.manual is not None:
        miss = miss_of(RULE_LINE, rule.id, rule.version, REPLACED, OF_LINE, place)
        miss.by = line.manual.ref
        return miss
    miss = miss_of(RULE_LINE, rule.id, rule.version, PRECEDED, OF_LINE, place)
    miss.by = winner.ref
    if winner.priority == rule.step.priority:
        miss.reason = BEATEN
        miss.amount = effect(sheet, row, rule.step) - effect(sheet, row, winner)
    return miss


cdef tuple nearness(NearMiss miss):
    return miss.rank, miss.reason != BEATEN, abs(miss.missing), miss.amount, miss.kind, miss.place


cdef int keep_nearer(dict best, NearMiss miss, int place) except -1:
    cdef object other = best.get(place)
    if other is None or nearness(miss) < nearness(<NearMiss>other):
        best[place] = miss
    return 0


cdef list line_misses(Sheet sheet, Situation situation):
    # Line rules that name a line of the basket and applied to none. Right after phase 1, on the same rows.
    cdef dict best = {}
    cdef Py_ssize_t i
    cdef int place
    cdef int64_t distance = 0
    cdef LineRule rule
    cdef NearMiss miss
    for i in range(sheet.count):
        if sheet.order[i].group != GOODS:
            continue
        for place in places_for(situation, <BasketLine>sheet.order[i].line):
            if place in situation.used:
                continue
            if holds(situation, place):
                keep_nearer(best, rivalled(sheet, sheet.order[i], situation, place), place)
            elif place not in best:
                rule = <LineRule>situation.book.line_rules[place]
                which = failing(rule.conditions, situation.context, situation.facts, &distance)
                miss = miss_of(RULE_LINE, rule.id, rule.version, which, OF_LINE, place)
                tell_distance(miss, distance)
                best[place] = miss
    return list(best.values())


cdef NearMiss automatic_miss(Situation situation, int place):
    # None where the rule did all that it is for.
    cdef TicketRule rule = <TicketRule>situation.book.ticket_rules[place]
    cdef int64_t distance = 0
    cdef str which = REMOVED
    cdef NearMiss miss
    if rule.id not in situation.removed:
        which = failing(rule.conditions, situation.context, situation.facts, &distance)
        if which is None and rule.item is not None and rule.item.per_cover and situation.context.covers == 0:
            which, distance = COVERS, 1
    if which is None:
        return None
    miss = miss_of(RULE_AUTOMATIC, rule.id, rule.version, which, OF_TICKET, place)
    tell_distance(miss, distance)
    return miss


cdef NearMiss coupon_miss(Sheet sheet, Situation situation, int place):
    cdef Coupon coupon = <Coupon>situation.coupons[place]
    cdef int64_t distance = 0
    cdef str which = failing(coupon.conditions, situation.context, situation.facts, &distance)
    cdef NearMiss miss
    if which is None:
        if reaches(sheet, coupon):
            return None
        which, distance = UNCOVERED, 1
    miss = miss_of(RULE_COUPON, coupon.id, coupon.version, which, OF_COUPON, place)
    tell_distance(miss, distance)
    return miss


cdef list ticket_misses(Sheet sheet, Situation situation):
    # Automatic rules and coupons that did not apply. After phase 3.
    cdef list misses = []
    cdef int place
    if situation.book is not None:
        misses = [automatic_miss(situation, place) for place in range(len(situation.book.ticket_rules))]
    misses += [coupon_miss(sheet, situation, place) for place in range(len(situation.coupons))]
    return [miss for miss in misses if miss is not None]


def _by_distance(miss):
    cdef NearMiss near = <NearMiss>miss
    return near.rank, abs(near.missing), near.amount, near.kind, near.place


cdef tuple nearest(list misses):
    misses.sort(key=_by_distance)
    return tuple(misses[:NEAREST])
