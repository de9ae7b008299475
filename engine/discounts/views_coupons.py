"""What others may ask about coupons: whether a use is to be had, for whom, and what is left of them."""

from typing import Annotated

import msgspec
from msgspec import Meta

from engine.discounts.kinds_coupons import COUPONS, CouponCode
from engine.discounts.records import COUPON_HELD, COUPON_LEFT, COUPON_USED, CouponReleased, CouponRestored, CouponUsed
from engine.discounts.state import HELD, USERS, Held, order_key
from engine.discounts.views_book import Redeemed, coupon
from engine.kernel.errors import Refusal
from engine.kernel.messages import Query, Record
from engine.kernel.world import World

HELD_MAX = 10_000  # reservations of one coupon looked at for one that is over

Order = Annotated[str, Meta(pattern=r"^[0-9A-Za-z._-]{1,40}$")]
"""The name of an order or basket that a till or web shop keeps, for what is reserved for it."""


class AskCoupon(Query, frozen=True, kw_only=True, tag="discounts.coupon"):
    """How often a coupon was used, how many uses are held by orders, and how many are left."""

    code: CouponCode


class CouponUses(msgspec.Struct, frozen=True, kw_only=True):
    """The uses of a coupon; ``left`` null where nothing limits them."""

    id: int
    title: str
    active: bool
    used: int
    held: int
    left: int | None


def answer_coupon(query: AskCoupon, world: World) -> CouponUses:
    """The uses of a coupon as committed."""
    found = known(world, query.code, "code")
    left = world.balance(COUPON_LEFT, found.id)
    return CouponUses(
        id=found.id,
        title=found.row.title,
        active=found.row.active,
        used=world.balance(COUPON_USED, found.id).amount,
        held=world.balance(COUPON_HELD, found.id).amount,
        left=None if left.floor is None else max(0, left.amount - left.floor),
    )


def known(world: World, code: str, at: str) -> Redeemed:
    """The coupon with this code; refuses one that is not there."""
    found = coupon(world, code)
    if found is None:
        raise Refusal("discounts.unknown_coupon", f"there is no coupon {code}", at=at, data={"code": code})
    return found


def held(world: World, id: int, order: str | None) -> Held | None:
    """The use of a coupon that an order holds, or None."""
    return None if order is None else world.get(HELD, id, order_key(order))


def require_holder(world: World, found: Redeemed, customer: int | None, at: str) -> None:
    """Refuses a coupon that is switched off, is not this customer's, or that he has used already."""
    code, row = found.row.code, found.row
    if not row.active:
        raise Refusal("discounts.unknown_coupon", f"coupon {code} is not in use", at=at, data={"code": code})
    if (row.customers or row.once_per_customer) and customer is None:
        text = f"coupon {code} is for certain customers: name the customer"
        raise Refusal("discounts.coupon_of_others", text, at=at, data={"code": code})
    if row.customers and customer not in row.customers:
        text = f"coupon {code} is not for customer {customer}"
        raise Refusal("discounts.coupon_of_others", text, at=at, data={"code": code})
    used = None if customer is None else world.get(USERS, found.id, customer)
    if row.once_per_customer and used:
        text = f"customer {customer} has used coupon {code} already"
        raise Refusal("discounts.coupon_spent", text, at=at, data={"code": code, "left": 0})


def free_use(world: World, found: Redeemed, order: str | None, at: str) -> tuple[Record, ...]:
    """What has to happen before a use of the coupon can be taken: nothing, or that an order whose time is over lets go.

    Refuses where all uses are consumed or held; the ledger's floor holds behind it.
    """
    if held(world, found.id, order) is not None:
        return ()
    balance = world.balance(COUPON_LEFT, found.id)
    if balance.floor is None or balance.amount > balance.floor:
        return ()
    for _, reservation in world.scan(HELD, found.id, limit=HELD_MAX):
        if reservation.until_ms <= world.at_ms and balance.amount == balance.floor:
            return (CouponReleased(coupon=found.id, order=reservation.order, why="expired"),)
    code = found.row.code
    raise Refusal(
        "discounts.coupon_spent",
        f"coupon {code} has no use left: {found.row.max_uses} are used or held by other orders",
        at=at,
        data={"code": code, "left": 0},
    )


def use(found: Redeemed, order: str | None, customer: int | None, series: int, no: int) -> CouponUsed:
    """The record of a use by a ticket."""
    return CouponUsed(coupon=found.id, pv=found.version, order=order, customer=customer, series=series, no=no)


def restored(world: World, id: int, customer: int | None, series: int, no: int) -> tuple[CouponRestored, ...]:
    """The use that a whole refund gives back, if the coupon says so."""
    row = world.row(COUPONS, id)
    if row is None or not row.restore:
        return ()
    return (CouponRestored(coupon=id, customer=customer, series=series, no=no),)
