"""Operators: rights that exist, given by who holds them, and what never enters the journal."""

from typing import Any

import pytest
from plain_shop import PlainShop

from engine.kernel.errors import Refusal
from engine.kernel.kinds import field_extra
from engine.kernel.messages import Actor
from engine.kernel.permissions import ROLES
from engine.kernel.rows import RowPut
from engine.staff.kinds import OPERATORS, OperatorRow, rights_of


def test_a_right_that_does_not_exist_is_refused_with_its_place(plain: PlainShop) -> None:
    refusal = plain.refused("operators", {"alias": "Léa", "rights": ["sales.refund", "sales.refnud"]})

    assert ("staff.unknown_right", "row.rights[1]") == refusal


def test_rights_are_kept_once_and_in_order(plain: PlainShop) -> None:
    plain.configure("operators", 1, {"alias": "Léa", "rights": ["sales.refund", "cash.close", "sales.refund"]})

    assert ["cash.close", "sales.refund"] == list(plain.stored("operators", 1)["rights"])


@pytest.mark.parametrize(
    ("giver", "row", "field"),
    [
        ({"rights": ["staff.write"]}, {"role": "admin"}, "role"),
        ({"rights": ["staff.write"]}, {"rights": ["cash.close"]}, "rights"),
        ({"role": "manager", "rights": ["staff.write"]}, {"role": "admin"}, "role"),
    ],
)
def test_nobody_gives_rights_that_he_does_not_hold(
    plain: PlainShop, giver: dict[str, Any], row: dict[str, Any], field: str
) -> None:
    plain.configure("operators", 1, {"alias": "Ada"} | giver)

    refusal = plain.refused("operators", {"alias": "Léa"} | row, id=2, actor=Actor(till=0, operator=1))

    assert ("staff.more_than_own", f"row.{field}") == refusal


def test_an_admin_makes_another_and_an_unknown_actor_nobody(plain: PlainShop) -> None:
    plain.configure("operators", 1, {"alias": "Ada", "role": "admin"})

    plain.do("operators.put", {"id": 2, "row": {"alias": "Léa", "role": "admin"}}, Actor(till=0, operator=1))
    refusal = plain.refused("operators", {"alias": "Zoé"}, id=3, actor=Actor(till=1, operator=9))

    assert "admin" == plain.stored("operators", 2)["role"]
    assert ("staff.more_than_own", "row.role") == refusal


def test_names_mails_and_secrets_never_enter_the_journal(plain: PlainShop) -> None:
    secret = {"hash": "$argon2id$x", "key": "ab"}
    row = {"alias": "Léa", "name": "Léa Martin", "email": "lea@example.net", "pin": secret, "badge": secret}

    (put,) = plain.do("operators.put", {"row": row})

    assert isinstance(put, RowPut)
    assert OperatorRow(alias="Léa") == put.row
    assert ("badge", "pin") == put.secrets
    assert put.person is not None
    marks = {"name": "personal", "email": "personal"} | dict.fromkeys(("pin", "badge", "password", "totp"), "secret")
    assert marks == field_extra(OPERATORS.row, "mark")


def test_rights_are_those_of_the_role_and_the_added_ones_and_none_when_not_active() -> None:
    working = OperatorRow(alias="Léa", rights=("sales.refund",))
    gone = OperatorRow(alias="Léa", role="admin", active=False)

    assert ROLES["employee"] | {"sales.refund"} == rights_of(working)
    assert frozenset() == rights_of(gone)


def test_two_operators_never_share_an_alias(plain: PlainShop) -> None:
    plain.configure("operators", 1, {"alias": "Léa"})

    assert ("kernel.not_unique", "row.alias") == plain.refused("operators", {"alias": "Léa"}, id=2)


def test_nobody_changes_or_removes_who_may_do_more(plain: PlainShop) -> None:
    plain.configure("operators", 1, {"alias": "Ada", "role": "admin"})
    plain.configure("operators", 2, {"alias": "Léa", "role": "employee", "rights": ["staff.write"]})
    lea = Actor(till=1, operator=2)

    change = plain.refused("operators", {"alias": "Ada"}, id=1, actor=lea)
    with pytest.raises(Refusal) as removal:
        plain.do("operators.remove", {"id": 1}, lea)
    plain.do("operators.put", {"id": 3, "row": {"alias": "Zoé"}}, lea)
    plain.do("operators.remove", {"id": 3}, lea)

    assert ("staff.more_than_own", "id") == change
    assert ("staff.more_than_own", "id") == (removal.value.code, removal.value.at)
