"""What people configure about rules that consume units: offers, menus and packs (pricing.md, phase 2)."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from engine.discounts.kinds import PERCENT_MIN
from engine.discounts.kinds_parts import (
    ROWS_MAX,
    Group,
    Ids,
    Percent,
    Priority,
    check_group,
    minor_units,
    never,
    require_room,
    unique,
)
from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind, Row, UnitPrice
from engine.kernel.messages import Id, Label
from engine.kernel.money import QUANTITY_PLACES, format_decimal, parse_decimal
from engine.kernel.world import World

SLOTS_MAX = 8  # pricing.md, Limits
UNITS_MAX = 100  # of one slot
SUPPLEMENTS_MAX = 200

Units = Annotated[int, Meta(ge=1, le=UNITS_MAX)]


class OfferRow(Row, frozen=True, kw_only=True):
    """An offer on units of what its ``products`` or ``departments`` name, less ``except_products``.

    ``type`` "n_for_price": ``quantity`` units for ``price``; "nth_percent": of ``quantity`` units the cheapest
    ``count`` at ``percent`` ("-50"); "cheapest_free": the cheapest ``count`` of ``quantity`` for nothing; "buy_get":
    who buys ``quantity`` gets ``get_quantity`` of ``get_products`` or ``get_departments`` (none named: of the same) at
    ``percent`` (not said: for nothing); "amount_off": ``amount`` ("-2") off ``quantity`` units. A higher ``priority``
    comes first; at most one rule of a ``group`` applies to a ticket.
    """

    title: Label
    type: Literal["n_for_price", "nth_percent", "cheapest_free", "buy_get", "amount_off"]
    products: Ids = ()
    departments: Ids = ()
    except_products: Ids = ()
    quantity: Units = 1
    get_products: Ids = ()
    get_departments: Ids = ()
    get_quantity: Units | None = None
    count: Units | None = None
    price: UnitPrice | None = None
    percent: Percent | None = None
    amount: UnitPrice | None = None
    priority: Priority = 0
    group: Group | None = None
    active: bool = True


class Supplement(Row, frozen=True, kw_only=True):
    """What a dear product adds to the price of the menu that it is taken in."""

    product: Id
    amount: UnitPrice


class MenuSlot(Row, frozen=True, kw_only=True):
    """One choice of a menu: ``quantity`` units of what it names, with ``supplements`` for the dear ones."""

    title: Label | None = None
    products: Ids = ()
    departments: Ids = ()
    except_products: Ids = ()
    quantity: Units = 1
    supplements: Annotated[tuple[Supplement, ...], Meta(max_length=SUPPLEMENTS_MAX)] = ()


class MenuRow(Row, frozen=True, kw_only=True):
    """A menu: one price for one choice from each slot (features.md, ``menus``).

    With ``button`` it can be chosen at the till; with ``automatic`` it is found in any order of scanning, where it
    saves something. ``priority`` and ``group`` as for an offer.
    """

    title: Label
    price: UnitPrice
    slots: Annotated[tuple[MenuSlot, ...], Meta(min_length=1, max_length=SLOTS_MAX)]
    automatic: bool = True
    button: bool = True
    priority: Priority = 0
    group: Group | None = None
    active: bool = True


class PackItem(Row, frozen=True, kw_only=True):
    """A product of a pack, and how many of it."""

    product: Id
    quantity: Units = 1


class PackRow(Row, frozen=True, kw_only=True):
    """A pack (features.md, ``packPlu``): items sold for a ``price``, or with a ``percent`` or an ``amount`` off.

    With ``button`` the till adds its items one by one and names the pack; with ``automatic`` items added apart are
    found. ``priority`` and ``group`` as for an offer.
    """

    title: Label
    items: Annotated[tuple[PackItem, ...], Meta(min_length=1, max_length=SLOTS_MAX)]
    price: UnitPrice | None = None
    percent: Percent | None = None
    amount: UnitPrice | None = None
    automatic: bool = False
    button: bool = True
    priority: Priority = 0
    group: Group | None = None
    active: bool = True


WANTED = {
    "n_for_price": {"price"},
    "nth_percent": {"percent"},
    "cheapest_free": set(),
    "buy_get": set(),
    "amount_off": {"amount"},
}
"""Type of an offer -> the figures that it must have."""

ALLOWED = {
    "n_for_price": set(),
    "nth_percent": {"count"},
    "cheapest_free": {"count"},
    "buy_get": {"percent", "get_quantity", "get_products", "get_departments"},
    "amount_off": set(),
}
"""Type of an offer -> the figures that it may have besides."""


def check_offer(row: OfferRow, world: World) -> OfferRow:
    """The figures that its type takes and no others, units to give and to take, something saved."""
    require_room(row, world)
    check_group(row.group, world)
    figures = ("price", "percent", "amount", "count", "get_quantity", "get_products", "get_departments")
    for field in figures:
        given = getattr(row, field) not in (None, ())
        if given and field not in WANTED[row.type] | ALLOWED[row.type]:
            raise Refusal("discounts.wrong_figure", f"an offer {row.type} has no {field}", at=f"row.{field}")
        if not given and field in WANTED[row.type]:
            raise Refusal("discounts.missing_figure", f"an offer {row.type} needs its {field}", at=f"row.{field}")
    _check_named(row, "row")
    count = row.count or 1
    if row.type in ("nth_percent", "cheapest_free") and count >= row.quantity and row.type == "cheapest_free":
        raise never(f"of {row.quantity} units {count} would be free, and none paid", "count")
    if count > row.quantity:
        raise never(f"{count} of {row.quantity} units is more than there are", "count")
    return msgspec.structs.replace(
        row,
        **_sets(row),
        get_products=unique(row.get_products),
        get_departments=unique(row.get_departments),
        price=minor_units(row.price, "price", world),
        percent=_lowering_percent(row.percent),
        amount=_lowering_amount(row.amount, world),
    )


def _check_named(part: Any, at: str) -> None:
    """Something must fill it: not everything that it names is left out again."""
    if not part.products and not part.departments:
        raise Refusal("discounts.names_nothing", "neither products nor departments are named", at=f"{at}.products")
    if part.products and not part.departments and set(part.products) <= set(part.except_products):
        text = "this rule can never apply: it leaves out every product that it names"
        raise Refusal("discounts.never_applies", text, at=f"{at}.except_products")


def _sets(part: Any) -> dict[str, Any]:
    return {field: unique(getattr(part, field)) for field in ("products", "departments", "except_products")}


def _lowering_percent(value: str | int | None) -> str | None:
    if value is None:
        return None
    percent = parse_decimal(value, QUANTITY_PLACES, "row.percent")
    if not PERCENT_MIN <= percent < 0:
        raise Refusal("discounts.raises_price", f"{value} % does not take off between 0 and 100 %", at="row.percent")
    return format_decimal(percent, QUANTITY_PLACES)


def _lowering_amount(value: str | int | None, world: World) -> str | None:
    amount = minor_units(value, "amount", world)
    if amount is not None and not amount.startswith("-"):
        raise Refusal("discounts.raises_price", f"{value} does not take anything off", at="row.amount")
    return amount


def _check_ways(row: MenuRow | PackRow) -> None:
    if not row.automatic and not row.button:
        raise never("it has no button and is not looked for", "button")


def check_menu(row: MenuRow, world: World) -> MenuRow:
    """Slots that something can fill, supplements for what a slot takes, a way to come into being."""
    require_room(row, world)
    check_group(row.group, world)
    _check_ways(row)
    slots = []
    for number, slot in enumerate(row.slots):
        at = f"row.slots[{number}]"
        _check_named(slot, at)
        slots.append(msgspec.structs.replace(slot, **_sets(slot), supplements=_supplements(slot, at, world)))
    return msgspec.structs.replace(row, price=minor_units(row.price, "price", world), slots=tuple(slots))


def _supplements(slot: MenuSlot, at: str, world: World) -> tuple[Supplement, ...]:
    kept: dict[int, Supplement] = {}
    for number, given in enumerate(slot.supplements):
        place = f"{at}.supplements[{number}]"
        if given.product in kept:
            raise Refusal("discounts.named_twice", f"product {given.product} has two supplements", at=place)
        if given.product in slot.except_products or (not slot.departments and given.product not in slot.products):
            text = f"this supplement can never apply: the slot does not take product {given.product}"
            raise Refusal("discounts.never_applies", text, at=place)
        amount = minor_units(given.amount, "amount", world)
        assert amount is not None
        if amount.startswith("-") or amount == "0":
            raise Refusal("discounts.bad_amount", "a supplement adds something", at=f"{place}.amount")
        kept[given.product] = Supplement(product=given.product, amount=amount)
    return tuple([kept[product] for product in sorted(kept)])


def check_pack(row: PackRow, world: World) -> PackRow:
    """One adjustment that takes something off, each product once, more than one unit."""
    require_room(row, world)
    check_group(row.group, world)
    _check_ways(row)
    if sum(value is not None for value in (row.price, row.percent, row.amount)) != 1:
        raise Refusal("discounts.missing_figure", "a pack has a price, a percent or an amount, and only one", at="row")
    seen: set[int] = set()
    for number, item in enumerate(row.items):
        if item.product in seen:
            raise Refusal(
                "discounts.named_twice", f"product {item.product} is there twice", at=f"row.items[{number}].product"
            )
        seen.add(item.product)
    if sum(item.quantity for item in row.items) < 2:  # what stands alone is no pack
        raise never("one unit is no pack; give the product another price", "items")
    return msgspec.structs.replace(
        row,
        price=minor_units(row.price, "price", world),
        percent=_lowering_percent(row.percent),
        amount=_lowering_amount(row.amount, world),
    )


OFFERS = Kind(
    name="offers",
    code=22,
    row=OfferRow,
    permission="discounts.write",
    prices=True,
    references={
        "products": "products",
        "departments": "departments",
        "except_products": "products",
        "get_products": "products",
        "get_departments": "departments",
    },
    rows_max=ROWS_MAX,
    check=check_offer,
    example={
        "title": "Le deuxième à -50 %",
        "type": "nth_percent",
        "departments": [1],
        "quantity": 2,
        "percent": "-50",
    },
)

MENUS = Kind(
    name="menus",
    code=23,
    row=MenuRow,
    permission="discounts.write",
    prices=True,
    references={
        "slots.products": "products",
        "slots.departments": "departments",
        "slots.except_products": "products",
        "slots.supplements.product": "products",
    },
    rows_max=ROWS_MAX,
    check=check_menu,
    example={
        "title": "Menu du midi",
        "price": "12.00",
        "slots": [{"title": "Plat", "departments": [2]}, {"title": "Boisson", "departments": [1]}],
    },
)

PACKS = Kind(
    name="packs",
    code=24,
    row=PackRow,
    permission="discounts.write",
    prices=True,
    references={"items.product": "products"},
    rows_max=ROWS_MAX,
    check=check_pack,
    example={
        "title": "Pack apéro",
        "items": [{"product": 1, "quantity": 2}, {"product": 2}],
        "percent": "-10",
        "automatic": True,
    },
)
