"""The lists of the reference: products, departments, rates and the like, under its own field names."""

import dataclasses
from collections.abc import Callable
from typing import Any

from server.legacy.context import Context, Reply, find, pages
from server.legacy.form import Form, identifier, major
from server.legacy.record_sale import decimals
from server.legacy.reply import as_table

ROWS_MAX = 50_000  # of one list; the reference has no pages, so this is where ``limit`` and ``after`` are needed
PAGE_MAX = 200
OPTION_STRIDE = 1_000  # a choice's id is that of its set times this, plus its number in the set
VARIATIONS = 5

TYPES = {
    "cash": "Cash",
    "card": "Credit_Card",
    "check": "Check",
    "transfer": "Bank_Transfer",
    "meal_voucher": "Meal_Voucher",
    "holiday_voucher": "Holiday_Voucher",
    "gift": "Gift",
    "credit_note": "Credit_Note",
    "points": "Points",
    "other": "Other",
}
"""Our types of payment modes as the reference calls them; the last four have no name there."""

Row = dict[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Listing:
    """One list: the kind that it shows, and a row of it under the reference's names."""

    kind: str
    columns: tuple[str, ...]
    show: Callable[[Row, int, Context], Row]


def _variations(row: Row) -> Row:
    sets = row.get("option_sets", [])
    return {f"variationID{number}": sets[number] if number < len(sets) else None for number in range(VARIATIONS)}


def _product(row: Row, decimals: int, context: Context) -> Row:
    barcodes = row.get("barcodes", [])
    return {
        "id": row["id"],
        "title": row["title"],
        "shortTitle": row.get("short_title"),
        "description": row.get("description"),
        "price": row.get("price"),
        "buyingPrice": row.get("buying_price"),
        "deptID": row.get("department"),
        "vatID": row.get("vat"),
        "eatinvatID": row.get("vat_on_site"),
        "discountID": row.get("discount"),
        "barcode": barcodes[0] if barcodes else None,
        "internalID": row.get("reference"),
        "unitID": row.get("unit"),
        **_variations(row),
        "keyboardHide": int(row.get("hidden", False)),
        "position": row.get("position", 0),
        "active": int(row.get("active", True)),
    }


def _department(row: Row, decimals: int, context: Context) -> Row:
    return {
        "id": row["id"],
        "title": row["title"],
        "shortTitle": row.get("short_title"),
        "vatID": row.get("vat"),
        "eatinvatID": row.get("vat_on_site"),
        "discountID": row.get("discount"),
        "price": row.get("price"),
        "deptGroupID": row.get("group"),
        **_variations(row),
        "keyboardHide": int(row.get("hidden", False)),
        "position": row.get("position", 0),
        "active": int(row.get("active", True)),
    }


def _group(row: Row, decimals: int, context: Context) -> Row:
    return {
        "id": row["id"],
        "title": row["title"],
        "position": row.get("position", 0),
        "accountingChapter": row.get("account"),
        "accountingChapterComplement": row.get("account_complement"),
    }


def _vat(row: Row, decimals: int, context: Context) -> Row:
    return {
        "id": row["id"],
        "title": row["title"],
        "rate": row["percent"],
        "accountingChapter": row.get("account"),
        "legal": row.get("mention"),
    }


def _variation(row: Row, decimals: int, context: Context) -> Row:
    items = [
        {
            "id": row["id"] * OPTION_STRIDE + choice["id"],
            "idVariation": row["id"],
            "title": choice["title"],
            "position": number,
            "description": choice.get("description"),
            "deltaPrice": choice.get("delta", "0"),
            "ending": int(choice.get("ending", False)),
            "unavailable": int(choice.get("unavailable", False)),
        }
        for number, choice in enumerate(row["choices"])
    ]
    return {"id": row["id"], "title": row["title"], "items": items}


def _payment_mode(row: Row, decimals: int, context: Context) -> Row:
    def amount(name: str) -> str | None:
        return None if row.get(name) is None else major(row[name], decimals)

    return {
        "id": row["id"],
        "title": row["title"],
        "type": TYPES[row["type"]],
        "accountingChapter": row.get("account"),
        "fixedAmount": amount("amount"),
        "minimumAmount": amount("min"),
        "maximumAmount": amount("max"),
        "cashboxLock": row.get("till") or 0,
        "position": row.get("position", 0),
        "active": int(row.get("active", True)),
    }


def _till(row: Row, decimals: int, context: Context) -> Row:
    session = find(context, "cash.session", {"till": row["id"]})
    return {
        "id": row["id"],
        "title": row["name"],
        "float": None if row.get("float_in") is None else major(row["float_in"], decimals),
        "deliveryMethod": row.get("default_mode"),
        "accountingChapter": row.get("journal"),
        "opened": int(session is not None and session["open"]),
        "active": int(row.get("active", True)),
    }


def _discount(row: Row, decimals: int, context: Context) -> Row:
    return {
        "id": row["id"],
        "title": row["title"],
        "percent": row.get("percent"),
        "amount": row.get("amount"),
        "fixedPrice": row.get("fixed"),
        "position": row.get("position", 0),
        "active": int(row.get("active", True)),
    }


def _user(row: Row, decimals: int, context: Context) -> Row:
    return {
        "id": row["id"],
        "name": row["alias"],
        "role": row.get("role", "employee"),
        "active": int(row.get("active", True)),
    }


def _columns(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SETS = " ".join(f"variationID{number}" for number in range(VARIATIONS))

PRODUCTS = Listing(
    "products",
    _columns(
        "id title shortTitle description price buyingPrice deptID vatID eatinvatID discountID barcode internalID "
        f"unitID {_SETS} keyboardHide position active"
    ),
    _product,
)
DEPARTMENTS = Listing(
    "departments",
    _columns(f"id title shortTitle vatID eatinvatID discountID price deptGroupID {_SETS} keyboardHide position active"),
    _department,
)
GROUPS = Listing(
    "department-groups", _columns("id title position accountingChapter accountingChapterComplement"), _group
)
VATS = Listing("vat-rates", _columns("id title rate accountingChapter legal"), _vat)
SETS = Listing("option-sets", _columns("id title items"), _variation)
PAYMENT_MODES = Listing(
    "payment-modes",
    _columns("id title type accountingChapter fixedAmount minimumAmount maximumAmount cashboxLock position active"),
    _payment_mode,
)
TILLS = Listing("tills", _columns("id title float deliveryMethod accountingChapter opened active"), _till)
DISCOUNTS = Listing("discounts", _columns("id title percent amount fixedPrice position active"), _discount)
USERS = Listing("operators", _columns("id name role active"), _user)

LISTINGS = {
    "getPlus": PRODUCTS,
    "getDepartments": DEPARTMENTS,
    "getDepartmentGroups": GROUPS,
    "getDepartmentsGroups": GROUPS,
    "getDeclinaisons": SETS,
    "getPaymentModes": PAYMENT_MODES,
    "getCashbox": TILLS,
    "getDiscounts": DISCOUNTS,
    "getUsers": USERS,
    "getVats": VATS,
}
"""The lists that stand; groups under both names that the sources use."""

LISTS_NOT_YET = {
    "getClients": "Le fichier clients",
    "getLivraisons": "Les livreurs",
    "getLivreurs": "Les livreurs",
    "getDeliveryZones": "Les zones de livraison",
    "getRelayDeposit": "Les points relais",
    "getTables": "Le plan de table",
    "getPending": "Les commandes en cours",
}
"""The lists that stand on what the engine does not have yet, in words."""


def list_rows(listing: Listing, form: Form, context: Context) -> Reply:
    """All rows, or a page of ``limit`` rows after the id ``after``, which the reference does not have."""
    places = decimals(context)
    limit, after = form.text("limit"), form.text("after")
    if limit or after:
        asked = {"limit": min(identifier(limit or str(PAGE_MAX), "limit"), PAGE_MAX)}
        page = find(context, f"{listing.kind}.list", asked | {"after": form.whole("after") or 0})
        rows = [] if page is None else page["rows"]
    else:
        rows = pages(context, f"{listing.kind}.list", {}, rows="rows", cursor="after", most=ROWS_MAX)
    return as_table([listing.show(row, places, context) for row in rows], listing.columns, form.text("format"))
