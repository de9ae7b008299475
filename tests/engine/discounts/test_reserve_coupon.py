"""Holding a use of a coupon: once per order, while the coupon lasts, for those whom it is for."""

from typing import Any

import pytest
from plain_shop import PlainShop

from engine.kernel.errors import Refusal

COUPON = {"code": "NOEL", "title": "Noël", "percent": "-10", "max_uses": 2}


def reserve(shop: PlainShop, order: str, **more: Any) -> tuple[Any, ...]:
    return shop.do("discounts.reserve_coupon", {"code": "NOEL", "order": order} | more)


def left(shop: PlainShop) -> tuple[int, int | None]:
    answer = shop.ask("discounts.coupon", {"code": "NOEL"})
    return answer["held"], answer["left"]


def test_each_order_holds_one_use_until_none_is_left(plain: PlainShop) -> None:
    plain.configure("coupons", 1, COUPON)
    for order in ("a", "b", "a"):
        reserve(plain, order)

    assert left(plain) == (2, 0)
    with pytest.raises(Refusal, match="no use left") as refusal:
        reserve(plain, "c")
    assert (refusal.value.code, refusal.value.at) == ("discounts.coupon_spent", "code")


def test_a_hold_ends_after_its_minutes(plain: PlainShop) -> None:
    plain.configure("coupons", 1, COUPON)
    (record,) = reserve(plain, "a", minutes=20)

    assert record.until_ms == plain.world.at_ms + 20 * 60_000


def test_what_is_over_makes_room_for_the_next_order(plain: PlainShop) -> None:
    plain.configure("coupons", 1, COUPON | {"max_uses": 1})
    reserve(plain, "a", minutes=1)
    plain.world.at_ms += 60_000
    released, reserved = reserve(plain, "b")

    assert (released.order, released.why, reserved.order, left(plain)) == ("a", "expired", "b", (1, 0))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"active": False}, "discounts.unknown_coupon"),
        ({"first": "2026-11-22"}, "discounts.coupon_refused"),
        ({"once_per_customer": True}, "discounts.coupon_of_others"),
    ],
)
def test_a_coupon_that_cannot_be_used_is_not_held(plain: PlainShop, more: dict[str, Any], code: str) -> None:
    plain.configure("coupons", 1, COUPON | more)

    with pytest.raises(Refusal) as refusal:
        reserve(plain, "a")
    assert refusal.value.code == code


def test_a_code_that_nobody_configured_is_refused_by_name(plain: PlainShop) -> None:
    with pytest.raises(Refusal, match="there is no coupon NOEL"):
        reserve(plain, "a")


def test_a_coupon_without_limit_is_held_as_often_as_asked(plain: PlainShop) -> None:
    plain.configure("coupons", 1, COUPON | {"max_uses": None})
    for number in range(5):
        reserve(plain, f"order-{number}")

    assert left(plain) == (5, None)
