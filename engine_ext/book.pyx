"""The rule book: line rules, patterns, automatic rules, customer discounts and coupons, checked where they are built.

A ``Book`` is compiled once per version of the configuration and never changes. ``Conditions``, ``Context``, ``Facts``
and ``test`` live in ``engine_ext.conditions``; rules that consume units are ``Patterns`` inside the book.
"""

cimport cython
from libc.stdint cimport int64_t

from engine_ext.basket cimport GOODS, BasketLine, LineAdjustment, bounded, checked_priority, shown
from engine_ext.conditions cimport Conditions, names_of
from engine_ext.money cimport GUICHET_AMOUNT_MAX, WHOLE
from engine_ext.patterns cimport Patterns

from engine_ext.basket import PricingError

include "stamp.pxi"

RULES_MAX = MOST_RULES  # line rules, patterns and automatic rules of one book together
COUPONS_MAX = MOST_COUPONS  # of one basket
REMOVED_MAX = MOST_REMOVED  # of one basket
ADDED_PREFIX = "a"  # an added item's line id is this and the id of its rule


cdef int refuse_rule(str rule_id, str text) except -1:
    raise PricingError("pricing.bad_rule", None, f"rule {rule_id}: {text}")


cdef int64_t version_of(object version) except -1:
    return bounded(version, "version", "pricing.bad_rule", None, 0, GUICHET_AMOUNT_MAX)


cdef int64_t percent_of(object percent) except? -1:
    return bounded(percent, "percent", "pricing.bad_percent", None, -WHOLE, 10 * WHOLE)


cdef int64_t amount_of(object amount) except? -1:
    return bounded(amount, "amount", "pricing.bad_amount", None, -GUICHET_AMOUNT_MAX, GUICHET_AMOUNT_MAX)


cdef Conditions conditions_of(Conditions given):
    return ANYTHING if given is None else given


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class LineRule:
    """A rule of phase 1 on the lines of any of its products, departments and tags, less the ``except`` ones.

    Nothing named means every line. ``percent`` in thousandths of a percent, ``amount`` and ``fixed`` are *unit prices*,
    as in ``LineAdjustment``; a line takes the rule of the highest ``priority``, then of the larger saving, then of the
    lower id, and with it the others of its ``stack`` group. PricingError ``pricing.bad_rule`` where the rule changes
    nothing or can never apply, ``bad_percent``, ``bad_price``, ``bad_adjustment``.
    """

    def __cinit__(
        self, str id not None, *, version=0, priority=0, str stack=None, percent=0, amount=0, fixed=None, products=(),
        departments=(), tags=(), except_products=(), except_departments=(), except_tags=(), Conditions conditions=None,
    ):
        self.id = id
        self.version = version_of(version)
        self.step = LineAdjustment(
            id, percent=percent, amount=amount, fixed=fixed, priority=priority, stack=stack
        )
        if not percent and not amount and fixed is None:
            refuse_rule(id, "it changes nothing")
        self.products = names_of(products, "products")
        self.departments = names_of(departments, "departments")
        self.tags = names_of(tags, "tags")
        self.except_products = names_of(except_products, "except_products")
        self.except_departments = names_of(except_departments, "except_departments")
        self.except_tags = names_of(except_tags, "except_tags")
        if (self.products or self.departments or self.tags) and (
            self.products <= self.except_products and self.departments <= self.except_departments
            and self.tags <= self.except_tags
        ):
            refuse_rule(id, "it excludes everything that it asks for")
        self.conditions = conditions_of(conditions)
        if self.conditions.after_discounts:
            refuse_rule(id, "a rule on lines cannot wait for what discounts leave")

    @property
    def priority(self):
        return self.step.priority

    @property
    def stack(self):
        return self.step.stack

    @property
    def percent(self):
        return self.step.percent

    @property
    def amount(self):
        return self.step.amount

    @property
    def fixed(self):
        return self.step.fixed

    def __repr__(self):
        return shown(
            self, ("id", "version", "priority", "stack", "percent", "amount", "fixed", "products", "departments",
                   "tags", "except_products", "except_departments", "except_tags", "conditions")
        )


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class AddedItem:
    """What an automatic rule adds: a line that the face prepared, priced by phase 0 only, its id ``"a"`` + the rule's.

    ``per_cover`` multiplies its quantity by the covers, and adds nothing where there are none. PricingError
    ``pricing.bad_rule`` on a deposit, a negative price or quantity, or a line with discounts of its own.
    """

    def __cinit__(self, BasketLine line not None, *, per_cover=False):
        if type(per_cover) is not bool:
            raise TypeError(f"per_cover must be a bool, not {type(per_cover).__name__}")
        if line.nature != GOODS or line.quantity < 0 or line.unit < 0:
            refuse_rule(line.id, "an added item is sold goods, with neither price nor quantity below 0")
        if line.manual is not None or line.default is not None:
            refuse_rule(line.id, "an added item is priced by phase 0 only and has no discount of its own")
        self.line = line
        self.per_cover = per_cover

    def __repr__(self):
        return shown(self, ("line", "per_cover"))


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class TicketRule:
    """An automatic rule of phase 3: where its conditions hold, at most one added item, then one discount or surcharge.

    ``percent`` in thousandths of a percent and ``amount`` in minor units apply to the sum of all goods, added items
    before it included. Higher ``priority`` first, then the lower id. PricingError ``pricing.bad_rule`` where it does
    nothing, or where its item's id is not ``"a"`` + its own; ``bad_percent``, ``bad_amount``.
    """

    def __cinit__(
        self, str id not None, *, version=0, priority=0, Conditions conditions=None, AddedItem item=None, percent=0,
        amount=0,
    ):
        self.id = id
        self.version = version_of(version)
        self.priority = checked_priority(priority)
        self.conditions = conditions_of(conditions)
        self.item = item
        self.percent = percent_of(percent)
        self.amount = amount_of(amount)
        if item is None and not self.percent and not self.amount:
            refuse_rule(id, "it neither adds an item nor changes the sum")
        if item is not None and item.line.id != ADDED_PREFIX + id:
            refuse_rule(id, f"its item must have the id {ADDED_PREFIX + id}, not {item.line.id}")

    def __repr__(self):
        return shown(self, ("id", "version", "priority", "conditions", "item", "percent", "amount"))


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(4)
cdef class CustomerDiscount:
    """The customer's own discount on the sum of all goods, after the automatic rules and before coupons.

    Units as for ``TicketRule``; both 0 is a customer without one. PricingError ``pricing.bad_percent``, ``bad_amount``.
    """

    def __cinit__(self, str id not None, *, version=0, percent=0, amount=0):
        self.id = id
        self.version = version_of(version)
        self.percent = percent_of(percent)
        self.amount = amount_of(amount)

    def __repr__(self):
        return shown(self, ("id", "version", "percent", "amount"))


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(4)
cdef class Coupon:
    """A coupon, the last source of discounts: where its conditions hold, on the goods of its products and departments.

    Nothing named means all goods. Units as for ``TicketRule``. PricingError ``pricing.bad_rule`` where it changes
    nothing, ``bad_percent``, ``bad_amount``.
    """

    def __cinit__(
        self, str id not None, *, version=0, percent=0, amount=0, Conditions conditions=None, products=(),
        departments=(),
    ):
        self.id = id
        self.version = version_of(version)
        self.percent = percent_of(percent)
        self.amount = amount_of(amount)
        if not self.percent and not self.amount:
            refuse_rule(id, "it changes nothing")
        self.conditions = conditions_of(conditions)
        self.products = names_of(products, "products")
        self.departments = names_of(departments, "departments")

    def __repr__(self):
        return shown(self, ("id", "version", "percent", "amount", "conditions", "products", "departments"))


cdef int enlist(dict index, object names, int place) except -1:
    for name in names:
        index.setdefault(name, []).append(place)
    return 0


cdef dict frozen(dict index):
    return {name: tuple(places) for name, places in index.items()}


cdef int index_rules(Book book) except -1:
    cdef list anything = []
    cdef LineRule rule
    cdef int place
    for place in range(len(book.line_rules)):
        rule = <LineRule>book.line_rules[place]
        if not rule.products and not rule.departments and not rule.tags:
            anything.append(place)
        enlist(book.by_product, rule.products, place)
        enlist(book.by_department, rule.departments, place)
        enlist(book.by_tag, rule.tags, place)
        enlist(book.not_product, rule.except_products, place)
        enlist(book.not_department, rule.except_departments, place)
        enlist(book.not_tag, rule.except_tags, place)
    book.anything = tuple(anything)
    book.by_product = frozen(book.by_product)
    book.by_department = frozen(book.by_department)
    book.by_tag = frozen(book.by_tag)
    book.not_product = frozen(book.not_product)
    book.not_department = frozen(book.not_department)
    book.not_tag = frozen(book.not_tag)
    return 0


cdef int note_needs(Book book, Conditions conditions) except -1:
    book.depends = book.depends or conditions.depends
    book.looks_inside = book.looks_inside or conditions.looks_inside
    return 0


def _order(rule):
    return -rule.priority, rule.id


cdef tuple in_order(object given, type sort, str name):
    # By priority, then id: the order in which rules were saved changes nothing.
    rules = list(given)
    for rule in rules:
        if type(rule) is not sort:
            raise TypeError(f"{name} must hold {sort.__name__}, not {type(rule).__name__}")
    if len({rule.id for rule in rules}) < len(rules):
        raise PricingError("pricing.duplicate_rule", None, f"two {name} of one book have the same id")
    return tuple(sorted(rules, key=_order))


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class Book:
    """All rules of one version of the configuration, in order of priority, then id, and indexed by what a line is.

    ``patterns`` is None where phase 2 is not wanted. PricingError ``pricing.too_many_rules`` beyond ``RULES_MAX`` rules
    of all sorts together, ``duplicate_rule``.
    """

    def __cinit__(self, *, line_rules=(), Patterns patterns=None, ticket_rules=()):
        cdef Py_ssize_t count
        self.line_rules = in_order(line_rules, LineRule, "line rules")
        self.ticket_rules = in_order(ticket_rules, TicketRule, "automatic rules")
        self.patterns = patterns
        count = len(self.line_rules) + len(self.ticket_rules) + (0 if patterns is None else len(patterns.patterns))
        if count > MOST_RULES:
            raise PricingError("pricing.too_many_rules", None, f"at most {MOST_RULES} rules a book, not {count}")
        self.by_product = {}
        self.by_department = {}
        self.by_tag = {}
        self.not_product = {}
        self.not_department = {}
        self.not_tag = {}
        index_rules(self)
        for rule in self.line_rules:
            note_needs(self, (<LineRule>rule).conditions)
        for rule in self.ticket_rules:
            note_needs(self, (<TicketRule>rule).conditions)
            if (<TicketRule>rule).item is not None:
                self.items += 1
                self.depends = self.depends or (<TicketRule>rule).item.per_cover

    def __repr__(self):
        return shown(self, ("line_rules", "patterns", "ticket_rules"))


cdef set excluded(Book book, BasketLine line, set found):
    if book.not_product and line.product is not None:
        found.difference_update(book.not_product.get(line.product, ()))
    if book.not_department and line.department is not None:
        found.difference_update(book.not_department.get(line.department, ()))
    if book.not_tag:
        for tag in line.tags:
            found.difference_update(book.not_tag.get(tag, ()))
    return found


cdef tuple rules_hit(Book book, BasketLine line):
    # The places of the line rules that name this line, whatever their conditions, in the order of the book.
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
    return tuple(sorted(excluded(book, line, found)))


cdef Conditions ANYTHING = Conditions()
