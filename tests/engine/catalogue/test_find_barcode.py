"""A till scans a code, on the real engine."""

import pytest
from shop_harness import Shop


@pytest.fixture
def scanned(bar: Shop) -> Shop:
    """The bar, whose sandwich and chocolate have barcodes."""
    bar.configure(
        "products", 3, {"title": "Sandwich", "price": "5.00", "department": 2, "barcodes": ["3017620422003", "9876*"]}
    )
    bar.configure("products", 4, {"title": "Chocolat", "price": "1.20", "department": 3, "barcodes": ["96385074"]})
    return bar


def test_a_code_finds_the_product_as_a_till_shows_it(scanned: Shop) -> None:
    found = scanned.ask("catalogue.by_barcode", {"code": "$03017620422003"})

    assert (3, "Sandwich", "5", "10") == (found.item.id, found.item.label, found.item.price, found.item.vat.percent)


def test_an_unknown_code_finds_nothing_so_that_the_till_can_offer_a_new_product(scanned: Shop) -> None:
    assert scanned.ask("catalogue.by_barcode", {"code": "40063813"}).item is None


def test_a_code_moves_with_its_product_and_is_free_when_it_is_gone(scanned: Shop) -> None:
    code = {"code": "96385074"}
    scanned.do("products.remove", {"id": 4})
    gone = scanned.ask("catalogue.by_barcode", code).item

    scanned.configure("products", 2, {"title": "Coca", "price": "2.00", "department": 1, "barcodes": ["96385074"]})

    assert gone is None
    assert 2 == scanned.ask("catalogue.by_barcode", code).item.id


def test_a_serial_code_finds_its_prefix_after_a_restart(scanned: Shop) -> None:
    scanned.reopen()

    assert 3 == scanned.ask("catalogue.by_barcode", {"code": "98765432"}).item.id


def test_a_screen_is_loaded_from_the_engine_and_knows_when_it_is_stale(scanned: Shop) -> None:
    first = scanned.ask("catalogue.items", {})
    again = scanned.ask("catalogue.items", {})
    scanned.configure("departments", 1, {"title": "Boissons", "vat": 2})
    changed = scanned.ask("catalogue.items", {})

    assert [1, 2, 3, 4] == [item.id for item in first.items]
    assert first == again
    assert first.configuration < changed.configuration
    assert "10" == changed.items[1].vat.percent
