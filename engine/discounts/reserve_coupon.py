"""Holding a use of a coupon for an order, so that nobody else takes the last one meanwhile."""

from typing import Annotated

from msgspec import Meta

from engine.discounts import views_coupons
from engine.discounts.kinds_coupons import CouponCode
from engine.discounts.records import CouponReserved
from engine.discounts.views_coupons import Order
from engine.kernel.errors import Refusal
from engine.kernel.messages import Command, Id, Record
from engine.kernel.world import World
from engine.shop.kinds import parse_day

MINUTES_MAX = 1_440
MINUTES = 30
MS_OF_MINUTE = 60_000


class ReserveCoupon(Command, frozen=True, kw_only=True, tag="discounts.reserve_coupon"):
    """Hold one use of a coupon for an order, for some ``minutes``; again for the same order makes it longer."""

    code: CouponCode
    order: Order
    customer: Id | None = None
    minutes: Annotated[int, Meta(ge=1, le=MINUTES_MAX)] = MINUTES


def decide_reserve(command: ReserveCoupon, world: World) -> tuple[Record, ...]:
    """Accepts while a use is left (the floor is looked at here and held by the ledger) and the coupon's days last."""
    found = views_coupons.known(world, command.code, "code")
    views_coupons.require_holder(world, found, command.customer, "code")
    last, first = found.row.last, found.row.first
    over = last is not None and parse_day(last, "row.last") < world.day
    early = first is not None and parse_day(first, "row.first") > world.day
    if over or early:
        text = f"coupon {command.code} is in use from {first or 'the beginning'} to {last or 'further notice'}"
        raise Refusal("discounts.coupon_refused", text, at="code", data={"code": command.code, "condition": "days"})
    freed = views_coupons.free_use(world, found, command.order, "code")
    until = world.at_ms + command.minutes * MS_OF_MINUTE
    return *freed, CouponReserved(coupon=found.id, pv=found.version, order=command.order, until_ms=until)
