"""``guichet price``: baskets against books, from files and standard input, and the schema of both."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from server.cli.price_basket import decimal

Guichet = Callable[..., Any]
EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "price.json"


def test_a_basket_is_shown_with_its_lines_discounts_rates_and_total(guichet: Guichet) -> None:
    ran = guichet("price", EXAMPLE)

    assert 0 == ran.code, ran.err
    lines = ran.out.splitlines()
    assert any(line.startswith("2 x Café") and "3.00" in line for line in lines)
    assert any("Happy hour" in line for line in lines)
    assert any("Voisin" in line and "phase 3" in line for line in lines)
    assert any(line.strip().startswith("20 % (rate 1)") for line in lines)
    assert any(line.startswith("Total EUR") for line in lines)


def test_json_holds_the_ticket_that_would_be_sealed(guichet: Guichet) -> None:
    ticket = guichet("price", EXAMPLE, "--json").json["ticket"]

    assert (0, 0, "2026-11-21", 2) == (ticket["series"], ticket["no"], ticket["day"], ticket["mode"])
    assert ticket["total"] == sum(line["a"] for line in ticket["lines"]) == sum(rate["g"] for rate in ticket["rates"])
    assert ticket["lines"][0]["b"] + sum(share for _, share in ticket["lines"][0]["x"]) == ticket["lines"][0]["a"]


def test_standard_input_is_read_too(guichet: Guichet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(EXAMPLE.read_bytes())))

    assert guichet("price", EXAMPLE).out == guichet("price", "-").out


def test_no_shop_is_looked_for(guichet: Guichet, tmp_path: Path) -> None:
    ran = guichet("price", EXAMPLE, "--data", tmp_path / "nowhere")

    assert 0 == ran.code
    assert [] == list(tmp_path.iterdir())


def test_what_is_wrong_is_named_with_its_place(guichet: Guichet, tmp_path: Path) -> None:
    given = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    given["book"]["products"]["2"]["department"] = 9
    (tmp_path / "wrong.json").write_text(json.dumps(given), encoding="utf-8")

    ran = guichet("price", "wrong.json")

    assert (3, "") == (ran.code, ran.out)
    assert "kernel.no_such_row: there is no row 9 in departments" in ran.err
    assert "where: book.products[2].department" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "text"), [((), 2, "price.no_file"), (("gone.json",), 4, "system.missing")]
)
def test_no_file_and_a_missing_one(guichet: Guichet, arguments: tuple[str, ...], code: int, text: str) -> None:
    ran = guichet("price", *arguments)

    assert code == ran.code
    assert text in ran.err


def test_too_large_an_input_is_refused(guichet: Guichet, tmp_path: Path) -> None:
    (tmp_path / "large.json").write_bytes(b" " * ((16 << 20) + 2))

    ran = guichet("price", "large.json")

    assert 3 == ran.code
    assert "price.too_large" in ran.err


def test_the_schema_takes_the_example(guichet: Guichet) -> None:
    schema = json.loads(guichet("price", "--schema").out)

    assert "https://json-schema.org/draft/2020-12/schema" == schema["$schema"]
    assert jsonschema_rs.Draft202012Validator(schema).is_valid(json.loads(EXAMPLE.read_text(encoding="utf-8")))
    assert schema == guichet("price", "--schema", "--json").json


@pytest.mark.parametrize(
    ("number", "places", "shortest", "text"),
    [
        (1050, 2, False, "10.50"),
        (-5, 2, False, "-0.05"),
        (2000, 3, True, "2"),
        (535, 3, True, "0.535"),
        (7, 0, False, "7"),
        (0, 4, True, "0"),
    ],
)
def test_numbers_are_written_exactly(number: int, places: int, shortest: bool, text: str) -> None:
    assert text == decimal(number, places, shortest=shortest)
