"""The search: the best multiset of uses, by branch and bound with a memo, a greedy start and a counted budget."""

cimport cython
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy

from engine_ext.bounds cimport Bounds, bound_from, open_bounds, zeroed
from engine_ext.patterns cimport MOST_GROUPS
from engine_ext.problem cimport CLASSES, FREE, Column, Part, Problem, list_uses

from operator import itemgetter

include "stamp.pxi"

cdef extern from *:
    """
    #include <stdint.h>

    static inline unsigned long long guichet_mixed(unsigned long long hash, int64_t word) {
        hash = (hash ^ (unsigned long long)word) * UINT64_C(0x9E3779B97F4A7C15);
        return hash ^ (hash >> 29);
    }
    """
    unsigned long long guichet_mixed(unsigned long long hash, int64_t word) nogil

cdef enum:
    SCANNED = 256  # columns passed over that cost as much as a node
    MEMO_STATES = 16_384
    MEMO_BYTES = 8_388_608
    MEMO_AFTER = 64  # nodes before it is worth having one
    ROUNDS = 256
    NARROW = 8  # classes a slot that a greedy round chooses from
    GO = 0
    DEAD = 1
    HOPELESS = 2

MEMO_STATES_MAX = MEMO_STATES
MEMO_BYTES_MAX = MEMO_BYTES
ROUNDS_MAX = ROUNDS


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class Search:
    """The state of one search over the columns of a problem."""

    def __dealloc__(self):
        free(self.block)
        free(self.memo)
        free(self.memo_table)


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class Solution:
    """What was chosen, what it saves, and at what cost it was found."""


cdef Search open_search(Problem problem, int64_t budget):
    cdef Search search = Search.__new__(Search)
    cdef Py_ssize_t columns = problem.columns
    search.problem = problem
    search.columns = columns
    search.budget = budget
    search.block = zeroed(3 * columns + 2 * problem.rules)
    search.times = search.block
    search.stack = &search.times[columns]
    search.best_times = &search.stack[columns]
    search.vector = &search.best_times[columns]
    search.best_vector = &search.vector[problem.rules]
    return search


cdef int64_t room(Problem problem, Py_ssize_t k) noexcept:
    # How many copies of the column fit into what is left, and may be used beside what holds its group.
    cdef Column *column = &problem.column[k]
    cdef Part *take = &problem.part[column.takes]
    cdef int64_t copies = problem.left[take.cls] // take.count
    cdef int group = problem.rule[column.rule].group
    cdef int i
    if group >= 0 and problem.owner[group] != FREE and problem.owner[group] != column.rule:
        return 0
    for i in range(1, column.take_count):
        if problem.left[take[i].cls] < copies * take[i].count:
            copies = problem.left[take[i].cls] // take[i].count
    return copies


cdef int put(Search search, Py_ssize_t k, int64_t copies) except -1:
    # Adds copies of a column to the state, or takes them back where the number is negative.
    cdef Problem problem = search.problem
    cdef Column *column = &problem.column[k]
    cdef Part *take
    cdef int i
    cdef int group = problem.rule[column.rule].group
    for i in range(column.take_count):
        take = &problem.part[column.takes + i]
        problem.left[take.cls] -= copies * take.count
    search.times[k] += copies
    search.vector[column.rule] += copies
    search.uses += copies
    search.saving += copies * column.saving
    if group >= 0:
        problem.owner[group] = column.rule if search.vector[column.rule] else FREE
    return 0


cdef int by_vector(Search search, const int64_t *vector, const int64_t *other) noexcept:
    cdef int r
    for r in range(search.problem.rules):
        if vector[r] != other[r]:
            return 1 if vector[r] > other[r] else -1
    return 0


cdef int keep(Search search) except -1:
    search.best_saving = search.saving
    search.best_uses = search.uses
    memcpy(search.best_times, search.times, search.columns * sizeof(int64_t))
    memcpy(search.best_vector, search.vector, search.problem.rules * sizeof(int64_t))
    return 0


cdef bint is_better(Search search) noexcept:
    # By saving, then fewer uses, then the larger vector. Equals come in the order of the ties, so the first one stays.
    if search.saving != search.best_saving:
        return search.saving > search.best_saving
    if not search.is_found:
        return True
    if search.uses != search.best_uses:
        return search.uses < search.best_uses
    return by_vector(search, search.vector, search.best_vector) > 0


cdef int clear(Search search) except -1:
    cdef Py_ssize_t k
    for k in range(search.columns):
        if search.times[k]:
            put(search, k, -search.times[k])
    search.depth = 0
    return 0


cdef int greedy(Search search, list order) except -1:
    # One pass is enough: what did not fit before does not fit later.
    cdef Py_ssize_t k
    cdef int64_t copies
    for k in order:
        copies = room(search.problem, k)
        if copies:
            put(search, k, copies)
    return 0


cdef list by_saving(Problem problem):
    cdef Py_ssize_t k
    return [k for _, k in sorted([(-problem.column[k].saving, k) for k in range(problem.columns)])]


cdef list by_density(Problem problem):
    # What a use saves of each cent that it consumes, in whole thousandths.
    cdef Py_ssize_t k
    cdef int i
    cdef Column *column
    cdef Part *take
    cdef list ranked = []
    for k in range(problem.columns):
        column = &problem.column[k]
        base = 0
        for i in range(column.take_count):
            take = &problem.part[column.takes + i]
            base += problem.worth[take.cls] * take.count
        ranked.append((-(column.saving * 1000 // base), -column.saving, k))
    return [entry[2] for entry in sorted(ranked)]


cdef int64_t floor_of(Search search) except -1:
    # The greedy start: the use that saves most, again and again; or the one that saves most of what it consumes.
    cdef int64_t first
    greedy(search, by_saving(search.problem))
    keep(search)
    first = search.saving
    clear(search)
    greedy(search, by_density(search.problem))
    if search.saving > search.best_saving:
        keep(search)
    clear(search)
    return first


cdef int open_memo(Search search) except -1:
    # Each state takes its tag, saving, uses, the units left of each class and the uses of each rule.
    search.memo_stride = 3 + search.problem.classes + search.problem.rules
    search.memo_room = min(<Py_ssize_t>MEMO_STATES, <Py_ssize_t>MEMO_BYTES // (8 * search.memo_stride))
    search.memo_mask = 1
    while search.memo_mask < 2 * search.memo_room:
        search.memo_mask *= 2
    search.memo_table = <int32_t *>calloc(search.memo_mask, sizeof(int32_t))
    search.memo_mask -= 1
    search.memo = zeroed(search.memo_stride * (search.memo_room + 1))
    if search.memo_table == NULL:
        raise MemoryError()
    return 0


cdef int64_t tag_of(Search search, Py_ssize_t k) noexcept:
    # The column, and of each group whether nobody, a rule behind us or the rule of this column holds it.
    cdef Problem problem = search.problem
    cdef int64_t tag = k
    cdef int group
    for group in range(MOST_GROUPS):
        tag <<= 2
        if problem.owner[group] != FREE:
            tag |= 2 if problem.owner[group] == problem.column[k].rule else 1
    return tag


cdef int64_t *write_state(Search search, Py_ssize_t k, unsigned long long *hashed) noexcept:
    # Writes the state behind the last entry, where it stays if it is new. Classes that nothing wants any more are 0.
    cdef Problem problem = search.problem
    cdef int64_t *entry = &search.memo[search.memo_count * search.memo_stride]
    cdef Py_ssize_t c
    entry[0] = tag_of(search, k)
    entry[1] = search.saving
    entry[2] = search.uses
    hashed[0] = guichet_mixed(0, entry[0])
    for c in range(problem.classes):
        entry[3 + c] = problem.left[c] if search.bounds.last_column[c] >= k else 0
        hashed[0] = guichet_mixed(hashed[0], entry[3 + c])
    memcpy(&entry[3 + problem.classes], search.vector, problem.rules * sizeof(int64_t))
    return entry


cdef bint is_known(Search search, Py_ssize_t k) except -1:
    # Whether this state was reached before by a prefix at least as good: then nothing behind it can win any more.
    cdef Py_ssize_t classes = search.problem.classes
    cdef unsigned long long hashed = 0
    cdef int64_t *entry
    cdef int64_t *known
    cdef Py_ssize_t slot
    if search.memo == NULL:
        open_memo(search)
    entry = write_state(search, k, &hashed)
    slot = <Py_ssize_t>(hashed & <unsigned long long>search.memo_mask)
    while search.memo_table[slot]:
        known = &search.memo[(search.memo_table[slot] - 1) * search.memo_stride]
        if known[0] == entry[0] and memcmp(&known[3], &entry[3], classes * sizeof(int64_t)) == 0:
            if known[1] > entry[1] or known[1] == entry[1] and (
                known[2] < entry[2]
                or known[2] == entry[2] and by_vector(search, &known[3 + classes], &entry[3 + classes]) >= 0
            ):
                return True
            memcpy(known, entry, search.memo_stride * sizeof(int64_t))
            return False
        slot = (slot + 1) & search.memo_mask
    if search.memo_count < search.memo_room:
        search.memo_count += 1
        search.memo_table[slot] = <int32_t>search.memo_count
    return False


cdef bint is_tie_lost(Search search, Py_ssize_t k) noexcept:
    # The bound reaches the best saving and no more: only fewer uses could win, or as many with a larger vector.
    cdef int64_t missing = search.best_saving - search.saving
    cdef int64_t least = 0
    cdef int rule
    cdef bint lost
    if missing:
        least = (missing - 1) // search.bounds.largest[k] + 1
    if search.uses + least != search.best_uses:
        return search.uses + least > search.best_uses
    rule = search.problem.column[k].rule
    search.vector[rule] += least
    lost = by_vector(search, search.vector, search.best_vector) <= 0
    search.vector[rule] -= least
    return lost


cdef int enter(Search search, Py_ssize_t k) except -1:
    # A node: the uses put so far, and every column from k on still open. Sets `at` where there is more to do.
    cdef Py_ssize_t first = k
    cdef int64_t reach
    search.nodes += 1
    if is_better(search):
        keep(search)
        search.is_found = True
    if k == search.columns:
        # Nothing is left to save, so fewer copies of a column that lowers the bound are hopeless where this one is.
        return HOPELESS if search.saving < search.best_saving else DEAD
    reach = search.saving + bound_from(search.bounds, k)
    if reach < search.best_saving:
        return HOPELESS
    if search.is_found and reach == search.best_saving and is_tie_lost(search, k):
        return DEAD
    while k < search.columns and not room(search.problem, k):
        k += 1
    search.nodes += (k - first) // SCANNED
    if k == search.columns or search.nodes > MEMO_AFTER and is_known(search, k):
        return DEAD
    search.at = k
    return GO


cdef bint step_back(Search search, bint is_hopeless) except -1:
    # One copy less of the last column that has any, and `at` behind it; False where there is nothing left to try.
    cdef Py_ssize_t k
    while search.depth:
        k = <Py_ssize_t>search.stack[search.depth - 1]
        if search.times[k] and is_hopeless and search.bounds.slope[k] >= 0:
            put(search, k, -search.times[k])
        is_hopeless = False
        if search.times[k]:
            put(search, k, -1)
            search.at = k + 1
            return True
        search.depth -= 1
    return False


cdef bint explore(Search search) except -1:
    # Depth first, more copies of an earlier column first: the order of the ties. False where the budget was spent.
    cdef Py_ssize_t k = 0
    cdef int verdict
    while search.nodes < search.budget:
        verdict = enter(search, k)
        if verdict == GO:
            k = search.at
            search.stack[search.depth] = k
            search.depth += 1
            put(search, k, room(search.problem, k))
            k += 1
        elif step_back(search, verdict == HOPELESS):
            k = search.at
        else:
            return True
    return False


cdef int harvest(Search search, Solution solution) except -1:
    # The best solution's uses go to the answer, and their units out of what is left.
    cdef Problem problem = search.problem
    cdef Column *column
    cdef Part *part
    cdef Py_ssize_t k
    cdef int i
    clear(search)
    for k in range(search.columns):
        if search.best_times[k]:
            column = &problem.column[k]
            part = &problem.part[column.parts]
            put(search, k, search.best_times[k])
            parts = tuple([(part[i].slot, part[i].cls, part[i].count) for i in range(column.part_count)])
            solution.uses.append((column.rule, search.best_times[k], parts))
    solution.saving += search.best_saving
    return 0


cdef int go_on(Problem problem, Solution solution, Py_ssize_t widest) except -1:
    # Rounds of the greedy start over the units left, where not every use could be listed at once.
    cdef Search search
    cdef int _
    for _ in range(ROUNDS):
        widest = list_uses(problem, min(widest, NARROW))
        if problem.columns == 0:
            break
        search = open_search(problem, 0)
        greedy(search, by_saving(problem))
        keep(search)
        harvest(search, solution)
    return 0


cdef Solution solve(Problem problem, int64_t budget):
    # The best multiset of uses of the problem's units; `bounded` where that could not be proven within the budget.
    cdef Solution solution = Solution.__new__(Solution)
    cdef Search search
    cdef Py_ssize_t widest = list_uses(problem, CLASSES)
    solution.uses = []
    if problem.columns == 0:
        return solution
    search = open_search(problem, budget)
    solution.greedy = floor_of(search)
    if problem.is_narrow:
        solution.bounded = True
    else:
        search.bounds = open_bounds(problem)
        solution.bounded = not explore(search)
        solution.nodes = search.nodes
    harvest(search, solution)
    if problem.is_narrow:
        go_on(problem, solution, widest)
        solution.uses.sort(key=itemgetter(0))
    return solution


cdef Solution solve_first(Problem problem):
    # The mode without a search: one rule, the use that saves most as often as it fits, then the next.
    cdef Solution solution = Solution.__new__(Solution)
    cdef Search search
    cdef Py_ssize_t widest = list_uses(problem, CLASSES)
    solution.uses = []
    solution.bounded = problem.is_narrow
    if problem.columns:
        search = open_search(problem, 0)
        greedy(search, by_saving(problem))
        keep(search)
        harvest(search, solution)
    if solution.bounded:
        go_on(problem, solution, widest)
    return solution
