"""Another's secret: given by whoever may, lately proven, and never to somebody who may do more."""

import pytest
from access_harness import Desk

from engine.features import stored_secret

SECRET = {"hash": "new stored form", "key": "new keyed form"}
MINUTE = 60_000


def body(operator: int, field: str = "pin") -> dict[str, object]:
    return {"operator": operator, "field": field, "secret": SECRET}


def test_a_manager_gives_a_cashier_a_pin_and_the_cashier_signs_in_again(desk: Desk) -> None:
    cashier, manager = desk.sign_in(desk.enrol(), 3), desk.log_in(2)

    desk.done("staff.set_secret", body(3), manager)

    assert "new stored form" == desk.shop.engine.reader().look(lambda world: stored_secret(world, 3, "pin"))
    assert "staff.not_signed_in" == desk.code("cash.open", {"float_in": 0}, cashier)


def test_a_manager_gives_an_admin_nothing(desk: Desk) -> None:
    assert "staff.more_than_own" == desk.code("staff.set_secret", body(1), desk.log_in(2))


@pytest.mark.parametrize("field", ["password", "totp"])
def test_what_opens_the_back_office_is_given_by_who_edits_operators(desk: Desk, field: str) -> None:
    refused = desk.code("staff.set_secret", body(3, field), desk.log_in(2))

    done = desk.done("staff.set_secret", body(3, field), desk.log_in(1))

    assert ("kernel.not_allowed", (field,)) == (refused, done.records[0].secrets)


def test_a_proof_that_is_old_gives_nobody_anything(desk: Desk) -> None:
    manager = desk.log_in(2)
    desk.shop.clock.advance(5 * MINUTE + 1)

    assert "kernel.step_up" == desk.code("staff.set_secret", body(3), manager)


def test_nobody_and_whoever_is_switched_off_gets_none(desk: Desk) -> None:
    desk.shop.configure("operators", 3, {"alias": "op3", "active": False})
    admin = desk.log_in(1)

    assert ["staff.unknown_operator"] * 2 == [desk.code("staff.set_secret", body(id), admin) for id in (3, 99)]


@pytest.mark.parametrize("field", ["pin", "badge"])
def test_a_pin_or_badge_is_taken_away_and_what_it_began_is_over(desk: Desk, field: str) -> None:
    desk.done("staff.set_secret", body(3, field), desk.log_in(2))
    cashier = desk.sign_in(desk.enrol(), 3)

    answer = desk.done("staff.set_secret", body(3, field) | {"secret": None}, desk.log_in(2))

    assert desk.shop.engine.reader().look(lambda world: stored_secret(world, 3, field)) is None
    assert (field,) == answer.records[0].secrets
    assert "staff.not_signed_in" == desk.code("cash.open", {"float_in": 0}, cashier)


@pytest.mark.parametrize("field", ["password", "totp"])
def test_what_opens_the_back_office_is_only_replaced(desk: Desk, field: str) -> None:
    assert "staff.stays" == desk.code("staff.set_secret", body(3, field) | {"secret": None}, desk.log_in(1))


def test_taking_away_keeps_the_other_secrets_and_needs_the_same_rights(desk: Desk) -> None:
    admin = desk.log_in(1)
    for field in ("pin", "badge"):
        desk.done("staff.set_secret", body(3, field) | {"secret": {"hash": field, "key": field}}, admin)

    desk.done("staff.set_secret", body(3, "badge") | {"secret": None}, admin)

    assert "pin" == desk.shop.engine.reader().look(lambda world: stored_secret(world, 3, "pin"))
    assert "staff.more_than_own" == desk.code("staff.set_secret", body(1) | {"secret": None}, desk.log_in(2))
