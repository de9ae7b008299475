"""What a payment mode may be."""

from typing import Any

import msgspec
import pytest
from plain_shop import PlainShop

from engine.payments.kinds import LEGS_MAX, LegIn, Legs


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ({"min": 200, "max": 100}, "payments.bounds_reversed", "max"),
        ({"min": 200, "amount": 100}, "payments.amount_out_of_bounds", "amount"),
        ({"max": 100, "amount": 200}, "payments.amount_out_of_bounds", "amount"),
        ({"keeps_excess": True}, "payments.cannot_keep", "keeps_excess"),
        ({"type": "cash", "keeps_excess": True}, "payments.cannot_keep", "keeps_excess"),
        ({"right": "sales.everything"}, "payments.unknown_right", "right"),
        ({"till": 9}, "kernel.no_such_row", "till"),
    ],
)
def test_a_mode_that_cannot_be_is_refused_with_its_field(
    plain: PlainShop, row: dict[str, Any], code: str, field: str
) -> None:
    assert (code, f"row.{field}") == plain.refused("payment-modes", {"title": "Carte", "type": "card"} | row)


@pytest.mark.parametrize("row", [{"type": "barter"}, {"min": 0}, {"max": -5}, {"amount": 0}, {"till": 70_000}])
def test_a_mode_of_the_wrong_form_does_not_pass_the_edge(plain: PlainShop, row: dict[str, Any]) -> None:
    code, _ = plain.refused("payment-modes", {"title": "Carte", "type": "card"} | row)

    assert "kernel.bad_request" == code


def test_a_till_that_a_mode_is_tied_to_cannot_go(plain: PlainShop) -> None:
    plain.configure("tills", 1, {"name": "Bar"})
    plain.configure("payment-modes", 1, {"title": "Carte", "type": "card", "till": 1})

    with pytest.raises(Exception, match="is used by 1 other"):
        plain.remove("tills", 1)


def test_a_payment_has_a_bounded_number_of_legs() -> None:
    many = [{"mode": 1}] * (LEGS_MAX + 1)

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(many, Legs)
    assert (LegIn(mode=1),) * LEGS_MAX == msgspec.convert(many[1:], Legs)


@pytest.mark.parametrize(
    "body", [{"mode": 0}, {"mode": 1, "tendered": 1.5}, {"mode": 1, "tendered": 2**53}, {"mode": 1, "tip": "1"}, {}]
)
def test_a_leg_of_the_wrong_form_does_not_pass_the_edge(body: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, LegIn)
