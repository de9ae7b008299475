"""What people configure about prices that hold under conditions: contracts, happy hours, quantity tiers, modes."""

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.catalogue.kinds import PRICE_MAX_UNITS, PRODUCTS
from engine.customers.kinds import CUSTOMERS
from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind, Quantity, Row, UnitPrice
from engine.kernel.messages import Id, Label
from engine.kernel.money import QUANTITY_PLACES, UNIT_PRICE_PLACES, format_decimal, quantity, unit_price
from engine.kernel.rows import USES
from engine.kernel.world import World
from engine.shop.kinds import MINUTES_OF_DAY, SETTINGS, SETTINGS_ID, Day, SalesMode, parse_day

DAYS_OF_WEEK = 7
TIER_MAX = 10_000_000_000  # 10 000 000 units, in thousandths: more than a line may hold is never reached
PRICES_OF_PRODUCT_MAX = 100_000

Weekday = Annotated[int, Meta(ge=1, le=DAYS_OF_WEEK)]
Minute = Annotated[int, Meta(ge=0, lt=MINUTES_OF_DAY)]


class PriceRow(Row, frozen=True, kw_only=True):
    """The price of a product while everything that the row names holds; what is empty is not asked.

    ``mode`` of the sale; ``customer``, or any of a customer ``group``; business days from ``first`` to ``last``;
    ``weekdays`` (1 Monday to 7) of the business day; minutes after midnight from ``from_minute`` until before
    ``until_minute``, which may cross midnight; ``from_quantity`` units of the product or more on the whole ticket.
    ``title`` says why ("Happy hour").
    """

    product: Id
    price: UnitPrice
    title: Label | None = None
    mode: SalesMode | None = None
    customer: Id | None = None
    group: Id | None = None
    first: Day | None = None
    last: Day | None = None
    weekdays: Annotated[tuple[Weekday, ...], Meta(max_length=DAYS_OF_WEEK)] = ()
    from_minute: Minute | None = None
    until_minute: Minute | None = None
    from_quantity: Quantity | None = None


def _never(text: str, field: str) -> Refusal:
    return Refusal("catalogue.price_never", f"this price can never hold: {text}", at=f"row.{field}")


def _check_days(row: PriceRow, world: World) -> None:
    """The period is not over, not reversed, and holds one of the weekdays."""
    first = None if row.first is None else parse_day(row.first, "row.first")
    last = None if row.last is None else parse_day(row.last, "row.last")
    if last is not None and last < (first or 0):
        raise _never("it would end before it begins", "last")
    if last is not None and last < world.day:
        raise _never(f"{row.last} is over", "last")
    if row.weekdays and first is not None and last is not None:
        days = {(day - 1) % DAYS_OF_WEEK + 1 for day in range(first, min(last, first + DAYS_OF_WEEK - 1) + 1)}
        if days.isdisjoint(row.weekdays):
            raise _never(f"no such weekday lies between {row.first} and {row.last}", "weekdays")


def _check_who(row: PriceRow, world: World) -> None:
    """A customer who is in the group, a sales mode that is on offer."""
    found = None if row.customer is None else world.row(CUSTOMERS, row.customer)
    if found is not None and row.group is not None and found.group != row.group:
        raise _never(f"customer {row.customer} is not in group {row.group}", "group")
    settings = world.row(SETTINGS, SETTINGS_ID)
    if row.mode is not None and settings is not None and settings.modes and row.mode not in settings.modes:
        raise _never(f"sales mode {row.mode} is not on offer", "mode")


def _quantity(row: PriceRow) -> str | None:
    if row.from_quantity is None:
        return None
    least = quantity(row.from_quantity, "row.from_quantity")
    if not 0 < least <= TIER_MAX:
        raise _never(f"a ticket cannot be asked for {row.from_quantity} units", "from_quantity")
    return format_decimal(least, QUANTITY_PLACES)


def check_price(row: PriceRow, world: World) -> PriceRow:
    """A price within bounds under at least one condition, and conditions that can all hold at once."""
    units = unit_price(row.price, "row.price")
    if not 0 <= units <= PRICE_MAX_UNITS:
        raise Refusal("catalogue.price_out_of_bounds", f"{row.price} is not between 0 and 1000000", at="row.price")
    if (row.from_minute is None) != (row.until_minute is None):
        raise Refusal("catalogue.half_a_band", "a time band has a beginning and an end", at="row.until_minute")
    if row.from_minute is not None and row.from_minute == row.until_minute:
        raise _never("its hours end when they begin", "until_minute")
    asked = (row.mode, row.customer, row.group, row.first, row.last, row.from_minute, row.from_quantity)
    if not row.weekdays and all(value is None for value in asked):
        text = "a price without a condition is the product's own"
        raise Refusal("catalogue.no_condition", text, at="row")
    _check_days(row, world)
    _check_who(row, world)
    if (world.get(USES, PRODUCTS.code, row.product) or 0) >= PRICES_OF_PRODUCT_MAX:
        text = f"product {row.product} is named {PRICES_OF_PRODUCT_MAX} times already"
        raise Refusal("catalogue.too_many_prices", text, at="row.product")
    return msgspec.structs.replace(
        row,
        price=format_decimal(units, UNIT_PRICE_PLACES),
        weekdays=tuple(sorted(set(row.weekdays))),
        from_quantity=_quantity(row),
    )


PRICES = Kind(
    name="prices",
    code=15,
    row=PriceRow,
    permission="catalogue.write",
    prices=True,
    references={"product": "products", "customer": "customers", "group": "customer-groups"},
    check=check_price,
    example={"product": 1, "price": "1.80", "title": "Happy hour", "from_minute": 1_020, "until_minute": 1_140},
)
