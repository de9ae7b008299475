"""Signing in: sealed, many at one till, one at many tills, and over when anything behind it is over."""

from typing import Any

import pytest
from access_harness import Desk, digest, nobody

from engine.chores import refold
from engine.kernel.disk import SMALL
from engine.kernel.messages import Actor

HOUR = 3_600_000


def sells(desk: Desk, actor: Actor) -> str:
    """The code with which opening the till is refused, or "" where the actor may act at all."""
    answer = desk.send("cash.open", {"float_in": 0}, actor)
    return "" if answer.code in ("", "cash.already_open") else answer.code


def test_a_sign_in_is_sealed_on_the_events_of_the_till(desk: Desk) -> None:
    device = desk.enrol()
    desk.done("staff.try_pin", {"operator": 3}, device)

    answer = desk.done("staff.sign_in", {"operator": 3, "way": "pin"}, device)
    entry = desk.shop.engine.reader().entry(answer.gen, answer.seq).entry

    signed, event = answer.records
    assert (3, 1, 1, "pin") == (signed.operator, signed.number, signed.serial, signed.way)
    assert (80, "staff.signed_in", {"operator": 3, "way": "pin"}) == (event.code, event.what, event.detail)
    assert (1, ["event"]) == (entry.till, [link.of for link in entry.chain])


def test_an_operator_stands_at_many_tills_and_steals_from_nobody(desk: Desk) -> None:
    first, second = desk.enrol(1), desk.enrol(2)

    at_first, beside, at_second = desk.sign_in(first, 3), desk.sign_in(first, 2), desk.sign_in(second, 3)

    assert ["", "", ""] == [sells(desk, actor) for actor in (at_first, beside, at_second)]


def test_a_new_sign_in_at_the_same_till_ends_the_one_before(desk: Desk) -> None:
    device = desk.enrol()

    old, new = desk.sign_in(device, 3), desk.sign_in(device, 3, way="badge")

    assert ("staff.not_signed_in", "") == (sells(desk, old), sells(desk, new))


def test_a_sign_in_holds_sixteen_hours_to_the_millisecond(desk: Desk) -> None:
    actor = desk.sign_in(desk.enrol(), 3)

    desk.shop.clock.advance(16 * HOUR - 1)
    late = sells(desk, actor)
    desk.shop.clock.advance(1)

    assert ("", "staff.not_signed_in") == (late, sells(desk, actor))


@pytest.mark.parametrize(
    "change",
    [
        {"active": False},
        {"pin": {"hash": "new", "key": "k"}},
        {"badge": {"hash": "new", "key": "k"}},
        None,
    ],
    ids=["switched off", "new PIN", "new badge", "removed and made again"],
)
def test_a_change_of_the_operator_ends_his_sign_ins_at_once(desk: Desk, change: dict[str, Any] | None) -> None:
    actor, other = desk.sign_in(desk.enrol(1), 3), desk.sign_in(desk.enrol(2), 2)
    row = {"alias": "op3", "role": "employee"}

    if change is None:
        desk.done("operators.remove", {"id": 3})
    desk.shop.configure("operators", 3, row | (change or {}))

    assert ("staff.not_signed_in", "") == (sells(desk, actor), sells(desk, other))


def test_a_change_of_his_name_does_not(desk: Desk) -> None:
    actor = desk.sign_in(desk.enrol(), 3)

    desk.shop.configure("operators", 3, {"alias": "Zoé", "role": "employee", "name": "Zoé Lambert"})

    assert "" == sells(desk, actor)


def test_a_new_device_of_the_till_inherits_no_operator(desk: Desk) -> None:
    actor = desk.sign_in(desk.enrol(), 3)
    new = desk.enrol(token="another")

    claimed = Actor(till=1, operator=3, credential=f"{new.credential}:1")

    assert ("access.revoked", "staff.not_signed_in") == (sells(desk, actor), sells(desk, claimed))


def test_nobody_signs_in_who_is_not_there_or_for_another(desk: Desk) -> None:
    device = desk.enrol()
    desk.shop.configure("operators", 4, {"alias": "op4", "active": False})
    for operator in (3, 4, 9):
        desk.done("staff.try_pin", {"operator": operator}, device)
    signed = desk.sign_in(device, 2)

    refused = [desk.code("staff.sign_in", {"operator": operator, "way": "pin"}, device) for operator in (4, 9)]

    assert ["staff.unknown_operator"] * 2 == refused
    assert "staff.other_operator" == desk.code("staff.sign_in", {"operator": 3, "way": "pin"}, signed)
    assert "kernel.not_allowed" == desk.code("staff.sign_in", {"operator": 3, "way": "pin"}, nobody())


def test_a_badge_tells_who_it_is_after_its_try(desk: Desk) -> None:
    device = desk.enrol()
    desk.done("staff.try_pin", {"operator": None}, device)

    pin = desk.code("staff.sign_in", {"operator": 3, "way": "pin"}, device)
    badge = desk.done("staff.sign_in", {"operator": 3, "way": "badge"}, device)

    assert "staff.no_try" == pin
    assert "badge" == badge.records[0].way


def test_what_refold_makes_of_sign_ins_is_what_stands_there(desk: Desk) -> None:
    device = desk.enrol()
    desk.sign_in(device, 3)
    desk.done("staff.sign_out", {"operator": 3}, desk.sign_in(device, 2))
    desk.shop.configure("operators", 2, {"alias": "op2", "role": "manager", "pin": {"hash": digest("x"), "key": "k"}})
    desk.done("operators.remove", {"id": 3})

    desk.shop.engine.close()
    refolded = refold(desk.shop.path, limits=SMALL, unsafe_filesystem=True)

    assert refolded.rows > 0
    assert () == refolded.differences
