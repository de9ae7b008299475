"""What a shop's settings and tills may say, and what they are told when they may not."""

from typing import Any

import pytest
from plain_shop import PlainShop
from shop_harness import Shop

from engine.shop.kinds import DECIMALS, LA_POSTE_SIREN, SETTINGS, TILLS


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"zone": "Europe/Atlantis"}, "shop.unknown_zone", "zone"),
        ({"zone": "Europe"}, "shop.unknown_zone", "zone"),
        ({"zone": "../../etc/passwd"}, "shop.unknown_zone", "zone"),
        ({"siret": "73282932000075"}, "shop.bad_siret", "siret"),
        ({"vat_number": "FR45732829320"}, "shop.bad_vat_number", "vat_number"),
        ({"vat_number": "FR4473282932"}, "shop.bad_vat_number", "vat_number"),
        ({"siret": "55208131766522", "vat_number": "FR44732829320"}, "shop.identity_differs", "vat_number"),
        ({"currency": "ZZZ"}, "shop.unknown_currency", "currency"),
        ({"currency": "XPF"}, "shop.wrong_decimals", "decimals"),
        ({"modes": [0, 2], "default_mode": 1}, "shop.mode_off", "default_mode"),
        ({"cash_limits": [{"since": "2026-02-30", "amount": 1}]}, "shop.bad_day", "cash_limits[0].since"),
        (
            {"meal_voucher_caps": [{"since": "2026-01-01", "amount": 1}, {"since": "2026-01-01", "amount": 2}]},
            "shop.dates_unordered",
            "meal_voucher_caps[1].since",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused_with_their_field(
    plain: PlainShop, changes: dict[str, Any], code: str, field: str
) -> None:
    refusal = plain.refused("settings", {"name": "Bar"} | changes)

    assert (code, f"row.{field}") == refusal


@pytest.mark.parametrize(
    "body",
    [
        {"naf": "bar"},
        {"siret": "123"},
        {"currency": "euro"},
        {"day_starts_minute": 1_440},
        {"cash_rounding_step": -1},
        {"default_mode": 7},
        {"cash_limits": [{"since": "2026-01-01", "amount": -1}]},
        {"basis": "both"},
        {"colour": "red"},
    ],
)
def test_settings_of_the_wrong_form_do_not_pass_the_edge(plain: PlainShop, body: dict[str, Any]) -> None:
    code, _ = plain.refused("settings", {"name": "Bar"} | body)

    assert "kernel.bad_request" == code


def test_a_shop_may_be_anywhere_and_its_day_may_end_late(plain: PlainShop) -> None:
    row = {"name": "Roulotte", "zone": "Pacific/Noumea", "currency": "XPF", "decimals": 0, "day_starts_minute": 300}

    plain.configure("settings", 1, row)

    assert row.items() <= plain.stored("settings", 1).items()


def test_an_establishment_of_la_poste_has_a_siret_of_its_own_kind(plain: PlainShop) -> None:
    # None satisfies Luhn; the digits add up to 16, 27 and 25, and only the last divides by 5.
    codes = [
        plain.refused("settings", {"name": "Poste", "siret": LA_POSTE_SIREN + nic})[0] for nic in ("00011", "00049")
    ]
    plain.configure("settings", 1, {"name": "Poste", "siret": LA_POSTE_SIREN + "00065"})

    assert ["shop.bad_siret", "shop.bad_siret"] == codes


def test_a_foreign_shop_needs_no_siret_and_its_vat_number_is_taken_as_written(plain: PlainShop) -> None:
    plain.configure("settings", 1, {"name": "Frites", "vat_number": "BE0123456789"})

    assert "BE0123456789" == plain.stored("settings", 1)["vat_number"]


def test_the_modes_on_offer_are_kept_once_and_in_order(plain: PlainShop) -> None:
    plain.configure("settings", 1, {"name": "Bar", "modes": [2, 0, 2]})

    assert [0, 2] == list(plain.stored("settings", 1)["modes"])


@pytest.mark.parametrize(
    ("change", "field"),
    [({"basis": "net"}, "basis"), ({"currency": "CHF"}, "currency"), ({"currency": "XPF", "decimals": 0}, "currency")],
)
def test_prices_never_change_their_meaning_behind_the_shops_back(
    plain: PlainShop, change: dict[str, Any], field: str
) -> None:
    plain.configure("settings", 1, {"name": "Bar"})
    plain.configure("discounts", 7, {"title": "-1 €", "amount": "-1"})

    refusal = plain.refused("settings", {"name": "Bar"} | change)
    plain.remove("discounts", 7)
    plain.configure("settings", 1, {"name": "Bar"} | change)

    assert ("shop.prices_exist", f"row.{field}") == refusal
    assert change.items() <= plain.stored("settings", 1).items()


def test_a_till_sells_in_a_mode_on_offer_under_a_name_of_its_own(plain: PlainShop) -> None:
    plain.configure("settings", 1, {"name": "Bar", "modes": [0, 2]})
    plain.configure("tills", 1, {"name": "Comptoir", "default_mode": 2})

    off = plain.refused("tills", {"name": "Drive", "default_mode": 3}, id=2)
    taken = plain.refused("tills", {"name": "Comptoir"}, id=2)

    assert [("shop.mode_off", "row.default_mode"), ("kernel.not_unique", "row.name")] == [off, taken]


def test_settings_and_tills_are_named_in_the_technical_log(plain: PlainShop) -> None:
    records = plain.do("tills.put", {"row": {"name": "Comptoir"}})

    assert (True, True) == (SETTINGS.fiscal, TILLS.fiscal)
    assert ["RowPut", "Event"] == [type(record).__name__ for record in records]


def test_no_currency_has_finer_units_than_a_unit_price() -> None:
    assert 4 > max(DECIMALS.values())


def test_there_is_one_row_of_settings_and_it_stays(shop: Shop) -> None:
    other = shop.refused("settings.put", {"id": 7, "row": {"name": "Deux"}}, till=0, operator=0)
    made = shop.do("settings.put", {"row": {"name": "Un"}}, till=0, operator=0)
    gone = shop.refused("settings.remove", {"id": 1}, till=0, operator=0)

    assert ("kernel.bad_row_id", "id") == (other.code, other.at)
    assert 1 == made.records[0].id
    assert "kernel.row_in_use" == gone.code


def test_a_till_has_a_number_that_fits_an_entry(shop: Shop) -> None:
    refused = shop.refused("tills.put", {"id": 65_536, "row": {"name": "Loin"}}, till=0, operator=0)

    assert ("kernel.bad_row_id", {"limit": 65_535}) == (refused.code, refused.data)
    assert shop.do("tills.put", {"id": 65_535, "row": {"name": "Loin"}}, till=0, operator=0).status == "done"
