"""The demo shop is the shop that it promises to be, and the engine accepts all of it."""

from collections import Counter
from typing import Any

from shop_harness import Shop

from server.demo import catalogue


def test_there_are_about_300_products_over_12_departments_each_under_its_own_name_and_code() -> None:
    rows = list(catalogue.products())

    assert 300 <= len(rows) <= 310
    assert list(range(1, 13)) == sorted({row["department"] for row in rows})
    assert min(Counter(row["department"] for row in rows).values()) >= 24
    assert len(rows) == len({row["title"] for row in rows}) == len({row["barcodes"][0] for row in rows})


def test_barcodes_carry_the_check_digit_of_gs1() -> None:
    known = "2900100000010"

    made = catalogue.ean13(1, 1)

    assert known[:12] == made[:12]
    assert 0 == sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(made)) % 10


def test_a_till_sees_every_product_with_its_rates_prices_and_choices(port: Shop) -> None:
    items: list[Any] = []
    sets: dict[int, Any] = {}
    after: int | None = 0
    while after is not None:
        page = port.ask("catalogue.items", {"after": after, "limit": 100})
        items += page.items
        sets |= page.option_sets
        after = page.next

    assert len(list(catalogue.products())) == len(items)
    assert [] == [item for item in items if item.problem]
    assert {"20", "10", "5.5", "2.1"} == {item.vat.percent for item in items}
    assert sum(1 for item in items if item.mode_prices) > 80
    assert sum(1 for item in items if item.vat != item.vat_on_site) > 40
    assert 9 == len(sets)
    assert any(item.price is None for item in items)
    assert any(item.unit == "kg" for item in items)


def test_every_barcode_leads_to_its_product(port: Shop) -> None:
    codes = {id: row["barcodes"][0] for id, row in enumerate(catalogue.products(), 1)}

    found = {id: port.ask("catalogue.by_barcode", {"code": code}).item.id for id, code in codes.items()}

    assert {id: id for id in codes} == found


def test_tills_operators_and_modes_are_there(port: Shop) -> None:
    kinds = {"tills": 4, "operators": 6, "payment-modes": 7, "department-groups": 4, "departments": 12}

    counts = {kind: len(port.ask(f"{kind}.list").rows) for kind in kinds}

    assert kinds == counts
    assert {"admin", "manager", "employee", "accountant"} == {
        row.get("role", "employee") for row in port.ask("operators.list").rows
    }
