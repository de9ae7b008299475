"""Shops under test: an empty one, and a small bar that is ready to sell."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from shop_harness import Shop

from engine.features import FEATURES

RATES = {
    1: ("20", "Taux normal"),
    2: ("10", "Taux intermédiaire"),
    3: ("5.5", "Taux réduit"),
    4: ("2.1", "Taux super-réduit"),
}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """An empty shop on a real engine."""
    made = Shop(tmp_path / "shop", FEATURES)
    yield made
    made.close()


def configure_bar(shop: Shop) -> None:
    """Rates, departments, products, payment modes, discounts, four tills and three operators."""
    for id, (percent, title) in RATES.items():
        shop.configure("vat-rates", id, {"title": title, "percent": percent})
    shop.configure("settings", 1, {"name": "Bar du Port", "default_vat": 1})
    for id, (title, vat) in {1: ("Boissons", 1), 2: ("Plats", 2), 3: ("Pain", 3)}.items():
        shop.configure("departments", id, {"title": title, "vat": vat})
    shop.configure("products", 1, {"title": "Café", "price": "1.50", "department": 1, "vat_on_site": 2})
    shop.configure("products", 2, {"title": "Coca", "price": "2.00", "department": 1})
    shop.configure("products", 3, {"title": "Sandwich", "price": "5.00", "department": 2})
    shop.configure("products", 4, {"title": "Chocolat", "price": "1.20", "department": 3})
    for id, (title, type) in {
        1: ("Espèces", "cash"),
        2: ("Carte", "card"),
        3: ("Titre-restaurant", "meal_voucher"),
    }.items():
        shop.configure("payment-modes", id, {"title": title, "type": type})
    shop.configure("discounts", 1, {"title": "-10 %", "percent": "-10"})
    shop.configure("discounts", 2, {"title": "-1,00 €", "amount": "-1.00"})
    shop.configure("discounts", 3, {"title": "Menu 10 €", "fixed": "10.00"})
    for id in range(1, 5):
        shop.configure("tills", id, {"name": f"Caisse {id}"})
    for id, role in {1: "admin", 2: "manager", 3: "employee"}.items():
        shop.configure("operators", id, {"alias": f"op{id}", "role": role})


@pytest.fixture
def bar(shop: Shop) -> Shop:
    """The small bar: nothing is open yet."""
    configure_bar(shop)
    return shop
