"""What others may ask about discounts: the configured one, in the integers that pricing works with."""

import msgspec

from engine.discounts.kinds import DISCOUNTS, DiscountRow
from engine.kernel.money import QUANTITY_PLACES, UNIT_PRICE_PLACES, parse_decimal, unit_price
from engine.kernel.world import World
from engine.shop import views as shop


class Discount(msgspec.Struct, frozen=True, kw_only=True):
    """A discount, ready for pricing.

    ``percent`` is in 1/1000 % (0: none); ``unit_amount`` and ``unit_fixed`` are unit prices (1/10 000) for a line,
    ``amount`` and ``fixed`` the same in minor units for a subtotal (0 and None: none). The minor units are exact for
    the scopes "subtotal" and "both", and None for "line", whose amounts may be finer than a minor unit.
    """

    id: int
    version: int
    label: str
    percent: int
    unit_amount: int
    unit_fixed: int | None
    amount: int | None
    fixed: int | None
    scope: str
    right: str | None
    active: bool

    @property
    def for_line(self) -> bool:
        """Whether it may be given on one line."""
        return self.scope != "subtotal"

    @property
    def for_subtotal(self) -> bool:
        """Whether it may be given on a subtotal."""
        return self.scope != "line"


def _discount(row: DiscountRow, version: int) -> Discount:
    return Discount(
        id=0,
        version=version,
        label=row.title,
        percent=0 if row.percent is None else parse_decimal(row.percent, QUANTITY_PLACES, "percent"),
        unit_amount=0 if row.amount is None else unit_price(row.amount, "amount"),
        unit_fixed=None if row.fixed is None else unit_price(row.fixed, "fixed"),
        amount=None,
        fixed=None,
        scope=row.scope,
        right=row.right,
        active=row.active,
    )


def discount(world: World, id: int) -> Discount | None:
    """The discount, active or not, or None."""
    return world.ready(_ready_discount, id)


def _ready_discount(world: World, id: int) -> Discount | None:
    found = world.compiled(DISCOUNTS, id, _discount)
    if found is None:
        return None
    if found.scope == "line":
        return msgspec.structs.replace(found, id=id)
    unit = 10 ** (UNIT_PRICE_PLACES - shop.settings(world).decimals)
    return msgspec.structs.replace(
        found,
        id=id,
        # `check_discount` lets only whole minor units pass, so nothing is rounded here.
        amount=found.unit_amount // unit,
        fixed=None if found.unit_fixed is None else found.unit_fixed // unit,
    )
