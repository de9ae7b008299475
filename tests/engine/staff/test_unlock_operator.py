"""A manager lets a locked operator try again."""

from access_harness import Desk


def test_a_manager_unlocks_at_once_and_it_is_sealed(desk: Desk) -> None:
    device = desk.enrol()
    manager = desk.sign_in(device, 2)
    for _ in range(10):
        desk.done("staff.try_pin", {"operator": 3}, device)
        desk.shop.clock.advance(5 * 60_000)
    locked = desk.code("staff.try_pin", {"operator": 3}, device)

    answer = desk.done("staff.unlock", {"operator": 3}, manager)

    assert "staff.locked" == locked
    assert ("staff.unlocked", {"operator": 3, "wrong": 10}) == (answer.records[0].what, answer.records[0].detail)
    assert "done" == desk.send("staff.try_pin", {"operator": 3}, device).status


def test_nobody_unlocks_himself_nor_without_the_right_nor_whom_nothing_locks(desk: Desk) -> None:
    device = desk.enrol()
    manager, employee = desk.sign_in(device, 2), desk.sign_in(device, 3)
    desk.done("staff.try_pin", {"operator": 2}, device)
    desk.done("staff.try_pin", {"operator": 1}, device)

    assert "staff.own_lock" == desk.code("staff.unlock", {"operator": 2}, manager)
    assert "kernel.not_allowed" == desk.code("staff.unlock", {"operator": 1}, employee)
    assert "staff.not_locked" == desk.code("staff.unlock", {"operator": 3}, manager)
