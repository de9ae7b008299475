"""What people configure about discounts: surcharges and reductions in percent or as an amount, and fixed prices."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind, Row, UnitPrice
from engine.kernel.messages import Decimal, Label
from engine.kernel.money import QUANTITY_PLACES, UNIT_PRICE_PLACES, format_decimal, parse_decimal, unit_price
from engine.kernel.permissions import PERMISSIONS
from engine.kernel.world import World
from engine.shop.kinds import SETTINGS, SETTINGS_ID

PERCENT_MIN = -100_000  # -100 %, in 1/1000 of a percent: a gift
PERCENT_MAX = 1_000_000  # +1 000 %
AMOUNT_MAX_UNITS = 10_000_000_000  # 1 000 000 of the major unit, in 1/10 000
POSITION_MAX = 1_000_000


class DiscountRow(Row, frozen=True, kw_only=True):
    """A named discount or surcharge: percent first, then amount; or a fixed price, which excludes both.

    ``percent`` and ``amount`` are signed (negative lowers the price); ``amount`` and ``fixed`` are in major units: per
    unit of the line as a line discount, for the whole sum as a subtotal discount. ``scope`` says where it may be used,
    ``right`` the right that is needed besides the ordinary one to give discounts (null: none).
    """

    title: Label
    percent: Annotated[Decimal, Meta(extra={"places": QUANTITY_PLACES})] | None = None
    amount: UnitPrice | None = None
    fixed: UnitPrice | None = None
    scope: Literal["line", "subtotal", "both"] = "both"
    right: Annotated[str, Meta(max_length=64)] | None = None
    position: Annotated[int, Meta(ge=0, le=POSITION_MAX)] = 0
    active: bool = True


def check_percent(value: str | int | None) -> str | None:
    """A percentage in its shortest form; refuses one out of bounds."""
    if value is None:
        return None
    percent = parse_decimal(value, QUANTITY_PLACES, "row.percent")
    if not PERCENT_MIN <= percent <= PERCENT_MAX:
        raise Refusal("discounts.bad_percent", f"{value} % is not between -100 and +1000", at="row.percent")
    return format_decimal(percent, QUANTITY_PLACES)


def check_money(value: str | int | None, field: str, decimals: int, *, finer: bool) -> str | None:
    """An amount in its shortest form; where it is not ``finer``, a whole number of minor units: it changes a sum."""
    if value is None:
        return None
    at = f"row.{field}"
    units = unit_price(value, at)
    if abs(units) > AMOUNT_MAX_UNITS or (field in ("fixed", "price") and units < 0):
        raise Refusal("discounts.bad_amount", f"{value} is out of bounds", at=at)
    if not finer and units % 10 ** (UNIT_PRICE_PLACES - decimals):
        text = f"{value} has more than the {decimals} decimals of a sum; only a line discount may"
        raise Refusal("discounts.bad_amount", text, at=at)
    return format_decimal(units, UNIT_PRICE_PLACES)


def check_discount(row: DiscountRow, world: World) -> DiscountRow:
    """Something to change the price by, within bounds; a fixed price alone; a right that exists."""
    if row.fixed is not None and (row.percent is not None or row.amount is not None):
        raise Refusal("discounts.fixed_excludes", "a fixed price excludes percent and amount", at="row.fixed")
    settings = world.row(SETTINGS, SETTINGS_ID)
    decimals = 2 if settings is None else settings.decimals
    finer = row.scope == "line"
    percent = check_percent(row.percent)
    amount = check_money(row.amount, "amount", decimals, finer=finer)
    fixed = check_money(row.fixed, "fixed", decimals, finer=finer)
    if fixed is None and percent in (None, "0") and amount in (None, "0"):
        raise Refusal("discounts.changes_nothing", "neither percent nor amount nor fixed price is given", at="row")
    if row.right is not None and row.right not in PERMISSIONS:
        raise Refusal("discounts.unknown_right", f"there is no right {row.right!r}", at="row.right")
    return msgspec.structs.replace(row, percent=percent, amount=amount, fixed=fixed)


DISCOUNTS = Kind(
    name="discounts",
    code=20,
    row=DiscountRow,
    permission="discounts.write",
    prices=True,
    rows_max=10_000,
    check=check_discount,
    example={"title": "Remise fidélité -10 %", "percent": "-10", "right": "sales.free_discount"},
)
