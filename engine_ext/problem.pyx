"""The problem of a search: classes of units, the rules that want them, and every use that saves something, in order."""

cimport cython
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy, memset

from engine_ext.money cimport WHOLE, times
from engine_ext.patterns cimport AMOUNT_OFF, PERCENT_OFF, SET_PRICE, Pattern, Slot

include "stamp.pxi"

CLASSES_MAX = CLASSES  # of one search, after filtering; beyond it the search is bounded
COLUMNS_MAX = COLUMNS  # uses that one search chooses from
PARTS_MAX = PARTS
STEPS_MAX = STEPS  # of listing the uses


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class Problem:
    """Units by class, rules, and the columns: each a possible use with its saving, in the order of the ties."""

    def __dealloc__(self):
        free(self.rule)
        free(self.worth)
        free(self.masks)
        free(self.taken)
        free(self.extra)
        free(self.column)
        free(self.part)
        free(self.draft)


cdef void *zeroed(Py_ssize_t count, Py_ssize_t size) except NULL:
    cdef void *block = calloc(count + 1, size)
    if block == NULL:
        raise MemoryError()
    return block


cdef int enter_rule(Rule *rule, Pattern pattern, int group) except -1:
    cdef int s
    rule.slots = len(pattern.slots)
    rule.kind = pattern.kind
    rule.scope = pattern.scope
    rule.dearest = pattern.dearest
    rule.group = group
    rule.value = pattern.value
    rule.pick = pattern.count
    rule.size = pattern.size
    for s in range(rule.slots):
        rule.need[s] = (<Slot>pattern.slots[s]).quantity
    return 0


cdef Problem open_problem(list patterns, list groups, Py_ssize_t classes):
    cdef Problem problem = Problem.__new__(Problem)
    cdef bint has_extra = False
    cdef Py_ssize_t r
    problem.classes = classes
    problem.rules = len(patterns)
    problem.rule = <Rule *>zeroed(problem.rules, sizeof(Rule))
    problem.worth = <int64_t *>zeroed(3 * classes, sizeof(int64_t))
    problem.left = &problem.worth[classes]
    problem.used = &problem.left[classes]
    problem.masks = <unsigned char *>zeroed(2 * problem.rules * classes, 1)
    problem.narrow = &problem.masks[problem.rules * classes]
    problem.taken = <unsigned char *>zeroed(MOST_SLOTS * classes, 1)
    problem.draft = <Part *>zeroed(MOST_SLOTS * classes, sizeof(Part))
    for r in range(problem.rules):
        enter_rule(&problem.rule[r], <Pattern>patterns[r], groups[r])
        problem.rule[r].place = r
        for slot in (<Pattern>patterns[r]).slots:
            has_extra = has_extra or bool((<Slot>slot).extra)
    if has_extra:
        problem.extra = <int64_t *>zeroed(problem.rules * MOST_SLOTS * classes, sizeof(int64_t))
    for r in range(MOST_GROUPS):
        problem.owner[r] = FREE
    return problem


cdef bint comes_before(Problem problem, Rule *rule, const Part *left, const Part *right) noexcept:
    # Whether the benefit reaches a unit of the one part before a unit of the other. Equal worths are one.
    if rule.dearest:
        return problem.worth[left.cls] > problem.worth[right.cls]
    return problem.worth[left.cls] < problem.worth[right.cls]


cdef int64_t reached_sum(Problem problem, Rule *rule, const Part *parts, Py_ssize_t count) except? -1:
    # What the percentage applies to: all units in its scope, or the cheapest or dearest of them, by selection.
    cdef int64_t total = 0
    cdef int64_t missing = rule.pick
    cdef int64_t some
    cdef unsigned char *taken = problem.taken
    cdef Py_ssize_t i, best
    memset(taken, 0, count)
    for i in range(count):
        if rule.pick == 0 and rule.scope >> parts[i].slot & 1:
            total += problem.worth[parts[i].cls] * parts[i].count
    while missing:
        best = -1
        for i in range(count):
            if taken[i] or not rule.scope >> parts[i].slot & 1:
                continue
            if best < 0 or comes_before(problem, rule, &parts[i], &parts[best]):
                best = i
        taken[best] = 1
        some = min(missing, parts[best].count)
        total += problem.worth[parts[best].cls] * some
        missing -= some
    return total


cdef int64_t saving_of(Problem problem, Rule *rule, const Part *parts, Py_ssize_t count) except? -1:
    # Rounded once; a price for the set may come out above what its units are worth, and then the saving is negative.
    cdef int64_t base = 0
    cdef int64_t supplements = 0
    cdef Py_ssize_t i
    if rule.kind == PERCENT_OFF:
        return times(reached_sum(problem, rule, parts, count), rule.value, WHOLE)
    for i in range(count):
        base += problem.worth[parts[i].cls] * parts[i].count
        if problem.extra != NULL:
            supplements += parts[i].count * problem.extra[
                (rule.place * MOST_SLOTS + parts[i].slot) * problem.classes + parts[i].cls
            ]
    if rule.kind == AMOUNT_OFF:
        return min(rule.value, base)
    return base - rule.value - supplements


cdef int grow(Problem problem, Py_ssize_t more) except -1:
    cdef Py_ssize_t room
    cdef void *grown
    if problem.columns == problem.column_room:
        room = 2 * problem.column_room + 32
        grown = realloc(problem.column, room * sizeof(Column))
        if grown == NULL:
            raise MemoryError()
        problem.column = <Column *>grown
        problem.column_room = room
    if problem.parts + more > problem.part_room:
        room = 2 * problem.part_room + 128 + more
        grown = realloc(problem.part, room * sizeof(Part))
        if grown == NULL:
            raise MemoryError()
        problem.part = <Part *>grown
        problem.part_room = room
    return 0


cdef int add_takes(Problem problem, Column *column) except -1:
    # What the use consumes of each class; only an overlapping rule has a class in two parts.
    cdef Part *takes = &problem.part[column.takes]
    cdef Part *parts = &problem.part[column.parts]
    cdef int i, k
    column.take_count = 0
    for i in range(column.part_count):
        for k in range(column.take_count):
            if takes[k].cls == parts[i].cls:
                takes[k].count += parts[i].count
                break
        else:
            takes[column.take_count] = parts[i]
            takes[column.take_count].slot = -1
            column.take_count += 1
    return 0


cdef bint is_repeated(Problem problem, Column *column):
    # Of the uses of one rule that consume the same, the one that saves most counts, and the earlier of equals.
    cdef Part *takes = &problem.part[column.takes]
    cdef int k
    cdef Py_ssize_t earlier
    key = frozenset([(takes[k].cls, takes[k].count) for k in range(column.take_count)])
    earlier = problem.seen.get(key, -1)
    if earlier >= 0 and problem.column[earlier].saving >= column.saving:
        return True
    if earlier >= 0:
        problem.column[earlier].saving = 0  # dropped when the rule's uses are closed
    problem.seen[key] = problem.columns
    return False


cdef int emit(Problem problem, int r) except -1:
    cdef Rule *rule = &problem.rule[r]
    cdef int64_t saving = saving_of(problem, rule, problem.draft, problem.drafted)
    cdef Column *column
    if not rule.is_possible or saving > rule.nearest:
        rule.nearest = saving
    rule.is_possible = True
    if saving <= 0:
        return 0
    if problem.columns == COLUMNS or problem.parts + 2 * problem.drafted > PARTS:
        problem.overflown = True
        return 0
    grow(problem, 2 * problem.drafted)
    column = &problem.column[problem.columns]
    column.rule = r
    column.saving = saving
    column.parts = problem.parts
    column.takes = problem.parts + problem.drafted
    column.part_count = problem.drafted
    memcpy(&problem.part[problem.parts], problem.draft, problem.drafted * sizeof(Part))
    add_takes(problem, column)
    if rule.overlapping and is_repeated(problem, column):
        return 0
    problem.parts = column.takes + column.take_count
    problem.columns += 1
    return 0


cdef int64_t available(Problem problem, int r, int slot, Py_ssize_t cls) noexcept:
    cdef unsigned char *narrow = &problem.narrow[r * problem.classes]
    cdef int64_t total = 0
    cdef int64_t most = problem.rule[r].need[slot]
    while cls < problem.classes and total < most:
        if narrow[cls] >> slot & 1:
            total += min(most, problem.left[cls] - problem.used[cls])
        cls += 1
    return total


cdef int fill(Problem problem, int r, int slot, Py_ssize_t cls, int64_t need) except -1:
    # Lists the fillings of a slot from this class on, more of an earlier class first: the order of the ties.
    cdef unsigned char *narrow = &problem.narrow[r * problem.classes]
    problem.steps += 1
    if problem.steps > STEPS:
        problem.overflown = True
    if problem.overflown:
        return 0
    if need == 0:
        if slot + 1 == problem.rule[r].slots:
            return emit(problem, r)
        # Of two slots alike, the first gets the earlier classes: other ways to deal them out come later in the ties.
        if problem.rule[r].alike[slot + 1]:
            cls = problem.draft[problem.drafted - 1].cls
        else:
            cls = 0
        return fill(problem, r, slot + 1, cls, problem.rule[r].need[slot + 1])
    while cls < problem.classes and not problem.overflown:
        if narrow[cls] >> slot & 1 and problem.left[cls] > problem.used[cls]:
            if available(problem, r, slot, cls) < need:
                return 0
            fill_from(problem, r, slot, cls, need)
        cls += 1
    return 0


cdef int fill_from(Problem problem, int r, int slot, Py_ssize_t cls, int64_t need) except -1:
    # All that begins with units of this class.
    cdef int64_t some = min(need, problem.left[cls] - problem.used[cls])
    cdef Py_ssize_t at = problem.drafted
    problem.drafted += 1
    problem.used[cls] += some
    while some and not problem.overflown:
        problem.draft[at].slot = slot
        problem.draft[at].cls = <int32_t>cls
        problem.draft[at].count = some
        fill(problem, r, slot, cls + 1, need - some)
        problem.used[cls] -= 1
        some -= 1
    problem.used[cls] -= some
    problem.drafted -= 1
    return 0


cdef int close_rule(Problem problem, int r) except -1:
    # Uses that a better one of the same consumption replaced go; the others keep their order.
    cdef Rule *rule = &problem.rule[r]
    cdef Py_ssize_t kept = rule.first
    cdef Py_ssize_t k
    for k in range(rule.first, problem.columns):
        if problem.column[k].saving > 0:
            problem.column[kept] = problem.column[k]
            kept += 1
    problem.columns = kept
    rule.last = kept
    return 0


cdef bint overlaps(Problem problem, int r) noexcept:
    cdef Py_ssize_t c
    cdef int mask
    for c in range(problem.classes):
        mask = problem.narrow[r * problem.classes + c]
        if mask & (mask - 1):
            return True
    return False


cdef bint is_alike(Problem problem, int r, int slot) noexcept:
    cdef Py_ssize_t extra = (r * MOST_SLOTS + slot) * problem.classes
    cdef int scope = problem.rule[r].scope >> (slot - 1)
    cdef Py_ssize_t c
    cdef int mask
    if (scope & 1) != (scope >> 1 & 1):
        return False
    for c in range(problem.classes):
        mask = problem.masks[r * problem.classes + c] >> (slot - 1)
        if (mask & 1) != (mask >> 1 & 1):
            return False
        if problem.extra != NULL and problem.extra[extra + c] != problem.extra[extra + c - problem.classes]:
            return False
    return True


cdef int keep_widest(Problem problem, int r, int slot, Py_ssize_t widest) except -1:
    # Leaves a slot the classes that bring most (worth less supplement): enough to fill it and some to choose from.
    cdef unsigned char *narrow = &problem.narrow[r * problem.classes]
    cdef int64_t enough = 0
    cdef Py_ssize_t c, kept
    cdef Py_ssize_t extra = (r * MOST_SLOTS + slot) * problem.classes
    ranked = sorted([
        ((problem.extra[extra + c] if problem.extra != NULL else 0) - problem.worth[c], c)
        for c in range(problem.classes) if narrow[c] >> slot & 1
    ])
    kept = 0
    for _, c in ranked:
        if enough >= problem.rule[r].size:
            kept += 1
        if kept >= widest:
            narrow[c] &= ~(1 << slot)
            problem.is_narrow = True
        enough += min(problem.left[c], problem.rule[r].size)
    return 0


cdef int list_once(Problem problem, Py_ssize_t widest) except -1:
    cdef int r, s
    cdef Py_ssize_t c
    problem.columns = problem.parts = problem.drafted = problem.steps = 0
    problem.overflown = problem.is_narrow = False
    memset(problem.used, 0, problem.classes * sizeof(int64_t))
    for r in range(problem.rules):
        for c in range(problem.classes):
            problem.narrow[r * problem.classes + c] = (
                problem.masks[r * problem.classes + c] if problem.left[c] else 0
            )
        if widest < problem.classes:
            for s in range(problem.rule[r].slots):
                keep_widest(problem, r, s, widest)
        for s in range(1, problem.rule[r].slots):
            problem.rule[r].alike[s] = is_alike(problem, r, s)
        problem.rule[r].first = problem.columns
        problem.rule[r].overlapping = overlaps(problem, r)
        problem.seen = {}
        if problem.rule[r].group < 0 or problem.owner[problem.rule[r].group] in (FREE, r):
            fill(problem, r, 0, 0, problem.rule[r].need[0])
        close_rule(problem, r)
    return 0


cdef Py_ssize_t list_uses(Problem problem, Py_ssize_t widest) except -1:
    # Every use that saves something of the units left; where there are too many, of fewer and fewer classes a slot.
    # Returns how many it came down to.
    widest = min(widest, CLASSES)
    list_once(problem, widest)
    while problem.overflown and widest > 1:
        widest = min(widest, problem.classes) // 2
        list_once(problem, widest)
        problem.is_narrow = True
    return widest
