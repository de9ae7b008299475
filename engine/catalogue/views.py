"""What others may ask about the catalogue: products and departments ready to be priced, options, VAT, barcodes."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from engine.catalogue.kinds import (
    DEPARTMENTS,
    OPTION_SETS,
    OPTION_STRIDE,
    PREFIX_MARK,
    PRODUCTS,
    UPC_A_DIGITS,
    VAT_RATES,
    DepartmentRow,
    OptionSetRow,
    ProductRow,
    VatRateRow,
)
from engine.discounts.kinds import DISCOUNTS
from engine.kernel.entropy import derived_id
from engine.kernel.errors import Refusal
from engine.kernel.money import QUANTITY_PLACES, parse_decimal, unit_price
from engine.kernel.rows import UNIQUE
from engine.kernel.world import World
from engine.shop import views as shop

ON_SITE = 2  # the sales mode that takes the eat-in rate
ITEM_MARK = "$0"  # a scanner may put it before an item's code (features.md, codesBarresLecture)

_BARCODES = PRODUCTS.unique.index("barcodes")


class Vat(NamedTuple):
    """The VAT rate of a line: the rate row's id, and the percentage in 1/1000 %."""

    id: int
    rate: int


class ItemOption(NamedTuple):
    """An option that may be chosen: its label, the signed unit price it adds (1/10 000), and the place of its set."""

    label: str
    delta: int
    set_index: int


Options = Mapping[int, ItemOption]

NO_OPTIONS: Options = MappingProxyType({})


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A product as it is sold: everything it inherits is filled in; unit prices in 1/10 000.

    ``price`` None is an open price; ``mode_prices`` maps a sales mode to its price; ``vat_on_site`` is the rate eaten
    in; ``discount`` is the default one; ``options`` maps an option's id to what may be chosen, ``unavailable`` holds
    ids that exist but may not, and ``sets`` the ids of the option sets in the order asked. ``cost`` is the buying price
    of one, None where nobody told; ``weighed`` goods need a quantity from the scale.
    """

    id: int
    version: int
    department: int | None
    label: str
    price: int | None
    mode_prices: dict[int, int]
    vat: Vat
    vat_on_site: Vat
    discount: int | None
    options: Options
    unavailable: frozenset[int]
    sets: tuple[int, ...]
    cost: int | None
    weighed: bool
    stored_value: bool
    stock_tracked: bool
    stock_blocks: bool
    active: bool


class DepartmentItem(msgspec.Struct, frozen=True, kw_only=True):
    """A department as its key sells: ``price`` is what holds when none is typed (1/10 000), None where one must be."""

    id: int
    version: int
    label: str
    price: int | None
    vat: Vat
    vat_on_site: Vat
    discount: int | None
    sets: tuple[int, ...]
    active: bool


class _Product(msgspec.Struct, frozen=True, kw_only=True):
    """What a product's row says by itself."""

    version: int
    row: ProductRow
    price: int | None
    cost: int | None
    mode_prices: dict[int, int]


class _Department(msgspec.Struct, frozen=True, kw_only=True):
    """What a department's row says by itself."""

    version: int
    row: DepartmentRow
    price: int | None


class _Set(msgspec.Struct, frozen=True, kw_only=True):
    """What an option set's row says by itself: (choice id, label, delta) of the available ones, ids of the others."""

    open: tuple[tuple[int, str, int], ...]
    closed: tuple[int, ...]


def _product(row: ProductRow, version: int) -> _Product:
    return _Product(
        version=version,
        row=row,
        price=None if row.price is None else unit_price(row.price, "price"),
        cost=None if row.buying_price is None else unit_price(row.buying_price, "buying_price"),
        mode_prices={entry.mode: unit_price(entry.price, "mode_prices") for entry in row.mode_prices},
    )


def _department(row: DepartmentRow, version: int) -> _Department:
    return _Department(version=version, row=row, price=None if row.price is None else unit_price(row.price, "price"))


def _set(row: OptionSetRow, version: int) -> _Set:
    return _Set(
        open=tuple(
            (choice.id, choice.title, unit_price(choice.delta, "delta"))
            for choice in row.choices
            if not choice.unavailable
        ),
        closed=tuple(choice.id for choice in row.choices if choice.unavailable),
    )


def _rate(row: VatRateRow, version: int) -> int:
    return parse_decimal(row.percent, QUANTITY_PLACES, "percent")


def _vat(world: World, id: int) -> Vat:
    rate = world.compiled(VAT_RATES, id, _rate)
    assert rate is not None, f"VAT rate {id} was removed although something refers to it"
    return Vat(id, rate)


def _vats(world: World, own: Any, department: Any, what: str) -> tuple[Vat, Vat]:
    """(rate, eat-in rate) of a product or department (pricing.md, phase 4); both are rows, ``department`` or None."""
    normal = own.vat
    on_site = own.vat_on_site
    if department is not None:
        normal = normal if normal is not None else department.vat
        on_site = on_site if on_site is not None else department.vat_on_site
    if normal is None:
        normal = shop.settings(world).default_vat
    if normal is None:
        raise Refusal("catalogue.no_vat", f"{what} has no VAT rate, nor does anything that it inherits from")
    vat = _vat(world, normal)
    return vat, vat if on_site is None else _vat(world, on_site)


def _discount(world: World, id: int | None) -> int | None:
    """The default discount, unless it was made one for subtotals after something began to refer to it."""
    row = None if id is None else world.row(DISCOUNTS, id)
    return None if row is None or row.scope == "subtotal" else id


def options(world: World, sets: tuple[int, ...]) -> tuple[Options, frozenset[int]]:
    """What may be chosen from these option sets, and the ids that exist but are unavailable.

    A set named twice stands once, at its first place: `chosen` counts how often it may be answered.
    """
    if not sets:
        return NO_OPTIONS, frozenset()
    found: dict[int, ItemOption] = {}
    closed: set[int] = set()
    for index, id in enumerate(sets):
        made = world.compiled(OPTION_SETS, id, _set)
        assert made is not None, f"option set {id} was removed although something refers to it"
        for choice, label, delta in made.open:
            found.setdefault(id * OPTION_STRIDE + choice, ItemOption(label, delta, index))
        closed.update(id * OPTION_STRIDE + choice for choice in made.closed)
    return found, frozenset(closed)


def item(world: World, product_id: int) -> Item | None:
    """The product ready for sale, active or not, or None; refused (``catalogue.no_vat``) where no rate is found."""
    return world.ready(_ready_item, product_id)


def _ready_item(world: World, product_id: int) -> Item | None:
    product = world.compiled(PRODUCTS, product_id, _product)
    if product is None:
        return None
    row = product.row
    parent = None if row.department is None else world.compiled(DEPARTMENTS, row.department, _department)
    above = None if parent is None else parent.row
    vat, vat_on_site = _vats(world, row, above, f"product {product_id}")
    sets = row.option_sets or (() if above is None else above.option_sets)
    choices, unavailable = options(world, sets)
    return Item(
        id=product_id,
        version=product.version,
        department=row.department,
        label=row.title,
        price=product.price,
        mode_prices=product.mode_prices,
        vat=vat,
        vat_on_site=vat_on_site,
        discount=_discount(world, row.discount if row.discount is not None or above is None else above.discount),
        options=choices,
        unavailable=unavailable,
        sets=sets,
        cost=product.cost,
        weighed=row.weighed,
        stored_value=row.stored_value,
        stock_tracked=row.stock_tracked,
        stock_blocks=row.stock_blocks,
        active=row.active,
    )


def department(world: World, id: int) -> DepartmentItem | None:
    """The department's key, active or not, or None; refused (``catalogue.no_vat``) where no rate is found."""
    return world.ready(_ready_department, id)


def _ready_department(world: World, id: int) -> DepartmentItem | None:
    found = world.compiled(DEPARTMENTS, id, _department)
    if found is None:
        return None
    row = found.row
    vat, vat_on_site = _vats(world, row, None, f"department {id}")
    return DepartmentItem(
        id=id,
        version=found.version,
        label=row.title,
        price=found.price,
        vat=vat,
        vat_on_site=vat_on_site,
        discount=_discount(world, row.discount),
        sets=row.option_sets,
        active=row.active,
    )


def default_vat(world: World) -> Vat | None:
    """The shop's own rate, for lines without product and department; None where it has none."""
    id = shop.settings(world).default_vat
    return None if id is None else _vat(world, id)


def vat(world: World, item: Item | DepartmentItem, mode: int) -> Vat:
    """The rate that holds in a sales mode."""
    return item.vat_on_site if mode == ON_SITE else item.vat


def price_in(item: Item, mode: int) -> int | None:
    """The catalogue's unit price (1/10 000) in a sales mode; None where it is typed."""
    return item.mode_prices.get(mode, item.price)


def chosen(item: Item, ids: Sequence[int], at: str) -> tuple[tuple[int, ItemOption], ...]:
    """The chosen options as (id, option), in the order of their sets.

    Refuses an option that the product does not have or that is unavailable, and more answers than there are
    questions: each set may be answered as often as the product names it, five times in all (features.md,
    ``configDeclinaisons``).
    """
    picked: list[tuple[int, ItemOption]] = []
    for number, id in enumerate(ids):
        place = f"{at}[{number}]"
        option = item.options.get(id)
        if id in item.unavailable:
            raise Refusal("catalogue.option_off", f"option {id} of product {item.id} is unavailable", at=place)
        if option is None:
            raise Refusal("catalogue.no_option", f"product {item.id} has no option {id}", at=place)
        answered = sum(1 for _, other in picked if other.set_index == option.set_index)
        if answered == item.sets.count(id // OPTION_STRIDE):
            raise Refusal("catalogue.too_many_options", f"option {id} answers a question too many", at=place)
        picked.append((id, option))
    return tuple(sorted(picked, key=lambda pick: (pick[1].set_index, pick[0])))


def _holder(world: World, code: str) -> int | None:
    return world.get(UNIQUE, PRODUCTS.code, _BARCODES, derived_id(code.encode(), "unique"))


def by_barcode(world: World, code: str) -> int | None:
    """The product that holds a scanned code, or None.

    First the code itself, then its other form (a UPC-A of 12 digits is the EAN-13 with a leading zero, and scanners
    disagree), then the longest prefix registered with a star.
    """
    code = code.removeprefix(ITEM_MARK).strip()
    found = _holder(world, code)
    if found is not None or not code:
        return found
    if code.isascii() and code.isdigit():
        if len(code) == UPC_A_DIGITS:
            found = _holder(world, "0" + code)
        elif len(code) == UPC_A_DIGITS + 1 and code.startswith("0"):
            found = _holder(world, code[1:])
    for length in range(len(code) if found is None else 0, 0, -1):
        found = _holder(world, code[:length] + PREFIX_MARK)
        if found is not None:
            break
    return found
