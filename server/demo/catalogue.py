"""The demo shop's configuration: everything as commands by name with JSON bodies, in the order that references need."""

from collections.abc import Iterator
from typing import Any

from server.demo.dishes import BREAD, DESSERTS, DISHES, SNACKS
from server.demo.drinks import BEERS, COLD, HOT, SPIRITS, WINES
from server.demo.goods import ADMISSIONS, PRESS, SOUVENIRS

Row = dict[str, Any]
Command = tuple[str, Row]
"""The name of a command and its JSON body."""

ON_SITE = 2  # the sales mode "sur place"
TAKE_AWAY = 0
COUNTER = 4

RATES = {"normal": 1, "intermédiaire": 2, "réduit": 3, "particulier": 4}
"""The word used in the product lists -> the id of the VAT rate."""

OPTION_SETS = {
    "cuisson": 1,
    "lait": 2,
    "taille": 3,
    "bière": 4,
    "sirop": 5,
    "accompagnement": 6,
    "tarif": 7,
    "parfum": 8,
    "crème": 9,
}
"""The word used in the product lists -> the id of the option set."""

_VAT_RATES = (
    {"title": "Taux normal 20 %", "percent": "20", "category": "standard", "valid_from": "2014-01-01"},
    {"title": "Taux intermédiaire 10 %", "percent": "10", "category": "intermediate", "valid_from": "2014-01-01"},
    {"title": "Taux réduit 5,5 %", "percent": "5.5", "category": "reduced", "valid_from": "2014-01-01"},
    {"title": "Taux particulier 2,1 %", "percent": "2.1", "category": "super-reduced", "valid_from": "2014-01-01"},
)

_SETTINGS = {
    "name": "Le Comptoir du Port",
    "legal_name": "Comptoir du Port SARL (démonstration)",
    "address": ["12 quai des Brumes", "29200 Brest"],
    "phone": "02 00 00 00 00",
    "siret": "73282932000074",
    "naf": "56.30Z",
    "vat_number": "FR44732829320",
    "footer": ["Merci de votre visite !"],
    "day_starts_minute": 300,
    "default_vat": 1,
    "default_mode": ON_SITE,
    "modes": [TAKE_AWAY, ON_SITE, COUNTER],
    "default_float": 15_000,
}

TILLS = (
    {"name": "Bar", "default_mode": ON_SITE},
    {"name": "Salle", "default_mode": ON_SITE},
    {"name": "À emporter", "default_mode": TAKE_AWAY},
    {"name": "Guichet", "default_mode": COUNTER, "ticket_text": ["Billets ni repris ni échangés"], "float_in": 20_000},
)
"""The four tills, ids from 1."""

OPERATORS = (
    {"alias": "Camille", "role": "admin", "name": "Camille Exemple", "email": "camille@comptoir.example"},
    {"alias": "Mehdi", "role": "manager", "name": "Mehdi Exemple", "email": "mehdi@comptoir.example"},
    {"alias": "Léa", "role": "employee", "rights": ["sales.refund", "sales.unpaid", "cash.close"]},
    {"alias": "Noé", "role": "employee", "rights": ["sales.typed_price"]},
    {"alias": "Inès", "role": "employee"},
    {"alias": "Yann", "role": "accountant", "name": "Yann Exemple"},
)

_GROUPS = ("Bar", "Cuisine", "Boutique", "Billetterie")

# title, short title, group, VAT rate, VAT rate on site, products
_DEPARTMENTS = (
    ("Boissons chaudes", "Chaud", 1, "intermédiaire", "intermédiaire", HOT),
    ("Boissons fraîches", "Frais", 1, "réduit", "intermédiaire", COLD),
    ("Bières et cidres", "Bières", 1, "normal", None, BEERS),
    ("Vins", "Vins", 1, "normal", None, WINES),
    ("Cocktails et spiritueux", "Cocktails", 1, "normal", None, SPIRITS),
    ("Sur le pouce", "Pouce", 2, "intermédiaire", None, SNACKS),
    ("Plats", "Plats", 2, "intermédiaire", None, DISHES),
    ("Desserts et glaces", "Desserts", 2, "intermédiaire", None, DESSERTS),
    ("Boulangerie", "Pain", 3, "réduit", "intermédiaire", BREAD),
    ("Presse", "Presse", 3, "particulier", None, PRESS),
    ("Souvenirs", "Souvenirs", 3, "normal", None, SOUVENIRS),
    ("Billetterie", "Billets", 4, "réduit", None, ADMISSIONS),
)

DEPARTMENT_PRICED = {3: "3.00", 6: "5.00", 11: "2.00"}
"""Departments whose key sells at a price of its own when none is typed."""

_CHOICES = (
    ("Cuisson", ("Bleu", "Saignant", "À point", "Bien cuit")),
    ("Lait", ("Lait entier", "Lait demi-écrémé", "Boisson soja:0.40", "Boisson avoine:0.50")),
    ("Taille", ("Petit:-0.50", "Moyen", "Grand:0.90")),
    ("Verre", ("Galopin 12 cl:-1.30", "Demi 25 cl", "Sérieux 50 cl:3.10")),
    ("Sirop", ("Grenadine", "Menthe", "Citron", "Fraise", "Pêche", "Orgeat")),
    ("Accompagnement", ("Frites", "Salade", "Légumes du marché", "Purée maison", "Gratin:1.20")),
    ("Tarif", ("Plein tarif", "Tarif réduit:-2.00", "Moins de 12 ans:-3.50", "Abonné:-1.00")),
    ("Parfum", ("Vanille", "Chocolat", "Fraise", "Caramel", "Pistache", "Citron vert")),
    ("Crème", ("Cassis", "Mûre", "Pêche", "Châtaigne:0.30")),
)

_MODES: tuple[Row, ...] = (
    {"title": "Espèces", "type": "cash", "account": "531000"},
    {"title": "Carte bancaire", "type": "card", "account": "511500"},
    {"title": "Titre-restaurant", "type": "meal_voucher", "account": "511300", "refund": False},
    {"title": "Chèque", "type": "check", "min": 1_500, "account": "511200"},
    {"title": "Chèque-vacances", "type": "holiday_voucher", "account": "511400", "refund": False},
    {"title": "Chèque cadeau", "type": "gift", "account": "511600", "refund": False},
    {"title": "Virement", "type": "transfer", "account": "512000"},
)

_DISCOUNTS: tuple[Row, ...] = (
    {"title": "Remise -10 %", "percent": "-10"},
    {"title": "Remise -1,00 €", "amount": "-1.00"},
    {"title": "Menu 10 €", "fixed": "10.00", "scope": "subtotal"},
    {"title": "Happy hour -20 %", "percent": "-20", "scope": "line"},
    {"title": "Habitués -5 %", "percent": "-5", "scope": "subtotal"},
    {"title": "Offert", "percent": "-100", "scope": "line", "right": "sales.free_discount"},
    {"title": "Supplément terrasse", "amount": "0.50", "scope": "line"},
    {"title": "Fin de journée -30 %", "percent": "-30", "scope": "line"},
)

_MENUS: tuple[Row, ...] = (
    {
        "title": "Formule plat + dessert",
        "price": "21.00",
        "slots": [{"title": "Plat", "departments": [7]}, {"title": "Dessert", "departments": [8]}],
    },
    {
        "title": "Petit déjeuner",
        "price": "3.60",
        "slots": [{"title": "Boisson chaude", "departments": [1]}, {"title": "Viennoiserie", "departments": [9]}],
        "automatic": False,
    },
)

_OFFERS: tuple[Row, ...] = (
    {"title": "Souvenirs : le 3e offert", "type": "cheapest_free", "departments": [11], "quantity": 3},
)

_LINE_RULES: tuple[Row, ...] = (
    {
        "title": "Happy hour",
        "percent": "-20",
        "departments": [3],
        "modes": [ON_SITE],
        "weekdays": [1, 2, 3, 4, 5],
        "from_minute": 1_020,
        "until_minute": 1_140,
    },
)

_AUTOMATIC_RULES: tuple[Row, ...] = (
    {"title": "Remise de groupe -10 %", "percent": "-10", "modes": [ON_SITE], "min_covers": 10},
)

_COUPONS: tuple[Row, ...] = (
    {"code": "BIENVENUE", "title": "Bienvenue -5,00 €", "amount": "-5.00", "min_value": 3_000, "max_uses": 500},
)


def ean13(department: int, number: int) -> str:
    """A valid EAN-13 of the range 29, which GS1 leaves to each shop for itself (General Specifications 1.4.5, 7.9)."""
    digits = f"29{department:03d}{number:07d}"
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighed % 10}"


def products() -> Iterator[Row]:
    """The rows of all products, in the order of their ids (from 1)."""
    for department, (_, _, _, _, _, lines) in enumerate(_DEPARTMENTS, 1):
        for number, line in enumerate(lines.strip().splitlines(), 1):
            yield _product(department, number, line)


def _product(department: int, number: int, line: str) -> Row:
    title, price, on_site, sets, vat, unit = (line.split(";") + [""] * 6)[:6]
    row: Row = {"title": title, "department": department, "position": number}
    row["barcodes"] = [ean13(department, number)]
    if price or on_site:
        row["price"] = price or on_site
    if price and on_site and price != on_site:
        row["mode_prices"] = [{"mode": ON_SITE, "price": on_site}]
    if sets:
        row["option_sets"] = [OPTION_SETS[name] for name in sets.split(",")]
    if vat:
        row["vat"] = row["vat_on_site"] = RATES[vat]
    if unit:
        row["unit"] = unit
    return row


def _departments() -> Iterator[Row]:
    for position, (title, short, group, vat, on_site, _) in enumerate(_DEPARTMENTS, 1):
        row: Row = {"title": title, "short_title": short, "group": group, "vat": RATES[vat], "position": position}
        if on_site:
            row["vat_on_site"] = RATES[on_site]
        if position in DEPARTMENT_PRICED:
            row["price"] = DEPARTMENT_PRICED[position]
        yield row


def _option_sets() -> Iterator[Row]:
    for title, choices in _CHOICES:
        rows: list[Row] = []
        for choice in choices:
            name, _, delta = choice.partition(":")
            rows.append({"title": name, "delta": delta} if delta else {"title": name})
        yield {"title": title, "choices": rows}


def commands() -> Iterator[Command]:
    """Everything that makes an empty shop the demo shop."""
    kinds: tuple[tuple[str, tuple[Row, ...]], ...] = (
        ("vat-rates", _VAT_RATES),
        ("settings", (_SETTINGS,)),
        ("tills", TILLS),
        ("operators", OPERATORS),
        ("payment-modes", _MODES),
        ("discounts", _DISCOUNTS),
        ("department-groups", tuple({"title": title, "position": at} for at, title in enumerate(_GROUPS, 1))),
        ("option-sets", tuple(_option_sets())),
        ("departments", tuple(_departments())),
        ("products", tuple(products())),
        ("line-rules", _LINE_RULES),
        ("offers", _OFFERS),
        ("menus", _MENUS),
        ("automatic-rules", _AUTOMATIC_RULES),
        ("coupons", _COUPONS),
    )
    for kind, rows in kinds:
        for id, row in enumerate(rows, 1):
            yield f"{kind}.put", {"id": id, "row": row}
