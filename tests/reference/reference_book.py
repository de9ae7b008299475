"""The book of rules in plain words: what a rule is, what it asks of the moment, and whether that holds."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from reference_patterns import BEST, Rule
from reference_pricing import GOODS, Adjustment, Line

UNIT = 1_000
DAY_MINUTES = 1_440


@dataclass(kw_only=True)
class Given(Adjustment):
    """What stands on one line, the operator's or a default: its place among the rules of the line."""

    priority: int = 0
    stack: str | None = None


@dataclass(kw_only=True)
class Sold(Line):
    """A line with all that phases 0 and 4 may ask of it.

    ``contract``, ``band`` and ``tier`` are unit prices that stand before the list's; ``cost`` is what the shop paid for
    a unit, as a unit price, under the margin scheme; ``exempt`` says that the customer pays no VAT.
    """

    contract: int | None = None
    band: int | None = None
    tier: int | None = None
    cost: int | None = None
    margin: bool = False
    exempt: bool = False
    relief: int = 0


@dataclass(kw_only=True, frozen=True)
class Context:
    """The moment of a sale: the business day's weekday and date, the clock's minute."""

    mode: int = 0
    groups: frozenset[int] = frozenset()
    table: int = 0
    till: int = 1
    covers: int = 0
    zone: int = 0
    weekday: int = 1
    minute: int = 0
    day: int = 1


@dataclass(kw_only=True, frozen=True)
class Facts:
    """What thresholds are tested on: units and base amounts of the goods that were entered, never of what was added."""

    items: int
    value: int
    value_left: int
    products: frozenset[str]
    departments: frozenset[str]


def facts_of(lines: Iterable[Line]) -> Facts:
    """ "Lines of nature deposit ... feed no threshold"; a line with a fractional quantity is one unit."""
    goods = [line for line in lines if line.nature == GOODS]
    items = sum(line.quantity // UNIT if line.quantity % UNIT == 0 else 1 for line in goods)
    return Facts(
        items=items,
        value=sum(line.base for line in goods),
        value_left=sum(line.amount for line in goods),
        products=frozenset(line.product for line in goods if line.product is not None),
        departments=frozenset(line.department for line in goods if line.department is not None),
    )


@dataclass(kw_only=True, frozen=True)
class Conditions:
    """ "Conditions AND-ed over sales mode, customer group, item count, table, weekday, value, covers, till, hours that
    may cross midnight, delivery zone"; what is empty asks nothing."""

    modes: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()
    tables: frozenset[int] = frozenset()
    tills: frozenset[int] = frozenset()
    zones: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    from_minute: int | None = None
    until_minute: int | None = None
    days: tuple[int, int] | None = None
    min_items: int = 0
    min_value: int = 0
    min_covers: int = 0
    after_discounts: bool = False
    products: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()

    def failing(self, context: Context, facts: Facts) -> list[str]:
        """The names of all conditions that do not hold."""
        tests = {
            "modes": not self.modes or context.mode in self.modes,
            "groups": not self.groups or bool(context.groups & self.groups),
            "tables": not self.tables or context.table in self.tables,
            "tills": not self.tills or context.till in self.tills,
            "zones": not self.zones or context.zone in self.zones,
            "weekdays": not self.weekdays or context.weekday in self.weekdays,
            "hours": context.minute in self.minutes(),
            "days": self.days is None or self.days[0] <= context.day <= self.days[1],
            "items": facts.items >= self.min_items,
            # "Thresholds are tested on base amounts unless the rule says otherwise."
            "value": (facts.value_left if self.after_discounts else facts.value) >= self.min_value,
            "covers": context.covers >= self.min_covers,
            "contains": self.contained_in(facts),
        }
        return [name for name, holds in tests.items() if not holds]

    def contained_in(self, facts: Facts) -> bool:
        named = bool(self.products & facts.products) or bool(self.departments & facts.departments)
        return named or not (self.products or self.departments)

    def minutes(self) -> set[int]:
        """The minutes of the clock at which the rule is on, walked one by one from the first until the last."""
        if self.from_minute is None and self.until_minute is None:
            return set(range(DAY_MINUTES))
        minute, until = self.from_minute or 0, DAY_MINUTES if self.until_minute is None else self.until_minute
        found: set[int] = set()
        while len(found) < DAY_MINUTES:
            found.add(minute)
            if minute + 1 == until or (minute + 1) % DAY_MINUTES == until:
                break
            minute = (minute + 1) % DAY_MINUTES
        return found

    def first_failing(self, context: Context, facts: Facts) -> tuple[str, int] | None:
        """ "The first failing condition and the distance to it", in the order in which a customer could change it: what
        the sale is, when it is, what is in it. The distance is counted by walking: days and minutes until it holds."""
        names = {
            "modes": ("mode", 0),
            "groups": ("customer_group", 0),
            "tables": ("table", 0),
            "tills": ("till", 0),
            "zones": ("zone", 0),
            "weekdays": ("weekday", self.days_until_weekday(context)),
            "hours": ("hours", self.minutes_until_hours(context)),
            "days": ("days", self.days_until_period(context)),
            "items": ("items", self.min_items - facts.items),
            "value": ("value", self.min_value - (facts.value_left if self.after_discounts else facts.value)),
            "covers": ("covers", self.min_covers - context.covers),
            "contains": ("contains", 1),
        }
        failing = self.failing(context, facts)
        return next((told for name, told in names.items() if name in failing), None)

    def days_until_weekday(self, context: Context) -> int:
        days = (day for day in range(7) if (context.weekday - 1 + day) % 7 + 1 in self.weekdays)
        return next(days, 0)

    def minutes_until_hours(self, context: Context) -> int:
        on = self.minutes()
        return next((wait for wait in range(DAY_MINUTES) if (context.minute + wait) % DAY_MINUTES in on), 0)

    def days_until_period(self, context: Context) -> int:
        """Days until the first, or, negative, since the last."""
        first, last = self.days or (context.day, context.day)
        return first - context.day if context.day < first else last - context.day

    def hold(self, context: Context, facts: Facts) -> bool:
        return not self.failing(context, facts)


ALWAYS = Conditions()


@dataclass(kw_only=True, frozen=True)
class LineRule:
    """A rule of phase 1: a fixed unit price, a percentage and an amount per unit, on the lines that its sets name."""

    id: str
    version: int = 0
    priority: int = 0
    stack: str | None = None
    percent: int = 0
    amount: int = 0
    fixed: int | None = None
    products: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    except_products: frozenset[str] = frozenset()
    except_departments: frozenset[str] = frozenset()
    except_tags: frozenset[str] = frozenset()
    conditions: Conditions = ALWAYS

    def takes(self, line: Line) -> bool:
        """What any set names, all where none names anything, less the exceptions."""
        tags = set(line.tags)
        if line.product in self.except_products or line.department in self.except_departments:
            return False
        if tags & self.except_tags:
            return False
        named = line.product in self.products or line.department in self.departments or bool(tags & self.tags)
        return named or not (self.products or self.departments or self.tags)


@dataclass(kw_only=True, frozen=True)
class TicketRule:
    """An automatic rule: "at most one added item, then at most one discount or surcharge on the subtotal"."""

    id: str
    version: int = 0
    priority: int = 0
    conditions: Conditions = ALWAYS
    item: Sold | None = None
    per_cover: bool = False
    percent: int = 0
    amount: int = 0


@dataclass(kw_only=True, frozen=True)
class CustomerDiscount:
    """What a customer has on every ticket."""

    id: str
    version: int = 0
    percent: int = 0
    amount: int = 0


@dataclass(kw_only=True, frozen=True)
class Coupon:
    """A coupon shown: a percentage and an amount on what it names, or on all goods."""

    id: str
    version: int = 0
    percent: int = 0
    amount: int = 0
    conditions: Conditions = ALWAYS
    products: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()

    def takes(self, line: Line) -> bool:
        named = line.product in self.products or line.department in self.departments
        return named or not (self.products or self.departments)


@dataclass(kw_only=True, frozen=True)
class Book:
    """All rules that are on."""

    line_rules: tuple[LineRule, ...] = ()
    patterns: tuple[Rule, ...] = ()
    mode: int = BEST
    ticket_rules: tuple[TicketRule, ...] = ()


@dataclass(kw_only=True)
class Basket:
    """What was rung up: lines, the operator's subtotals, menus by their button, customer, coupons, what was removed."""

    lines: list[Sold]
    subtotals: list[Adjustment] = field(default_factory=list)
    menus: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    customer: CustomerDiscount | None = None
    coupons: list[Coupon] = field(default_factory=list)
    removed: frozenset[str] = frozenset()
    basis: int = 0
    decimals: int = 2
