"""Phase 2 of pricing: menus chosen by their button, then the uses that the search chose, given to the lines."""

cimport cython
from libc.stdint cimport int64_t
from libc.string cimport memset

from engine_ext.basket cimport BasketLine, shown
from engine_ext.patterns cimport (
    AMOUNT_OFF, MOST_UNITS, SET_PRICE, ChosenMenu, Pattern, Patterns, Slot, slot_takes,
)
from engine_ext.problem cimport Part, Problem, open_problem, saving_of
from engine_ext.prorate cimport split_into
from engine_ext.sheet cimport Applied, Sheet, explain, give
from engine_ext.units cimport Atom, Stock, Units, choose_uses, find_hits, open_units, stock_row, takes_part

from engine_ext.basket import PricingError
from engine_ext.sheet import RULE_PATTERN

include "stamp.pxi"

cdef enum:
    PHASE = 2

PHASE_UNITS = PHASE
KINDS = ("fixed", "percent", "amount")  # by the number of a benefit's kind


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(16)
cdef class PatternUse:
    """``times`` equal uses of a pattern: ``slots`` tells of each slot its units as (line id, count, worth of one).

    ``base_sum``, ``wanted`` and ``granted`` are those of one use, in minor units, -150 being 1.50 off; ``discount`` is
    the index of the ticket's discount that adds them up; ``chosen`` tells a menu chosen by its button.
    """

    def __repr__(self):
        return shown(
            self, ("ref", "version", "discount", "chosen", "times", "slots", "base_sum", "wanted", "granted")
        )


cdef int64_t worth_of(Problem problem, Pattern rule, list slots, list rows, int64_t *base, int64_t *price) except? -1:
    # What one use saves; its base and, for a price of the set, that price with its supplements.
    cdef Py_ssize_t c = 0
    cdef int64_t saving
    cdef Slot slot
    for s in range(len(slots)):
        slot = <Slot>rule.slots[s]
        for row, count, worth in slots[s]:
            problem.worth[c] = worth
            problem.draft[c].slot = s
            problem.draft[c].cls = c
            problem.draft[c].count = count
            if slot.extra:
                problem.extra[s * problem.classes + c] = slot.extra.get((<BasketLine>rows[c]).product, 0)
            base[0] += worth * count
            c += 1
    saving = saving_of(problem, problem.rule, problem.draft, c)
    price[0] = base[0] - saving
    return saving


cdef int spread_use(Units units, Pattern rule, list slots, int64_t amount, int64_t times) except -1:
    # Splits a price, or a discount, over the lines of one use by what its units are worth, and adds it to `parts`.
    cdef int64_t weights[MOST_UNITS]
    cdef int64_t shares[MOST_UNITS]
    cdef dict by_row = {}
    cdef Py_ssize_t i = 0
    for slot in slots:
        for row, count, worth in slot:
            by_row[row] = by_row.get(row, 0) + count * worth
    rows = sorted(by_row)
    for row in rows:
        weights[i] = by_row[row]
        i += 1
    split_into(amount, weights, i, shares)
    for i in range(len(rows)):
        if rule.kind == SET_PRICE:
            shares[i] -= weights[i]
        units.sheet.parts[<Py_ssize_t>rows[i]] += shares[i] * times
    return 0


cdef int apply_use(Units units, Pattern rule, list slots, int64_t times, bint chosen) except -1:
    # One use, or several over the same lines: its units as [(row, count, worth)] of each slot.
    cdef Sheet sheet = units.sheet
    cdef PatternUse use = PatternUse.__new__(PatternUse)
    cdef int64_t price = 0
    cdef int64_t base = 0
    cdef int64_t saving
    lines = [<BasketLine>sheet.order[<Py_ssize_t>row].line for slot in slots for row, _, _ in slot]
    saving = worth_of(open_problem([rule], [-1], len(lines)), rule, slots, lines, &base, &price)
    if rule.kind == SET_PRICE and base == 0:
        raise PricingError("pricing.fixed_over_zero", None, f"{rule.id} sets a price over lines that come to 0")
    if saving:
        spread_use(units, rule, slots, price if rule.kind == SET_PRICE else -saving, times)
    use.ref = rule.id
    use.version = rule.version
    use.discount = len(sheet.applied)
    use.chosen = chosen
    use.times = times
    use.slots = tuple([
        tuple([((<BasketLine>sheet.order[<Py_ssize_t>row].line).id, count, worth) for row, count, worth in slot])
        for slot in slots
    ])
    use.base_sum = base
    use.granted = -saving
    use.wanted = -rule.value if rule.kind == AMOUNT_OFF else -saving
    units.uses.append(use)
    return 0


cdef int explain_units(Units units, Applied step, Py_ssize_t first) except -1:
    # How often the rule was used, and how many units of each line that took, in the order of pricing.
    cdef dict taken = {}
    cdef PatternUse use
    cdef Py_ssize_t i
    cdef str line_id
    step.uses = 0
    for i in range(first, len(units.uses)):
        use = <PatternUse>units.uses[i]
        step.uses += use.times
        for slot in use.slots:
            for line_id, count, _ in slot:
                taken[line_id] = taken.get(line_id, 0) + count * use.times
    ordered = []
    for i in range(units.sheet.count):
        line_id = (<BasketLine>units.sheet.order[i].line).id
        if line_id in taken:
            ordered.append((line_id, taken[line_id]))
    step.units = tuple(ordered)
    return 0


cdef int close_rule(Units units, Pattern rule, Py_ssize_t first) except -1:
    # One discount of the ticket for all uses of the rule since `first`, each of them rounded by itself.
    cdef Sheet sheet = units.sheet
    cdef PatternUse use
    cdef int64_t base = 0
    cdef int64_t wanted = 0
    cdef int64_t granted = 0
    cdef Py_ssize_t i
    for i in range(first, len(units.uses)):
        use = <PatternUse>units.uses[i]
        base += use.base_sum * use.times
        wanted += use.wanted * use.times
        granted += use.granted * use.times
    for i in range(sheet.count):
        give(sheet, sheet.order[i], sheet.parts[i])
    memset(sheet.parts, 0, sheet.count * sizeof(int64_t))
    sheet.rule = RULE_PATTERN
    sheet.version = rule.version
    explain(sheet, rule.id, PHASE, KINDS[rule.kind], base, wanted, granted)
    return explain_units(units, <Applied>sheet.applied[len(sheet.applied) - 1], first)


cdef list places_of(Units units, ChosenMenu menu):
    # The rows of a menu's lines, in the order of its slots.
    cdef Sheet sheet = units.sheet
    cdef dict at = {}
    cdef list rows = []
    cdef Py_ssize_t i
    wanted = set(menu.lines)
    for i in range(sheet.count):
        if (<BasketLine>sheet.order[i].line).id in wanted:
            at[(<BasketLine>sheet.order[i].line).id] = i
    for line_id in menu.lines:
        if line_id not in at:
            raise PricingError("pricing.unknown_line", line_id, f"menu {menu.pattern} lists it, the basket does not")
        rows.append(at[line_id])
    return rows


cdef list slots_of_menu(Pattern rule, ChosenMenu menu):
    # The slot of each of its units: as many lines slot by slot as the slot has units.
    cdef list slots = []
    cdef int s
    for s in range(len(rule.slots)):
        slots += [s] * (<Slot>rule.slots[s]).quantity
    if len(slots) != len(menu.lines):
        raise PricingError(
            "pricing.menu_mismatch", None, f"menu {rule.id} has {len(slots)} units, {len(menu.lines)} lines are listed"
        )
    return slots


cdef int64_t draw(Units units, Py_ssize_t i, Pattern rule, int slot) except -1:
    # The dearest unit that the line has left; its worth.
    cdef Stock *stock = &units.stock[i]
    cdef BasketLine line = <BasketLine>units.sheet.order[i].line
    if not takes_part(units.sheet.order[i]) or not slot_takes(<Slot>rule.slots[slot], line):
        raise PricingError("pricing.menu_mismatch", line.id, f"it cannot fill slot {slot} of menu {rule.id}")
    if stock.dear:
        stock.dear -= 1
        return stock.worth + 1
    if stock.cheap == 0:
        raise PricingError("pricing.menu_mismatch", line.id, f"it has no unit left for menu {rule.id}")
    stock.cheap -= 1
    return stock.worth


cdef Pattern pattern_of(Units units, ChosenMenu menu):
    cdef Patterns book = units.book
    if menu.pattern not in book.places:
        raise PricingError("pricing.unknown_menu", None, f"the book has no pattern {menu.pattern}")
    place = book.places[menu.pattern]
    group = book.group_of[place]
    if group >= 0 and units.held.setdefault(group, place) != place:
        other = (<Pattern>book.patterns[units.held[group]]).id
        raise PricingError("pricing.menus_exclude", None, f"menus {other} and {menu.pattern} exclude each other")
    return <Pattern>book.patterns[place]


cdef int apply_menu(Units units, ChosenMenu menu, Pattern rule, list rows) except -1:
    cdef list slots = slots_of_menu(rule, menu)
    cdef list taken = [[] for _ in rule.slots]
    cdef Py_ssize_t i
    for i in range(len(rows)):
        taken[slots[i]].append((rows[i], 1, draw(units, rows[i], rule, slots[i])))
    apply_use(units, rule, taken, 1, True)
    return close_rule(units, rule, len(units.uses) - 1)


cdef int apply_menus(Units units, tuple menus) except -1:
    # In the order of the book, then of their lines: the order in which they were chosen changes nothing.
    cdef list chosen = []
    cdef ChosenMenu menu
    for each in menus:
        if type(each) is not ChosenMenu:
            raise TypeError(f"menus must hold ChosenMenu, not {type(each).__name__}")
        menu = <ChosenMenu>each
        rule = pattern_of(units, menu)
        rows = places_of(units, menu)
        units.by_button.add(units.book.places[menu.pattern])
        chosen.append((units.book.places[menu.pattern], rows, len(chosen), menu, rule))
    chosen.sort()
    for _, rows, _, menu, rule in chosen:
        apply_menu(units, menu, rule, rows)
    return 0


cdef int64_t copies_over_the_same_lines(Units units, list parts, int64_t copies) except -1:
    # As many uses as the earliest atom of each class can serve alone; at least one, which may draw on several.
    cdef dict needs = {}
    cdef Py_ssize_t head
    for _, number, count in parts:
        needs[number] = needs.get(number, 0) + count
    for number, count in needs.items():
        head = units.heads[number]
        copies = min(copies, units.atom[head].left // <int64_t>count)
    return max(copies, 1)


cdef list take_units(Units units, object number, int64_t count, int64_t times):
    # The earliest units of a class, as (row, count, worth).
    cdef list taken = []
    cdef Atom *atom
    cdef int64_t some
    while count:
        atom = &units.atom[<Py_ssize_t>units.heads[number]]
        if atom.left == 0:
            units.heads[number] = atom.next
            continue
        some = min(count, atom.left // times)
        atom.left -= some * times
        count -= some
        taken.append((atom.row, some, atom.worth))
    return taken


cdef int give_use(Units units, Pattern rule, int64_t copies, list parts) except -1:
    cdef int64_t times
    while copies:
        for _, number, _ in parts:
            while units.atom[<Py_ssize_t>units.heads[number]].left == 0:
                units.heads[number] = units.atom[<Py_ssize_t>units.heads[number]].next
        times = copies_over_the_same_lines(units, parts, copies)
        slots = [[] for _ in rule.slots]
        for slot, number, count in parts:
            slots[slot] += take_units(units, number, count, times)
        apply_use(units, rule, slots, times, False)
        copies -= times
    return 0


cdef int give_uses(Units units, list found) except -1:
    # Rule by rule; the earliest lines serve the earliest uses, slot by slot.
    cdef Py_ssize_t first = len(units.uses)
    cdef Py_ssize_t i
    cdef Pattern rule
    for i in range(len(found)):
        place, copies, parts = found[i]
        rule = <Pattern>units.book.patterns[place]
        give_use(units, rule, copies, parts)
        if i + 1 == len(found) or found[i + 1][0] != place:
            close_rule(units, rule, first)
            first = len(units.uses)
    return 0


cdef Units apply_patterns(Sheet sheet, Patterns book, tuple menus):
    # On a sheet that phase 1 is done with. A negative basket is priced without rules.
    cdef Units units = open_units(sheet, book)
    cdef Py_ssize_t i
    cdef bint is_any
    if sheet.sign < 0 or not book.patterns and not menus:
        return units
    is_any = find_hits(units)
    if not is_any and not menus:
        return units
    for i in range(sheet.count):
        sheet.parts[i] = 0
        if takes_part(sheet.order[i]):
            stock_row(units, i)
    apply_menus(units, menus)
    if is_any:
        give_uses(units, choose_uses(units))
    return units
