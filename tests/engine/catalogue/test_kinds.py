"""What rates, departments, option sets and products may be."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_shop import TODAY, PlainShop

from engine.catalogue.kinds import check_digit_holds


@pytest.fixture
def stocked(plain: PlainShop) -> PlainShop:
    """A shop with a default rate, a department, an option set and a discount of each scope."""
    plain.configure("vat-rates", 1, {"title": "20 %", "percent": "20"})
    plain.configure("vat-rates", 2, {"title": "Ancien", "percent": "19.6", "valid_until": "2013-12-31"})
    plain.configure("settings", 1, {"name": "Bar", "default_vat": 1})
    plain.configure("departments", 1, {"title": "Boissons", "vat": 1})
    plain.configure("option-sets", 1, {"title": "Taille", "choices": [{"title": "Grand"}]})
    plain.configure("discounts", 1, {"title": "-10 %", "percent": "-10", "scope": "subtotal"})
    return plain


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ({"percent": "-0.1"}, "catalogue.bad_percent", "percent"),
        ({"percent": "100.001"}, "catalogue.bad_percent", "percent"),
        ({"percent": "5.5555"}, "kernel.bad_decimal", "percent"),
        ({"valid_from": "2026-13-01"}, "shop.bad_day", "valid_from"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-31"}, "catalogue.dates_reversed", "valid_until"),
    ],
)
def test_a_rate_that_cannot_be_is_refused_with_its_field(
    plain: PlainShop, row: dict[str, Any], code: str, field: str
) -> None:
    assert (code, f"row.{field}") == plain.refused("vat-rates", {"title": "Taux", "percent": "20"} | row)


@pytest.mark.parametrize("percent", ["0", "1.05", "1.75", "2.1", "5.5", "8.5", "13", 20, "100"])
def test_every_rate_of_french_law_is_held_exactly(plain: PlainShop, percent: str | int) -> None:
    plain.configure("vat-rates", 1, {"title": "Taux", "percent": percent, "territory": "FR-COR"})

    assert str(percent) == plain.stored("vat-rates", 1)["percent"]


def test_a_rate_may_hold_for_a_single_day(plain: PlainShop) -> None:
    days = {"valid_from": "2026-11-21", "valid_until": "2026-11-21"}

    plain.configure("vat-rates", 1, {"title": "Taux", "percent": "20"} | days)

    assert days.items() <= plain.stored("vat-rates", 1).items()


def test_a_rate_in_use_cannot_go(stocked: PlainShop) -> None:
    with pytest.raises(Exception, match="is used by 2 other"):
        stocked.remove("vat-rates", 1)


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ({"price": "-0.01"}, "catalogue.price_out_of_bounds", "price"),
        ({"price": "1000000.0001"}, "catalogue.price_out_of_bounds", "price"),
        ({"price": "1.00001"}, "kernel.bad_request", None),
        ({"buying_price": "-1"}, "catalogue.price_out_of_bounds", "buying_price"),
        ({"mode_prices": [{"mode": 2, "price": "-1"}]}, "catalogue.price_out_of_bounds", "mode_prices[0].price"),
        (
            {"mode_prices": [{"mode": 2, "price": "1"}, {"mode": 2, "price": "2"}]},
            "catalogue.repeated_mode",
            "mode_prices[1].mode",
        ),
        ({"stock_blocks": True}, "catalogue.blocks_untracked", "stock_blocks"),
        ({"vat": 2}, "catalogue.rate_ended", "vat"),
        ({"vat_on_site": 2}, "catalogue.rate_ended", "vat_on_site"),
        ({"vat": 9}, "kernel.no_such_row", "vat"),
        ({"department": 9}, "kernel.no_such_row", "department"),
        ({"option_sets": [1, 9]}, "kernel.no_such_row", "option_sets"),
        ({"option_sets": [1] * 6}, "kernel.bad_request", None),
        ({"discount": 1}, "catalogue.subtotal_discount", "discount"),
        ({"barcodes": ["3017620422004"]}, "catalogue.bad_barcode", "barcodes[0]"),
        ({"barcodes": ["A1", "96385075"]}, "catalogue.bad_barcode", "barcodes[1]"),
        ({"barcodes": ["A1", "A1"]}, "catalogue.bad_barcode", "barcodes[1]"),
        ({"barcodes": ["ABC*"]}, "catalogue.bad_barcode", "barcodes[0]"),
        ({"barcodes": ["AB*CD"]}, "kernel.bad_request", None),
        ({"barcodes": ["é1"]}, "kernel.bad_request", None),
        ({"title": ""}, "kernel.bad_request", None),
    ],
)
def test_a_product_that_cannot_be_is_refused_with_its_field(
    stocked: PlainShop, row: dict[str, Any], code: str, field: str | None
) -> None:
    refused_code, place = stocked.refused("products", {"title": "Café"} | row)

    assert code == refused_code
    assert field is None or f"row.{field}" == place


def test_a_product_keeps_its_prices_in_one_form(stocked: PlainShop) -> None:
    prices = [{"mode": 2, "price": "3.00"}, {"mode": 0, "price": 2}]

    stocked.configure("products", 1, {"title": "Café", "price": "2.50", "mode_prices": prices})

    row = stocked.stored("products", 1)
    assert "2.5" == row["price"]
    assert [{"mode": 0, "price": "2"}, {"mode": 2, "price": "3"}] == list(row["mode_prices"])


def test_barcodes_of_every_sort_are_taken_and_belong_to_one_product(stocked: PlainShop) -> None:
    codes = ["3017620422003", "96385074", "12345678901", "LOT-42 b", "999999999*"]
    stocked.configure("products", 1, {"title": "Café", "barcodes": codes})

    refusal = stocked.refused("products", {"title": "Thé", "barcodes": ["X", "96385074"]}, id=2)

    assert ("kernel.not_unique", "row.barcodes") == refusal
    assert codes == list(stocked.stored("products", 1)["barcodes"])


def test_a_upc_is_kept_as_the_ean_that_it_is(stocked: PlainShop) -> None:
    stocked.configure("products", 1, {"title": "Ketchup", "barcodes": ["012345678905", "012345678906"]})

    other_form = stocked.refused("products", {"title": "Soda", "barcodes": ["0012345678905"]}, id=2)
    both_forms = stocked.refused("products", {"title": "Thé", "barcodes": ["042100005264", "0042100005264"]}, id=3)

    assert ["0012345678905", "012345678906"] == list(stocked.stored("products", 1)["barcodes"])
    assert ("kernel.not_unique", "row.barcodes") == other_form
    assert ("catalogue.bad_barcode", "row.barcodes[1]") == both_forms


def test_a_product_needs_a_rate_from_somewhere(plain: PlainShop) -> None:
    plain.configure("departments", 1, {"title": "Divers"})

    alone = plain.refused("products", {"title": "Café"})
    inherited = plain.refused("products", {"title": "Café", "department": 1})

    assert [("catalogue.no_vat", "row.vat")] * 2 == [alone, inherited]


def test_a_rate_may_be_used_to_its_last_day(stocked: PlainShop) -> None:
    stocked.configure("vat-rates", 3, {"title": "Finit", "percent": "10", "valid_until": "2026-11-21"})
    row = {"title": "Plats", "vat": 3}

    stocked.configure("departments", 2, row)
    stocked.world.day = TODAY + 1
    refusal = stocked.refused("departments", row, id=3)

    assert ("catalogue.rate_ended", "row.vat") == refusal


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ({"price": "-1"}, "catalogue.price_out_of_bounds", "price"),
        ({"discount": 1}, "catalogue.subtotal_discount", "discount"),
        ({"group": 1}, "kernel.no_such_row", "group"),
    ],
)
def test_a_department_that_cannot_be_is_refused_with_its_field(
    stocked: PlainShop, row: dict[str, Any], code: str, field: str
) -> None:
    assert (code, f"row.{field}") == stocked.refused("departments", {"title": "Plats"} | row, id=2)


def test_choices_without_a_number_get_the_next_free_one(plain: PlainShop) -> None:
    choices = [{"title": "Petit"}, {"title": "Moyen", "id": 7}, {"title": "Grand", "delta": "0.50"}]

    plain.configure("option-sets", 1, {"title": "Taille", "choices": choices})

    kept = plain.stored("option-sets", 1)["choices"]
    assert [(8, "0"), (7, "0"), (9, "0.5")] == [(choice["id"], choice.get("delta", "0")) for choice in kept]


@pytest.mark.parametrize(
    ("choices", "code", "field"),
    [
        ([{"title": "A", "id": 1}, {"title": "B", "id": 1}], "catalogue.repeated_choice", "choices[1].id"),
        ([{"title": "A", "id": 999}, {"title": "B"}], "catalogue.no_choice_number", "choices[1].id"),
        ([{"title": "A", "delta": "-1000001"}], "catalogue.price_out_of_bounds", "choices[0].delta"),
        ([], "kernel.bad_request", None),
    ],
)
def test_choices_that_cannot_be_are_refused_with_their_place(
    plain: PlainShop, choices: list[dict[str, Any]], code: str, field: str | None
) -> None:
    refused_code, place = plain.refused("option-sets", {"title": "Taille", "choices": choices})

    assert code == refused_code
    assert field is None or f"row.{field}" == place


@pytest.mark.parametrize("code", ["3017620422003", "96385074", "4006381333931", "0012345678905", "00000000"])
def test_real_codes_hold_their_check_digit(code: str) -> None:
    assert check_digit_holds(code)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**12 - 1), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(number: int, place: int, off: int) -> None:
    body = f"{number:012}"
    (code,) = [f"{body}{digit}" for digit in range(10) if check_digit_holds(f"{body}{digit}")]

    wrong = code[:place] + str((int(code[place]) + off) % 10) + code[place + 1 :]

    assert not check_digit_holds(wrong)
