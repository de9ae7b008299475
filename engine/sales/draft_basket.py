"""Baskets as tills send them, and what pricing needs to know of each line: the catalogue's facts, looked up once."""

from typing import Annotated, Any, NamedTuple, NoReturn

import msgspec
from msgspec import Meta

from engine.catalogue import views as catalogue
from engine.discounts import views as discounts
from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.kinds import Quantity, Row, UnitPrice
from engine.kernel.messages import INTEGER_MAX, LINES_MAX, Cents, Decimal, Id, Label, Note
from engine.kernel.money import parse_decimal, quantity, unit_price
from engine.kernel.world import World
from engine.payments.kinds import Legs
from engine.sales.records import Option
from engine.shop import views as shop
from engine.staff import views as staff
from engine_ext.basket import BasketLine, LineAdjustment, PricingError, SubtotalAdjustment

DISCOUNTS_MAX = 20  # subtotal discounts of one ticket
LINE_OPTIONS_MAX = 20  # options chosen on one line
PERCENT_PLACES = 3  # percentages are thousandths of a percent inside
FREE_LABEL = "Vente libre"
FREE_DISCOUNT_LABEL = "Remise"
MODE_MAX = 6

LINE_IDS = tuple(str(number) for number in range(1, LINES_MAX + 1))
"""The ids of lines as entered, ready made: pricing names lines by text."""


class LineDiscountIn(Row, frozen=True, kw_only=True):
    """A line's discount or surcharge: a configured one by ``id``, or a free one by ``percent`` ("-10"), ``amount`` per
    unit ("-0.5") or ``fixed`` price per unit, which needs the right ``sales.free_discount``."""

    id: Id | None = None
    percent: Annotated[Decimal, Meta(extra={"places": PERCENT_PLACES})] | None = None
    amount: UnitPrice | None = None
    fixed: UnitPrice | None = None
    label: Label | None = None


class DiscountIn(Row, frozen=True, kw_only=True):
    """A discount, surcharge or fixed price over the lines listed by number (from 1, as entered), or over all of them.

    ``amount`` and ``fixed`` are minor units. A free one needs the right ``sales.free_discount``.
    """

    id: Id | None = None
    percent: Annotated[Decimal, Meta(extra={"places": PERCENT_PLACES})] | None = None
    amount: Cents | None = None
    fixed: Cents | None = None
    label: Label | None = None
    lines: Annotated[tuple[Annotated[int, Meta(ge=1, le=LINES_MAX)], ...], Meta(max_length=LINES_MAX)] = ()


class LineIn(Row, frozen=True, kw_only=True):
    """One line: a product, or a department with a price, or only a price (the shop's default VAT).

    ``price`` on a product that has one needs the right ``sales.typed_price``; ``label`` names a line without product;
    ``options`` are ids of choices in the product's option sets.
    """

    product: Id | None = None
    department: Id | None = None
    price: UnitPrice | None = None
    quantity: Quantity = 1
    label: Label | None = None
    options: Annotated[tuple[Id, ...], Meta(max_length=LINE_OPTIONS_MAX)] = ()
    note: Note | None = None
    discount: LineDiscountIn | None = None


class Basket(msgspec.Struct, frozen=True, kw_only=True):
    """What selling and pricing have in common.

    ``mode`` is the sales mode (default: the till's, else the shop's); ``shown_total`` what the till showed: where the
    engine's total differs the sale is refused with the new ticket; ``unpaid`` lets a rest stay due; ``receipt`` says
    that the customer asked for one.
    """

    lines: Annotated[tuple[LineIn, ...], Meta(min_length=1, max_length=LINES_MAX)]
    mode: Annotated[int, Meta(ge=0, le=MODE_MAX)] | None = None
    discounts: Annotated[tuple[DiscountIn, ...], Meta(max_length=DISCOUNTS_MAX)] = ()
    payments: Legs = ()
    shown_total: Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)] | None = None
    unpaid: bool = False
    note: Note | None = None
    receipt: bool = False


class Facts(NamedTuple):
    """What is sealed of a line besides its amounts."""

    product: int | None
    version: int | None
    department: int | None
    label: str
    typed: bool
    options: tuple[Option, ...]
    note: str | None
    stock: bool


class Draft(NamedTuple):
    """A basket ready to be priced: its lines, their facts in the same order, its subtotal discounts, and for every name
    that pricing uses for a discount its (id, version, label)."""

    mode: int
    settings: shop.Settings
    lines: list[BasketLine]
    facts: list[Facts]
    subtotals: list[SubtotalAdjustment]
    names: dict[str, tuple[int | None, int | None, str]]
    blocking: dict[int, int]


def draft(basket: Basket, world: World) -> Draft:
    """Looks up what the basket's lines and discounts refer to; refuses what is unknown, not for sale or not allowed."""
    settings = shop.settings(world)
    made = Draft(shop.sales_mode(world, basket.mode), settings, [], [], [], {}, {})
    index = 0
    try:
        for index, line in enumerate(basket.lines):
            if line.product is not None:
                _product_line(line, index, made, world)
            else:
                _other_line(line, index, made, world)
        index = -1
        for number, given in enumerate(basket.discounts):
            made.subtotals.append(_subtotal(given, number, made, world))
    except PricingError as error:
        raise refusal(error, index if index >= 0 else None) from error
    return made


def refusal(error: PricingError, index: int | None = None) -> Refusal:
    """The refusal for what the pricing core declined; the line is named as the sender numbered it."""
    if error.line_id is not None and error.line_id in LINE_IDS:
        index = int(error.line_id) - 1
    return Refusal(error.code, error.text, at=None if index is None else f"lines[{index}]")


def _decline(code: str, text: str, index: int, field: str, **data: Any) -> NoReturn:
    raise Refusal(code, text, at=f"lines[{index}].{field}", data=data)


def need(world: World, right: str, at: str) -> None:
    """Refuses what the operator's role and extra rights do not allow; the refusal leaves a sealed event."""
    if not staff.role_allows(world, world.actor, right):
        event = Event(code=0, what="refused.not_allowed", detail={"right": right})
        text = f"operator {world.actor.operator} does not hold the right {right}"
        raise Refusal("kernel.not_allowed", text, at=at, data={"right": right}, records=(event,))


def _quantity(line: LineIn, index: int) -> int:
    asked = line.quantity
    number = asked * 1000 if type(asked) is int else quantity(asked, f"lines[{index}].quantity")
    if not 0 < number <= INTEGER_MAX:
        _decline("sales.bad_quantity", "a sale's quantity is above 0; giving back is a refund", index, "quantity")
    return number


def _typed(line: LineIn, index: int) -> int | None:
    if line.price is None:
        return None
    price = unit_price(line.price, f"lines[{index}].price")
    if price < 0:
        _decline("sales.negative_price", "a price is not below 0; giving back is a refund", index, "price")
    return price


def _product_line(line: LineIn, index: int, made: Draft, world: World) -> None:
    assert line.product is not None
    item = catalogue.item(world, line.product)
    if item is None:
        _decline("sales.unknown_product", f"there is no product {line.product}", index, "product")
    if not item.active:
        _decline("sales.not_for_sale", f"{item.label} is not for sale", index, "product")
    if line.department is not None or line.label is not None:
        field = "label" if line.department is None else "department"
        _decline("sales.ambiguous_line", f"a product has its own {field}", index, field)
    typed = _typed(line, index)
    price = catalogue.price_in(item, made.mode)
    if typed is None:
        if price is None:
            _decline("sales.price_missing", f"{item.label} has no price of its own: type one", index, "price")
    elif price is not None:
        need(world, "sales.typed_price", f"lines[{index}].price")
    options: tuple[Option, ...] = ()
    if line.options:
        picked = catalogue.chosen(item, line.options, f"lines[{index}].options")
        options = tuple([Option(id=id, l=option.label, delta=option.delta) for id, option in picked])
    vat = catalogue.vat(world, item, made.mode)
    number = _quantity(line, index)
    priced = BasketLine(
        id=LINE_IDS[index],
        product=f"p{item.id}",
        department=None,
        category=str(vat.id),
        rate=vat.rate,
        quantity=number,
        catalogue=price or 0,
        typed=typed,
        options=tuple([(str(option.id), option.delta) for option in options]) if options else (),
        manual=None if line.discount is None else _manual(line.discount, index, made, world),
        default=None if item.discount is None else _default(item.discount, made, world),
    )
    if priced.unit < 0:
        _decline("sales.negative_price", f"the options take {item.label} below 0", index, "options")
    if item.stock_blocks:
        made.blocking[item.id] = made.blocking.get(item.id, 0) + number
    made.lines.append(priced)
    made.facts.append(
        Facts(
            item.id,
            item.version,
            item.department,
            item.label,
            typed is not None,
            options,
            line.note,
            item.stock_tracked,
        )
    )


def _other_line(line: LineIn, index: int, made: Draft, world: World) -> None:
    """A line without product: of a department, or free; neither moves stock."""
    if line.options:
        _decline("sales.ambiguous_line", "only a product has options", index, "options")
    typed = _typed(line, index)
    if line.department is None:
        found = catalogue.default_vat(world)
        if found is None:
            raise Refusal("catalogue.no_vat", "the shop has no VAT rate of its own", at=f"lines[{index}]")
        vat, label, price, default = found, FREE_LABEL, None, None
    else:
        group = catalogue.department(world, line.department)
        if group is None:
            _decline("sales.unknown_department", f"there is no department {line.department}", index, "department")
        if not group.active:
            _decline("sales.not_for_sale", f"{group.label} is not for sale", index, "department")
        vat = catalogue.vat(world, group, made.mode)
        label, price, default = group.label, group.price, group.discount
    if typed is None and price is None:
        _decline("sales.price_missing", f"{label} has no price of its own: type one", index, "price")
    made.lines.append(
        BasketLine(
            id=LINE_IDS[index],
            product=None,
            department=None if line.department is None else f"d{line.department}",
            category=str(vat.id),
            rate=vat.rate,
            quantity=_quantity(line, index),
            catalogue=price or 0,
            typed=typed,
            manual=None if line.discount is None else _manual(line.discount, index, made, world),
            default=None if default is None else _default(default, made, world),
        )
    )
    made.facts.append(Facts(None, None, line.department, line.label or label, typed is not None, (), line.note, False))


def _configured(id: int, at: str, world: World) -> discounts.Discount:
    found = discounts.discount(world, id)
    if found is None or not found.active:
        raise Refusal("sales.unknown_discount", f"there is no discount {id} in use", at=at)
    need(world, "discounts.apply", at)
    if found.right is not None:
        need(world, found.right, at)
    return found


def _manual(given: LineDiscountIn, index: int, made: Draft, world: World) -> LineAdjustment:
    at = f"lines[{index}].discount"
    name = f"l{index}"
    if given.id is not None:
        if given.percent is not None or given.amount is not None or given.fixed is not None:
            raise Refusal("sales.ambiguous_discount", "a configured discount brings its own figures", at=at)
        found = _configured(given.id, at, world)
        if not found.for_line:
            raise Refusal("sales.wrong_scope", f"{found.label} is for subtotals only", at=at)
        made.names[name] = (given.id, found.version, found.label)
        return LineAdjustment(name, percent=found.percent, amount=found.unit_amount, fixed=found.unit_fixed)
    need(world, "sales.free_discount", at)
    _one_benefit(given, at)
    made.names[name] = (None, None, given.label or FREE_DISCOUNT_LABEL)
    return LineAdjustment(
        name,
        percent=_percent(given.percent, at),
        amount=0 if given.amount is None else unit_price(given.amount, at),
        fixed=None if given.fixed is None else unit_price(given.fixed, at),
    )


def _default(id: int, made: Draft, world: World) -> LineAdjustment | None:
    """A product's or department's own discount; one that is no longer in use is simply not given."""
    found = discounts.discount(world, id)
    if found is None or not found.active:
        return None
    name = f"d{id}"
    made.names[name] = (id, found.version, found.label)
    return LineAdjustment(name, percent=found.percent, amount=found.unit_amount, fixed=found.unit_fixed)


def _subtotal(given: DiscountIn, number: int, made: Draft, world: World) -> SubtotalAdjustment:
    at = f"discounts[{number}]"
    name = f"s{number}"
    if given.lines and max(given.lines) > len(made.lines):
        raise Refusal("sales.unknown_line", f"there is no line {max(given.lines)}", at=f"{at}.lines")
    lines = tuple([LINE_IDS[line - 1] for line in given.lines])
    if given.id is not None:
        if given.percent is not None or given.amount is not None or given.fixed is not None:
            raise Refusal("sales.ambiguous_discount", "a configured discount brings its own figures", at=at)
        found = _configured(given.id, at, world)
        if not found.for_subtotal:
            raise Refusal("sales.wrong_scope", f"{found.label} is for single lines only", at=at)
        made.names[name] = (given.id, found.version, found.label)
        return SubtotalAdjustment(name, lines=lines, percent=found.percent, amount=found.amount or 0, fixed=found.fixed)
    need(world, "sales.free_discount", at)
    _one_benefit(given, at)
    made.names[name] = (None, None, given.label or FREE_DISCOUNT_LABEL)
    return SubtotalAdjustment(
        name, lines=lines, percent=_percent(given.percent, at), amount=given.amount or 0, fixed=given.fixed
    )


def _one_benefit(given: LineDiscountIn | DiscountIn, at: str) -> None:
    if given.percent is None and given.amount is None and given.fixed is None:
        raise Refusal("sales.empty_discount", "a free discount needs a percentage, an amount or a fixed price", at=at)


def _percent(given: str | int | None, at: str) -> int:
    return 0 if given is None else parse_decimal(given, PERCENT_PLACES, at)
