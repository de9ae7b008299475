"""VAT as the law has it in each French territory: rates with the articles they rest on and the days they hold.

The engine sells at the rates that a shop has configured; these are what the shop is offered to configure. The table
begins on 2014-01-01, when the rates of today came together (loi 2012-1510, art. 68): that is the first day it vouches
for, not the day on which each rate began.
"""

from typing import NamedTuple

BEGIN = "2014-01-01"

TERRITORIES = {
    "FR": "France métropolitaine",
    "FR-COR": "Corse",
    "GP": "Guadeloupe",
    "MQ": "Martinique",
    "RE": "La Réunion",
    "GF": "Guyane",
    "YT": "Mayotte",
}
"""Territory -> its name; the codes are those of ISO 3166, with one of ours for Corsica."""

WITHOUT_VAT = frozenset({"GF", "YT"})
"""Where VAT is provisionally not applied (CGI art. 294, 1)."""


class LegalRate(NamedTuple):
    """A rate of the law: ``percent`` as people write it, ``source`` the article, first and last day (None: open)."""

    territory: str
    category: str
    percent: str
    source: str
    since: str = BEGIN
    until: str | None = None


_MAINLAND = (
    ("standard", "20", "CGI art. 278"),
    ("intermediate", "10", "CGI art. 278 bis à 279"),
    ("reduced", "5.5", "CGI art. 278-0 bis à 278 sexies"),
    ("super-reduced", "2.1", "CGI art. 281 quater à 281 octies, 298 septies"),
)
_CORSICA = (
    ("standard", "20", "CGI art. 278"),
    ("petroleum", "13", "CGI art. 297"),
    ("intermediate", "10", "CGI art. 297"),
    ("reduced", "2.1", "CGI art. 297"),
    ("super-reduced", "0.9", "CGI art. 297"),
)
_OVERSEAS = (
    ("standard", "8.5", "CGI art. 296"),
    ("intermediate", "2.1", "CGI art. 296"),
    ("reduced", "2.1", "CGI art. 296"),
    ("super-reduced", "1.05", "CGI art. 296 à 296 ter"),
    ("livestock", "1.75", "CGI art. 296 à 296 ter"),
)
_NONE = tuple((category, "0", "CGI art. 294, 1") for category, _, _ in _MAINLAND)

LEGAL_RATES: tuple[LegalRate, ...] = tuple(
    LegalRate(territory, category, percent, source)
    for territories, rates in (
        (("FR",), _MAINLAND),
        (("FR-COR",), _CORSICA),
        (("GP", "MQ", "RE"), _OVERSEAS),
        (("GF", "YT"), _NONE),
    )
    for territory in territories
    for category, percent, source in rates
)
"""Every rate, by territory and from high to low."""
