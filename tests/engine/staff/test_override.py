"""A manager lends his rights to one command: both names are sealed, and his PIN is counted like any other."""

import pytest
from access_harness import Desk

from engine.kernel.messages import Actor, Answer

CLOSE = {"counted": [{"mode": 1, "amount": 0}], "float_out": 0}


@pytest.fixture
def employee(desk: Desk) -> Actor:
    """Operator 3 at till 1, which is open."""
    actor = desk.sign_in(desk.enrol(), 3)
    desk.done("cash.open", {"float_in": 0}, actor)
    return actor


def approve(desk: Desk, employee: Actor, by: int = 2) -> Answer:
    """The till is closed with the PIN of somebody who may."""
    lend(desk, employee, by)
    return desk.send("cash.close", CLOSE, employee, override=by)


def lend(desk: Desk, employee: Actor, by: int = 2) -> None:
    """Somebody types his PIN beside the employee, and it is right."""
    desk.done("staff.try_pin", {"operator": by}, employee)
    desk.done("staff.lend", {"operator": by}, employee)


def test_both_names_are_sealed_in_the_entry(desk: Desk, employee: Actor) -> None:
    refused = desk.code("cash.close", CLOSE, employee)

    answer = approve(desk, employee)

    entry = desk.shop.engine.reader().entry(answer.gen, answer.seq).entry
    assert "kernel.not_allowed" == refused
    assert (3, 2, ("cash.close",)) == (entry.op, entry.rec[-1].by, tuple(entry.rec[-1].rights))
    assert answer.records[-1] == entry.rec[-1]


def test_a_repeat_gives_the_same_answer_without_another_pin(desk: Desk, employee: Actor) -> None:
    id = desk.shop.new_id()
    lend(desk, employee)

    first = desk.send("cash.close", CLOSE, employee, override=2, id=id)
    second = desk.send("cash.close", CLOSE, employee, override=2, id=id)

    assert ("done", first.leaf, first.records) == (second.status, second.leaf, second.records)


def test_without_a_right_pin_at_this_till_just_now_nobody_lends_anything(desk: Desk, employee: Actor) -> None:
    other = desk.sign_in(desk.enrol(2), 1)
    lend(desk, other)

    elsewhere = desk.code("cash.close", CLOSE, employee, override=2)
    untried = desk.code("staff.lend", {"operator": 2}, employee)
    desk.done("staff.try_pin", {"operator": 2}, employee)
    only_tried = desk.code("cash.close", CLOSE, employee, override=2)
    desk.shop.clock.advance(60_000)
    late = desk.code("staff.lend", {"operator": 2}, employee)
    lend(desk, employee)
    desk.shop.clock.advance(60_000)

    assert {"staff.no_try"} == {elsewhere, untried, only_tried, late}
    assert "staff.no_try" == desk.code("cash.close", CLOSE, employee, override=2)


def test_a_try_lends_rights_to_one_command(desk: Desk, employee: Actor) -> None:
    approve(desk, employee)
    desk.done("cash.open", {"float_in": 0}, employee)

    assert "staff.no_try" == desk.code("cash.close", CLOSE, employee, override=2)


def test_who_has_not_the_right_cannot_lend_it(desk: Desk, employee: Actor) -> None:
    desk.shop.configure("operators", 4, {"alias": "op4"})

    answer = approve(desk, employee, by=4)

    assert ("kernel.not_allowed", {"right": "cash.close"}) == (answer.code, answer.data)


def test_nobody_lends_to_himself_to_a_device_or_beside_the_till(desk: Desk, employee: Actor) -> None:
    desk.done("staff.try_pin", {"operator": 3}, employee)
    device, key = Actor(till=1, credential="till:1:1"), desk.key(scopes=["cash.open"])

    himself = desk.code("cash.close", CLOSE, employee, override=3)
    assert ["staff.no_override"] * 2 == [
        desk.code("staff.lend", {"operator": 3}, employee),
        desk.code("staff.lend", {"operator": 2}, device),
    ]
    session = desk.code("kernel.confirm_clock", {}, desk.log_in(3), override=2)

    assert {"staff.no_override"} == {himself, session, desk.code("cash.open", {"float_in": 0}, key, override=2)}
    assert "kernel.no_operator" == desk.code("cash.close", CLOSE, device, override=2)


def test_who_is_switched_off_lends_nothing(desk: Desk, employee: Actor) -> None:
    lend(desk, employee)
    desk.shop.configure("operators", 2, {"alias": "op2", "role": "manager", "active": False})

    assert "staff.unknown_operator" == desk.code("cash.close", CLOSE, employee, override=2)
    assert "staff.unknown_operator" == desk.code("staff.lend", {"operator": 2}, employee)


def test_rights_over_people_are_never_lent(desk: Desk, employee: Actor) -> None:
    lend(desk, employee, 1)

    answer = desk.send("operators.put", {"row": {"alias": "x"}}, employee, override=1)

    assert ("kernel.not_allowed", {"right": "staff.write"}) == (answer.code, answer.data)


def test_a_right_pin_before_a_command_that_fails_is_not_counted_as_wrong(desk: Desk, employee: Actor) -> None:
    for _ in range(5):
        lend(desk, employee)
        answer = desk.send("cash.close", CLOSE | {"float_out": 500}, employee, override=2)
        assert "cash.float_exceeds" == answer.code

    assert "done" == approve(desk, employee).status


def test_rights_that_were_not_missing_are_not_lent(desk: Desk, employee: Actor) -> None:
    manager = desk.sign_in(Actor(till=1, credential="till:1:1"), 2)
    lend(desk, manager, 1)

    answer = desk.send("cash.close", CLOSE, manager, override=1)

    assert ["cash.closed"] == [record.__struct_config__.tag for record in answer.records]


def test_a_right_asked_for_inside_a_decision_is_lent_too(desk: Desk, employee: Actor) -> None:
    body = {"lines": [{"product": 1, "price": "0.50"}], "payments": [{"mode": 2}]}
    refused = desk.code("sales.post", body, employee)
    lend(desk, employee)

    answer = desk.send("sales.post", body, employee, override=2)
    next_one = desk.code("sales.post", body, employee)

    assert "done" == answer.status, answer.text
    assert (2, ("sales.typed_price",)) == (answer.records[-1].by, answer.records[-1].rights)
    assert "kernel.not_allowed" == refused == next_one
