"""VAT of the core: once on a total, in both bases."""

from decimal import Decimal

import pytest
import reference_tax
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_ext import tax
from engine_ext.money import MoneyOverflow

AMOUNTS = st.integers(-(2**63), 2**63 - 1) | st.integers(-10_000, 10_000)
RATES = st.integers(0, tax.RATE_MAX) | st.sampled_from([20_000, 10_000, 5_500, 2_100])


@pytest.mark.parametrize(
    ("gross", "rate", "expected"), [(1090, 20_000, 182), (1550, 10_000, 141), (899, 5_500, 47), (-1090, 20_000, -182)]
)
def test_the_vectors_of_the_specification_hold(gross: int, rate: int, expected: int) -> None:
    actual = tax.vat_of_gross(gross, rate)

    assert expected == actual


@pytest.mark.parametrize(("net", "rate", "expected"), [(10_000, 20_000, 2_000), (1, 50_000, 1), (-1, 50_000, -1)])
def test_vat_on_a_net_amount_rounds_halves_away_from_zero(net: int, rate: int, expected: int) -> None:
    actual = tax.vat_of_net(net, rate)

    assert expected == actual


@pytest.mark.parametrize("rate", [-1, tax.RATE_MAX + 1])
def test_a_rate_out_of_bounds_is_refused(rate: int) -> None:
    with pytest.raises(ValueError, match="rate must be between 0 and 100000"):
        tax.vat_of_gross(100, rate)
    with pytest.raises(ValueError, match="rate must be between 0 and 100000"):
        tax.vat_of_net(100, rate)


@pytest.mark.parametrize("value", [3.9, True, Decimal(3)])
def test_only_ints_are_taxed(value: object) -> None:
    for function, name in ((tax.vat_of_gross, "gross"), (tax.vat_of_net, "net")):
        with pytest.raises(TypeError, match=f"^{name} must be an int"):
            function(value, 20_000)  # type: ignore[arg-type]  # the wrong type is the test
        with pytest.raises(TypeError, match=r"^rate must be an int"):
            function(100, value)  # type: ignore[arg-type]  # the wrong type is the test


def test_an_amount_beyond_64_bits_is_refused() -> None:
    with pytest.raises(MoneyOverflow, match=r"^gross does not fit"):
        tax.vat_of_gross(2**63, 20_000)


@pytest.mark.parametrize(
    ("sale", "cost", "expected"), [(12_000, 7_000, 833), (3_000, 4_500, 0), (5_000, 5_000, 0), (1_000, 0, 167)]
)
def test_the_margin_alone_is_taxed(sale: int, cost: int, expected: int) -> None:
    actual = tax.margin_vat(sale, cost, 20_000)

    assert expected == actual


@settings(max_examples=300, deadline=None)
@given(st.integers(-(2**53), 2**53), st.integers(-(2**53), 2**53), RATES)
def test_the_core_and_the_twin_tax_margins_alike(sale: int, cost: int, rate: int) -> None:
    assert reference_tax.margin_vat(sale, cost, rate) == tax.margin_vat(sale, cost, rate)


@settings(max_examples=500, deadline=None)
@given(AMOUNTS, RATES)
def test_the_core_and_the_twin_tax_alike(amount: int, rate: int) -> None:
    assert reference_tax.vat_of_gross(amount, rate) == tax.vat_of_gross(amount, rate)
    assert reference_tax.vat_of_net(amount, rate) == tax.vat_of_net(amount, rate)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**53 - 1), RATES)
def test_vat_never_exceeds_the_amount_it_is_taken_from(gross: int, rate: int) -> None:
    assert 0 <= tax.vat_of_gross(gross, rate) <= gross
