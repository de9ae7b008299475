"""The lists of the reference in its three formats, and the rows that its software adds, edits and deletes."""

from typing import Any

import pytest

from server.legacy.list_rows import LISTINGS, LISTS_NOT_YET


def test_products_have_the_fields_of_the_reference(desk: Any) -> None:
    (first, *_, last) = desk.call("getPlus", format="json").json

    assert {
        "id": 1,
        "title": "Café",
        "price": "1.5",
        "deptID": 1,
        "eatinvatID": 2,
        "barcode": None,
    }.items() <= first.items()
    assert (4, "Chocolat") == (last["id"], last["title"])


def test_departments_rates_and_variations(desk: Any) -> None:
    departments = desk.call("getDepartments").json
    rates = desk.call("getVats").json
    (sizes,) = desk.call("getDeclinaisons").json

    assert [("Boissons", 1), ("Plats", 2), ("Pain", 3)] == [(row["title"], row["vatID"]) for row in departments]
    assert ["20", "10", "5.5", "2.1"] == [row["rate"] for row in rates]
    assert [(1001, "0"), (1002, "2.5"), (1003, "4")] == [(one["id"], one["deltaPrice"]) for one in sizes["items"]]


def test_payment_modes_tills_discounts_and_users(desk: Any) -> None:
    modes = desk.call("getPaymentModes").json
    tills = desk.call("getCashbox").json
    discounts = desk.call("getDiscounts").json
    users = desk.call("getUsers").json

    assert ["Cash", "Credit_Card", "Meal_Voucher"] == [row["type"] for row in modes]
    assert [1, 0, 0, 0] == [row["opened"] for row in tills]
    assert ["-10", "-1", "10"] == [row["percent"] or row["amount"] or row["fixedPrice"] for row in discounts]
    assert ["admin", "manager", "employee"] == [row["role"] for row in users]
    assert all(set(row) == {"id", "name", "role", "active"} for row in users)


def test_groups_are_listed_under_both_names(desk: Any) -> None:
    desk.call("addGrpDept", ("data[title]", "Bar"), ("data[accountingChapter]", "707100"))

    first, second = desk.call("getDepartmentGroups").json, desk.call("getDepartmentsGroups").json

    assert (
        first
        == second
        == [
            {"id": 1, "title": "Bar", "position": 0, "accountingChapter": "707100", "accountingChapterComplement": None}
        ]
    )


@pytest.mark.parametrize("name", sorted(LISTINGS))
def test_every_list_comes_in_every_format_with_its_columns(desk: Any, name: str) -> None:
    desk.call("addGrpDept", ("data[title]", "Bar"))
    rows = desk.call(name).json
    csv, page = desk.call(name, format="csv"), desk.call(name, format="html")
    wrong = desk.call(name, format="xml")

    assert [list(LISTINGS[name].columns)] * len(rows) == [list(row) for row in rows]
    assert ";".join(LISTINGS[name].columns) == csv.body.decode().splitlines()[0]
    assert len(rows) + 1 == len(csv.body.decode().splitlines())
    assert len(rows) + 1 == page.body.decode().count("<tr>")
    assert ["text/csv; charset=utf-8", "text/html; charset=utf-8"] == [
        reply.headers["Content-Type"] for reply in (csv, page)
    ]
    assert "legacy.bad_format" == wrong.json["code"]


def test_hostile_titles_become_neither_formulas_nor_markup(desk: Any) -> None:
    desk.call("addPlu", ("data[title]", '=1+1;"<script>alert(1)</script>'), ("data[price]", "-0"), ("data[deptID]", 1))

    csv = desk.call("getPlus", format="csv").body.decode()
    page = desk.call("getPlus", format="html").body.decode()

    assert '"\'=1+1;""<script>' in csv
    assert "<script>" not in page
    assert "=1+1;&quot;&lt;script&gt;" in page


def test_a_page_of_a_list_follows_an_id(desk: Any) -> None:
    assert [2, 3] == [row["id"] for row in desk.call("getPlus", limit=2, after=1).json]


@pytest.mark.parametrize("name", sorted(LISTS_NOT_YET))
def test_a_list_of_what_is_not_there_yet_says_so(desk: Any, name: str) -> None:
    reply = desk.call(name)

    assert (501, "legacy.not_yet", False) == (reply.status, reply.json["code"], reply.json["success"])


def test_the_example_of_the_reference_edits_a_product_and_leaves_the_rest_of_it(desk: Any) -> None:
    reply = desk.call("editPlu", ("data[title]", "New title"), ("data[price]", "2.2"), id=1, shopID="4711")

    row = desk.shop.ask("products.get", {"id": 1})
    assert (True, 1) == (reply.json["success"], reply.json["id"])
    assert ("New title", "2.2", 1, 2) == tuple(row[name] for name in ("title", "price", "department", "vat_on_site"))


def test_a_product_is_added_with_every_field_that_stands_and_deleted(desk: Any) -> None:
    fields = {
        "title": "Thé",
        "shortTitle": "T",
        "description": "Vert",
        "buyingPrice": "0.30",
        "price": "2,40",
        "unitID": "kg",
        "variationID0": 1,
        "variationID1": 0,
        "deptID": 1,
        "vatID": 3,
        "eatinvatID": 2,
        "discountID": 1,
        "barcode": "3017620422003",
        "internalID": "TH-1",
        "keyboardHide": 1,
        "position": 4,
        "stock": -1,
        "shopHide": 0,
        "supplierID": "",
    }
    id = desk.call("addPlu", *[(f"data[{name}]", value) for name, value in fields.items()]).json["id"]
    (shown,) = [row for row in desk.call("getPlus").json if row["id"] == id]

    gone = desk.call("delPlu", id=id)

    assert ("Thé", "2.4", "0.3", "kg", 1, None, 3, 2, 1) == tuple(
        shown[name]
        for name in (
            "title",
            "price",
            "buyingPrice",
            "unitID",
            "variationID0",
            "variationID1",
            "vatID",
            "eatinvatID",
            "discountID",
        )
    )
    assert ("3017620422003", "TH-1", 1, 4) == tuple(
        shown[name] for name in ("barcode", "internalID", "keyboardHide", "position")
    )
    assert gone.json["success"]
    assert id not in [row["id"] for row in desk.call("getPlus").json]


def test_a_new_first_barcode_leaves_the_others(desk: Any) -> None:
    row = {"title": "Thé", "price": "2", "department": 1, "barcodes": ["3017620422003", "3229820787015"]}
    desk.shop.configure("products", 9, row)

    desk.call("editPlu", ("data[barcode]", "5449000000996"), id=9)

    assert ["5449000000996", "3229820787015"] == list(desk.shop.ask("products.get", {"id": 9})["barcodes"])


@pytest.mark.parametrize(
    ("service", "pairs", "fields", "code"),
    [
        ("addPlu", [("data[price]", "1")], {}, "legacy.no_title"),
        ("addPlu", [("data[title]", "x"), ("data[weight]", "250")], {}, "legacy.not_yet"),
        ("addPlu", [("data[title]", "x"), ("data[stock]", "5")], {}, "legacy.not_yet"),
        ("addPlu", [("data[title]", "x"), ("data[colour]", "red")], {}, "legacy.unknown_field"),
        ("addPlu", [("data[title]", "x"), ("data[price]", "cher")], {}, "legacy.bad_number"),
        ("addPlu", [("data[title]", "x"), ("data[deptID]", "99")], {}, "kernel.no_such_row"),
        ("editPlu", [("data[title]", "x")], {"id": 99}, "kernel.no_such_row"),
        ("editPlu", [("data[title]", "x")], {}, "legacy.bad_number"),
        ("delPlu", [], {"id": 99}, "kernel.no_such_row"),
        ("delDept", [], {"id": 1}, "kernel.row_in_use"),
        ("delVat", [], {"id": 1}, "kernel.row_in_use"),
        ("addVat", [("data[title]", "x"), ("data[rate]", "101")], {}, "catalogue.bad_percent"),
        ("addPaymentMethod", [("data[title]", "x"), ("data[type]", "Cash_Refund")], {}, "legacy.not_yet"),
        ("addPaymentMethod", [("data[title]", "x"), ("data[type]", "Gold")], {}, "legacy.bad_type"),
        ("addClient", [("data[title]", "x")], {}, "legacy.not_yet"),
        ("addVariationItem", [("data[title]", "x")], {}, "legacy.bad_number"),
        ("addVariationItem", [("data[title]", "x"), ("data[idVariation]", "99")], {}, "kernel.no_such_row"),
        ("addVariationItem", [("data[idVariation]", "1")], {}, "legacy.no_title"),
        ("editVariationItem", [("data[title]", "x")], {"id": 1999}, "legacy.unknown_choice"),
        ("editVariationItem", [("data[title]", "x")], {"id": 9}, "legacy.unknown_choice"),
        ("editVariationItem", [("data[idVariation]", "2")], {"id": 1001}, "legacy.moved_choice"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_changes(
    desk: Any, service: str, pairs: list[tuple[str, str]], fields: dict[str, Any], code: str
) -> None:
    before = desk.shop.engine.position
    reply = desk.call(service, *pairs, **fields)

    assert (False, code) == (reply.json["success"], reply.json["code"])
    assert before == desk.shop.engine.position


def test_rates_groups_departments_and_payment_modes_are_added_and_edited(desk: Any) -> None:
    vat = desk.call("addVat", ("data[title]", "Corse"), ("data[rate]", "0,9"), ("data[legal]", "CGI 297")).json["id"]
    group = desk.call("addGrpDept", ("data[title]", "Cave")).json["id"]
    dept = desk.call("addDept", ("data[title]", "Vins"), ("data[vatID]", vat), ("data[deptGroupID]", group)).json["id"]
    mode = desk.call(
        "addPaymentMethod",
        ("data[title]", "Chèque"),
        ("data[type]", "Check"),
        ("data[maximumAmount]", "150.00"),
        ("data[cashboxLock]", "2"),
    ).json["id"]
    desk.call("editVat", ("data[title]", "Corse 0,9"), id=vat)
    desk.call("editDept", ("data[price]", "12"), id=dept)

    shown = [
        next(row for row in desk.call(name).json if row["id"] == id)
        for name, id in (("getVats", vat), ("getDepartments", dept), ("getPaymentModes", mode))
    ]
    assert ("Corse 0,9", "0.9", "CGI 297") == tuple(shown[0][name] for name in ("title", "rate", "legal"))
    assert ("Vins", "12", group, vat) == tuple(shown[1][name] for name in ("title", "price", "deptGroupID", "vatID"))
    assert ("Check", "150.00", 2) == tuple(shown[2][name] for name in ("type", "maximumAmount", "cashboxLock"))
    assert desk.call("delPaymentMethod", id=mode).json["success"]


def test_variations_are_built_choice_by_choice_as_the_reference_does(desk: Any) -> None:
    cooking = desk.call("addVariation", ("data[title]", "Cuisson")).json["id"]
    of = ("data[idVariation]", cooking)
    rare = desk.call("addVariationItem", of, ("data[title]", "Saignant")).json["id"]
    done = desk.call(
        "addVariationItem", of, ("data[title]", "À point"), ("data[deltaPrice]", "0.5"), ("data[position]", 0)
    )
    desk.call("editVariationItem", ("data[unavailable]", 1), id=rare)

    (_, shown) = desk.call("getDeclinaisons").json
    assert ["À point", "Saignant"] == [one["title"] for one in shown["items"]]
    assert [done.json["id"], rare] == [one["id"] for one in shown["items"]]
    assert [("0.5", 0), ("0", 1)] == [(one["deltaPrice"], one["unavailable"]) for one in shown["items"]]


def test_the_last_choice_may_go_and_its_number_stays_its_own(desk: Any) -> None:
    cooking = desk.call("addVariation", ("data[title]", "Cuisson")).json["id"]
    of = ("data[idVariation]", cooking)
    first = desk.call("addVariationItem", of, ("data[title]", "Saignant")).json["id"]

    desk.call("delVariationItem", id=first)
    second = desk.call("addVariationItem", of, ("data[title]", "Bleu")).json["id"]

    (_, shown) = desk.call("getDeclinaisons").json
    assert second > first
    assert ["Bleu"] == [one["title"] for one in shown["items"]]


def test_an_operator_who_may_not_configure_is_told_so(desk: Any) -> None:
    desk.operator = 3

    reply = desk.call("addPlu", ("data[title]", "x"), ("data[price]", "1"), ("data[deptID]", 1))

    assert (403, "kernel.not_allowed", False) == (reply.status, reply.json["code"], reply.json["success"])
