"""Coupons at the till: their conditions, their counters, and two tills that want the last use."""

from typing import Any

import pytest
from shop_harness import Shop

COUPON = {"code": "NOEL", "title": "Noël -10 %", "percent": "-10", "max_uses": 1}
BASKET = {"lines": [{"product": 3, "quantity": 2}], "coupons": ["NOEL"], "payments": [{"mode": 2}]}


def uses(shop: Shop) -> tuple[int, int, int | None]:
    answer = shop.ask("discounts.coupon", {"code": "NOEL"})
    return answer.used, answer.held, answer.left


@pytest.fixture
def festive(open_bar: Shop) -> Shop:
    """The bar with a coupon that one ticket may use."""
    open_bar.configure("coupons", 1, COUPON)
    return open_bar


def test_a_coupon_takes_its_part_off_and_is_used_up(festive: Shop) -> None:
    answer = festive.do("sales.post", BASKET)
    refused = festive.refused("sales.post", BASKET)
    ticket, used = answer.records

    assert (ticket.total, [(step.k, step.id, step.granted) for step in ticket.disc]) == (900, [("coupons", 1, -100)])
    assert (used.coupon, used.no, uses(festive)) == (1, ticket.no, (1, 0, 0))
    assert (refused.code, refused.at, refused.data) == (
        "discounts.coupon_spent",
        "coupons[0]",
        {"code": "NOEL", "left": 0},
    )


def test_of_two_tills_that_want_the_last_use_one_is_refused_by_name(festive: Shop) -> None:
    answers = festive.engine.submit([festive.envelope("sales.post", BASKET, till=till) for till in (1, 2)])

    assert [(answer.status, answer.code) for answer in answers] == [
        ("done", ""),
        ("refused", "discounts.coupon_spent"),
    ]
    assert uses(festive) == (1, 0, 0)


def test_a_reserved_use_is_for_its_order_alone(festive: Shop) -> None:
    festive.do("discounts.reserve_coupon", {"code": "NOEL", "order": "web-1"})
    other = festive.refused("sales.post", BASKET)
    third = festive.refused("discounts.reserve_coupon", {"code": "NOEL", "order": "web-2"}, till=2)
    held = uses(festive)
    festive.do("sales.post", BASKET | {"order": "web-1"})

    assert (other.code, third.code, held) == ("discounts.coupon_spent", "discounts.coupon_spent", (0, 1, 0))
    assert uses(festive) == (1, 0, 0)


def test_a_released_use_is_free_again(festive: Shop) -> None:
    festive.do("discounts.reserve_coupon", {"code": "NOEL", "order": "web-1"})
    festive.do("discounts.release_coupon", {"code": "NOEL", "order": "web-1"})
    again = festive.refused("discounts.release_coupon", {"code": "NOEL", "order": "web-1"})
    festive.do("sales.post", BASKET)

    assert (again.code, uses(festive)) == ("discounts.not_reserved", (1, 0, 0))


def test_a_reservation_that_is_over_gives_way(festive: Shop) -> None:
    festive.do("discounts.reserve_coupon", {"code": "NOEL", "order": "web-1", "minutes": 10})
    festive.clock.advance(9 * 60_000)
    early = festive.refused("sales.post", BASKET)
    festive.clock.advance(60_000)
    records = festive.do("sales.post", BASKET).records

    assert early.code == "discounts.coupon_spent"
    assert (records[1].why, records[2].order, uses(festive)) == ("expired", None, (1, 0, 0))


def test_reserving_again_for_the_same_order_only_takes_longer(festive: Shop) -> None:
    for _ in range(2):
        festive.do("discounts.reserve_coupon", {"code": "NOEL", "order": "web-1"})

    assert uses(festive) == (0, 1, 0)


@pytest.mark.parametrize(("restore", "left"), [(True, (0, 0, 1)), (False, (1, 0, 0))])
def test_a_whole_refund_restores_the_use_if_the_coupon_says_so(
    festive: Shop, restore: bool, left: tuple[int, int, int]
) -> None:
    festive.configure("coupons", 1, COUPON | {"restore": restore})
    no = festive.do("sales.post", BASKET).records[0].no
    festive.do("sales.refund", {"no": no, "lines": [{"line": 1, "quantity": 1}]})
    part = uses(festive)
    festive.do("sales.refund", {"no": no})
    shown = festive.ask("sales.ticket", {"no": no})

    assert (part, len(shown.refunds)) == ((1, 0, 0), 2)
    assert uses(festive) == left


def test_a_limit_that_is_lowered_below_the_uses_made_stops_the_next(festive: Shop) -> None:
    festive.configure("coupons", 1, COUPON | {"max_uses": 3})
    for _ in range(2):
        festive.do("sales.post", BASKET)
    festive.configure("coupons", 1, COUPON)
    refused = festive.refused("sales.post", BASKET)
    festive.configure("coupons", 1, COUPON | {"max_uses": None})
    festive.do("sales.post", BASKET)

    assert (refused.code, uses(festive)) == ("discounts.coupon_spent", (3, 0, None))


@pytest.mark.parametrize(
    ("more", "condition", "missing"),
    [
        ({"min_value": 1_500}, "value", 500),
        ({"min_items": 3}, "items", 1),
        ({"products": [1]}, "contains", 1),
        ({"departments": [1]}, "contains", 1),
        ({"tills": [2]}, "till", 0),
        ({"modes": [1]}, "mode", 0),
        ({"first": "2026-11-23"}, "days", 2),
    ],
)
def test_a_coupon_whose_condition_fails_is_refused_by_name(
    festive: Shop, more: dict[str, Any], condition: str, missing: int
) -> None:
    festive.configure("coupons", 1, COUPON | more)
    refused = festive.refused("sales.post", BASKET)
    quote = festive.ask("sales.price", BASKET)

    assert (refused.code, refused.data["condition"], refused.data["missing"]) == (
        "discounts.coupon_refused",
        condition,
        missing,
    )
    assert quote.total == 1000
    assert [(hint.k, hint.reason) for hint in quote.hints] == [("coupons", condition)]


@pytest.mark.parametrize(
    ("more", "body", "code"),
    [
        ({"active": False}, {}, "discounts.unknown_coupon"),
        ({}, {"coupons": ["AUTRE"]}, "discounts.unknown_coupon"),
        ({}, {"coupons": ["NOEL", "NOEL"]}, "sales.coupon_twice"),
        ({"once_per_customer": True}, {}, "discounts.coupon_of_others"),
    ],
)
def test_a_coupon_that_is_not_to_be_had_is_refused(
    festive: Shop, more: dict[str, Any], body: dict[str, Any], code: str
) -> None:
    festive.configure("coupons", 1, COUPON | more)

    assert festive.refused("sales.post", BASKET | body).code == code


def test_training_uses_no_coupon(bar: Shop) -> None:
    bar.configure("coupons", 1, COUPON)
    bar.do("cash.open", {"float_in": 0, "training": True}, till=3)
    bar.do("sales.post", BASKET, till=3)

    assert uses(bar) == (0, 0, 1)


def test_a_reservation_outside_the_coupons_days_is_refused(festive: Shop) -> None:
    festive.configure("coupons", 1, COUPON | {"first": "2026-11-23"})
    refused = festive.refused("discounts.reserve_coupon", {"code": "NOEL", "order": "web-1"})

    assert (refused.code, refused.data["condition"]) == ("discounts.coupon_refused", "days")


def test_a_coupon_is_used_once_by_each_customer(festive: Shop) -> None:
    for id in (1, 2):
        festive.configure("customers", id, {"title": f"Client {id}"})
    festive.configure("coupons", 1, COUPON | {"once_per_customer": True, "max_uses": None, "restore": True})
    no = festive.do("sales.post", BASKET | {"customer": 1}).records[0].no
    again = festive.refused("sales.post", BASKET | {"customer": 1})
    festive.do("sales.post", BASKET | {"customer": 2})
    festive.do("sales.refund", {"no": no})
    festive.do("sales.post", BASKET | {"customer": 1})

    assert (again.code, uses(festive)) == ("discounts.coupon_spent", (2, 0, None))


def test_a_coupon_for_certain_customers_is_for_nobody_else(festive: Shop) -> None:
    for id in (1, 2):
        festive.configure("customers", id, {"title": f"Client {id}"})
    festive.configure("coupons", 1, COUPON | {"customers": [1]})
    codes = [festive.refused("sales.post", BASKET | {"customer": customer}).code for customer in (2, None)]
    festive.do("sales.post", BASKET | {"customer": 1})

    assert codes == ["discounts.coupon_of_others"] * 2
