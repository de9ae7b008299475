"""The rates of the law, by territory and day, each with its article."""

import pytest
from plain_shop import PlainShop

from engine.catalogue.kinds_territories import LEGAL_RATES, TERRITORIES
from engine.kernel.errors import Refusal


@pytest.mark.parametrize(
    ("territory", "percents"),
    [
        ("FR", ["20", "10", "5.5", "2.1"]),
        ("FR-COR", ["20", "13", "10", "2.1", "0.9"]),
        ("GP", ["8.5", "2.1", "2.1", "1.05", "1.75"]),
        ("RE", ["8.5", "2.1", "2.1", "1.05", "1.75"]),
        ("GF", ["0", "0", "0", "0"]),
    ],
)
def test_a_territory_has_the_rates_of_its_articles(territory: str, percents: list[str], plain: PlainShop) -> None:
    actual = plain.ask("catalogue.legal_rates", {"territory": territory})

    assert [rate["percent"] for rate in actual["rates"]] == percents
    assert all(rate["source"].startswith("CGI art. ") for rate in actual["rates"])


@pytest.mark.parametrize("body", [{"territory": "BE"}, {"day": "2013-12-31"}])
def test_what_the_table_does_not_speak_of_is_refused(body: dict[str, str], plain: PlainShop) -> None:
    with pytest.raises(Refusal) as refusal:
        plain.ask("catalogue.legal_rates", body)

    assert refusal.value.code == "catalogue.no_rate_on"


def test_every_rate_of_the_law_can_be_configured(plain: PlainShop) -> None:
    for id, rate in enumerate(LEGAL_RATES, 1):
        row = {
            "title": f"TVA {rate.percent} %",
            "percent": rate.percent,
            "territory": rate.territory,
            "category": rate.category,
            "valid_from": rate.since,
        }
        plain.configure("vat-rates", id, row)

    assert {rate.territory for rate in LEGAL_RATES} == set(TERRITORIES)
    assert plain.stored("vat-rates", 1)["percent"] == "20"
