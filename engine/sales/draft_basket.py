"""What pricing needs to know of each line of a basket: the catalogue's facts, looked up once."""

import functools
from typing import Any, NamedTuple, NoReturn

from engine.catalogue import views as catalogue
from engine.catalogue import views_prices as prices
from engine.catalogue import views_rates as rates
from engine.catalogue.views_prices import Price, Prices
from engine.discounts import views as discounts
from engine.discounts import views_book
from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.messages import LINES_MAX
from engine.kernel.money import parse_decimal, quantity, unit_price
from engine.kernel.world import World
from engine.sales.choose_price import chosen_price
from engine.sales.draft_buyer import NOBODY, Buyer, draft_buyer
from engine.sales.receive_basket import PERCENT_PLACES, Basket, DiscountIn, LineDiscountIn, LineIn
from engine.sales.records import Given, Option
from engine.shop import views as shop
from engine.shop.kinds import SETTINGS, SETTINGS_ID, SettingsRow
from engine.staff import views as staff
from engine_ext.basket import NATURE_STORED, BasketLine, LineAdjustment, PricingError, SubtotalAdjustment
from engine_ext.book import Book

FREE_LABEL = "Vente libre"
FREE_DISCOUNT_LABEL = "Remise"
QUANTITY_MAX = 10_000_000_000  # thousandths on one line
SHELF_ITEMS_MAX = 50_000  # products kept ready for sale; beyond it the shelf is filled afresh
SHELF_LINES_MAX = 20_000  # lines kept as pricing takes them; beyond it they are made afresh
NO_NAME = (None, None, "")
NOTHING_MORE: dict[str, Any] = {}

LINE_IDS = tuple(str(number) for number in range(1, LINES_MAX + 1))
"""The ids of lines as entered, ready made: pricing names lines by text."""


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


class Ready(NamedTuple):
    """What is the same of a product every time it is sold in one sales mode: the item and what pricing asks of it.

    ``choices`` are its prices under conditions; ``plain`` is true where there are none and VAT has no scheme of its
    own, so that a line is made without a further look.
    """

    item: catalogue.Item
    product: str
    department: str | None
    category: str
    rate: int
    price: int | None
    default: LineAdjustment | None
    name: tuple[int | None, int | None, str]
    facts: Facts
    choices: Prices
    margin: str | None
    plain: bool


class PlainLine(NamedTuple):
    """A product's line that nothing was added to: what pricing takes and what is sealed of it; ``blocks`` None where
    the product's stock is not tracked."""

    priced: BasketLine
    facts: Facts
    blocks: bool | None


class Shelf:
    """What was looked up for the baskets before, valid for one configuration and business day: nothing on it depends on
    anything else.

    ``rates`` holds those in force by (VAT rate, `Draft.place`), ``ready`` products by (product, place), ``modes`` the
    sales mode by (till, mode asked for), ``lines`` plain lines of products as pricing takes them, by sales mode and
    then by (line, place in the basket): a shop sells few of them; ``rules`` are those of the shop, ``books`` whole ones
    by what their added items come to.
    """

    __slots__ = (
        "books",
        "configuration",
        "day",
        "discounts",
        "lines",
        "modes",
        "rates",
        "ready",
        "rules",
        "settings",
    )

    def __init__(self, world: World) -> None:
        self.configuration = world.configuration
        self.day = world.day
        self.settings = shop.settings(world)
        self.ready: dict[tuple[int, int | tuple[int, str]], Ready] = {}
        self.rates: dict[tuple[int, int | tuple[int, str]], rates.Rate] = {}
        self.lines: dict[int, dict[tuple[LineIn, int], PlainLine]] = {}
        self.modes: dict[tuple[int, int | None], int] = {}
        self.discounts: dict[int, discounts.Discount] = {}
        self.rules = views_book.rules(world)
        self.books: dict[Any, Book] = {}

    def mode(self, asked: int | None, world: World) -> int:
        """The sales mode of a basket on the till that asks."""
        till = world.actor.till
        mode = self.modes.get((till, asked))
        if mode is None:
            mode = self.modes[till, asked] = shop.sales_mode(world, asked)
        return mode


def _shelves(row: SettingsRow, version: int) -> list[Shelf]:
    """A place for a shelf, kept by the world until an abort takes back what was read (or the settings change)."""
    return []


def _shelf(world: World) -> Shelf:
    """The shelf of the configuration as it stands."""
    place = world.compiled(SETTINGS, SETTINGS_ID, _shelves)
    if place:
        shelf = place[0]
        fresh = shelf.configuration == world.configuration and shelf.day == world.day
        if fresh and len(shelf.ready) <= SHELF_ITEMS_MAX:
            return shelf
    shelf = Shelf(world)
    if place is not None:
        place[:] = [shelf]
    return shelf


class Draft(NamedTuple):
    """A basket ready to be priced: its lines, their facts in the same order, its subtotal discounts, and for every name
    that pricing uses for a discount its (id, version, label); ``stock`` holds, by
    product, what is asked of its stock and whether it blocks. ``buyer`` is whom and where it is sold to; ``place`` is
    the sales mode, with the territory where the buyer's is another; ``plain`` says that the buyer changes nothing;
    ``listed`` maps line ids to the price rows that gave their prices, ``margins`` are products taxed on theirs;
    ``given`` is what the operator typed or chose, by name."""

    mode: int
    shelf: Shelf
    lines: list[BasketLine]
    facts: list[Facts]
    subtotals: list[SubtotalAdjustment]
    names: dict[str, tuple[int | None, int | None, str]]
    stock: dict[int, tuple[int, bool]]
    basket: Basket
    buyer: Buyer
    place: int | tuple[int, str]
    plain: bool
    listed: dict[int, int]
    margins: list[int]
    given: dict[str, Given]


def draft(basket: Basket, world: World) -> Draft:
    """Looks up what the basket's lines and discounts refer to; refuses what is unknown, not for sale or not allowed."""
    shelf = _shelf(world)
    mode = shelf.mode(basket.mode, world)
    buyer = NOBODY
    if basket.customer is not None or basket.table is not None or basket.zone is not None:
        buyer = draft_buyer(basket.customer, basket.table, basket.zone, world)
    territory = buyer.territory
    sold = mode if territory is None else (mode, territory)
    made = Draft(mode, shelf, [], [], [], {}, {}, basket, buyer, sold, buyer.customer is None, {}, [], {})
    known = shelf.lines.get(mode) if made.plain else {}
    if known is None or len(known) > SHELF_LINES_MAX:
        known = shelf.lines[mode] = {}
    lines, facts = made.lines, made.facts
    place, index = "lines", 0
    try:
        for index, line in enumerate(basket.lines):
            found = known.get((line, index))
            if found is not None:
                priced, sealed, blocks = found
                lines.append(priced)
                facts.append(sealed)
                if blocks is not None:
                    _ask_stock(found, made)
            elif line.product is not None:
                _product_line(line, index, made, world, known)
            else:
                _other_line(line, index, made, world)
        place = "discounts"
        for index, given in enumerate(basket.discounts):
            made.subtotals.append(_subtotal(given, index, made, world))
    except PricingError as error:
        raise Refusal(error.code, error.text, at=f"{place}[{index}]") from error
    return made


def refusal(error: PricingError) -> Refusal:
    """The refusal for what the pricing core declined; the line is named as the sender numbered it."""
    at = None if error.line_id is None else f"lines[{int(error.line_id) - 1}]"
    return Refusal(error.code, error.text, at=at)


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
    if asked is None:
        return 1000
    number = asked * 1000 if type(asked) is int else quantity(asked, f"lines[{index}].quantity")
    if not 0 < number <= QUANTITY_MAX:
        _decline("sales.bad_quantity", "a quantity is above 0 and at most 10 000 000", index, "quantity")
    return number


def _typed(given: str | int, index: int) -> int:
    price = unit_price(given, f"lines[{index}].price")
    if price < 0:
        _decline("sales.negative_price", "a price is not below 0; giving back is a refund", index, "price")
    return price


def ready_item(id: int, made: Draft, world: World) -> Ready | None:
    """A product that a rule adds, made ready for this basket; None where it is not to be sold."""
    try:
        return _ready(id, 0, made, world)
    except Refusal:
        return None


def _ready(id: int, index: int, made: Draft, world: World) -> Ready:
    """The product made ready for this basket's sales mode; refuses what is unknown or not for sale."""
    found = made.shelf.ready.get((id, made.place))
    if found is not None:
        return found
    item = catalogue.item(world, id)
    if item is None:
        _decline("sales.unknown_product", f"there is no product {id}", index, "product")
    if not item.active:
        _decline("sales.not_for_sale", f"{item.label} is not for sale", index, "product")
    vat = catalogue.vat(world, item, made.mode)
    rate = rates.rate_on(world, vat.id, f"lines[{index}]", made.buyer.territory)
    if rate.margin is not None and (item.cost is None or item.stored_value):
        _decline("sales.no_cost", f"{item.label} is taxed on its margin and has no buying price", index, "product")
    choices = prices.prices(world, id)
    default, name = _default(item.discount, world)
    facts = Facts(item.id, item.version, item.department, item.label, False, (), None, item.stock_tracked)
    price = catalogue.price_in(item, made.mode)
    plain = not choices and rate.margin is None and not item.stored_value and not item.weighed
    found = Ready(
        item,
        f"p{id}",
        None if item.department is None else f"d{item.department}",
        str(rate.id),
        rate.percent,
        price,
        default,
        name,
        facts,
        choices,
        rate.margin,
        plain,
    )
    made.shelf.ready[id, made.place] = found
    return found


def _ask_stock(line: PlainLine, made: Draft) -> None:
    product = line.facts.product
    assert product is not None
    assert line.blocks is not None
    made.stock[product] = (made.stock.get(product, (0,))[0] + line.priced.quantity, line.blocks)


def _product_line(
    line: LineIn, index: int, made: Draft, world: World, known: dict[tuple[LineIn, int], PlainLine]
) -> None:
    assert line.product is not None
    ready = _ready(line.product, index, made, world)
    item, price = ready.item, ready.price
    plain = ready.plain and made.plain
    chosen = None if plain else _special(ready, line, index, made, world)
    if chosen is not None:
        price = chosen.price
    if line.department is not None or line.label is not None:
        field = "label" if line.department is None else "department"
        _decline("sales.ambiguous_line", f"a product has its own {field}", index, field)
    typed = None if line.price is None else _typed(line.price, index)
    if typed is None:
        if price is None:
            _decline("sales.price_missing", f"{item.label} has no price of its own: type one", index, "price")
    elif price is not None:
        need(world, "sales.typed_price", f"lines[{index}].price")
    options: tuple[Option, ...] = ()
    if line.options:
        picked = catalogue.chosen(item, line.options, f"lines[{index}].options")
        options = tuple([Option(id=id, l=option.label, delta=option.delta) for id, option in picked])
    number = _quantity(line, index)
    if ready.default is not None:
        made.names[ready.default.ref] = ready.name
    # Without ``more`` where there is none: unpacking it would cost an ordinary line a fifth of its time.
    more = NOTHING_MORE if plain else _scheme(ready, made, world)
    build = BasketLine if not more else functools.partial(BasketLine, **more)
    priced = build(
        id=LINE_IDS[index],
        product=ready.product,
        department=ready.department,
        category=ready.category,
        rate=ready.rate,
        quantity=number,
        catalogue=price or 0,
        typed=typed,
        options=tuple([(str(option.id), option.delta) for option in options]) if options else (),
        manual=None if line.discount is None else _manual(line.discount, index, made, world),
        default=ready.default,
    )
    if options and priced.unit < 0:
        _decline("sales.negative_price", f"the options take {item.label} below 0", index, "options")
    if chosen is not None and chosen.id and typed is None:
        made.listed[index + 1] = chosen.id
    bare = typed is None and not options and line.note is None
    facts = ready.facts if bare else ready.facts._replace(typed=typed is not None, options=options, note=line.note)
    taken = PlainLine(priced, facts, item.stock_blocks if item.stock_tracked else None)
    if item.stock_tracked:
        _ask_stock(taken, made)
    made.lines.append(priced)
    made.facts.append(facts)
    if bare and plain and line.discount is None and ready.default is None:
        known[line, index] = taken


def _special(ready: Ready, line: LineIn, index: int, made: Draft, world: World) -> Price | None:
    """What the scale must say, and the price that holds under conditions, if any does (pricing.md, phase 0)."""
    item, customer = ready.item, made.buyer.customer
    if item.weighed and line.quantity is None:
        _decline("sales.no_weight", f"{item.label} is sold by weight: nothing was weighed", index, "quantity")
    counted = sum(_quantity(other, at) for at, other in enumerate(made.basket.lines) if other.product == item.id)
    return chosen_price(ready.choices, world, product=item.id, counted=counted, mode=made.mode, customer=customer)


def _scheme(ready: Ready, made: Draft, world: World) -> dict[str, Any]:
    """How the VAT of a line is found where it is not simply its rate (pricing.md, phase 4)."""
    if ready.item.stored_value:
        return {"nature": NATURE_STORED}
    if ready.margin is not None:
        made.margins.append(ready.item.id)
    return made.buyer.scheme(ready.margin, ready.item.cost, int(ready.category), made.names, world)


def _other_line(line: LineIn, index: int, made: Draft, world: World) -> None:
    """A line without product: of a department, or free; neither moves stock."""
    if line.options:
        _decline("sales.ambiguous_line", "only a product has options", index, "options")
    typed = None if line.price is None else _typed(line.price, index)
    if line.department is None:
        found = catalogue.default_vat(world)
        if found is None:
            raise Refusal("catalogue.no_vat", "the shop has no VAT rate of its own", at=f"lines[{index}]")
        vat, label, price, discount = found, FREE_LABEL, None, None
    else:
        group = catalogue.department(world, line.department)
        if group is None:
            _decline("sales.unknown_department", f"there is no department {line.department}", index, "department")
        if not group.active:
            _decline("sales.not_for_sale", f"{group.label} is not for sale", index, "department")
        vat = catalogue.vat(world, group, made.mode)
        label, price, discount = group.label, group.price, group.discount
    if typed is None and price is None:
        _decline("sales.price_missing", f"{label} has no price of its own: type one", index, "price")
    rate = made.shelf.rates.get((vat.id, made.place))
    if rate is None:
        rate = rates.rate_on(world, vat.id, f"lines[{index}]", made.buyer.territory)
        made.shelf.rates[vat.id, made.place] = rate
    if rate.margin is not None:
        _decline("sales.no_cost", f"{label} is taxed on the margin: only a product has a buying price", index, "price")
    default, name = _default(discount, world)
    if default is not None:
        made.names[default.ref] = name
    more = NOTHING_MORE if made.plain else made.buyer.scheme(None, None, rate.id, made.names, world)
    build = BasketLine if not more else functools.partial(BasketLine, **more)
    made.lines.append(
        build(
            id=LINE_IDS[index],
            product=None,
            department=None if line.department is None else f"d{line.department}",
            category=str(rate.id),
            rate=rate.percent,
            quantity=_quantity(line, index),
            catalogue=price or 0,
            typed=typed,
            manual=None if line.discount is None else _manual(line.discount, index, made, world),
            default=default,
        )
    )
    made.facts.append(Facts(None, None, line.department, line.label or label, typed is not None, (), line.note, False))


def _configured(id: int, at: str, made: Draft, world: World) -> discounts.Discount:
    found = made.shelf.discounts.get(id)
    if found is None:
        found = discounts.discount(world, id)
        if found is None or not found.active:
            raise Refusal("sales.unknown_discount", f"there is no discount {id} in use", at=at)
        made.shelf.discounts[id] = found
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
        found = _configured(given.id, at, made, world)
        if not found.for_line:
            raise Refusal("sales.wrong_scope", f"{found.label} is for subtotals only", at=at)
        made.names[name] = (given.id, found.version, found.label)
        made.given[name] = Given(at=index, percent=0, amount=0, fixed=None, lines=(index + 1,))
        return LineAdjustment(name, percent=found.percent, amount=found.unit_amount, fixed=found.unit_fixed)
    need(world, "sales.free_discount", at)
    _one_benefit(given, at)
    made.names[name] = (None, None, given.label or FREE_DISCOUNT_LABEL)
    percent = _percent(given.percent, at)
    amount = 0 if given.amount is None else unit_price(given.amount, at)
    fixed = None if given.fixed is None else unit_price(given.fixed, at)
    made.given[name] = Given(at=index, percent=percent, amount=amount, fixed=fixed, lines=(index + 1,))
    return LineAdjustment(name, percent=percent, amount=amount, fixed=fixed)


def _default(id: int | None, world: World) -> tuple[LineAdjustment | None, tuple[int | None, int | None, str]]:
    """A product's or department's own discount and its name; one that is no longer in use is simply not given."""
    found = None if id is None else discounts.discount(world, id)
    if found is None or not found.active:
        return None, NO_NAME
    adjustment = LineAdjustment(f"d{id}", percent=found.percent, amount=found.unit_amount, fixed=found.unit_fixed)
    return adjustment, (id, found.version, found.label)


def _subtotal(given: DiscountIn, number: int, made: Draft, world: World) -> SubtotalAdjustment:
    at = f"discounts[{number}]"
    name = f"s{number}"
    if given.lines and max(given.lines) > len(made.lines):
        raise Refusal("sales.unknown_line", f"there is no line {max(given.lines)}", at=f"{at}.lines")
    lines = tuple([LINE_IDS[line - 1] for line in given.lines])
    if given.id is not None:
        if given.percent is not None or given.amount is not None or given.fixed is not None:
            raise Refusal("sales.ambiguous_discount", "a configured discount brings its own figures", at=at)
        found = _configured(given.id, at, made, world)
        if not found.for_subtotal:
            raise Refusal("sales.wrong_scope", f"{found.label} is for single lines only", at=at)
        made.names[name] = (given.id, found.version, found.label)
        made.given[name] = Given(at=number, percent=0, amount=0, fixed=None, lines=given.lines)
        return SubtotalAdjustment(name, lines=lines, percent=found.percent, amount=found.amount or 0, fixed=found.fixed)
    need(world, "sales.free_discount", at)
    _one_benefit(given, at)
    made.names[name] = (None, None, given.label or FREE_DISCOUNT_LABEL)
    percent, amount = _percent(given.percent, at), given.amount or 0
    made.given[name] = Given(at=number, percent=percent, amount=amount, fixed=given.fixed, lines=given.lines)
    return SubtotalAdjustment(name, lines=lines, percent=percent, amount=amount, fixed=given.fixed)


def _one_benefit(given: LineDiscountIn | DiscountIn, at: str) -> None:
    if given.percent is None and given.amount is None and given.fixed is None:
        raise Refusal("sales.empty_discount", "a free discount needs a percentage, an amount or a fixed price", at=at)


def _percent(given: str | int | None, at: str) -> int:
    return 0 if given is None else parse_decimal(given, PERCENT_PLACES, at)
