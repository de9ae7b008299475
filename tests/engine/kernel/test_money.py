"""Decimal strings at the edge."""

import decimal
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.errors import Refusal
from engine.kernel.messages import INTEGER_MAX
from engine.kernel.money import format_decimal, parse_decimal, quantity, unit_price

NUMBERS = st.integers(-INTEGER_MAX, INTEGER_MAX)
PLACES = st.integers(0, 4)


@settings(max_examples=300, deadline=None)
@given(NUMBERS, PLACES)
def test_what_is_written_is_read_back_and_has_one_shortest_form(number: int, places: int) -> None:
    written = format_decimal(number, places)

    assert parse_decimal(written, places, "x") == number
    assert decimal.Decimal(written).scaleb(places) == number
    assert "." not in written or not written.endswith("0")
    assert format_decimal(parse_decimal(written, places, "x"), places) == written


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="-+.0123456789eE _٣½", max_size=8), PLACES)
def test_only_plain_decimals_are_read(text: str, places: int) -> None:
    found = re.fullmatch(r"-?([0-9]*)\.?([0-9]*)", text)
    readable = found is not None and any(found.groups()) and len(found[2]) <= places

    if readable:
        assert parse_decimal(text, places, "row.price") == decimal.Decimal(text).scaleb(places)
    else:
        with pytest.raises(Refusal) as refused:
            parse_decimal(text, places, "row.price")
        assert (refused.value.code, refused.value.at) == ("kernel.bad_decimal", "row.price")


@pytest.mark.parametrize("text", ["", "-", ".", "-.", "1.2.3", "--1", "1-", "+1", "1e3", "١", "1_000", " 1", "²"])
def test_what_is_no_decimal_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        parse_decimal(text, 4, "x")


def test_unit_prices_have_four_places_quantities_three_and_both_a_largest_value() -> None:
    assert (unit_price("2.5", "p"), quantity("0.535", "q"), unit_price(3, "p")) == (25_000, 535, 30_000)
    for parse, text in ((unit_price, "1.00001"), (quantity, "1.0001"), (unit_price, str(INTEGER_MAX))):
        with pytest.raises(Refusal):
            parse(text, "p")
