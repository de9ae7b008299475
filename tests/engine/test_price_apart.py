"""Baskets priced against a book of JSON rows, without a shop."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from shop_harness import Shop

import engine.price_apart
from engine.engine import Refusal, price_apart, price_schema
from engine.features import FEATURES
from engine.price_apart import INPUT_BYTES_MAX

EXAMPLE = json.loads(Path(__file__).parents[2].joinpath("docs/examples/price.json").read_text(encoding="utf-8"))
NOW_MS = 1_795_258_800_000  # 2026-11-21T12:00:00+01:00
BOOK: dict[str, Any] = {
    "settings": {"1": {"name": "Bar", "default_vat": 1}},
    "vat-rates": {"1": {"title": "Normal", "percent": "20"}},
    "departments": {"1": {"title": "Boissons", "vat": 1}},
    "products": {"3": {"title": "Café", "price": "1.50", "department": 1, "barcodes": ["4006381333931"]}},
    "discounts": {"1": {"title": "-10 %", "percent": "-10"}},
}


def priced(basket: dict[str, Any], book: dict[str, Any] | None = None, **context: Any) -> Any:
    """The would-be ticket."""
    given = {"book": BOOK if book is None else book, "basket": basket, "context": context}
    return price_apart(json.dumps(given).encode(), NOW_MS)


def refused(given: Any) -> tuple[str, str | None]:
    """(code, place) of the refusal of an input."""
    with pytest.raises(Refusal) as error:
        price_apart(given if isinstance(given, bytes) else json.dumps(given).encode(), NOW_MS)
    return error.value.code, error.value.at


def test_a_basket_comes_to_what_a_shop_with_this_book_would_ask(bar: Shop) -> None:
    basket = {"lines": [{"product": 3}, {"product": 1, "quantity": "2"}], "discounts": [{"id": 1}], "mode": 2}
    kinds = ("settings", "vat-rates", "departments", "products", "discounts", "tills")
    rows = {
        kind: {
            str(row["id"]): {name: value for name, value in row.items() if name not in ("id", "version")}
            for row in bar.ask(f"{kind}.list", till=0, operator=0).rows
        }
        for kind in kinds
    }
    sold = msgspec.to_builtins(bar.ask("sales.price", basket))

    apart = msgspec.to_builtins(priced(basket, rows))

    positions = {"book", "pv"}
    assert _without(sold, positions) == _without(apart, positions)
    assert apart["total"] > 0


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(each, names) for name, each in value.items() if name not in names}
    return [_without(each, names) for each in value] if isinstance(value, (list, tuple)) else value


def test_the_order_of_kinds_and_rows_changes_nothing() -> None:
    basket = {"lines": [{"product": 3}], "discounts": [{"id": 1}]}
    reverse = {kind: dict(reversed(rows.items())) for kind, rows in reversed(BOOK.items())}

    assert priced(basket) == priced(basket, reverse)


def test_without_a_book_a_line_needs_its_rate() -> None:
    assert ("catalogue.no_vat", "basket.lines[0]") == refused({"basket": {"lines": [{"price": "1"}]}})


def test_nobodys_rights_are_asked_for_unless_an_operator_is_named() -> None:
    basket = {"lines": [{"product": 3, "price": "1"}]}
    operators = {"operators": {"7": {"alias": "Léa", "role": "employee"}}}

    assert 100 == priced(basket).total
    given = {"book": BOOK | operators, "basket": basket, "context": {"operator": 7}}
    assert ("kernel.not_allowed", "basket.lines[0].price") == refused(given)


def test_the_moment_decides_the_business_day_and_the_hours() -> None:
    late = BOOK | {"settings": {"1": {"name": "Bar", "default_vat": 1, "day_starts_minute": 300}}}
    basket = {"lines": [{"product": 3}]}

    assert "2026-11-21" == priced(basket).day
    assert "2026-11-20" == priced(basket, late, at="2026-11-21T04:59:00+01:00").day
    assert "2026-12-31" == priced(basket, day="2026-12-31").day


def test_rules_of_the_book_apply_by_the_moment() -> None:
    evening = price_apart(json.dumps(EXAMPLE).encode(), NOW_MS)
    morning = price_apart(json.dumps(EXAMPLE | {"context": {"at": "2026-11-21T09:00:00+01:00"}}).encode(), NOW_MS)

    assert {"line-rules", "menus", None} >= {step.k for step in evening.disc}
    assert "line-rules" in {step.k for step in evening.disc}
    assert "line-rules" not in {step.k for step in morning.disc}
    assert evening.total < morning.total


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        ({"products": {"3": {"title": "Café", "price": "x"}}}, "kernel.bad_request", "book.products[3].price"),
        ({"products": {"3": {"title": "Café", "pric": "1"}}}, "kernel.bad_request", "book.products[3]"),
        ({"products": {"3": {"title": "C", "department": 9}}}, "kernel.no_such_row", "book.products[3].department"),
        ({"products": {"0": {"title": "Café"}}}, "kernel.bad_row_id", "book.products"),
        ({"products": {"03": {"title": "Café"}}}, "kernel.bad_row_id", "book.products"),
        ({"settings": {"2": {"name": "Bar"}}}, "kernel.bad_row_id", "book.settings[2].id"),
        ({"gadgets": {}}, "price.unknown_kind", "book.gadgets"),
        ({"discounts": {"1": {"title": "x"}}}, "discounts.changes_nothing", "book.discounts[1]"),
    ],
)
def test_a_row_that_is_wrong_is_named(change: dict[str, Any], code: str, at: str) -> None:
    given = {"book": BOOK | change, "basket": {"lines": [{"product": 3}]}}

    assert (code, at) == refused(given)


def test_two_rows_with_one_barcode_are_refused_by_the_later_one() -> None:
    products = BOOK["products"] | {"4": {"title": "Thé", "price": "2", "barcodes": ["4006381333931"]}}

    found = refused({"book": BOOK | {"products": products}, "basket": {"lines": [{"product": 3}]}})

    assert ("kernel.not_unique", "book.products[4].barcodes") == found


@pytest.mark.parametrize(
    ("given", "code", "at"),
    [
        (b"{", "kernel.bad_request", None),
        (b"\xff", "kernel.bad_request", None),
        ({"book": {}}, "kernel.bad_request", None),
        ({"basket": {"lines": []}}, "kernel.bad_request", "basket.lines"),
        ({"basket": {"lines": [{"product": 8}]}}, "sales.unknown_product", "basket.lines[0].product"),
        ({"basket": {"lines": [{"price": 1.5}]}}, "kernel.bad_request", "basket.lines[0].price"),
        ({"basket": {"lines": [{"price": "1"}]}, "context": {"at": "noon"}}, "kernel.bad_request", "context.at"),
        (
            {"basket": {"lines": [{"price": "1"}]}, "context": {"at": "2026-13-01T00:00:00Z"}},
            "price.bad_moment",
            "context.at",
        ),
        ({"basket": {"lines": [{"price": "1"}]}, "context": {"day": "2026-02-30"}}, "shop.bad_day", "context.day"),
    ],
)
def test_an_input_that_is_wrong_is_refused_by_its_place(given: Any, code: str, at: str | None) -> None:
    assert (code, at) == refused(given)


def test_too_large_an_input_is_refused_before_it_is_read() -> None:
    assert ("price.too_large", None) == refused(b" " * (INPUT_BYTES_MAX + 1))


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.price_apart, "BOOK_ROWS_MAX", 4)

    assert ("price.too_large", "book") == refused({"book": BOOK, "basket": {"lines": [{"product": 3}]}})


def test_the_schema_is_one_of_its_draft_and_takes_the_example() -> None:
    schema = price_schema()
    jsonschema_rs.meta.validate(schema)

    jsonschema_rs.Draft202012Validator(schema).validate(EXAMPLE)

    assert set(FEATURES.kinds) == set(schema["properties"]["book"]["properties"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"basket": {}},
        {"basket": {"lines": []}},
        {"basket": {"lines": [{"price": 1.5}]}},
        {"basket": {"lines": [{"price": "1"}]}, "more": 1},
        {"basket": {"lines": [{"price": "1"}]}, "book": {"gadgets": {}}},
        {"basket": {"lines": [{"price": "1"}]}, "book": {"products": {"x": {"title": "Café"}}}},
        {"basket": {"lines": [{"price": "1"}]}, "book": {"products": {"1": {"titre": "Café"}}}},
        {"basket": {"lines": [{"price": "1"}]}, "context": {"at": "noon"}},
    ],
)
def test_what_the_schema_declines_is_refused_too(wrong: dict[str, Any]) -> None:
    declined = not jsonschema_rs.Draft202012Validator(price_schema()).is_valid(wrong)

    code, _ = refused(wrong)

    assert declined
    assert code in ("kernel.bad_request", "price.unknown_kind", "kernel.bad_row_id")


def test_every_kinds_example_is_valid_by_the_schema() -> None:
    schema = price_schema()
    validator = jsonschema_rs.Draft202012Validator(schema)

    for kind in FEATURES.kinds.values():
        given = {"basket": {"lines": [{"price": "1"}]}, "book": {kind.name: {"1": dict(kind.example)}}}
        assert [] == [str(error) for error in validator.iter_errors(json.loads(json.dumps(given)))], kind.name
