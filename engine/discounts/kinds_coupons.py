"""What people configure about coupons: a code, what it takes off a ticket, and when it may be used."""

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.discounts.kinds_parts import (
    CONDITION_REFERENCES,
    Conditioned,
    Ids,
    Percent,
    check_adjustment,
    check_conditions,
    never,
    unique,
)
from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind, UnitPrice
from engine.kernel.messages import Label
from engine.kernel.world import World

COUPONS_MAX = 100_000  # they are looked up by code and stand in no book, so a campaign may have many
CODE_CHARS_MAX = 40
USES_MAX = 1_000_000_000

CouponCode = Annotated[str, Meta(pattern=r"^[0-9A-Z][0-9A-Z_-]{0,39}$", max_length=CODE_CHARS_MAX)]
"""A coupon's code as it is kept and compared: capitals, digits, dash and underscore."""


class CouponRow(Conditioned, frozen=True, kw_only=True):
    """A coupon (features.md, ``bonsReduction``): once per ticket it takes ``percent``, then ``amount``, off the sum.

    ``max_uses`` is how many tickets may use it (null: any number); ``products`` and ``departments`` are what the
    ticket must hold one of; ``customers`` and customer ``groups`` who may use it, ``once_per_customer`` how often each;
    a refund of a whole ticket gives the use back where ``restore`` is true. The other conditions as for every rule.
    """

    code: CouponCode
    title: Label
    percent: Percent | None = None
    amount: UnitPrice | None = None
    max_uses: Annotated[int, Meta(ge=1, le=USES_MAX)] | None = None
    products: Ids = ()
    departments: Ids = ()
    customers: Ids = ()
    once_per_customer: bool = False
    restore: bool = False
    active: bool = True


def check_coupon(row: CouponRow, world: World) -> CouponRow:
    """Something to take off, conditions that can hold at once."""
    figures = check_adjustment(row, world, lowers=True)
    if figures["percent"] is None and figures["amount"] is None:
        raise Refusal("discounts.changes_nothing", "the coupon takes off neither a percent nor an amount", at="row")
    for group in row.groups if row.customers else ():
        members = [world.row(world.kinds["customers"], id) for id in row.customers]
        if len(row.groups) == 1 and all(found is not None and found.group != group for found in members):
            raise never(f"none of its customers is in group {group}", "customers")
    sets = {field: unique(getattr(row, field)) for field in ("products", "departments", "customers")}
    return msgspec.structs.replace(row, **figures, **check_conditions(row, world), **sets)


COUPONS = Kind(
    name="coupons",
    code=26,
    row=CouponRow,
    permission="discounts.write",
    prices=True,
    references=CONDITION_REFERENCES | {"products": "products", "departments": "departments", "customers": "customers"},
    unique=("code",),
    rows_max=COUPONS_MAX,
    check=check_coupon,
    example={"code": "BIENVENUE10", "title": "Bienvenue -10 %", "percent": "-10", "max_uses": 100, "min_value": 2_000},
)
