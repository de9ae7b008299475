"""What happens to coupons: a use is reserved for an order, let go again, consumed by a sale, given back by a refund."""

from engine.kernel.ledger import AccountClass
from engine.kernel.messages import Record

COUPON_LEFT = AccountClass("discounts.coupon-left", 20, None)
"""What may still be used of a coupon, less its limit (id: coupon): its floor is minus the limit, set by the coupon's
row whenever that changes, so that whoever comes last is refused however many ask at once."""

COUPON_HELD = AccountClass("discounts.coupon-held", 21, 0)
"""Uses of a coupon that orders hold (id: coupon)."""

COUPON_USED = AccountClass("discounts.coupon-used", 22, None)
"""Uses of a coupon that tickets have consumed, less those given back (id: coupon)."""


class CouponReserved(Record, frozen=True, kw_only=True, tag="discounts.coupon_reserved"):
    """A use of a coupon is held for an order until a time; once more for the same order only moves the time."""

    coupon: int
    pv: int
    order: str
    until_ms: int


class CouponReleased(Record, frozen=True, kw_only=True, tag="discounts.coupon_released"):
    """A held use is free again; ``why`` is "cancelled" or "expired"."""

    coupon: int
    order: str
    why: str


class CouponUsed(Record, frozen=True, kw_only=True, tag="discounts.coupon_used"):
    """A sale consumed a use, the one that its order held where there was one."""

    coupon: int
    pv: int
    order: str | None
    customer: int | None
    series: int
    no: int


class CouponRestored(Record, frozen=True, kw_only=True, tag="discounts.coupon_restored"):
    """A ticket was given back as a whole, and with it the use of its coupon."""

    coupon: int
    customer: int | None
    series: int
    no: int
