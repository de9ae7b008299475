"""The compiled book: made once per version of the rules, dropped when one changes."""

import pytest
from plain_shop import PlainShop

from engine.discounts import views_book


@pytest.fixture
def stocked(plain: PlainShop) -> PlainShop:
    """A shop with a product and a rule on it."""
    plain.configure("vat-rates", 1, {"title": "Taux normal", "percent": "20"})
    plain.configure("settings", 1, {"name": "Bar", "default_vat": 1})
    plain.configure("products", 1, {"title": "Café", "price": "1.50"})
    plain.configure("line-rules", 3, {"title": "Promo", "percent": "-10", "products": [1]})
    return plain


def test_a_shop_without_rules_has_no_book(plain: PlainShop) -> None:
    assert views_book.rules(plain.world) is None


def test_a_book_is_made_once(stocked: PlainShop) -> None:
    first = views_book.rules(stocked.world)

    assert first is not None
    assert views_book.rules(stocked.world) is first


def test_a_changed_rule_makes_a_new_book_and_a_removed_one_leaves_it(stocked: PlainShop) -> None:
    stocked.configure("line-rules", 3, {"title": "Promo", "percent": "-20", "products": [1]})
    changed = views_book.rules(stocked.world)
    stocked.remove("line-rules", 3)

    assert changed is not None
    assert changed.line_rules[0].percent == -20_000
    assert views_book.rules(stocked.world) is None


def test_a_rule_that_rests_stands_in_no_book(stocked: PlainShop) -> None:
    stocked.configure("line-rules", 3, {"title": "Promo", "percent": "-20", "products": [1], "active": False})

    assert views_book.rules(stocked.world) is None


def test_references_have_the_order_of_configuration(stocked: PlainShop) -> None:
    for id in (2, 10):
        stocked.configure("offers", id, {"title": f"{id}", "type": "cheapest_free", "products": [1], "quantity": 2})
    found = views_book.rules(stocked.world)

    assert found is not None
    assert found.patterns is not None
    assert [found.names[pattern.id].id for pattern in found.patterns.patterns] == [2, 10]
    assert found.names["21:0000000000000003"] == ("line-rules", 3, found.line_rules[0].version, "Promo")


def test_the_setting_of_the_shop_says_how_rules_compete(stocked: PlainShop) -> None:
    stocked.configure("offers", 1, {"title": "O", "type": "cheapest_free", "products": [1], "quantity": 2})
    best = views_book.rules(stocked.world)
    row = {"name": "Bar", "default_vat": 1, "rules": "first", "search_nodes": 100}
    stocked.configure("settings", 1, row)
    first = views_book.rules(stocked.world)

    assert best is not None
    assert first is not None
    assert best.patterns is not None
    assert first.patterns is not None
    assert [(each.mode, each.budget) for each in (best.patterns, first.patterns)] == [(0, 50_000), (1, 100)]
