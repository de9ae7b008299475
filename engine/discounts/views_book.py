"""The rules of the shop as pricing takes them: compiled once per book, asked for by every sale."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from engine.discounts.kinds_coupons import COUPONS, CouponRow
from engine.discounts.kinds_parts import ROWS_MAX, Conditioned
from engine.discounts.kinds_rules import AUTOMATIC_RULES, LINE_RULES, AutomaticRow, LineRuleRow
from engine.discounts.kinds_units import MENUS, OFFERS, PACKS, MenuRow, OfferRow, PackRow
from engine.kernel.kinds import Kind
from engine.kernel.money import QUANTITY_PLACES, UNIT_PRICE_PLACES, parse_decimal, unit_price
from engine.kernel.rows import COUNTS, unique_holder
from engine.kernel.world import CURRENT, World
from engine.shop import views as shop
from engine.shop.kinds import parse_day
from engine_ext.book import AddedItem, Book, Coupon, LineRule, TicketRule
from engine_ext.conditions import DAY_MAX, Conditions
from engine_ext.patterns import MODE_BEST, MODE_FIRST, Pattern, Patterns, Slot

FREE = -100_000
REF_DIGITS = 16  # ids are compared as text by the core: padded, so that their order is that of the numbers

Name = tuple[int | None, int | None, str]


class Rule(NamedTuple):
    """Whose a reference of the core is: kind, id, version and label of the rule."""

    kind: str
    id: int
    version: int
    label: str


class Automatic(msgspec.Struct, frozen=True, kw_only=True):
    """An automatic rule before its item is prepared, which depends on the sale: ``product`` None adds nothing."""

    id: int
    ref: str
    version: int
    priority: int
    conditions: Conditions
    product: int | None
    per_cover: bool
    percent: int
    amount: int

    def compiled(self, item: AddedItem | None) -> TicketRule | None:
        """The rule as the core takes it; None where its item is not to be had and nothing else is left of it."""
        if item is None and not self.percent and not self.amount:
            return None
        return TicketRule(
            self.ref,
            version=self.version,
            priority=self.priority,
            conditions=self.conditions,
            item=item,
            percent=self.percent,
            amount=self.amount,
        )


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """All rules of one book.

    ``names`` tells of each reference whose it is; ``automatic`` are the automatic rules, ``items`` whether any adds
    one; ``buttons`` are the references of the menus and packs that a till may choose. ``book`` is whole where no rule
    adds an item.
    """

    line_rules: tuple[LineRule, ...]
    patterns: Patterns | None
    automatic: tuple[Automatic, ...]
    names: dict[str, Rule]
    buttons: frozenset[str]
    items: bool
    book: Book | None

    def with_items(self, prepare: Callable[[Automatic], AddedItem | None]) -> Book:
        """The book of a sale whose added items ``prepare`` makes."""
        made = (rule.compiled(prepare(rule) if rule.product is not None else None) for rule in self.automatic)
        ticket_rules = [rule for rule in made if rule is not None]
        return Book(line_rules=self.line_rules, patterns=self.patterns, ticket_rules=ticket_rules)


class Redeemed(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon ready for a sale: ``core`` is what pricing takes, the rest is for the face to check."""

    id: int
    version: int
    ref: str
    row: CouponRow
    core: Coupon


def reference(kind: Kind, id: int) -> str:
    """What the core calls a rule: kind and id as text whose order is the order of configuration."""
    return f"{kind.code}:{id:0{REF_DIGITS}d}"


def rules(world: World) -> Rules | None:
    """The rules of the shop, kept until the book changes; None where it has none."""
    return world.priced(_rules)


def _active(kind: Kind, world: World) -> Iterator[tuple[int, int, Any]]:
    counts = world.get(COUNTS, kind.code)
    if counts is None or not counts.live:
        return
    for (_, id), version in world.scan(CURRENT, kind.code, limit=ROWS_MAX):
        row = world.row_at(kind, id, version)
        if row.active:
            yield id, version, row


def _rules(world: World) -> Rules | None:
    names: dict[str, Rule] = {}
    found = _Found(world, names)
    line_rules = tuple([_line_rule(ref, version, row) for ref, version, row in found(LINE_RULES)])
    patterns = [_offer(ref, version, row, found.unit) for ref, version, row in found(OFFERS)]
    buttons = set()
    for kind, build in ((MENUS, _menu), (PACKS, _pack)):
        for ref, version, row in found(kind):
            patterns.append(build(ref, version, row, found.unit))
            if row.button:
                buttons.add(ref)
    automatic = tuple([_automatic(ref, version, row, found.unit) for ref, version, row in found(AUTOMATIC_RULES)])
    if not names:
        return None
    book = _patterns(patterns, world)
    items = any(rule.product is not None for rule in automatic)
    made = Rules(
        line_rules=line_rules,
        patterns=book,
        automatic=automatic,
        names=names,
        buttons=frozenset(buttons),
        items=items,
        book=None,
    )
    return made if items else msgspec.structs.replace(made, book=made.with_items(lambda rule: None))


class _Found:
    """The rows of one kind after the other, each with its reference, and their names noted on the way."""

    def __init__(self, world: World, names: dict[str, Rule]) -> None:
        self._world = world
        self._names = names
        self.unit: int = 10 ** (UNIT_PRICE_PLACES - shop.settings(world).decimals)

    def __call__(self, kind: Kind) -> Iterator[tuple[str, int, Any]]:
        for id, version, row in _active(kind, self._world):
            ref = reference(kind, id)
            self._names[ref] = Rule(kind.name, id, version, row.title)
            yield ref, version, row


def _patterns(patterns: list[Pattern], world: World) -> Patterns | None:
    if not patterns:
        return None
    settings = shop.settings(world)
    mode = MODE_FIRST if settings.rules == "first" else MODE_BEST
    return Patterns(patterns, mode=mode, budget=settings.search_nodes)


def _percent(value: str | int | None) -> int:
    return 0 if value is None else parse_decimal(value, QUANTITY_PLACES, "percent")


def _unit(value: str | int | None) -> int:
    return 0 if value is None else unit_price(value, "amount")


def _products(ids: tuple[int, ...]) -> list[str]:
    return [f"p{id}" for id in ids]


def _departments(ids: tuple[int, ...]) -> list[str]:
    return [f"d{id}" for id in ids]


def _conditions(row: Conditioned, products: tuple[int, ...] = (), departments: tuple[int, ...] = ()) -> Conditions:
    first = 1 if row.first is None else parse_day(row.first, "first")
    last = DAY_MAX if row.last is None else parse_day(row.last, "last")
    return Conditions(
        modes=row.modes,
        groups=row.groups,
        tables=row.tables,
        tills=row.tills,
        zones=row.zones,
        weekdays=row.weekdays,
        from_minute=row.from_minute,
        until_minute=row.until_minute,
        days=None if row.first is None and row.last is None else (first, last),
        min_items=row.min_items,
        min_value=row.min_value,
        min_covers=row.min_covers,
        products=_products(products),
        departments=_departments(departments),
    )


def _line_rule(ref: str, version: int, row: LineRuleRow) -> LineRule:
    return LineRule(
        ref,
        version=version,
        priority=row.priority,
        stack=row.stack,
        percent=_percent(row.percent),
        amount=_unit(row.amount),
        fixed=None if row.fixed is None else _unit(row.fixed),
        products=_products(row.products),
        departments=_departments(row.departments),
        except_products=_products(row.except_products),
        except_departments=_departments(row.except_departments),
        conditions=_conditions(row),
    )


def _automatic(ref: str, version: int, row: AutomaticRow, unit: int) -> Automatic:
    return Automatic(
        id=int(ref.partition(":")[2]),
        ref=ref,
        version=version,
        priority=row.priority,
        conditions=_conditions(row),
        product=row.product,
        per_cover=row.per_cover,
        percent=_percent(row.percent),
        amount=_unit(row.amount) // unit,
    )


def _offer(ref: str, version: int, row: OfferRow, unit: int) -> Pattern:
    named: dict[str, Any] = {
        "products": _products(row.products),
        "departments": _departments(row.departments),
        "except_products": _products(row.except_products),
    }
    slots = [Slot(row.quantity, **named)]
    more: dict[str, Any] = {"version": version, "priority": row.priority, "group": row.group}
    if row.type == "n_for_price":
        more["price"] = _unit(row.price) // unit
    elif row.type == "amount_off":
        more["amount"] = _unit(row.amount) // unit
    elif row.type == "buy_get":
        more |= {"percent": _percent(row.percent) or FREE, "on": (1,)}
        own = row.get_products or row.get_departments
        given: dict[str, Any] = {
            "products": _products(row.get_products),
            "departments": _departments(row.get_departments),
        }
        slots.append(Slot(row.get_quantity or 1, **(given if own else named)))
    else:
        more |= {"percent": FREE if row.type == "cheapest_free" else _percent(row.percent), "count": row.count or 1}
    return Pattern(ref, tuple(slots), **more)


def _menu(ref: str, version: int, row: MenuRow, unit: int) -> Pattern:
    slots = [
        Slot(
            slot.quantity,
            products=_products(slot.products),
            departments=_departments(slot.departments),
            except_products=_products(slot.except_products),
            supplements=tuple([(f"p{each.product}", _unit(each.amount) // unit) for each in slot.supplements]),
        )
        for slot in row.slots
    ]
    return Pattern(
        ref,
        tuple(slots),
        version=version,
        priority=row.priority,
        price=_unit(row.price) // unit,
        group=row.group,
        automatic=row.automatic,
    )


def _pack(ref: str, version: int, row: PackRow, unit: int) -> Pattern:
    return Pattern(
        ref,
        tuple([Slot(item.quantity, products=[f"p{item.product}"]) for item in row.items]),
        version=version,
        priority=row.priority,
        price=None if row.price is None else _unit(row.price) // unit,
        percent=None if row.percent is None else _percent(row.percent),
        amount=None if row.amount is None else _unit(row.amount) // unit,
        group=row.group,
        automatic=row.automatic,
    )


def coupon(world: World, code: str) -> Redeemed | None:
    """The coupon with this code, active or not, or None."""
    id = unique_holder(COUPONS, "code", code, world)
    return None if id is None else world.ready(_ready_coupon, id)


def _row_and_version(row: CouponRow, version: int) -> tuple[CouponRow, int]:
    return row, version


def _ready_coupon(world: World, id: int) -> Redeemed | None:
    found = world.compiled(COUPONS, id, _row_and_version)
    if found is None:
        return None
    row, version = found
    unit = 10 ** (UNIT_PRICE_PLACES - shop.settings(world).decimals)
    ref = reference(COUPONS, id)
    core = Coupon(
        ref,
        version=version,
        percent=_percent(row.percent),
        amount=_unit(row.amount) // unit,
        conditions=_conditions(row, row.products, row.departments),
    )
    return Redeemed(id=id, version=version, ref=ref, row=row, core=core)
