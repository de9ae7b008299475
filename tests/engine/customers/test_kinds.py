"""Which customers are accepted: tax profiles that hold together, VAT numbers with the form of their country."""

from collections.abc import Mapping
from typing import Any

import pytest
from plain_shop import PlainShop


@pytest.mark.parametrize(
    ("row", "code", "at"),
    [
        ({"tax_profile": "exempt"}, "customers.proof", "row.proof"),
        ({"proof": "A-1"}, "customers.proof", "row.proof"),
        ({"tax_profile": "regional"}, "customers.territory", "row.territory"),
        ({"territory": "GP"}, "customers.territory", "row.territory"),
        ({"tax_profile": "intra-eu"}, "customers.not_intra_eu", "row.tax_profile"),
        ({"tax_profile": "intra-eu", "country": "BE"}, "customers.not_intra_eu", "row.tax_profile"),
        (
            {"tax_profile": "intra-eu", "country": "CH", "vat_number": "CHE123456789"},
            "customers.not_intra_eu",
            "row.tax_profile",
        ),
        (
            {"tax_profile": "intra-eu", "vat_number": "FR44732829320"},
            "customers.not_intra_eu",
            "row.tax_profile",
        ),
        ({"country": "BE", "vat_number": "BE123456789"}, "customers.bad_vat_number", "row.vat_number"),
        ({"country": "DE", "vat_number": "BE0123456789"}, "customers.bad_vat_number", "row.vat_number"),
        ({"country": "GR", "vat_number": "GR123456789"}, "customers.bad_vat_number", "row.vat_number"),
        ({"vat_number": "FR45732829320"}, "shop.bad_vat_number", "row.vat_number"),
        ({"percent": "-101"}, "customers.bad_percent", "row.percent"),
        ({"percent": "0"}, "customers.bad_percent", "row.percent"),
        ({"percent": "-5", "discount": 1}, "customers.two_discounts", "row.percent"),
        ({"discount": 2}, "customers.wrong_discount", "row.discount"),
        ({"discount": 3}, "customers.wrong_discount", "row.discount"),
        ({"discount": 9}, "kernel.no_such_row", "row.discount"),
        ({"group": 9}, "kernel.no_such_row", "row.group"),
    ],
)
def test_what_does_not_hold_together_is_refused_by_its_field(
    row: Mapping[str, Any], code: str, at: str, plain: PlainShop
) -> None:
    plain.configure("discounts", 1, {"title": "-10 %", "percent": "-10"})
    plain.configure("discounts", 2, {"title": "ligne", "percent": "-10", "scope": "line"})
    plain.configure("discounts", 3, {"title": "fixe", "fixed": "10"})

    assert plain.refused("customers", {"title": "Mairie", **row}) == (code, at)


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("AT", "ATU12345678"),
        ("BE", "BE0123456789"),
        ("DE", "DE123456789"),
        ("ES", "ESX1234567X"),
        ("FR", "FR44732829320"),
        ("GR", "EL123456789"),
        ("IE", "IE1234567WA"),
        ("LT", "LT123456789012"),
        ("NL", "NL123456789B01"),
        ("CH", "CHE123456789"),
    ],
)
def test_a_vat_number_has_the_form_of_its_country(country: str, number: str, plain: PlainShop) -> None:
    plain.configure("customers", 1, {"title": "Client", "country": country, "vat_number": number})

    assert plain.stored("customers", 1)["vat_number"] == number


def test_a_percentage_is_kept_in_its_shortest_form(plain: PlainShop) -> None:
    plain.configure("customers", 1, {"title": "Mairie", "percent": "-5.50"})

    assert plain.stored("customers", 1)["percent"] == "-5.5"
