"""Amounts, rates, times and words as each language writes them."""

import pytest

from engine.printing import views_texts
from engine.printing.views_texts import Language, moment, money, number, percent, say

LANGUAGES: tuple[Language, ...] = ("fr", "en", "nl", "de")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fr", ("1 234,56 €", "-0,05 €", "1 234 567,00 CHF", "12 000 F")),
        ("en", ("€1,234.56", "-€0.05", "CHF 1,234,567.00", "F12,000")),
        ("nl", ("€ 1.234,56", "-€ 0,05", "CHF 1.234.567,00", "F 12.000")),
        ("de", ("1.234,56 €", "-0,05 €", "1.234.567,00 CHF", "12.000 F")),
    ],
)
def test_amounts(language: Language, expected: tuple[str, ...]) -> None:
    written = (
        money(language, 123_456, 2, "EUR"),
        money(language, -5, 2, "EUR"),
        money(language, 123_456_700, 2, "CHF"),
        money(language, 12_000, 0, "XPF"),
    )

    assert expected == written


@pytest.mark.parametrize(
    ("value", "places", "least", "expected"),
    [(25_000, 4, 2, "2,50"), (12_345, 4, 2, "1,2345"), (535, 3, 0, "0,535"), (-2_000, 3, 0, "-2"), (0, 4, 2, "0,00")],
)
def test_numbers_show_the_decimals_they_need_and_the_least_asked_for(
    value: int, places: int, least: int, expected: str
) -> None:
    assert expected == number("fr", value, places, least)


def test_rates_and_times() -> None:
    at = "2026-11-21T18:05:09.123+01:00"

    rates = [percent(language, 5_500) for language in LANGUAGES]
    times = [moment(language, at) for language in LANGUAGES]

    assert ["5,5 %", "5.5%", "5,5%", "5,5 %"] == rates
    assert ["21/11/2026 18:05:09", "21/11/2026 18:05:09", "21-11-2026 18:05:09", "21.11.2026 18:05:09"] == times


def test_every_language_fills_the_same_places() -> None:
    fields = {word: {_places(text) for text in texts} for word, texts in views_texts._WORDS.items()}

    assert {} == {word: found for word, found in fields.items() if len(found) != 1}
    assert "Reste dû" == say("fr", "due")


def _places(text: str) -> tuple[str, ...]:
    return tuple(sorted(part.partition("}")[0] for part in text.split("{")[1:]))
