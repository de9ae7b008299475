"""Which VAT rate holds on a day and in a territory."""

import datetime

import pytest
from plain_shop import TODAY, PlainShop

from engine.catalogue.views_rates import rate_on
from engine.kernel.errors import Refusal


def day(text: str) -> int:
    return datetime.date.fromisoformat(text).toordinal()


@pytest.fixture
def dated(plain: PlainShop) -> PlainShop:
    """A standard rate that rose on the first of December 2026, and Guadeloupe's."""
    rows = {
        1: {"percent": "20", "valid_until": "2026-11-30"},
        2: {"percent": "21", "valid_from": "2026-12-01", "valid_until": "2027-12-31"},
        3: {"percent": "8.5", "territory": "GP"},
        4: {"percent": "20", "valid_from": "2026-12-01", "margin": "used-goods"},
    }
    for id, row in rows.items():
        plain.configure("vat-rates", id, {"title": f"taux {id}", **row})
    return plain


@pytest.mark.parametrize(("on", "id", "percent"), [("2026-11-30", 1, 20_000), ("2026-12-01", 2, 21_000)])
def test_the_row_in_force_on_the_business_day_is_used(on: str, id: int, percent: int, dated: PlainShop) -> None:
    dated.world.day = day(on)

    actual = rate_on(dated.world, 1, "lines[0]")

    assert (actual.id, actual.percent) == (id, percent)


def test_the_margin_scheme_has_rates_of_its_own(dated: PlainShop) -> None:
    dated.world.day = day("2027-01-01")

    assert rate_on(dated.world, 4, "lines[0]").id == 4


def test_a_day_without_a_rate_is_refused_at_its_line_with_the_reason(dated: PlainShop) -> None:
    dated.world.day = day("2028-01-01")

    with pytest.raises(Refusal) as refusal:
        rate_on(dated.world, 1, "lines[2]")

    assert (refusal.value.code, refusal.value.at) == ("catalogue.no_rate_on", "lines[2]")
    assert "2028-01-01" in refusal.value.text
    assert "standard" in refusal.value.text


def test_another_territory_has_its_own_rate_of_the_category(dated: PlainShop) -> None:
    assert rate_on(dated.world, 1, "lines[0]", "GP").percent == 8_500
    with pytest.raises(Refusal, match="MQ"):
        rate_on(dated.world, 1, "lines[0]", "MQ")


def test_of_two_rows_in_force_the_one_that_began_last_holds_then_the_lower_id(plain: PlainShop) -> None:
    plain.configure("vat-rates", 1, {"title": "a", "percent": "19.6", "valid_until": "2026-11-30"})
    for id, since in ((2, None), (5, "2026-06-01"), (4, "2026-06-01")):
        row = {"title": "b", "percent": str(id)} | ({} if since is None else {"valid_from": since})
        plain.configure("vat-rates", id, row)
    plain.world.day = TODAY + 30

    assert rate_on(plain.world, 1, "lines[0]").id == 4


def test_where_vat_is_not_applied_no_percentage_is_kept(plain: PlainShop) -> None:
    row = {"title": "Guyane", "percent": "8.5", "territory": "GF"}

    assert plain.refused("vat-rates", row) == ("catalogue.no_vat_there", "row.percent")
