"""What people configure about what is sold: VAT rates, department groups, departments, option sets and products."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from engine.catalogue.kinds_territories import WITHOUT_VAT
from engine.discounts.kinds import DISCOUNTS
from engine.kernel.errors import Refusal
from engine.kernel.kinds import UNIQUE_VALUES_MAX, Kind, Row, UnitPrice
from engine.kernel.messages import INTEGER_MAX, Decimal, Id, Label, Note
from engine.kernel.money import QUANTITY_PLACES, UNIT_PRICE_PLACES, format_decimal, parse_decimal, unit_price
from engine.kernel.world import World
from engine.shop.kinds import MODE_MAX, SETTINGS, SETTINGS_ID, Account, Day, SalesMode, parse_day

PRICE_MAX_UNITS = 10_000_000_000  # 1 000 000 of the major unit, in 1/10 000
RATE_MAX = 100_000  # 100 %, in 1/1000 of a percent
POSITION_MAX = 1_000_000
OPTION_SETS_MAX = 5  # questions that one line may ask (features.md, configDeclinaisons)
CHOICES_MAX = 100
CHOICE_ID_MAX = 999
OPTION_STRIDE = 1_000  # an option's id is that of its set times this, plus its number in the set
BARCODE_PREFIX_MIN = 4  # characters before the star of a prefix; fewer would catch what nobody meant
PREFIX_MARK = "*"
UPC_A_DIGITS = 12
WEIGHT_MAX_GRAMS = 10_000_000
WEIGHT_UNITS = {"kg": 1_000, "g": 1}
"""Unit of weight -> grams; the other units that people write are no weights."""

Percent = Annotated[Decimal, Meta(extra={"places": QUANTITY_PLACES})]
"""A percentage as people write it ("5.5"), to 1/1000 of a percent."""

Position = Annotated[int, Meta(ge=0, le=POSITION_MAX)]
"""Where something stands on the screen; equal positions follow their ids."""

ShortTitle = Annotated[str, Meta(min_length=1, max_length=24)]

Barcode = Annotated[str, Meta(pattern=r"^[!-)+-~][ -)+-~]{0,46}\*?$")]
"""A code as a scanner types it: printable ASCII; a star at its end stands for any further characters."""

OptionSetId = Annotated[int, Meta(ge=1, le=INTEGER_MAX // OPTION_STRIDE)]
OptionSets = Annotated[tuple[OptionSetId, ...], Meta(max_length=OPTION_SETS_MAX)]


MarginGoods = Literal["used-goods", "art", "collectibles", "travel"]
"""What the margin scheme may be for: used goods, works of art, collectors' items and antiques (CGI art. 297 A), travel
agencies (CGI art. 266, 1-e)."""


class VatRateRow(Row, frozen=True, kw_only=True):
    """A VAT rate: (territory, category, validity), never a bare percentage (fiscal.md, FR-41).

    ``territory`` is "FR" or a part with rates of its own ("FR-COR", "GP", "MQ", "RE", "GF", "YT"); ``category`` our
    word for the goods that share a rate over time ("standard", "reduced" ...); the days are the first and the last on
    which the rate holds (null: open); on another day the row of the same territory, category and ``margin`` holds that
    was the last to begin. ``margin`` taxes the margin only, and names the sort of goods that the law allows it for;
    ``mention`` is a legal sentence that receipts must show with it.
    """

    title: Label
    percent: Percent
    territory: Annotated[str, Meta(pattern=r"^[A-Z]{2}(-[0-9A-Z]{1,3})?$")] = "FR"
    category: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}$")] = "standard"
    valid_from: Day | None = None
    valid_until: Day | None = None
    margin: MarginGoods | None = None
    mention: Note | None = None
    account: Account | None = None


class DepartmentGroupRow(Row, frozen=True, kw_only=True):
    """A group of departments, with the account of its sales and what completes it."""

    title: Label
    position: Position = 0
    account: Account | None = None
    account_complement: Account | None = None


class DepartmentRow(Row, frozen=True, kw_only=True):
    """A department: what its products inherit (VAT, eat-in VAT, default discount, option sets), and a key of its own.

    ``price`` is what the key sells at when no price is typed; a ``hidden`` key is left out of the keyboard.
    """

    title: Label
    short_title: ShortTitle | None = None
    group: Id | None = None
    vat: Id | None = None
    vat_on_site: Id | None = None
    discount: Id | None = None
    price: UnitPrice | None = None
    option_sets: OptionSets = ()
    position: Position = 0
    hidden: bool = False
    active: bool = True


class Choice(Row, frozen=True, kw_only=True):
    """One answer of an option set: ``delta`` is added to the unit price, ``ending`` asks no further question,
    ``unavailable`` cannot be chosen; ``id`` is its number in the set (0: the next free one)."""

    title: Label
    id: Annotated[int, Meta(ge=0, le=CHOICE_ID_MAX)] = 0
    description: Note | None = None
    delta: UnitPrice = "0"
    ending: bool = False
    unavailable: bool = False


class OptionSetRow(Row, frozen=True, kw_only=True):
    """A question asked when a product is added (size, cooking ...), and its answers in the order shown."""

    title: Label
    choices: Annotated[tuple[Choice, ...], Meta(min_length=1, max_length=CHOICES_MAX)]


class ModePrice(Row, frozen=True, kw_only=True):
    """The price that holds in one sales mode instead of the catalogue's."""

    mode: SalesMode
    price: UnitPrice


class ProductRow(Row, frozen=True, kw_only=True):
    """A product.

    A null ``price`` is an open one: it is typed at the till. ``vat``, ``vat_on_site``, ``discount`` and
    ``option_sets`` are the department's where they are empty; a set named twice may be answered twice. ``unit`` is
    the word behind quantities ("kg"). ``weighed`` goods are priced per ``unit`` of weight and sold by what the scale
    says; ``weight`` is the grams of one piece of other goods, which receipts show with the price per kilogram.
    ``stored_value`` is a voucher of several purposes or a card: sold without VAT and without discounts.
    ``stock_blocks`` refuses to sell what is not there, so it needs ``stock_tracked``. A ``hidden`` product has no key
    but can be scanned; one that is not ``active`` is not sold.
    """

    title: Label
    short_title: ShortTitle | None = None
    description: Note | None = None
    price: UnitPrice | None = None
    buying_price: UnitPrice | None = None
    mode_prices: Annotated[tuple[ModePrice, ...], Meta(max_length=MODE_MAX + 1)] = ()
    department: Id | None = None
    vat: Id | None = None
    vat_on_site: Id | None = None
    discount: Id | None = None
    barcodes: Annotated[tuple[Barcode, ...], Meta(max_length=UNIQUE_VALUES_MAX)] = ()
    reference: Annotated[str, Meta(min_length=1, max_length=40)] | None = None
    unit: Annotated[str, Meta(min_length=1, max_length=12)] | None = None
    option_sets: OptionSets = ()
    stock_tracked: bool = False
    stock_blocks: bool = False
    weighed: bool = False
    weight: Annotated[int, Meta(ge=1, le=WEIGHT_MAX_GRAMS)] | None = None
    stored_value: bool = False
    position: Position = 0
    hidden: bool = False
    active: bool = True


def _price(value: str | int, at: str, least: int = 0) -> str:
    """A unit price in its shortest form; refuses one out of bounds."""
    units = unit_price(value, at)
    if not least <= units <= PRICE_MAX_UNITS:
        low, high = format_decimal(least, UNIT_PRICE_PLACES), format_decimal(PRICE_MAX_UNITS, UNIT_PRICE_PLACES)
        raise Refusal("catalogue.price_out_of_bounds", f"{value} is not between {low} and {high}", at=at)
    return format_decimal(units, UNIT_PRICE_PLACES)


def check_vat_rate(row: VatRateRow, world: World) -> VatRateRow:
    """A percentage between 0 and 100, valid from a day to a later one."""
    rate = parse_decimal(row.percent, QUANTITY_PLACES, "row.percent")
    if not 0 <= rate <= RATE_MAX:
        raise Refusal("catalogue.bad_percent", f"{row.percent} % is not between 0 and 100", at="row.percent")
    first = None if row.valid_from is None else parse_day(row.valid_from, "row.valid_from")
    last = None if row.valid_until is None else parse_day(row.valid_until, "row.valid_until")
    if first is not None and last is not None and last < first:
        raise Refusal("catalogue.dates_reversed", "the rate would end before it begins", at="row.valid_until")
    if rate and row.territory in WITHOUT_VAT:
        text = f"VAT is not applied in {row.territory} (CGI art. 294)"
        raise Refusal("catalogue.no_vat_there", text, at="row.percent")
    return msgspec.structs.replace(row, percent=format_decimal(rate, QUANTITY_PLACES))


def _check_rates(row: DepartmentRow | ProductRow, world: World) -> None:
    """Refuses to point anything at a rate that has ended: the law's new rate is another row."""
    for field in ("vat", "vat_on_site"):
        id = getattr(row, field)
        rate = None if id is None else world.row(VAT_RATES, id)
        until = None if rate is None else rate.valid_until
        if until is not None and parse_day(until, f"row.{field}") < world.day:
            raise Refusal("catalogue.rate_ended", f"VAT rate {id} ended on {until}", at=f"row.{field}")


def _check_discount(row: DepartmentRow | ProductRow, world: World) -> None:
    discount = None if row.discount is None else world.row(DISCOUNTS, row.discount)
    if discount is not None and discount.scope == "subtotal":
        text = f"discount {row.discount} is for subtotals, not for one line"
        raise Refusal("catalogue.subtotal_discount", text, at="row.discount")


def check_department(row: DepartmentRow, world: World) -> DepartmentRow:
    """A price within bounds, rates in force, a discount that fits one line."""
    _check_rates(row, world)
    _check_discount(row, world)
    return row if row.price is None else msgspec.structs.replace(row, price=_price(row.price, "row.price"))


def check_option_set(row: OptionSetRow, world: World) -> OptionSetRow:
    """Deltas within bounds; every choice gets a number of its own."""
    taken = {choice.id for choice in row.choices if choice.id}
    choices: list[Choice] = []
    for number, choice in enumerate(row.choices):
        at = f"row.choices[{number}]"
        if choice.id and choice.id in {other.id for other in choices}:
            raise Refusal("catalogue.repeated_choice", f"two choices have the number {choice.id}", at=f"{at}.id")
        id = choice.id or max(taken, default=0) + 1
        if id > CHOICE_ID_MAX:
            raise Refusal("catalogue.no_choice_number", f"choices are numbered to {CHOICE_ID_MAX}", at=f"{at}.id")
        taken.add(id)
        delta = _price(choice.delta, f"{at}.delta", least=-PRICE_MAX_UNITS)
        choices.append(msgspec.structs.replace(choice, id=id, delta=delta))
    return msgspec.structs.replace(row, choices=tuple(choices))


def check_digit_holds(digits: str) -> bool:
    """Whether the last digit of a GTIN is its check digit (GS1 General Specifications 7.9)."""
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return weighed % 10 == 0


def _barcodes(barcodes: tuple[str, ...]) -> tuple[str, ...]:
    """The codes as they are kept; refuses what no scanner can have read.

    A UPC-A is kept as the EAN-13 that it is, so that no second product can take its other form.
    """
    kept: list[str] = []
    for number, code in enumerate(barcodes):
        at = f"row.barcodes[{number}]"
        holds = code.isdigit() and check_digit_holds(code)
        if len(code) == UPC_A_DIGITS and holds:
            code = f"0{code}"  # noqa: PLW2901  # from here on only the form that is kept may be looked at
        if code in kept:
            raise Refusal("catalogue.bad_barcode", f"{code} is there twice", at=at)
        if code.endswith(PREFIX_MARK):
            if len(code) <= BARCODE_PREFIX_MIN:
                text = f"a prefix has at least {BARCODE_PREFIX_MIN} characters before its star"
                raise Refusal("catalogue.bad_barcode", text, at=at)
        elif len(code) in (8, 13) and code.isdigit() and not holds:
            raise Refusal("catalogue.bad_barcode", f"{code} fails its check digit", at=at)
        kept.append(code)
    return tuple(kept)


def _mode_prices(row: ProductRow) -> tuple[ModePrice, ...]:
    seen: set[int] = set()
    prices = []
    for number, entry in enumerate(row.mode_prices):
        at = f"row.mode_prices[{number}]"
        if entry.mode in seen:
            raise Refusal("catalogue.repeated_mode", f"sales mode {entry.mode} has two prices", at=f"{at}.mode")
        seen.add(entry.mode)
        prices.append(ModePrice(mode=entry.mode, price=_price(entry.price, f"{at}.price")))
    return tuple(sorted(prices, key=lambda entry: entry.mode))


def _check_has_vat(row: ProductRow, world: World) -> None:
    """Some VAT rate must be found (pricing.md, phase 4), now rather than in front of a customer."""
    if row.vat is not None:
        return
    department = None if row.department is None else world.row(DEPARTMENTS, row.department)
    settings = world.row(SETTINGS, SETTINGS_ID)
    if (department is None or department.vat is None) and (settings is None or settings.default_vat is None):
        raise Refusal(
            "catalogue.no_vat", "neither the product nor its department nor the shop has a rate", at="row.vat"
        )


def _check_weight(row: ProductRow) -> None:
    """What is weighed has a unit of weight, and no weight of a piece besides."""
    if row.weighed and row.unit not in WEIGHT_UNITS:
        text = f"weighed goods are priced per {' or '.join(WEIGHT_UNITS)}"
        raise Refusal("catalogue.no_weight_unit", text, at="row.unit")
    if row.weighed and row.weight is not None:
        raise Refusal("catalogue.two_weights", "weighed goods have no weight of a piece", at="row.weight")


def _check_scheme(row: ProductRow, world: World) -> None:
    """The margin needs a buying price; what stores value has no margin and no default discount."""
    department = None if row.department is None else world.row(DEPARTMENTS, row.department)
    for field in ("vat", "vat_on_site"):
        id = getattr(row, field) or (None if department is None else getattr(department, field))
        rate = None if id is None else world.row(VAT_RATES, id)
        if rate is not None and rate.margin is not None and (row.buying_price is None or row.stored_value):
            text = "the margin scheme needs a buying price, and goods"
            raise Refusal("catalogue.no_margin", text, at="row.buying_price")
    if row.stored_value and row.discount is not None:
        raise Refusal("catalogue.value_discounted", "stored value takes no discount", at="row.discount")


def check_product(row: ProductRow, world: World) -> ProductRow:
    """Prices within bounds, barcodes that can be scanned, a VAT rate in force, a discount that fits one line."""
    _check_weight(row)
    _check_scheme(row, world)
    if row.stock_blocks and not row.stock_tracked:
        raise Refusal("catalogue.blocks_untracked", "stock that is not tracked cannot block", at="row.stock_blocks")
    _check_rates(row, world)
    _check_discount(row, world)
    _check_has_vat(row, world)
    return msgspec.structs.replace(
        row,
        price=None if row.price is None else _price(row.price, "row.price"),
        buying_price=None if row.buying_price is None else _price(row.buying_price, "row.buying_price"),
        mode_prices=_mode_prices(row),
        barcodes=_barcodes(row.barcodes),
    )


VAT_RATES = Kind(
    name="vat-rates",
    code=10,
    row=VatRateRow,
    permission="catalogue.write",
    prices=True,
    fiscal=True,
    rows_max=1_000,
    check=check_vat_rate,
    example={"title": "TVA 5,5 %", "percent": "5.5", "category": "reduced", "valid_from": "2014-01-01"},
)

DEPARTMENT_GROUPS = Kind(
    name="department-groups",
    code=11,
    row=DepartmentGroupRow,
    permission="catalogue.write",
    rows_max=1_000,
    example={"title": "Bar", "position": 1, "account": "707100"},
)

DEPARTMENTS = Kind(
    name="departments",
    code=12,
    row=DepartmentRow,
    permission="catalogue.write",
    prices=True,
    references={
        "group": "department-groups",
        "vat": "vat-rates",
        "vat_on_site": "vat-rates",
        "discount": "discounts",
        "option_sets": "option-sets",
    },
    rows_max=10_000,
    check=check_department,
    example={"title": "Boissons chaudes", "short_title": "Chaud", "price": "1.50", "position": 2},
)

OPTION_SETS = Kind(
    name="option-sets",
    code=13,
    row=OptionSetRow,
    permission="catalogue.write",
    prices=True,
    rows_max=10_000,
    check=check_option_set,
    example={"title": "Taille", "choices": [{"title": "Petit"}, {"title": "Grand", "delta": "0.80"}]},
)

PRODUCTS = Kind(
    name="products",
    code=14,
    row=ProductRow,
    permission="catalogue.write",
    references={
        "department": "departments",
        "vat": "vat-rates",
        "vat_on_site": "vat-rates",
        "discount": "discounts",
        "option_sets": "option-sets",
    },
    unique=("barcodes",),
    check=check_product,
    example={
        "title": "Café crème",
        "short_title": "Crème",
        "price": "2.40",
        "mode_prices": [{"mode": 2, "price": "2.80"}],
        "vat": 1,
        "barcodes": ["3017620422003"],
    },
)
