"""Letting go of a use that an order held."""

import pytest
from plain_shop import PlainShop

from engine.kernel.errors import Refusal

COUPON = {"code": "NOEL", "title": "Noël", "percent": "-10", "max_uses": 1}
HOLD = {"code": "NOEL", "order": "panier-1"}


def test_what_is_let_go_of_can_be_held_again(plain: PlainShop) -> None:
    plain.configure("coupons", 1, COUPON)
    plain.do("discounts.reserve_coupon", HOLD)
    (record,) = plain.do("discounts.release_coupon", HOLD)
    plain.do("discounts.reserve_coupon", HOLD | {"order": "panier-2"})

    assert (record.order, record.why) == ("panier-1", "cancelled")


@pytest.mark.parametrize("order", ["panier-1", "panier-2"])
def test_an_order_that_holds_nothing_has_nothing_to_let_go_of(plain: PlainShop, order: str) -> None:
    plain.configure("coupons", 1, COUPON)
    plain.do("discounts.reserve_coupon", HOLD)
    plain.do("discounts.release_coupon", HOLD)

    with pytest.raises(Refusal) as refusal:
        plain.do("discounts.release_coupon", HOLD | {"order": order})
    assert (refusal.value.code, refusal.value.at) == ("discounts.not_reserved", "order")
