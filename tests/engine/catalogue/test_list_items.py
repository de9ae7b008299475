"""A till loads its screen: pages of products with everything they inherit."""

import pytest
from plain_shop import PlainShop

PRODUCTS = 25


@pytest.fixture
def stocked(plain: PlainShop) -> PlainShop:
    """Twenty-five products in turn of three departments."""
    plain.configure("vat-rates", 1, {"title": "20 %", "percent": "20"})
    plain.configure("vat-rates", 2, {"title": "5,5 %", "percent": "5.5"})
    plain.configure("option-sets", 4, {"title": "Taille", "choices": [{"title": "L", "delta": "0.80", "ending": True}]})
    for id in (1, 2, 3):
        plain.configure("departments", id, {"title": f"Rayon {id}", "vat": 1})
    for id in range(1, PRODUCTS + 1):
        plain.configure("products", id, {"title": f"Article {id}", "department": id % 3 + 1, "price": "1.50"})
    return plain


def every_page(shop: PlainShop, limit: int, **body: int) -> list[int]:
    found: list[int] = []
    after = 0
    while after is not None:
        page = shop.ask("catalogue.items", {"after": after, "limit": limit} | body)
        assert len(page["items"]) <= limit
        found.extend(item["id"] for item in page["items"])
        after = page["next"]
    return found


@pytest.mark.parametrize("limit", [1, 4, 24, 25, 26, 500])
def test_the_pages_hold_every_product_once(stocked: PlainShop, limit: int) -> None:
    assert list(range(1, PRODUCTS + 1)) == every_page(stocked, limit)


@pytest.mark.parametrize("limit", [1, 3, 500])
def test_the_pages_of_a_department_hold_its_products_once(stocked: PlainShop, limit: int) -> None:
    assert [id for id in range(1, PRODUCTS + 1) if id % 3 == 1] == every_page(stocked, limit, department=2)


def test_a_page_looks_at_a_bounded_number_of_products(stocked: PlainShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.catalogue.list_items.LOOKED_ITEMS_MAX", 4)

    first = stocked.ask("catalogue.items", {"department": 2})

    assert ([1, 4], 4) == ([item["id"] for item in first["items"]], first["next"])
    assert [id for id in range(1, PRODUCTS + 1) if id % 3 == 1] == every_page(stocked, 500, department=2)


def test_an_item_is_shown_with_what_it_inherits_and_its_option_sets(stocked: PlainShop) -> None:
    row = {"title": "Café crème", "short_title": "Crème", "department": 1, "price": "2.40", "vat_on_site": 2}
    row |= {"mode_prices": [{"mode": 2, "price": "2.80"}], "barcodes": ["X1"], "option_sets": [4], "position": 3}
    stocked.configure("products", 40, row)

    page = stocked.ask("catalogue.items", {"after": 39})

    (item,) = page["items"]
    assert {
        "id": 40,
        "label": "Café crème",
        "key": "Crème",
        "department": 1,
        "price": "2.4",
        "mode_prices": {"2": "2.8"},
        "vat": {"id": 1, "percent": "20"},
        "vat_on_site": {"id": 2, "percent": "5.5"},
        "option_sets": [4],
        "barcodes": ["X1"],
        "position": 3,
        "problem": None,
    }.items() <= item.items()
    choice = {"id": 4_001, "label": "L", "delta": "0.8", "ending": True, "unavailable": False}
    assert {"4": [choice]} == page["option_sets"]
    assert page["next"] is None
    assert stocked.world.position == page["configuration"]


def test_a_product_that_cannot_be_sold_is_shown_with_its_problem(stocked: PlainShop) -> None:
    stocked.configure("departments", 2, {"title": "Rayon 2"})

    page = stocked.ask("catalogue.items", {"department": 2, "limit": 1})

    assert ("catalogue.no_vat", None) == (page["items"][0]["problem"], page["items"][0]["vat"])


def test_an_empty_catalogue_is_an_empty_page(plain: PlainShop) -> None:
    page = plain.ask("catalogue.items", {})

    assert ([], None) == (page["items"], page["next"])
