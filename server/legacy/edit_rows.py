"""``add``, ``edit`` and ``del`` of the catalogue's rows, with the reference's fields (``data[title]`` ...)."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from server.legacy.context import Context, Problem, ask, not_yet, submit
from server.legacy.form import Form, decimal, identifier, minor, whole
from server.legacy.list_rows import OPTION_STRIDE, TYPES, VARIATIONS
from server.legacy.record_sale import command_id, decimals

PRICE_PLACES = 4
PERCENT_PLACES = 3
EMPTY_CHOICE = {"title": "—", "unavailable": True}
"""What a new variation holds until its first choice comes: the engine has no set without any."""

Row = dict[str, Any]
Take = Callable[[str, str, int], Any]
"""``take(value, name, decimals)``: the value as a row holds it; an empty one clears the field (None)."""


def _text(value: str, name: str, decimals: int) -> str | None:
    return value or None


def _price(value: str, name: str, decimals: int) -> str | None:
    return decimal(value, PRICE_PLACES, name) if value else None


def _id(value: str, name: str, decimals: int) -> int | None:
    return None if value in ("", "0") else identifier(value, name)


def _amount(value: str, name: str, decimals: int) -> int | None:
    return minor(value, decimals, name) or None if value else None


def _number(value: str, name: str, decimals: int) -> int:
    return whole(value, name) if value else 0


def _flag(value: str, name: str, decimals: int) -> bool:
    return value.lower() in ("1", "true", "on", "yes", "oui")


def _barcodes(value: str, name: str, decimals: int) -> list[str]:
    return [value] if value else []


def _percent(value: str, name: str, decimals: int) -> str:
    return decimal(value, PERCENT_PLACES, name)


def _delta(value: str, name: str, decimals: int) -> str:
    return decimal(value, PRICE_PLACES, name) if value else "0"


def _type(value: str, name: str, decimals: int) -> str:
    if value.endswith("_Refund"):
        raise not_yet(f"Le mode {value} (un mode de paiement sert ici aussi au remboursement)")
    for ours, theirs in TYPES.items():
        if value == theirs:
            return ours
    raise Problem(f"{name} : {value!r} n'est pas un type de paiement", "legacy.bad_type")


@dataclasses.dataclass(frozen=True, slots=True)
class Editing:
    """One sort of row: its kind, its fields under the reference's names, and those that it cannot hold yet."""

    kind: str
    fields: Mapping[str, tuple[str, Take]]
    missing: frozenset[str] = frozenset()
    variations: bool = False


_SOLD: dict[str, tuple[str, Take]] = {
    "title": ("title", _text),
    "shortTitle": ("short_title", _text),
    "price": ("price", _price),
    "vatID": ("vat", _id),
    "eatinvatID": ("vat_on_site", _id),
    "discountID": ("discount", _id),
    "position": ("position", _number),
    "keyboardHide": ("hidden", _flag),
}

PLU = Editing(
    "products",
    _SOLD
    | {
        "description": ("description", _text),
        "buyingPrice": ("buying_price", _price),
        "deptID": ("department", _id),
        "barcode": ("barcodes", _barcodes),
        "internalID": ("reference", _text),
        "unitID": ("unit", _text),
    },
    frozenset(
        [
            "calories",
            "weight",
            "supplierID",
            "stock",
            "stockAlert",
            "consumptionDate",
            "shopHide",
            "needPrepa",
            "prepaLength",
        ]
    )
    | {"activityCode"},
    variations=True,
)
DEPT = Editing(
    "departments",
    _SOLD | {"deptGroupID": ("group", _id)},
    frozenset({"stock", "shopHide", "unitID", "needPrepa", "activityCode"}),
    variations=True,
)
GROUP = Editing(
    "department-groups",
    {
        "title": ("title", _text),
        "position": ("position", _number),
        "accountingChapter": ("account", _text),
        "accountingChapterComplement": ("account_complement", _text),
    },
)
VAT = Editing(
    "vat-rates",
    {
        "title": ("title", _text),
        "rate": ("percent", _percent),
        "accountingChapter": ("account", _text),
        "legal": ("mention", _text),
    },
)
MODE = Editing(
    "payment-modes",
    {
        "title": ("title", _text),
        "type": ("type", _type),
        "accountingChapter": ("account", _text),
        "fixedAmount": ("amount", _amount),
        "minimumAmount": ("min", _amount),
        "maximumAmount": ("max", _amount),
        "cashboxLock": ("till", _id),
    },
)
SET = Editing("option-sets", {"title": ("title", _text)})
CHOICE: Mapping[str, tuple[str, Take]] = {
    "title": ("title", _text),
    "description": ("description", _text),
    "deltaPrice": ("delta", _delta),
    "ending": ("ending", _flag),
    "unavailable": ("unavailable", _flag),
}
EDITINGS = {"Plu": PLU, "Dept": DEPT, "GrpDept": GROUP, "Vat": VAT, "PaymentMethod": MODE, "Variation": SET}


def add_row(editing: Editing, form: Form, context: Context) -> Row:
    """A new row; its id is in the reply."""
    row = _changed({}, editing, form, context)
    if not row.get("title"):
        raise Problem("data[title] : l'intitulé manque", "legacy.no_title")
    if editing is SET:
        row["choices"] = [EMPTY_CHOICE]
    if editing is MODE:
        row.setdefault("type", "other")
    return _put(editing.kind, None, row, form, context)


def edit_row(editing: Editing, form: Form, context: Context) -> Row:
    """A row with some fields changed; the others stay."""
    id = identifier(form.text("id"), "id")
    return _put(editing.kind, id, _changed(_stored(editing.kind, id, context), editing, form, context), form, context)


def remove_row(editing: Editing, form: Form, context: Context) -> Row:
    """The row is removed, unless something uses it; tickets keep what they say."""
    id = identifier(form.text("id"), "id")
    submit(context, f"{editing.kind}.remove", {"id": id}, command_id(form))
    return _reply(id)


def _stored(kind: str, id: int, context: Context) -> Row:
    row: Row = ask(context, f"{kind}.get", {"id": id})
    return {name: value for name, value in row.items() if name not in ("id", "version")}


def _put(kind: str, id: int | None, row: Row, form: Form, context: Context) -> Row:
    done = submit(context, f"{kind}.put", {"id": id, "row": row}, command_id(form))
    return _reply(done.record["id"])


def _reply(id: int) -> Row:
    return {"result": "OK", "success": True, "id": id}


def _changed(row: Row, editing: Editing, form: Form, context: Context) -> Row:
    """The row with the fields of the form; one that the engine cannot hold is refused, unless it says nothing."""
    places = decimals(context)
    changed = dict(row)
    sets = list(row.get("option_sets", [])) + [0] * VARIATIONS
    for name, value in form.map("data").items():
        at = f"data[{name}]"
        if editing.variations and name in {f"variationID{number}" for number in range(VARIATIONS)}:
            sets[int(name[-1])] = _id(value, at, places) or 0
        elif name in editing.fields:
            field, take = editing.fields[name]
            changed[field] = take(value, at, places)
            if field == "barcodes":
                changed[field] += row.get(field, [])[1:]  # the reference knows the first one only
        elif name not in editing.missing:
            raise Problem(f"{at} : ce champ n'existe pas", "legacy.unknown_field")
        elif value not in ("", "0", "-1"):
            raise not_yet(at)
    if editing.variations:
        changed["option_sets"] = [id for id in sets if id]
    return changed


def add_choice(form: Form, context: Context) -> Row:
    """A choice at the end of its variation."""
    data = form.map("data")
    id = identifier(data.pop("idVariation", ""), "data[idVariation]")
    row = _stored(SET.kind, id, context)
    choices = [choice for choice in row["choices"] if not _is_empty(choice)]
    choice = _choice({}, data)
    if not choice.get("title"):
        raise Problem("data[title] : l'intitulé manque", "legacy.no_title")
    choice["id"] = max((one["id"] for one in row["choices"]), default=0) + 1
    _place(choices, len(choices), choice, data)
    _put(SET.kind, id, row | {"choices": choices}, form, context)
    return _reply(id * OPTION_STRIDE + choice["id"])


def edit_choice(form: Form, context: Context) -> Row:
    """A choice with some fields changed; it stays in its variation."""
    whole_id, id, row, index = _find_choice(form, context)
    data = form.map("data")
    if data.pop("idVariation", str(id)) not in ("", "0", str(id)):
        raise Problem("data[idVariation] : un choix ne change pas de déclinaison", "legacy.moved_choice")
    choices = list(row["choices"])
    choice = _choice(choices.pop(index), data)
    _place(choices, index, choice, data)
    _put(SET.kind, id, row | {"choices": choices}, form, context)
    return _reply(whole_id)


def remove_choice(form: Form, context: Context) -> Row:
    """A choice is taken out; the last one leaves an empty variation."""
    whole_id, id, row, index = _find_choice(form, context)
    choices = list(row["choices"])
    gone = choices.pop(index)
    # The number of a choice that was sold is never given to another one while the variation is empty.
    choices = choices or [EMPTY_CHOICE | {"id": gone["id"]}]
    _put(SET.kind, id, row | {"choices": choices}, form, context)
    return _reply(whole_id)


def _is_empty(choice: Row) -> bool:
    return choice["title"] == EMPTY_CHOICE["title"] and bool(choice.get("unavailable"))


def _find_choice(form: Form, context: Context) -> tuple[int, int, Row, int]:
    whole_id = identifier(form.text("id"), "id")
    id, number = divmod(whole_id, OPTION_STRIDE)
    if id:
        row = _stored(SET.kind, id, context)
        for index, choice in enumerate(row["choices"]):
            if choice["id"] == number:
                return whole_id, id, row, index
    raise Problem(f"id : il n'y a pas de choix {whole_id}", "legacy.unknown_choice")


def _choice(choice: Row, data: Mapping[str, str]) -> Row:
    changed = dict(choice)
    for name, value in data.items():
        if name == "position":
            continue
        if name not in CHOICE:
            raise Problem(f"data[{name}] : ce champ n'existe pas", "legacy.unknown_field")
        field, take = CHOICE[name]
        changed[field] = take(value, f"data[{name}]", 0)
    return changed


def _place(choices: list[Row], index: int, choice: Row, data: Mapping[str, str]) -> None:
    position = data.get("position")
    choices.insert(whole(position, "data[position]") if position else index, choice)
