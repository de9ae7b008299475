"""The sheet of one pricing: a basket's lines as C rows, in the one order of pricing, and what every step gives them."""

cimport cython
from cpython.object cimport Py_LT, PyObject, PyObject_Hash, PyObject_RichCompareBool
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from cpython.unicode cimport PyUnicode_Compare
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free, realloc

from engine_ext.basket cimport DEPOSIT, GOODS, STORED, BasketLine, shown
from engine_ext.money cimport GUICHET_AMOUNT_MAX, times

from engine_ext.basket import PricingError
from engine_ext.money import MoneyOverflow

include "stamp.pxi"

cdef enum:
    NOTHING = -1  # ends a chain of shares
    MANY = 10_000

LINES_MAX = MANY
CUT_TO_SUM = "cut_to_sum"
EMPTY_SUM = "empty_sum"
RULE_MANUAL = "manual"
RULE_DEFAULT = "default"
RULE_LINE = "line-rule"
RULE_PATTERN = "pattern"
RULE_AUTOMATIC = "automatic"
RULE_CUSTOMER = "customer"
RULE_COUPON = "coupon"
RULE_VAT = "vat"


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(16)
cdef class Applied:
    """One step of a discount or surcharge: the sum it met, what it wanted, what it got, and why that was less.

    Signed changes in minor units: -150 is 1.50 off. ``reason`` is None where ``granted`` is ``wanted``. ``rule`` is the
    kind of rule that ``ref`` names (``RULE_MANUAL`` to ``RULE_VAT``) and ``version`` its version, 0 where a rule has
    none. ``uses`` and ``units``, as (line id, count), are what a rule that consumes units did, else 1 and nothing.
    """

    def __repr__(self):
        return shown(self, ("ref", "phase", "kind", "base_sum", "wanted", "granted", "reason"))


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class Sheet:
    """Rows in the order of entry, the same rows in the order of pricing, and the shares that each was given."""

    def __dealloc__(self):
        free(self.rows)
        free(self.shares)


cdef int within_limit(int64_t amount) except -1:
    if not -GUICHET_AMOUNT_MAX <= amount <= GUICHET_AMOUNT_MAX:
        raise MoneyOverflow(f"{amount} is beyond the largest amount, {GUICHET_AMOUNT_MAX}")
    return 0


cdef Sheet open_sheet(object lines, int64_t scale, Py_ssize_t spare):
    # `spare` rows more than the basket has lines, for items that rules may add.
    cdef Sheet sheet = Sheet.__new__(Sheet)
    cdef Py_ssize_t slots = 8
    sheet.given = list(lines)
    sheet.count = len(sheet.given)
    if sheet.count > MANY:
        raise PricingError("pricing.too_many_lines", None, f"at most {MANY} lines a basket, not {sheet.count}")
    sheet.room = sheet.count + spare
    while slots < 2 * sheet.room:
        slots *= 2
    sheet.mask = slots - 1
    # One block for all of it: rows first, then the pointers to them, then the scratch numbers, each of 8 bytes.
    sheet.rows = <Row *>calloc(
        1, (sheet.room + 1) * sizeof(Row) + (2 * sheet.room + slots) * sizeof(Row *)
        + 2 * sheet.room * sizeof(int64_t)
    )
    if sheet.rows == NULL:
        raise MemoryError()
    sheet.order = <Row **>&sheet.rows[sheet.room + 1]
    sheet.spare = &sheet.order[sheet.room]
    sheet.table = &sheet.spare[sheet.room]
    sheet.weights = <int64_t *>&sheet.table[slots]
    sheet.parts = &sheet.weights[sheet.room]
    sheet.scale = scale
    sheet.sign = 0
    sheet.applied = []
    return sheet


cdef Row **slot_of(Sheet sheet, str line_id) except NULL:
    # Where the line of this id is in the table, or the empty slot where it belongs.
    cdef Py_ssize_t slot = PyObject_Hash(line_id) & sheet.mask
    while sheet.table[slot] != NULL:
        if (<BasketLine>sheet.table[slot].line).id == line_id:
            break
        slot = (slot + 1) & sheet.mask
    return &sheet.table[slot]


cdef int enter_line(Sheet sheet, BasketLine line, Py_ssize_t place) except -1:
    # Phase 0, after the choice of the unit price: base = r(unit price x quantity), the one rounding of a line.
    cdef Row *row = &sheet.rows[place]
    cdef Row **slot = slot_of(sheet, line.id)
    sheet.at = line.id
    if slot[0] != NULL:
        raise PricingError("pricing.duplicate_line", line.id, "two lines of one basket have this id")
    slot[0] = row
    row.line = <PyObject *>line
    row.entered = place
    row.base = times(line.unit, line.quantity, sheet.scale)
    within_limit(row.base)
    sheet.mass += row.base if row.base > 0 else -row.base
    return within_limit(sheet.mass)


cdef int enter_lines(Sheet sheet) except -1:
    cdef Py_ssize_t i
    for i in range(sheet.count):
        if type(sheet.given[i]) is not BasketLine:
            raise TypeError(f"lines must hold BasketLine, not {type(sheet.given[i]).__name__}")
        enter_line(sheet, <BasketLine>sheet.given[i], i)
        sheet.order[i] = &sheet.rows[i]
    return 0


cdef int add_line(Sheet sheet, BasketLine line, object rule) except -1:
    # An item that an automatic rule adds to an upright, sorted basket takes its place in the order of pricing.
    cdef Py_ssize_t place = sheet.count
    cdef Row *row = &sheet.rows[place]
    if place >= sheet.room:
        raise MemoryError()
    sheet.given.append(line)
    enter_line(sheet, line, place)
    row.quantity = line.quantity
    row.remaining = row.base
    row.first_share = row.last_share = NOTHING
    row.group = GOODS
    row.rule = <PyObject *>rule
    while place > 0 and by_key(row, sheet.order[place - 1]) < 0:
        sheet.order[place] = sheet.order[place - 1]
        place -= 1
    sheet.order[place] = row
    sheet.count += 1
    return 0


cdef int find_sign(Sheet sheet) except -1:
    # All goods have one sign: that of the base, or of the quantity where that is 0, because a fixed price may still
    # raise such a line. Deposits may stand against it and decide it only where there is nothing else.
    cdef int64_t deposits = 0
    cdef int64_t leading
    cdef Py_ssize_t i
    cdef BasketLine line
    for i in range(sheet.count):
        line = <BasketLine>sheet.rows[i].line
        if line.nature != GOODS:
            deposits += sheet.rows[i].base
            continue
        leading = sheet.rows[i].base if sheet.rows[i].base != 0 else line.quantity
        if sheet.sign != 0 and (leading > 0) != (sheet.sign > 0):
            raise PricingError(
                "pricing.mixed_signs", line.id, "all lines but deposits and advances must have one sign"
            )
        sheet.sign = 1 if leading > 0 else -1
    if sheet.sign == 0:
        sheet.sign = -1 if deposits < 0 else 1
    return 0


cdef int turn_upright(Sheet sheet) except -1:
    # A negative basket is priced as its positive mirror and turned back at the end.
    cdef Py_ssize_t i
    cdef Row *row
    cdef BasketLine line
    for i in range(sheet.count):
        row = &sheet.rows[i]
        line = <BasketLine>row.line
        row.quantity = line.quantity * sheet.sign
        row.base *= sheet.sign
        row.remaining = row.base
        row.first_share = row.last_share = NOTHING
        row.group = GOODS
        if line.nature == DEPOSIT:
            row.group = AGAINST_SIGN if row.base < 0 else WITH_SIGN
        elif line.nature == STORED:
            row.group = UNTAXED
    return 0


cdef inline int by_text(str left, str right) except -2:
    return 0 if left is right else PyUnicode_Compare(left, right)


cdef inline int by_number(int64_t left, int64_t right) noexcept:
    return (left > right) - (left < right)


cdef int by_options(tuple left, tuple right) except -2:
    if left is right or left == right:
        return 0
    return -1 if PyObject_RichCompareBool(left, right, Py_LT) else 1


cdef int by_key(Row *left, Row *right) except -2:
    # The order of the specification; the id comes last, so that no two lines of a basket are equal.
    cdef BasketLine a = <BasketLine>left.line
    cdef BasketLine b = <BasketLine>right.line
    return (
        by_text(a.category, b.category)
        or by_number(a.rate, b.rate)
        or by_number(a.product is None, b.product is None)
        or by_text(a.sold_as, b.sold_as)
        or by_number(a.unit, b.unit)
        or by_options(a.options, b.options)
        or by_number(left.quantity, right.quantity)
        or by_number(left.base, right.base)
        or by_text(a.id, b.id)
    )


cdef int merge(Row **source, Row **target, Py_ssize_t low, Py_ssize_t middle, Py_ssize_t high) except -1:
    cdef Py_ssize_t left = low
    cdef Py_ssize_t right = middle
    cdef Py_ssize_t i
    for i in range(low, high):
        if left < middle and (right >= high or by_key(source[left], source[right]) <= 0):
            target[i] = source[left]
            left += 1
        else:
            target[i] = source[right]
            right += 1
    return 0


cdef int sort_lines(Sheet sheet) except -1:
    # Bottom-up merge sort of pointers: the order of entry must change nothing.
    cdef Py_ssize_t width = 1
    cdef Py_ssize_t low
    while width < sheet.count:
        low = 0
        while low < sheet.count:
            merge(
                sheet.order, sheet.spare, low, min(low + width, sheet.count), min(low + 2 * width, sheet.count)
            )
            low += 2 * width
        sheet.order, sheet.spare = sheet.spare, sheet.order
        width *= 2
    return 0


cdef int record(Sheet sheet, Row *row, int64_t amount) except -1:
    # The row's share of the step that comes next in `applied`, chained behind its earlier ones.
    cdef Share *grown
    cdef Py_ssize_t room
    if sheet.share_count == sheet.share_room:
        room = 2 * sheet.share_room + 16
        grown = <Share *>realloc(sheet.shares, room * sizeof(Share))
        if grown == NULL:
            raise MemoryError()
        sheet.shares = grown
        sheet.share_room = room
    sheet.shares[sheet.share_count].amount = amount
    sheet.shares[sheet.share_count].discount = len(sheet.applied)
    sheet.shares[sheet.share_count].next = NOTHING
    if row.first_share == NOTHING:
        row.first_share = sheet.share_count
    else:
        sheet.shares[row.last_share].next = sheet.share_count
    row.last_share = sheet.share_count
    sheet.share_count += 1
    return 0


cdef int give(Sheet sheet, Row *row, int64_t amount) except -1:
    if amount == 0:
        return 0
    row.remaining += amount
    sheet.mass += amount
    within_limit(sheet.mass)
    return record(sheet, row, amount)


cdef int take_off(Sheet sheet, Row *row, int64_t amount) except -1:
    # Brings a row nearer to 0 by what its own sign says: less is never beyond a limit.
    if amount == 0:
        return 0
    row.remaining -= amount
    sheet.mass -= amount if amount > 0 else -amount
    return record(sheet, row, -amount)


cdef int64_t cut(int64_t wanted, int64_t base_sum) except? -1:
    # A discount never takes more than the sum it applies to, and nothing at all applies to a sum of 0.
    within_limit(wanted)
    if base_sum == 0:
        return 0
    return wanted if wanted > -base_sum else -base_sum


cdef int explain(
    Sheet sheet, str ref, int phase, str kind, int64_t base_sum, int64_t wanted, int64_t granted
) except -1:
    cdef Applied step = Applied.__new__(Applied)
    step.ref = ref
    step.phase = phase
    step.kind = kind
    step.base_sum = base_sum * sheet.sign
    step.wanted = wanted * sheet.sign
    step.granted = granted * sheet.sign
    step.reason = None if wanted == granted else EMPTY_SUM if base_sum == 0 else CUT_TO_SUM
    step.rule = sheet.rule
    step.version = sheet.version
    step.uses = 1
    step.units = ()
    sheet.applied.append(step)
    return 0


cdef tuple shares_of(Sheet sheet, Row *row):
    # Built without a list in between: a ticket with a discount has one of these per line.
    cdef Py_ssize_t count = 0
    cdef Py_ssize_t at = row.first_share
    cdef tuple shares
    cdef object share
    while at != NOTHING:
        count += 1
        at = sheet.shares[at].next
    if count == 0:
        return ()
    shares = PyTuple_New(count)
    at = row.first_share
    for count in range(count):
        share = (sheet.shares[at].discount, sheet.shares[at].amount * sheet.sign)
        Py_INCREF(share)  # which the tuple takes over
        PyTuple_SET_ITEM(shares, count, share)
        at = sheet.shares[at].next
    return shares
