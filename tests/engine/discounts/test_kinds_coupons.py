"""Coupons as they are saved."""

from typing import Any

import pytest
from plain_shop import PlainShop

COUPON = {"code": "NOEL10", "title": "Noël", "percent": "-10"}


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        (COUPON | {"percent": "10"}, "discounts.raises_price", "row.percent"),
        (COUPON | {"percent": None}, "discounts.changes_nothing", "row"),
        (COUPON | {"amount": "-0.001"}, "discounts.bad_amount", "row.amount"),
        (COUPON | {"last": "2026-11-20"}, "discounts.never_applies", "row.last"),
        (COUPON | {"products": [4]}, "kernel.no_such_row", "row.products"),
    ],
)
def test_a_coupon_that_cannot_be_is_refused_with_its_field(
    plain: PlainShop, row: dict[str, Any], code: str, field: str
) -> None:
    assert (code, field) == plain.refused("coupons", row)


def test_two_coupons_do_not_share_a_code(plain: PlainShop) -> None:
    plain.configure("coupons", 1, COUPON)

    assert plain.refused("coupons", COUPON, id=2) == ("kernel.not_unique", "row.code")


@pytest.mark.parametrize("code", ["noel", "", "-A", "A B", "É", "A" * 41])
def test_a_code_is_capitals_and_digits(plain: PlainShop, code: str) -> None:
    with pytest.raises(Exception, match="code"):
        plain.configure("coupons", 1, COUPON | {"code": code})
