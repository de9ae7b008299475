"""The linter names rules that meet without a stated order, and rules that do nothing any more."""

from typing import Any

import pytest
from plain_shop import PlainShop


@pytest.fixture
def stocked(plain: PlainShop) -> PlainShop:
    """Two departments with a product each."""
    plain.configure("vat-rates", 1, {"title": "Taux normal", "percent": "20"})
    plain.configure("settings", 1, {"name": "Bar", "default_vat": 1})
    for id in (1, 2):
        plain.configure("departments", id, {"title": f"Rayon {id}"})
        plain.configure("products", id, {"title": f"Article {id}", "price": "2.00", "department": id})
    return plain


def found(shop: PlainShop, **body: Any) -> list[tuple[str, list[int]]]:
    answer = shop.ask("discounts.lint", body)
    return [(finding["code"], [rule["id"] for rule in finding["rules"]]) for finding in answer["findings"]]


def test_rules_on_one_line_with_one_priority_collide(stocked: PlainShop) -> None:
    stocked.configure("line-rules", 1, {"title": "A", "percent": "-10", "departments": [1]})
    stocked.configure("line-rules", 2, {"title": "B", "percent": "-20", "products": [1]})
    stocked.configure("line-rules", 3, {"title": "C", "percent": "-20", "products": [2]})

    assert found(stocked) == [("same_priority", [1, 2])]
    assert found(stocked, kind="line-rules", id=2) == [("same_priority", [1, 2])]
    assert found(stocked, kind="line-rules", id=3) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"priority": 1}, {}),
        ({"stack": "s"}, {"stack": "s"}),
        ({"modes": [1]}, {"modes": [2]}),
        ({"weekdays": [1]}, {"weekdays": [2]}),
        ({"from_minute": 1_020, "until_minute": 1_140}, {"from_minute": 1_140}),
        ({"from_minute": 1_380, "until_minute": 60}, {"from_minute": 60, "until_minute": 120}),
        ({"last": "2026-12-01"}, {"first": "2026-12-02"}),
        ({"active": False}, {}),
    ],
)
def test_what_cannot_meet_or_has_an_order_does_not_collide(
    stocked: PlainShop, one: dict[str, Any], other: dict[str, Any]
) -> None:
    for id, more in ((1, one), (2, other)):
        stocked.configure("line-rules", id, {"title": "R", "percent": "-10", "products": [1]} | more)

    assert found(stocked) == []


def test_patterns_collide_only_where_the_first_in_order_wins(stocked: PlainShop) -> None:
    for id in (1, 2):
        row = {"title": f"Offre {id}", "type": "cheapest_free", "departments": [1], "quantity": 2 + id}
        stocked.configure("offers", id, row)
    best = found(stocked)
    stocked.configure("settings", 1, {"name": "Bar", "default_vat": 1, "rules": "first"})

    assert best == []
    assert found(stocked) == [("same_priority", [1, 2])]


def test_automatic_rules_that_both_change_the_sum_or_add_one_product_are_named(stocked: PlainShop) -> None:
    stocked.configure("automatic-rules", 1, {"title": "A", "percent": "-10", "product": 1})
    stocked.configure("automatic-rules", 2, {"title": "B", "amount": "1", "product": 1})

    assert found(stocked) == [("same_priority", [1, 2]), ("same_item", [1, 2])]


def test_a_rule_whose_item_is_no_longer_sold_is_named(stocked: PlainShop) -> None:
    stocked.configure("automatic-rules", 1, {"title": "A", "product": 1})
    stocked.configure("products", 1, {"title": "Article 1", "price": "2.00", "department": 1, "active": False})

    assert found(stocked) == [("item_off", [1])]


def test_a_rule_whose_last_day_has_passed_is_named(stocked: PlainShop) -> None:
    stocked.configure("line-rules", 1, {"title": "A", "percent": "-10", "last": "2026-11-21"})
    stocked.world.day += 1

    assert found(stocked) == [("over", [1])]
