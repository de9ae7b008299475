"""Patterns: rules that consume units, checked where they are built and compiled into a book that finds them by line."""

cimport cython
from libc.stdint cimport int64_t

from engine_ext.basket cimport BasketLine, bounded, shown
from engine_ext.money cimport GUICHET_AMOUNT_MAX, WHOLE

from engine_ext.basket import PricingError

include "stamp.pxi"

PATTERNS_MAX = MOST_PATTERNS
SLOTS_MAX = MOST_SLOTS
GROUPS_MAX = MOST_GROUPS
SLOT_QUANTITY_MAX = SLOT_UNITS
IDS_MAX = 10_000  # of one kind in one slot
MENUS_MAX = MOST_MENUS
MENU_UNITS_MAX = MOST_UNITS
NODES_DEFAULT = 50_000
NODES_MAX = 1_000_000
PRIORITY_MAX = 1_000_000_000
MODE_BEST = BEST
MODE_FIRST = FIRST


cdef frozenset ids_of(object given, str name):
    cdef frozenset ids = frozenset(given)
    if type(given) is str:
        raise TypeError(f"{name} must be ids, not one text")
    for each in ids:
        if type(each) is not str:
            raise TypeError(f"{name} must hold ids (str), not {type(each).__name__}")
    if len(ids) > IDS_MAX:
        raise PricingError("pricing.bad_slot", None, f"at most {IDS_MAX} {name} a slot")
    return ids


cdef dict supplements_of(tuple given):
    cdef dict extra = {}
    for each in given:
        if type(each) is not tuple or len(<tuple>each) != 2 or type((<tuple>each)[0]) is not str:
            raise TypeError("supplements must hold (product id, amount) tuples")
        product, amount = each
        if product in extra:
            raise PricingError("pricing.bad_slot", None, f"product {product} has two supplements")
        extra[product] = bounded(amount, "supplement", "pricing.bad_amount", None, 0, GUICHET_AMOUNT_MAX)
    return extra


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class Slot:
    """``quantity`` units of what any of the sets names, less what the ``except`` sets name; empty sets mean anything.

    ``supplements`` are (product id, amount in minor units) that a unit in this slot adds to the price of the set.
    PricingError ``pricing.bad_slot`` where nothing can ever fill it, ``bad_quantity``, ``bad_amount``.
    """

    def __cinit__(
        self, quantity=1, *, products=(), departments=(), tags=(), except_products=(), except_tags=(),
        tuple supplements not None=(),
    ):
        self.quantity = bounded(quantity, "slot quantity", "pricing.bad_quantity", None, 1, SLOT_QUANTITY_MAX)
        self.products = ids_of(products, "products")
        self.departments = ids_of(departments, "departments")
        self.tags = ids_of(tags, "tags")
        self.except_products = ids_of(except_products, "except_products")
        self.except_tags = ids_of(except_tags, "except_tags")
        self.extra = supplements_of(supplements)
        self.supplements = tuple(sorted(supplements))
        named = self.products or self.tags
        if named and not self.departments and self.products <= self.except_products and self.tags <= self.except_tags:
            raise PricingError("pricing.bad_slot", None, "a slot excludes everything that it asks for")

    def __repr__(self):
        return shown(
            self, ("quantity", "products", "departments", "tags", "except_products", "except_tags", "supplements")
        )


cdef int refuse_pattern(str pattern_id, str text) except -1:
    raise PricingError("pricing.bad_pattern", None, f"pattern {pattern_id}: {text}")


cdef int take_slots(Pattern rule, tuple slots, tuple on) except -1:
    if not slots:
        refuse_pattern(rule.id, "it has no slot, so it can never apply")
    if len(slots) > MOST_SLOTS:
        raise PricingError("pricing.too_many_slots", None, f"pattern {rule.id}: at most {MOST_SLOTS} slots a pattern")
    for slot in slots:
        if type(slot) is not Slot:
            raise TypeError(f"slots must hold Slot, not {type(slot).__name__}")
        rule.size += (<Slot>slot).quantity
        if (<Slot>slot).extra and rule.kind != SET_PRICE:
            refuse_pattern(rule.id, "only a price for the set can have supplements")
    for place in on:
        if type(place) is not int or not 0 <= place < len(slots):
            refuse_pattern(rule.id, f"the benefit is on slot {place!r}, and there is none")
        rule.scope |= 1 << <int>place
    if not on:
        rule.scope = (1 << len(slots)) - 1
    rule.slots = slots
    rule.on = on
    return 0


cdef int take_benefit(Pattern rule, object price, object percent, object amount) except -1:
    if (price is not None) + (percent is not None) + (amount is not None) != 1:
        refuse_pattern(rule.id, "exactly one of price, percent and amount")
    if price is not None:
        rule.kind = SET_PRICE
        rule.value = bounded(price, "price", "pricing.bad_amount", None, 0, GUICHET_AMOUNT_MAX)
    elif percent is not None:
        rule.kind = PERCENT_OFF
        rule.value = -bounded(percent, "percent", "pricing.bad_percent", None, -WHOLE, -1)
    else:
        rule.kind = AMOUNT_OFF
        rule.value = -bounded(amount, "amount", "pricing.bad_amount", None, -GUICHET_AMOUNT_MAX, -1)
    return 0


cdef int take_choice(Pattern rule, object count, object dearest) except -1:
    cdef int64_t most = 0
    cdef int s
    for s in range(len(rule.slots)):
        if rule.scope >> s & 1:
            most += (<Slot>rule.slots[s]).quantity
    if type(dearest) is not bool:
        raise TypeError(f"dearest must be a bool, not {type(dearest).__name__}")
    rule.count = bounded(count, "count", "pricing.bad_pattern", None, 0, most)
    rule.dearest = dearest
    if rule.kind != PERCENT_OFF and (rule.count or rule.on or rule.dearest):
        refuse_pattern(rule.id, "only a percentage can be on some units of the set")
    return 0


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class Pattern:
    """A rule that consumes units: what fills its slots gets one benefit, as often as units allow.

    The benefit is a ``price`` for the set (minor units), a ``percent`` (negative, thousandths of a percent; -100 000 is
    free) on the ``count`` cheapest (or ``dearest``) units of the slots ``on`` (all units where ``count`` is 0, all
    slots where ``on`` is empty), or an ``amount`` (negative, minor units) off the set. A higher ``priority`` comes
    first. At most one pattern of a ``group`` applies to a ticket. One that is not ``automatic`` applies only where the
    operator chose it by its button. PricingError ``pricing.bad_pattern``, ``too_many_slots``,
    ``bad_amount``, ``bad_percent``.
    """

    def __cinit__(
        self, str id not None, tuple slots not None, *, version=0, priority=0, price=None, percent=None, amount=None,
        count=0, dearest=False, tuple on not None=(), str group=None, automatic=True,
    ):
        if type(automatic) is not bool:
            raise TypeError(f"automatic must be a bool, not {type(automatic).__name__}")
        self.automatic = automatic
        self.id = id
        self.version = bounded(version, "version", "pricing.bad_pattern", None, 0, GUICHET_AMOUNT_MAX)
        self.priority = bounded(priority, "priority", "pricing.bad_pattern", None, -PRIORITY_MAX, PRIORITY_MAX)
        self.group = group
        take_benefit(self, price, percent, amount)
        take_slots(self, slots, on)
        take_choice(self, count, dearest)

    @property
    def price(self):
        return self.value if self.kind == SET_PRICE else None

    @property
    def percent(self):
        return -self.value if self.kind == PERCENT_OFF else None

    @property
    def amount(self):
        return -self.value if self.kind == AMOUNT_OFF else None

    def __repr__(self):
        return shown(
            self, ("id", "version", "priority", "slots", "price", "percent", "amount", "count", "dearest", "on",
                   "group", "automatic")
        )


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(8)
cdef class ChosenMenu:
    """A menu that the operator chose by its button: the pattern, and the line of each unit in the order of its slots.

    A line is listed once per unit. Slot by slot, as many lines as the slot has units. PricingError
    ``pricing.bad_menu`` where there are none or too many.
    """

    def __cinit__(self, str pattern not None, tuple lines not None):
        for line_id in lines:
            if type(line_id) is not str:
                raise TypeError(f"lines must hold line ids (str), not {type(line_id).__name__}")
        if not 1 <= len(lines) <= MENU_UNITS_MAX:
            raise PricingError("pricing.bad_menu", None, f"a menu has 1 to {MENU_UNITS_MAX} units, not {len(lines)}")
        self.pattern = pattern
        self.lines = lines

    def __repr__(self):
        return shown(self, ("pattern", "lines"))


cdef int enlist(dict index, object names, int number) except -1:
    for name in names:
        index.setdefault(name, []).append(number)
    return 0


cdef dict frozen(dict index):
    return {name: tuple(numbers) for name, numbers in index.items()}


cdef int index_slots(Patterns book) except -1:
    cdef list anything = []
    cdef Pattern rule
    cdef Slot slot
    cdef int number, s
    for rule in book.patterns:
        if not rule.automatic:
            continue
        for s in range(len(rule.slots)):
            slot = <Slot>rule.slots[s]
            number = book.places[rule.id] * MOST_SLOTS + s
            if not slot.products and not slot.departments and not slot.tags:
                anything.append(number)
            enlist(book.by_product, slot.products, number)
            enlist(book.by_department, slot.departments, number)
            enlist(book.by_tag, slot.tags, number)
            enlist(book.not_product, slot.except_products, number)
            enlist(book.not_tag, slot.except_tags, number)
    book.anything = tuple(anything)
    book.by_product = frozen(book.by_product)
    book.by_department = frozen(book.by_department)
    book.by_tag = frozen(book.by_tag)
    book.not_product = frozen(book.not_product)
    book.not_tag = frozen(book.not_tag)
    return 0


cdef int number_groups(Patterns book) except -1:
    cdef Pattern rule
    for rule in book.patterns:
        if rule.group is not None:
            book.groups.setdefault(rule.group, len(book.groups))
        book.group_of.append(-1 if rule.group is None else book.groups[rule.group])
    if len(book.groups) > MOST_GROUPS:
        raise PricingError("pricing.too_many_groups", None, f"at most {MOST_GROUPS} exclusivity groups")
    return 0


def _order(rule):
    return -rule.priority, rule.id


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class Patterns:
    """A book of patterns, compiled once per version: in order of priority, then id, and indexed by what a line is.

    ``mode`` is ``MODE_BEST`` (best for the customer) or ``MODE_FIRST`` (first in the order of the book wins);
    ``budget`` the nodes that the search of one ticket may take. PricingError ``pricing.too_many_patterns``,
    ``too_many_groups``, ``duplicate_pattern``, ``bad_mode``, ``bad_budget``.
    """

    def __cinit__(self, patterns, *, mode=BEST, budget=NODES_DEFAULT):
        given = list(patterns)
        if len(given) > MOST_PATTERNS:
            raise PricingError("pricing.too_many_patterns", None, f"at most {MOST_PATTERNS} patterns, not {len(given)}")
        for rule in given:
            if type(rule) is not Pattern:
                raise TypeError(f"patterns must hold Pattern, not {type(rule).__name__}")
        self.patterns = tuple(sorted(given, key=_order))
        self.mode = bounded(mode, "mode", "pricing.bad_mode", None, BEST, FIRST)
        self.budget = bounded(budget, "budget", "pricing.bad_budget", None, 0, NODES_MAX)
        self.places = {rule.id: place for place, rule in enumerate(self.patterns)}
        if len(self.places) < len(given):
            raise PricingError("pricing.duplicate_pattern", None, "two patterns of one book have the same id")
        self.groups = {}
        self.group_of = []
        self.by_product = {}
        self.by_department = {}
        self.by_tag = {}
        self.not_product = {}
        self.not_tag = {}
        number_groups(self)
        index_slots(self)

    def __repr__(self):
        return shown(self, ("patterns", "mode", "budget"))


cdef bint slot_takes(Slot slot, BasketLine line) except -1:
    # The same test as `slots_hit`, for one slot: what a chosen menu says of its lines must be true.
    cdef set tags = set(line.tags)
    if line.product in slot.except_products or not slot.except_tags.isdisjoint(tags):
        return False
    if not slot.products and not slot.departments and not slot.tags:
        return True
    return line.product in slot.products or line.department in slot.departments or not slot.tags.isdisjoint(tags)


cdef tuple excluded(Patterns book, BasketLine line, set found):
    if book.not_product and line.product is not None:
        found.difference_update(book.not_product.get(line.product, ()))
    if book.not_tag:
        for tag in line.tags:
            found.difference_update(book.not_tag.get(tag, ()))
    return tuple(sorted(found))


cdef tuple slots_hit(Patterns book, BasketLine line):
    # The numbers of the slots that a unit of this line may fill, in order; most lines of a shop fill none.
    cdef tuple wanted = <tuple>book.by_product.get(line.product) if line.product is not None else None
    cdef tuple shelved = <tuple>book.by_department.get(line.department) if line.department is not None else None
    cdef set found
    if wanted is None and shelved is None and not book.anything and not line.tags:
        return ()
    found = set(book.anything)
    if wanted is not None:
        found.update(wanted)
    if shelved is not None:
        found.update(shelved)
    for tag in line.tags:
        found.update(book.by_tag.get(tag, ()))
    return excluded(book, line, found)
