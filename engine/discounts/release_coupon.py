"""Letting go of a use that an order held: it was cancelled, or the coupon taken off it."""

from engine.discounts import views_coupons
from engine.discounts.kinds_coupons import CouponCode
from engine.discounts.records import CouponReleased
from engine.discounts.views_coupons import Order
from engine.kernel.errors import Refusal
from engine.kernel.messages import Command
from engine.kernel.world import World


class ReleaseCoupon(Command, frozen=True, kw_only=True, tag="discounts.release_coupon"):
    """Give back the use of a coupon that an order holds."""

    code: CouponCode
    order: Order


def decide_release(command: ReleaseCoupon, world: World) -> tuple[CouponReleased]:
    """Accepts where the order holds one."""
    found = views_coupons.known(world, command.code, "code")
    if views_coupons.held(world, found.id, command.order) is None:
        text = f"order {command.order} holds no use of coupon {command.code}"
        raise Refusal("discounts.not_reserved", text, at="order")
    return (CouponReleased(coupon=found.id, order=command.order, why="cancelled"),)
