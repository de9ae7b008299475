"""Conditions: when a rule holds, tested in one fixed order, so that the first that fails can be told with its distance."""

cimport cython
from libc.stdint cimport int64_t

from engine_ext.basket cimport bounded, shown
from engine_ext.money cimport GUICHET_AMOUNT_MAX

from engine_ext.basket import PricingError

include "stamp.pxi"

cdef enum:
    MINUTES = 1_440
    WEEK = 7
    LAST_DAY = 3_652_059  # 31 December 9999, counted as date.toordinal counts

IDS_MAX = 10_000  # of one sort in one condition or rule
CUSTOMER_GROUPS_MAX = 100  # of one customer
DAY_MAX = LAST_DAY
DAY_MINUTES = MINUTES
MODE = "mode"
CUSTOMER_GROUP = "customer_group"
TABLE = "table"
TILL = "till"
ZONE = "zone"
WEEKDAY = "weekday"
HOURS = "hours"
DAYS = "days"
ITEMS = "items"
VALUE = "value"
COVERS = "covers"
CONTAINS = "contains"


cdef frozenset names_of(object given, str name):
    # Products, departments and tags are named by texts; one text alone is a tuple that was forgotten.
    cdef frozenset names
    if type(given) is str:
        raise TypeError(f"{name} must be ids, not one text")
    names = frozenset(given)
    for each in names:
        if type(each) is not str:
            raise TypeError(f"{name} must hold ids (str), not {type(each).__name__}")
    if len(names) > IDS_MAX:
        raise PricingError("pricing.bad_rule", None, f"at most {IDS_MAX} {name}, not {len(names)}")
    return names


cdef int64_t number_of(object value, str name, str code, int64_t low, int64_t high) except? -1:
    return bounded(value, name, code, None, low, high)


cdef frozenset numbers_of(object given, str name, str code, int64_t low, int64_t high, int64_t most):
    cdef frozenset numbers = frozenset([number_of(each, name, code, low, high) for each in given])
    if len(numbers) > most:
        raise PricingError(code, None, f"at most {most} {name}, not {len(numbers)}")
    return numbers


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(4)
cdef class Context:
    """Where and when a basket is priced: what conditions are held against, beside the basket itself.

    ``mode`` is the sales mode, ``groups`` those of the customer, ``table`` and ``zone`` (of delivery) 0 for none,
    ``covers`` the people at the table. ``weekday`` (1 Monday to 7 Sunday) and ``day`` (as ``date.toordinal``) are those
    of the *business day*, ``minute`` is the minute of the civil day, 0 to 1439. PricingError ``pricing.bad_context``.
    """

    def __cinit__(
        self, *, mode=0, groups=(), table=0, till=0, covers=0, zone=0, weekday=1, minute=0, day=1,
    ):
        cdef str bad = "pricing.bad_context"
        self.mode = number_of(mode, "mode", bad, 0, GUICHET_AMOUNT_MAX)
        self.groups = numbers_of(groups, "groups", bad, 0, GUICHET_AMOUNT_MAX, CUSTOMER_GROUPS_MAX)
        self.table = number_of(table, "table", bad, 0, GUICHET_AMOUNT_MAX)
        self.till = number_of(till, "till", bad, 0, GUICHET_AMOUNT_MAX)
        self.covers = number_of(covers, "covers", bad, 0, GUICHET_AMOUNT_MAX)
        self.zone = number_of(zone, "zone", bad, 0, GUICHET_AMOUNT_MAX)
        self.weekday = number_of(weekday, "weekday", bad, 1, WEEK)
        self.minute = number_of(minute, "minute", bad, 0, MINUTES - 1)
        self.day = number_of(day, "day", bad, 1, LAST_DAY)

    def __repr__(self):
        return shown(self, ("mode", "groups", "table", "till", "covers", "zone", "weekday", "minute", "day"))


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
@cython.freelist(4)
cdef class Facts:
    """What is counted in a basket: goods only, as they were entered; an item that a rule adds never counts.

    ``items`` in whole units, a fractional quantity being one; ``value`` the sum of base amounts in minor units,
    ``value_left`` of what discounts before the automatic rules left of them; ``products`` and ``departments`` the
    names in it. PricingError ``pricing.bad_facts``.
    """

    def __cinit__(self, *, items=0, value=0, value_left=None, products=(), departments=()):
        cdef str bad = "pricing.bad_facts"
        self.items = number_of(items, "items", bad, 0, GUICHET_AMOUNT_MAX)
        self.value = number_of(value, "value", bad, 0, GUICHET_AMOUNT_MAX)
        self.value_left = self.value
        if value_left is not None:
            self.value_left = number_of(value_left, "value_left", bad, 0, GUICHET_AMOUNT_MAX)
        self.products = names_of(products, "products")
        self.departments = names_of(departments, "departments")

    def __repr__(self):
        return shown(self, ("items", "value", "value_left", "products", "departments"))


cdef frozenset choices_of(object given, str name):
    return numbers_of(given, name, "pricing.bad_condition", 0, GUICHET_AMOUNT_MAX, IDS_MAX)


cdef int take_hours(Conditions conditions, object from_minute, object until_minute) except -1:
    # From the first minute until before the last; where that is not later, the hours cross midnight.
    conditions.from_minute = from_minute
    conditions.until_minute = until_minute
    conditions.timed = from_minute is not None or until_minute is not None
    conditions.closes = MINUTES
    if from_minute is not None:
        conditions.opens = number_of(from_minute, "from_minute", "pricing.bad_condition", 0, MINUTES - 1)
    if until_minute is not None:
        conditions.closes = number_of(until_minute, "until_minute", "pricing.bad_condition", 0, MINUTES)
    if conditions.opens == conditions.closes or conditions.timed and from_minute is None and conditions.closes == 0:
        raise PricingError("pricing.bad_condition", None, "the hours end when they begin, so the rule never holds")
    return 0


cdef int take_days(Conditions conditions, object days) except -1:
    conditions.last_day = LAST_DAY
    if days is None:
        return 0
    if type(days) is not tuple or len(<tuple>days) != 2:
        raise TypeError("days must be a (first, last) tuple or None")
    conditions.days = days
    conditions.first_day = number_of((<tuple>days)[0], "first day", "pricing.bad_condition", 1, LAST_DAY)
    conditions.last_day = number_of((<tuple>days)[1], "last day", "pricing.bad_condition", 1, LAST_DAY)
    if conditions.first_day > conditions.last_day:
        raise PricingError("pricing.bad_condition", None, "the last day comes before the first, so it never holds")
    return 0


cdef int take_thresholds(
    Conditions conditions, object min_items, object min_value, object min_covers, object after_discounts
) except -1:
    cdef str bad = "pricing.bad_condition"
    if type(after_discounts) is not bool:
        raise TypeError(f"after_discounts must be a bool, not {type(after_discounts).__name__}")
    conditions.min_items = number_of(min_items, "min_items", bad, 0, GUICHET_AMOUNT_MAX)
    conditions.min_value = number_of(min_value, "min_value", bad, 0, GUICHET_AMOUNT_MAX)
    conditions.min_covers = number_of(min_covers, "min_covers", bad, 0, GUICHET_AMOUNT_MAX)
    conditions.after_discounts = after_discounts
    if conditions.after_discounts and not conditions.min_value:
        raise PricingError(bad, None, "after_discounts says how min_value is tested, and there is none")
    return 0


@cython.final
@cython.no_gc
@cython.auto_pickle(False)
cdef class Conditions:
    """When a rule holds: all that are filled must; none filled holds for anything.

    ``modes``, ``groups`` (of customers, any of theirs), ``tables``, ``tills``, ``zones`` and ``weekdays`` list what is
    allowed. Hours run from ``from_minute`` until before ``until_minute`` (0 to 1440) and cross midnight where the end
    is not later; what comes after midnight belongs to the business day that began before. ``days`` are the (first,
    last) business day. ``min_items`` counts whole units, ``min_value`` minor units of base amounts, or, with
    ``after_discounts``, of what discounts before the automatic rules left. ``products`` and ``departments``: a line of
    any of them is in the basket. PricingError ``pricing.bad_condition`` where nothing could ever meet them.
    """

    def __cinit__(
        self, *, modes=(), groups=(), tables=(), tills=(), zones=(), weekdays=(), from_minute=None, until_minute=None,
        days=None, min_items=0, min_value=0, min_covers=0, after_discounts=False, products=(), departments=(),
    ):
        self.modes = choices_of(modes, "modes")
        self.groups = choices_of(groups, "groups")
        self.tables = choices_of(tables, "tables")
        self.tills = choices_of(tills, "tills")
        self.zones = choices_of(zones, "zones")
        self.weekdays = numbers_of(weekdays, "weekdays", "pricing.bad_condition", 1, WEEK, WEEK)
        take_hours(self, from_minute, until_minute)
        take_days(self, days)
        take_thresholds(self, min_items, min_value, min_covers, after_discounts)
        self.products = names_of(products, "products")
        self.departments = names_of(departments, "departments")
        self.looks_inside = bool(self.products or self.departments)
        self.depends = bool(
            self.modes or self.groups or self.tables or self.tills or self.zones or self.weekdays or self.timed
            or self.days is not None or self.min_covers
        )

    def __repr__(self):
        return shown(
            self, ("modes", "groups", "tables", "tills", "zones", "weekdays", "from_minute", "until_minute", "days",
                   "min_items", "min_value", "min_covers", "after_discounts", "products", "departments")
        )


cdef int64_t until_weekday(Conditions conditions, Context context) except -1:
    # Days until the next business day of a weekday that is allowed; 0 on such a day.
    cdef int64_t ahead = 0
    while (context.weekday + ahead - 1) % WEEK + 1 not in conditions.weekdays:
        ahead += 1
    return ahead


cdef int64_t until_opening(Conditions conditions, int64_t minute) except -1:
    cdef bint inside = conditions.opens <= minute < conditions.closes
    if conditions.closes <= conditions.opens:
        inside = minute >= conditions.opens or minute < conditions.closes
    return 0 if inside else (conditions.opens - minute + MINUTES) % MINUTES


cdef str failing_place(Conditions conditions, Context context):
    if conditions.modes and context.mode not in conditions.modes:
        return MODE
    if conditions.groups and conditions.groups.isdisjoint(context.groups):
        return CUSTOMER_GROUP
    if conditions.tables and context.table not in conditions.tables:
        return TABLE
    if conditions.tills and context.till not in conditions.tills:
        return TILL
    if conditions.zones and context.zone not in conditions.zones:
        return ZONE
    return None


cdef str failing_time(Conditions conditions, Context context, int64_t *distance):
    if conditions.weekdays:
        distance[0] = until_weekday(conditions, context)
        if distance[0]:
            return WEEKDAY
    if conditions.timed:
        distance[0] = until_opening(conditions, context.minute)
        if distance[0]:
            return HOURS
    if conditions.days is not None and not conditions.first_day <= context.day <= conditions.last_day:
        distance[0] = max(conditions.first_day - context.day, 0) or conditions.last_day - context.day
        return DAYS
    return None


cdef str failing_count(Conditions conditions, Context context, Facts facts, int64_t *distance):
    cdef int64_t value = facts.value_left if conditions.after_discounts else facts.value
    if facts.items < conditions.min_items:
        distance[0] = conditions.min_items - facts.items
        return ITEMS
    if value < conditions.min_value:
        distance[0] = conditions.min_value - value
        return VALUE
    if conditions.min_covers and context.covers < conditions.min_covers:
        distance[0] = conditions.min_covers - context.covers
        return COVERS
    if conditions.looks_inside and conditions.products.isdisjoint(facts.products) and conditions.departments.isdisjoint(
        facts.departments
    ):
        distance[0] = 1
        return CONTAINS
    return None


cdef str failing(Conditions conditions, Context context, Facts facts, int64_t *distance):
    # The first condition that fails and how far it is, or None; the caller knows that there is a context to depend on.
    cdef str which
    distance[0] = 0
    if conditions.depends:
        which = failing_place(conditions, context)
        if which is None:
            which = failing_time(conditions, context, distance)
        if which is not None:
            return which
    return failing_count(conditions, context, facts, distance)


def test(Conditions conditions not None, Context context not None, Facts facts not None):
    """None where all conditions hold, else the first that fails and the distance to it: (which, distance).

    In this order: ``mode``, ``customer_group``, ``table``, ``till``, ``zone`` (distance 0), ``weekday`` (business days
    until the next), ``hours`` (minutes until they begin), ``days`` (days until the first; negative, since the last),
    ``items`` (units missing), ``value`` (minor units missing), ``covers`` (people missing), ``contains`` (1).
    """
    cdef int64_t distance = 0
    cdef str which = failing(conditions, context, facts, &distance)
    return None if which is None else (which, distance)
