"""Units: what lines are to rules that consume them, sorted into classes, and the searches over them."""

cimport cython
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free

from engine_ext.basket cimport GOODS, BasketLine
from engine_ext.patterns cimport FIRST, MOST_SLOTS, Pattern, Patterns, Slot, slots_hit
from engine_ext.problem cimport Problem, open_problem
from engine_ext.search cimport Solution, solve, solve_first
from engine_ext.sheet cimport Row, Sheet

from operator import itemgetter

include "stamp.pxi"

cdef enum:
    UNIT = 1_000  # thousandths of the unit of measure


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class Units:
    """The units of one ticket while rules consume them."""

    def __dealloc__(self):
        free(self.stock)
        free(self.atom)


cdef int64_t units_of_row(Units units, Py_ssize_t i) noexcept:
    # A fractional quantity is one indivisible unit.
    cdef int64_t quantity = units.sheet.order[i].quantity
    return 1 if quantity % UNIT else quantity // UNIT


cdef int stock_row(Units units, Py_ssize_t i) except -1:
    # Unit j of q is worth r(A*j/q) - r(A*(j-1)/q): of two neighbouring amounts, A mod q units the larger one.
    cdef Row *row = units.sheet.order[i]
    cdef int64_t count = units_of_row(units, i)
    units.stock[i].worth = row.remaining // count
    units.stock[i].dear = row.remaining % count
    units.stock[i].cheap = count - units.stock[i].dear
    return 0


cdef Units open_units(Sheet sheet, Patterns book):
    cdef Units units = Units.__new__(Units)
    units.sheet = sheet
    units.book = book
    units.stock = <Stock *>calloc(sheet.count + 1, sizeof(Stock))
    units.atom = <Atom *>calloc(2 * sheet.count + 1, sizeof(Atom))
    if units.stock == NULL or units.atom == NULL:
        raise MemoryError()
    units.classes = []
    units.heads = []
    units.tails = []
    units.candidates = []
    units.held = {}
    units.uses = []
    units.offered = {}
    units.found = []
    units.counts = []
    units.savings = {}
    units.by_button = set()
    return units


cdef bint takes_part(Row *row) noexcept:
    return row.group == GOODS and row.quantity > 0


cdef bint find_hits(Units units) except -1:
    # Which slots each row may fill; alike lines are looked up once. False where no line is of interest to any rule.
    cdef dict known = {}
    cdef bint is_any = False
    cdef Py_ssize_t i
    cdef BasketLine line
    units.hits = [()] * units.sheet.count
    for i in range(units.sheet.count):
        if not takes_part(units.sheet.order[i]):
            continue
        line = <BasketLine>units.sheet.order[i].line
        key = (line.product, line.department, line.tags)
        found = known.get(key)
        if found is None:
            found = known[key] = slots_hit(units.book, line)
        if found:
            units.hits[i] = found
            is_any = True
    return is_any


cdef int find_candidates(Units units) except -1:
    # Patterns whose every slot finds enough units, unless a chosen menu excludes them.
    cdef Patterns book = units.book
    cdef Pattern rule
    cdef Py_ssize_t i
    cdef int place, s, group
    for i in range(units.sheet.count):
        for slot in units.hits[i]:
            units.offered[slot] = units.offered.get(slot, 0) + units.stock[i].cheap + units.stock[i].dear
    for place in sorted({slot // MOST_SLOTS for slot in units.offered}):
        rule = <Pattern>book.patterns[place]
        group = book.group_of[place]
        if group >= 0 and units.held.get(group, place) != place:
            continue
        for s in range(len(rule.slots)):
            if units.offered.get(place * MOST_SLOTS + s, 0) < (<Slot>rule.slots[s]).quantity:
                break
        else:
            units.candidates.append(place)
    return 0


cdef int add_atom(Units units, dict known, Py_ssize_t i, tuple slots, int64_t worth, int64_t count) except -1:
    cdef BasketLine line = <BasketLine>units.sheet.order[i].line
    cdef Atom *atom = &units.atom[units.atoms]
    key = (line.product, line.department, line.options, worth, line.category, line.tags)
    number = known.setdefault(key, len(units.classes))
    atom.row = i
    atom.next = -1
    atom.worth = worth
    atom.left = count
    if number == len(units.classes):
        units.classes.append([worth, count, slots, line.product])
        units.heads.append(units.atoms)
        units.tails.append(units.atoms)
    else:
        units.classes[number][1] += count
        units.atom[<Py_ssize_t>units.tails[number]].next = units.atoms
        units.tails[number] = units.atoms
    units.atoms += 1
    return 0


cdef int find_classes(Units units) except -1:
    # Units alike in product, department, options, worth, VAT category and tags; of a line, the dearer ones first.
    cdef dict known = {}
    cdef set wanted = set(units.candidates)
    cdef Py_ssize_t i
    for i in range(units.sheet.count):
        slots = tuple([slot for slot in units.hits[i] if slot // MOST_SLOTS in wanted])
        if not slots:
            continue
        if units.stock[i].dear:
            add_atom(units, known, i, slots, units.stock[i].worth + 1, units.stock[i].dear)
        if units.stock[i].cheap:
            add_atom(units, known, i, slots, units.stock[i].worth, units.stock[i].cheap)
    return 0


cdef object root_of(dict parents, object place):
    while parents[place] != place:
        place = parents[place]
    return place


cdef int join(dict parents, object place, object other) except -1:
    low, high = sorted((root_of(parents, place), root_of(parents, other)))
    parents[high] = low
    return 0


cdef list independent_parts(Units units):
    # Patterns that share no class and no group cannot disturb each other: each part is searched by itself.
    cdef dict parents = {place: place for place in units.candidates}
    cdef dict by_group = {}
    cdef dict parts = {}
    for place in units.candidates:
        group = units.book.group_of[place]
        if group >= 0:
            join(parents, by_group.setdefault(group, place), place)
    for entry in units.classes:
        first = entry[2][0] // MOST_SLOTS
        for slot in entry[2]:
            join(parents, first, slot // MOST_SLOTS)
    for place in units.candidates:
        parts.setdefault(root_of(parents, place), []).append(place)
    return list(parts.values())


cdef Problem problem_of(Units units, list places, list numbers):
    # `numbers` are the classes that any of the patterns wants: classes of the problem keep their order.
    cdef Patterns book = units.book
    cdef Problem problem = open_problem(
        [book.patterns[place] for place in places], [book.group_of[place] for place in places], len(numbers)
    )
    cdef dict rule_of = {place: r for r, place in enumerate(places)}
    cdef Py_ssize_t c, r, s
    cdef Slot slot
    for c in range(len(numbers)):
        worth, count, slots, product = units.classes[numbers[c]]
        problem.worth[c] = worth
        problem.left[c] = count
        for number in slots:
            if number // MOST_SLOTS not in rule_of:
                continue
            r = rule_of[number // MOST_SLOTS]
            s = number % MOST_SLOTS
            problem.masks[r * problem.classes + c] |= 1 << s
            slot = <Slot>(<Pattern>book.patterns[number // MOST_SLOTS]).slots[s]
            if slot.extra:
                problem.extra[(r * MOST_SLOTS + s) * problem.classes + c] = slot.extra.get(product, 0)
    return problem


cdef list classes_for(Units units, list places):
    cdef set wanted = set(places)
    cdef Py_ssize_t number
    return [
        number for number in range(len(units.classes))
        if units.classes[number][1] and any([slot // MOST_SLOTS in wanted for slot in units.classes[number][2]])
    ]


cdef int collect(Units units, Solution solution, list places, list numbers, list found) except -1:
    # The solution's uses in the words of the whole ticket, their units out of the classes.
    for rule, copies, parts in solution.uses:
        found.append((places[rule], copies, [(slot, numbers[cls], count) for slot, cls, count in parts]))
        for _, cls, count in parts:
            units.classes[numbers[cls]][1] -= copies * count
    for place in places:
        units.savings[place] = solution.saving
    units.nodes += solution.nodes
    units.bounded = units.bounded or solution.bounded
    return 0


cdef list search_best(Units units):
    cdef list found = []
    cdef Solution solution
    for places in independent_parts(units):
        numbers = classes_for(units, places)
        solution = solve(problem_of(units, places, numbers), max(0, units.book.budget - units.nodes))
        collect(units, solution, places, numbers, found)
    found.sort(key=itemgetter(0))
    return found


cdef list take_first(Units units):
    cdef list found = []
    cdef dict held = dict(units.held)
    for place in units.candidates:
        group = units.book.group_of[place]
        numbers = classes_for(units, [place])
        if not numbers or group >= 0 and held.get(group, place) != place:
            continue
        before = len(found)
        collect(units, solve_first(problem_of(units, [place], numbers)), [place], numbers, found)
        if group >= 0 and len(found) > before:
            held[group] = place
    return found



cdef list choose_uses(Units units):
    # (place, copies, [(slot, class, count)]) in the order of the book, then of the ties.
    find_candidates(units)
    if not units.candidates:
        return []
    find_classes(units)
    units.counts = [entry[1] for entry in units.classes]
    units.found = take_first(units) if units.book.mode == FIRST else search_best(units)
    return units.found
