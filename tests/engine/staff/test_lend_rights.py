"""A right PIN beside somebody at a till is a loan for a minute: used or not, it counts as no wrong try."""

import pytest
from access_harness import Desk

from engine.kernel.messages import Actor
from engine.kernel.world import World
from engine.staff.state_tries import DEVICE_TRIES, LOANS, SHOP_TRIES, WRONG

CLOSE = {"counted": [{"mode": 1, "amount": 0}], "float_out": 0}


@pytest.fixture
def employee(desk: Desk) -> Actor:
    """Operator 3 at till 1, which is open."""
    actor = desk.sign_in(desk.enrol(), 3)
    desk.done("cash.open", {"float_in": 0}, actor)
    return actor


def lend(desk: Desk, employee: Actor) -> None:
    """Operator 2 types his PIN beside the employee, and it is right."""
    desk.done("staff.try_pin", {"operator": 2}, employee)
    desk.done("staff.lend", {"operator": 2}, employee)


def test_what_is_lent_and_never_used_is_no_wrong_pin(desk: Desk, employee: Actor) -> None:
    before = desk.shop.engine.position
    for _ in range(25):
        lend(desk, employee)
        desk.shop.clock.advance(1_000)

    def left(world: World) -> tuple[object, ...]:
        wrong, loans = world.get(WRONG, 2), world.get(LOANS, 1, 2)
        tries = world.get(DEVICE_TRIES, 1), world.get(SHOP_TRIES, 0)
        return (wrong, *tries, len(loans or ()))

    assert (None, [], [], 20) == desk.shop.engine.reader().look(left)
    assert before == desk.shop.engine.position
    assert "done" == desk.send("staff.try_pin", {"operator": 2}, employee).status


def test_two_commands_take_two_loans_in_any_order(desk: Desk, employee: Actor) -> None:
    lend(desk, employee)
    lend(desk, employee)

    done = [desk.send("cash.close", CLOSE, employee, override=2).status]
    desk.done("cash.open", {"float_in": 0}, employee)
    done += [desk.send("cash.close", CLOSE, employee, override=2).status]

    assert ["done", "done"] == done
    desk.done("cash.open", {"float_in": 0}, employee)
    assert "staff.no_try" == desk.code("cash.close", CLOSE, employee, override=2)
