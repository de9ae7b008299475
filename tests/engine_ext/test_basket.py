"""What goes into pricing is checked where it is built, and named where it is wrong."""

from decimal import Decimal
from typing import Any

import pytest

from engine_ext import basket
from engine_ext.basket import BasketLine, LineAdjustment, PricingError, SubtotalAdjustment
from engine_ext.money import AMOUNT_MAX

WORDS: dict[str, Any] = {
    "id": "7",
    "product": "cola",
    "department": "bar",
    "category": "normal",
    "rate": 20_000,
    "quantity": 1_000,
    "catalogue": 25_000,
}


def line(**changes: Any) -> BasketLine:
    return BasketLine(**(WORDS | changes))


@pytest.mark.parametrize("value", [3.9, True, Decimal(3), "3"])
@pytest.mark.parametrize("name", ["rate", "quantity", "catalogue", "listed", "typed", "nature", "cost"])
def test_a_number_of_a_line_is_an_int_or_a_type_error_that_names_it(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"^{name} must be an int, not {type(value).__name__}$"):
        line(**{name: value})


@pytest.mark.parametrize("value", [3.9, True, Decimal(3), "3"])
@pytest.mark.parametrize("name", ["percent", "amount", "fixed"])
def test_a_number_of_an_adjustment_is_an_int_or_a_type_error_that_names_it(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=f"^{name} must be an int"):
        LineAdjustment("x", **{name: value})  # type: ignore[arg-type]  # the wrong type is the test
    with pytest.raises(TypeError, match=f"^{name} must be an int"):
        SubtotalAdjustment("x", **{name: value})  # type: ignore[arg-type]  # the wrong type is the test


@pytest.mark.parametrize("name", ["id", "product", "department", "category"])
def test_a_name_is_a_str(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        line(**{name: 7})


@pytest.mark.parametrize("name", ["id", "category"])
def test_a_line_has_an_id_and_a_category(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        line(**{name: None})


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("rate", -1, "pricing.bad_rate"),
        ("rate", 100_001, "pricing.bad_rate"),
        ("quantity", 0, "pricing.bad_quantity"),
        ("quantity", AMOUNT_MAX + 1, "pricing.bad_quantity"),
        ("quantity", 2**63, "pricing.bad_quantity"),
        ("catalogue", -AMOUNT_MAX - 1, "pricing.bad_price"),
        ("listed", 2**63, "pricing.bad_price"),
        ("typed", -(2**64), "pricing.bad_price"),
        ("nature", 3, "pricing.bad_nature"),
        ("options", (("x", AMOUNT_MAX),), "pricing.bad_price"),
        ("options", (("x", 2**63),), "pricing.bad_price"),
        ("options", (("x", 1),) * (basket.OPTIONS_MAX + 1), "pricing.too_many_options"),
    ],
)
def test_a_value_out_of_bounds_is_refused_with_the_line(name: str, value: object, code: str) -> None:
    with pytest.raises(PricingError) as refusal:
        line(**{name: value})

    assert (code, "7") == (refusal.value.code, refusal.value.line_id)


@pytest.mark.parametrize("options", [[("x", 1)], (["x", 1],), (("x",),), ((1, 1),), (("x", 1.5),), (("x", True),)])
def test_options_are_tuples_of_an_id_and_an_int(options: object) -> None:
    with pytest.raises(TypeError):
        line(options=options)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"percent": basket.PERCENT_MIN - 1}, "pricing.bad_percent"),
        ({"percent": basket.PERCENT_MAX + 1}, "pricing.bad_percent"),
        ({"fixed": -1}, None),
        ({"fixed": 100, "percent": -1}, "pricing.bad_adjustment"),
        ({"fixed": 0, "amount": -1}, "pricing.bad_adjustment"),
        ({"amount": 2**63}, None),
    ],
)
def test_an_adjustment_out_of_bounds_is_refused(words: dict[str, int], code: str | None) -> None:
    for kind, own_code in ((LineAdjustment, "pricing.bad_price"), (SubtotalAdjustment, "pricing.bad_amount")):
        with pytest.raises(PricingError) as refusal:
            kind("x", **words)  # type: ignore[arg-type]  # one set of words for two classes

        assert (code or own_code) == refusal.value.code


def test_an_adjustment_lists_the_ids_of_lines() -> None:
    with pytest.raises(TypeError, match="lines must hold line ids"):
        SubtotalAdjustment("x", lines=(1,))  # type: ignore[arg-type]  # the wrong type is the test


def test_a_deposit_takes_no_discount_from_the_operator() -> None:
    with pytest.raises(PricingError) as refusal:
        line(nature=basket.NATURE_DEPOSIT, manual=LineAdjustment("x", percent=-10_000))

    assert (refusal.value.code, refusal.value.line_id) == ("pricing.deposit_discounted", "7")


def test_the_unit_price_is_typed_else_listed_else_of_the_catalogue() -> None:
    actual = [line().unit, line(listed=2).unit, line(listed=2, typed=0).unit, line(typed=3).unit]

    assert actual == [25_000, 2, 0, 3]


def test_options_add_their_deltas_in_one_order() -> None:
    actual = line(options=(("syrup", 3_000), ("ice", -500)))

    assert actual.unit == 27_500
    assert actual.options == (("ice", -500), ("syrup", 3_000))


def test_a_line_cannot_be_changed() -> None:
    made = line()

    with pytest.raises(AttributeError):
        made.quantity = 2_000  # type: ignore[misc]  # the forbidden assignment is the test
    with pytest.raises(TypeError):
        BasketLine.__new__(BasketLine)  # type: ignore[call-arg]  # half a line is the test


def test_an_error_says_what_is_wrong_and_where() -> None:
    refusal = PricingError("pricing.overflow", "7", "too much")

    assert str(refusal) == "pricing.overflow: line 7: too much"
    assert str(PricingError("pricing.overflow", None, "too much")) == "pricing.overflow: too much"
    assert refusal.args == ("pricing.overflow", "7", "too much")


def test_a_line_shows_itself() -> None:
    assert "quantity=1000, unit=25000" in repr(line())
    assert repr(LineAdjustment("x", percent=-10_000)) == "LineAdjustment(ref='x', percent=-10000, amount=0, fixed=None)"
    assert "fixed=5" in repr(SubtotalAdjustment("x", fixed=5))
