"""Tables and folds of coupons: who holds a use, who has used one, and the floor that no race can break."""

import msgspec

from engine.discounts.kinds_coupons import COUPONS, CouponRow
from engine.discounts.records import (
    COUPON_HELD,
    COUPON_LEFT,
    COUPON_USED,
    CouponReleased,
    CouponReserved,
    CouponRestored,
    CouponUsed,
)
from engine.kernel.entropy import derived_id
from engine.kernel.ledger import BALANCES, Balance, Posting
from engine.kernel.rows import RowPut
from engine.kernel.tables import Table
from engine.kernel.world import Folding


class Held(msgspec.Struct, array_like=True):
    """A reservation: the order that holds it, and until when (ms since 1970)."""

    order: str
    until_ms: int


HELD = Table("discounts.held", b"dh", ">Q16s", Held, db="rows")
"""(coupon, digest of the order) -> the reservation."""

USERS = Table("discounts.users", b"du", ">QQ", int, db="rows")
"""(coupon, customer) -> how many of the customer's tickets used it."""


def order_key(order: str) -> bytes:
    """How an order's name stands in keys."""
    return derived_id(order.encode(), "order")


def fold_coupon_row(record: RowPut, folding: Folding) -> None:
    """The coupon's limit becomes the floor of its account; uses made before stay counted."""
    if record.kind != COUPONS.name:
        return
    row = record.row if isinstance(record.row, CouponRow) else msgspec.convert(record.row, CouponRow)
    floor = None if row.max_uses is None else -row.max_uses
    balance = folding.get(BALANCES, COUPON_LEFT.code, record.id) or Balance(0, None)
    balance.floor = floor
    folding.put(BALANCES, balance, COUPON_LEFT.code, record.id)


def fold_reserved(record: CouponReserved, folding: Folding) -> None:
    """One use moves from what is left to what is held, unless the order held it already."""
    key = order_key(record.order)
    if folding.get(HELD, record.coupon, key) is None:
        folding.post(Posting(COUPON_LEFT, record.coupon, -1), Posting(COUPON_HELD, record.coupon, 1))
    folding.put(HELD, Held(record.order, record.until_ms), record.coupon, key)


def fold_released(record: CouponReleased, folding: Folding) -> None:
    """The held use is left again."""
    folding.delete(HELD, record.coupon, order_key(record.order))
    folding.post(Posting(COUPON_HELD, record.coupon, -1), Posting(COUPON_LEFT, record.coupon, 1))


def fold_used(record: CouponUsed, folding: Folding) -> None:
    """The use of the order, or one that was left, is consumed."""
    source = COUPON_LEFT
    if record.order is not None:
        key = order_key(record.order)
        if folding.get(HELD, record.coupon, key) is not None:
            folding.delete(HELD, record.coupon, key)
            source = COUPON_HELD
    folding.post(Posting(source, record.coupon, -1), Posting(COUPON_USED, record.coupon, 1))
    if record.customer is not None:
        used = folding.get(USERS, record.coupon, record.customer) or 0
        folding.put(USERS, used + 1, record.coupon, record.customer)


def fold_restored(record: CouponRestored, folding: Folding) -> None:
    """A consumed use is left again, for the customer too."""
    folding.post(Posting(COUPON_USED, record.coupon, -1), Posting(COUPON_LEFT, record.coupon, 1))
    if record.customer is not None:
        used = (folding.get(USERS, record.coupon, record.customer) or 0) - 1
        if used > 0:
            folding.put(USERS, used, record.coupon, record.customer)
        else:
            folding.delete(USERS, record.coupon, record.customer)
