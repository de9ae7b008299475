"""The ``itemsList[]`` grammar: each text becomes one line of a sale.

=====================================  =====================================================
``12``                                 product 12, once
``12_2``                               twice; weights are quantities ("12_0.535")
``12_2_Pizza_14.50``                   with another title and price; empty ones keep the catalogue's
``12_2_Pizza_14.50_3001_8002``         with up to five choices of variations
``-5_9.99_Vente libre``                an amount in department 5
``Free_9.99_Vente libre``              an amount
=====================================  =====================================================
"""

from collections.abc import Callable
from typing import Any

from server.legacy.context import Problem
from server.legacy.form import decimal, identifier

ITEMS_MAX = 200
VARIATIONS_MAX = 5
TITLE_CHARS_MAX = 80
NOTE_CHARS_MAX = 250
PRICE_PLACES = 4
QUANTITY_PLACES = 3
SEPARATOR = "_"

Product = Callable[[int], dict[str, Any] | None]
"""The live row of a product, or None."""


def lines(items: list[str], product: Product) -> list[dict[str, Any]]:
    """The lines as ``sales.post`` takes them; the first text that is none is a `Problem` that quotes it."""
    if not items:
        raise Problem("itemsList[] : la commande n'a aucun article", "legacy.no_items")
    if len(items) > ITEMS_MAX:
        raise Problem(f"itemsList[] : plus de {ITEMS_MAX} articles", "legacy.too_many")
    return [_line(item, product) for item in items]


def _line(item: str, product: Product) -> dict[str, Any]:
    parts = [part.strip() for part in item.split(SEPARATOR)]
    if parts[0].lower() == "free":
        return _amount(item, parts)
    if parts[0].startswith("-"):
        department = identifier(parts[0][1:], f"itemsList[] {item!r}, rayon")
        return _amount(item, parts) | {"department": department}
    return _product(item, parts, product)


def _amount(item: str, parts: list[str]) -> dict[str, Any]:
    """An amount without product: price, then title."""
    if len(parts) not in (2, 3):
        text = f"itemsList[] {item!r} : attendu un prix puis un titre, sans « {SEPARATOR} » dans le titre"
        raise Problem(text, "legacy.bad_item")
    if not parts[1]:
        raise Problem(f"itemsList[] {item!r} : le prix manque", "legacy.bad_item")
    line: dict[str, Any] = {"price": decimal(parts[1], PRICE_PLACES, f"itemsList[] {item!r}, prix")}
    if len(parts) == 3 and parts[2]:
        line["label"] = parts[2][:TITLE_CHARS_MAX]
    return line


def _product(item: str, parts: list[str], product: Product) -> dict[str, Any]:
    """A product: quantity, title, price, variations, each of which may be left empty."""
    at = f"itemsList[] {item!r}"
    if len(parts) > 4 + VARIATIONS_MAX:
        text = f"{at} : plus de {VARIATIONS_MAX} déclinaisons, ou « {SEPARATOR} » dans le titre"
        raise Problem(text, "legacy.bad_item")
    quantity, title, price, *variations = (*parts[1:], "", "", "")[: max(3, len(parts) - 1)]
    id = identifier(parts[0], f"{at}, article")
    line: dict[str, Any] = {"product": id}
    if quantity:
        line["quantity"] = decimal(quantity, QUANTITY_PLACES, f"{at}, quantité")
    row = product(id) if title or price else None
    if title and (row is None or title != row["title"]):
        # A product keeps its own label on the ticket; what the other side calls it stands below as a note.
        line["note"] = title[:NOTE_CHARS_MAX]
    if price:
        typed = decimal(price, PRICE_PLACES, f"{at}, prix")
        if row is None or row.get("price") != typed:
            line["price"] = typed
    chosen = [identifier(one, f"{at}, déclinaison") for one in variations if one not in ("", "0")]
    if chosen:
        line["options"] = chosen
    return line
