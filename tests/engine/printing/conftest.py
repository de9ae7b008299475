"""A small café with every mention on its receipts, and the golden receipts that it must print."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from shop_harness import Shop

GOLDEN = Path(__file__).parents[2] / "data" / "receipts"

SETTINGS = {
    "name": "Le Comptoir du Port",
    "legal_name": "Comptoir du Port SARL",
    "address": ["12 quai des Brumes", "29200 Brest"],
    "phone": "02 98 00 00 00",
    "siret": "73282932000074",
    "naf": "56.30Z",
    "vat_number": "FR44732829320",
    "header": ["Ouvert tous les jours"],
    "footer": ["Merci de votre visite !"],
    "default_vat": 1,
    "default_mode": 2,
}


@pytest.fixture
def cafe(bar: Shop) -> Shop:
    """The bar of every test with an identity, options, a weighed product, and two open tills (2 trains)."""
    bar.configure("settings", 1, SETTINGS)
    bar.configure("vat-rates", 2, {"title": "Taux intermédiaire", "percent": "10", "mention": "Consommation sur place"})
    choices = [{"title": "Petit"}, {"title": "Grand", "delta": "0.80"}]
    bar.configure("option-sets", 1, {"title": "Taille", "choices": choices})
    bar.configure("products", 5, {"title": "Latte du quai", "price": "3.10", "department": 2, "option_sets": [1]})
    bar.configure("products", 6, {"title": "Biscuits en vrac", "price": "14.90", "department": 3, "unit": "kg"})
    bar.configure("tills", 1, {"name": "Comptoir", "ticket_text": ["Wifi : embruns29"]})
    bar.configure("operators", 1, {"alias": "Camille", "role": "admin"})
    bar.do("cash.open", {"float_in": 15_000})
    bar.do("cash.open", {"float_in": 0, "training": True}, till=2)
    return bar


@pytest.fixture
def check_golden() -> Callable[[str, str], None]:
    """Compares a receipt with its golden file; GUICHET_GOLDEN=write writes it anew, to be looked at before it is kept.

    What depends on the sealed bytes and on the version is masked: the hash, its extract, the software's number.
    """

    def check(name: str, text: str) -> None:
        masked = re.sub(r"\b[0-9a-f]{16}\b", "0123456789abcdef", text)
        masked = re.sub(r"(: )[\w-]{4}$", r"\1XyZ1", masked, flags=re.M)
        masked = re.sub(r"Guichet [0-9.]+", "Guichet 0.0.0", masked)
        path = GOLDEN / f"{name}.txt"
        if os.environ.get("GUICHET_GOLDEN") == "write":
            path.write_text(masked, encoding="utf-8")

        assert path.read_text(encoding="utf-8") == masked

    return check


@pytest.fixture
def paper(cafe: Shop) -> Shop:
    """The café with a printer at its first till, whose drawer hangs on it, and a spare one."""
    cafe.configure("printers", 2, {"name": "Secours", "family": "memory", "profile": "generic-58"})
    cafe.configure("printers", 1, {"name": "Comptoir", "family": "memory", "profile": "epson-80", "spare": 2})
    cafe.configure("tills", 1, {"name": "Comptoir", "printer": 1, "drawer": True})
    return cafe
