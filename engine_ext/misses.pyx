"""Near misses: of a rule that did not apply, the first failing condition; here for the rules that consume units."""

cimport cython
from libc.stdint cimport int64_t

from engine_ext.basket cimport shown
from engine_ext.patterns cimport FIRST, MOST_SLOTS, Pattern, Slot
from engine_ext.problem cimport Column, Problem, list_uses
from engine_ext.search cimport Solution, solve
from engine_ext.units cimport Units, classes_for, independent_parts, problem_of, units_of_row

from engine_ext.sheet import RULE_PATTERN

include "stamp.pxi"

MISSES_MAX = NEAREST
SHORT = "short"
USED_UP = "used_up"
EXCLUDED = "excluded"
NO_SAVING = "no_saving"
PRECEDED = "preceded"
BEATEN = "beaten"


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class NearMiss:
    """Why a rule did not apply that some line could serve; ``rule`` is its kind, as in ``Applied``.

    Of a pattern, ``reason`` is the first that holds of: ``SHORT``, ``missing`` units, the first of them in ``slot``; ``USED_UP``, so
    many missing since chosen menus took theirs; ``EXCLUDED`` by pattern ``by`` of its group; ``NO_SAVING``, its best
    use would cost ``amount`` more than the units; ``PRECEDED`` by pattern ``by``, in the mode where the first one wins;
    ``BEATEN`` by pattern ``by``: its best use and what is best beside it save ``amount`` less. Of another rule it is a
    condition (``engine_ext.conditions``; ``amount`` counts money, ``missing`` all else), ``BEATEN`` or ``PRECEDED`` by
    the rule ``by`` on its line, or one of ``engine_ext.hints``.
    """

    def __repr__(self):
        return shown(self, ("rule", "ref", "version", "reason", "slot", "missing", "by", "amount"))


cdef int64_t lacking(Pattern rule, dict pool, int which, int slots) except -1:
    # Hall: units are missing where some slots together want more than all units that fit any of them.
    cdef int64_t most = 0
    cdef int64_t wanted
    cdef int chosen, s
    for chosen in range(1, 1 << slots):
        wanted = 0
        for s in range(slots):
            if chosen >> s & 1:
                wanted += (<Slot>rule.slots[s]).quantity
        for mask, counts in pool.items():
            if <int>mask & chosen:
                wanted -= <int64_t>counts[which]
            if wanted <= most:
                break
        most = max(most, wanted)
    return most


cdef int first_lacking(Pattern rule, dict pool, int which) except -1:
    cdef int slots
    for slots in range(1, len(rule.slots)):
        if lacking(rule, pool, which, slots):
            return slots - 1
    return len(rule.slots) - 1


cdef dict pools_of(Units units):
    # By pattern and set of its slots: the units that fit there, all of them and those that chosen menus left.
    cdef dict pools = {}
    cdef dict masks
    cdef Py_ssize_t i
    for i in range(units.sheet.count):
        masks = {}
        for slot in units.hits[i]:
            masks[slot // MOST_SLOTS] = masks.get(slot // MOST_SLOTS, 0) | 1 << (slot % MOST_SLOTS)
        for place, mask in masks.items():
            counts = pools.setdefault(place, {}).setdefault(mask, [0, 0])
            counts[0] += units_of_row(units, i)
            counts[1] += units.stock[i].cheap + units.stock[i].dear
    return pools


cdef NearMiss miss_of(Units units, int place, str reason):
    cdef NearMiss miss = NearMiss.__new__(NearMiss)
    cdef Pattern rule = <Pattern>units.book.patterns[place]
    miss.ref = rule.id
    miss.version = rule.version
    miss.rule = RULE_PATTERN
    miss.reason = reason
    miss.place = place
    return miss


cdef NearMiss short_of(Units units, int place, dict pool):
    # None where all its slots can be filled at once.
    cdef Pattern rule = <Pattern>units.book.patterns[place]
    cdef NearMiss miss
    cdef int which
    cdef int64_t missing
    for which in range(2):
        missing = lacking(rule, pool, which, len(rule.slots))
        if missing:
            miss = miss_of(units, place, USED_UP if which else SHORT)
            miss.missing = missing
            miss.slot = first_lacking(rule, pool, which)
            return miss
    return None


cdef object holder_of(Units units, int place):
    # The pattern that keeps this one out of its group, or None.
    cdef int group = units.book.group_of[place]
    if group < 0:
        return None
    if units.held.get(group, place) != place:
        return units.held[group]
    for other, _, _ in units.found:
        if units.book.group_of[other] == group:
            return other
    return None


cdef tuple best_use(Units units, int place):
    # What its best use saves alone, and the units of each class that it wants; None where it saves nothing.
    cdef list numbers = classes_for(units, [place])
    cdef Problem problem = problem_of(units, [place], numbers)
    cdef Py_ssize_t k
    cdef Py_ssize_t best = 0
    cdef int i
    cdef Column *column
    list_uses(problem, problem.classes)
    if problem.columns == 0:
        return problem.rule[0].nearest, None
    for k in range(problem.columns):
        if problem.column[k].saving > problem.column[best].saving:
            best = k
    column = &problem.column[best]
    return column.saving, {
        numbers[problem.part[column.takes + i].cls]: problem.part[column.takes + i].count
        for i in range(column.take_count)
    }


cdef int64_t loss_of(Units units, int place, int64_t saving, dict wants) except -1:
    # What the customer would lose if this use were made and the best of what is left beside it.
    cdef Solution beside
    cdef int group = units.book.group_of[place]
    for part in independent_parts(units):
        if place in part:
            break
    places = [each for each in part if each == place or group < 0 or units.book.group_of[each] != group]
    for number, count in wants.items():
        units.classes[number][1] -= count
    numbers = classes_for(units, places)
    beside = solve(problem_of(units, places, numbers), units.book.budget // NEAREST)
    for number, count in wants.items():
        units.classes[number][1] += count
    return max(0, <int64_t>units.savings[place] - saving - beside.saving)


cdef NearMiss rivalled(Units units, int place, int64_t saving, dict wants):
    cdef NearMiss miss = miss_of(units, place, PRECEDED if units.book.mode == FIRST else BEATEN)
    for other, _, parts in units.found:
        if any([number in wants for _, number, _ in parts]):
            miss.by = (<Pattern>units.book.patterns[other]).id
            break
    if units.book.mode != FIRST:
        miss.amount = loss_of(units, place, saving, wants)
    return miss


cdef list filled_misses(Units units, list places):
    # Of patterns that could be filled: excluded, saving nothing, or rivalled. The search runs for the best few only.
    cdef list misses = []
    cdef list rivals = []
    cdef NearMiss miss
    for place in places:
        holder = holder_of(units, place)
        if holder is not None:
            miss = miss_of(units, place, EXCLUDED)
            miss.by = (<Pattern>units.book.patterns[holder]).id
            misses.append(miss)
            continue
        saving, wants = best_use(units, place)
        if wants is None:
            miss = miss_of(units, place, NO_SAVING)
            miss.amount = -saving
            misses.append(miss)
        else:
            rivals.append((-saving, place, wants))
    rivals.sort(key=_by_saving)
    for saving, place, wants in rivals[:NEAREST]:
        misses.append(rivalled(units, place, -saving, wants))
    return misses


def _by_saving(rival):
    return rival[0], rival[1]


cdef list near_misses(Units units):
    # Of all patterns that some line could serve and that did not apply. Right after phase 2, on the same rows.
    cdef set applied = {place for place, _, _ in units.found}
    cdef list misses = []
    cdef list filled = []
    cdef NearMiss miss
    cdef Py_ssize_t number
    if units.hits is None:
        return []
    for number in range(len(units.classes)):
        units.classes[number][1] = units.counts[number]
    for place, pool in pools_of(units).items():
        if place in applied or place in units.by_button:
            continue
        miss = short_of(units, place, pool)
        if miss is None:
            filled.append(place)
        else:
            misses.append(miss)
    return misses + filled_misses(units, sorted(filled))
