"""Counting tries: exactly as many as are allowed, on disk before the check, and no entry for any."""

import pytest
from access_harness import Desk, nobody

from engine.kernel.errors import Fault
from engine.kernel.messages import Actor
from engine.staff import state_tries as tries

SECOND = 1_000
MINUTE = 60_000
HOUR = 3_600_000


def attempt(desk: Desk, device: Actor, operator: int | None = 3) -> tuple[str, int | None]:
    """(code or "", how long to wait) of one try that turns out wrong."""
    answer = desk.send("staff.try_pin", {"operator": operator}, device)
    return answer.code, answer.data.get("wait_ms")


def test_three_wrong_pins_wait_thirty_seconds_to_the_millisecond(desk: Desk) -> None:
    device = desk.enrol()
    first = [attempt(desk, device) for _ in range(4)]

    desk.shop.clock.advance(30 * SECOND - 1)
    early = attempt(desk, device)
    desk.shop.clock.advance(1)
    late = attempt(desk, device)

    assert [("", None)] * 3 + [("staff.wait", 30_000)] == first
    assert (("staff.wait", 1), ("", None)) == (early, late)


def test_five_wait_five_minutes_and_ten_wait_for_a_manager(desk: Desk) -> None:
    device, other = desk.enrol(1), desk.enrol(2)
    attempt(desk, device)
    attempt(desk, device)

    ladder = []
    for count in range(3, 11):
        assert ("", None) == attempt(desk, device if count % 2 else other)
        ladder.append(attempt(desk, other))
        desk.shop.clock.advance(5 * MINUTE)
    desk.shop.clock.advance(100 * HOUR)

    locked = ("staff.locked", None)
    assert [("staff.wait", 30_000)] * 2 + [("staff.wait", 300_000)] * 5 + [locked] == ladder
    assert locked == attempt(desk, device)


def test_a_right_pin_forgets_the_wrong_ones_of_that_operator_alone(desk: Desk) -> None:
    device = desk.enrol()
    for _ in range(2):
        attempt(desk, device, 3)
        attempt(desk, device, 2)

    desk.sign_in(device, 3)

    assert [("", None)] * 3 == [attempt(desk, device, 3) for _ in range(3)]
    assert [("", None), ("staff.wait", 30_000)] == [attempt(desk, device, 2) for _ in range(2)]


def test_a_till_sees_twenty_wrong_tries_in_an_hour_and_the_next_when_the_first_is_an_hour_old(desk: Desk) -> None:
    device, other = desk.enrol(1), desk.enrol(2)
    for _ in range(20):
        assert ("", None) == attempt(desk, device, None)
        desk.shop.clock.advance(SECOND)

    full = attempt(desk, device, None)
    elsewhere = attempt(desk, other, None)
    desk.shop.clock.advance(HOUR - 20 * SECOND)
    again = [attempt(desk, device, None) for _ in range(2)]

    assert ("staff.device_locked", HOUR - 20 * SECOND) == full
    assert ("", None) == elsewhere
    assert [("", None), ("staff.device_locked", SECOND)] == again


def test_right_pins_never_fill_the_hour(desk: Desk) -> None:
    device = desk.enrol()

    for _ in range(25):
        desk.sign_in(device, 3)
        desk.sign_in(device, 2)

    assert ("", None) == attempt(desk, device)


def test_a_try_makes_no_entry_and_is_on_disk_when_it_is_answered(desk: Desk) -> None:
    device = desk.enrol()
    before = desk.shop.engine.position

    answers = [desk.done("staff.try_pin", {"operator": 3}, device) for _ in range(3)]
    after = desk.shop.engine.position
    desk.shop.engine.abandon()
    desk.shop.open()

    assert before == after
    assert {("done", 0, 0, "", ())} == {(one.status, one.gen, one.seq, one.leaf, one.records) for one in answers}
    assert "staff.wait" == attempt(desk, device)[0]


def test_the_same_id_counts_each_time_and_stays_free(desk: Desk) -> None:
    device = desk.enrol()
    id = desk.shop.new_id()

    codes = [desk.send("staff.try_pin", {"operator": 3}, device, id=id).code for _ in range(4)]

    assert ["", "", "", "staff.wait"] == codes
    assert "done" == desk.send("staff.try_pin", {"operator": 2}, device, id=id).status


def test_an_unknown_operator_is_counted_at_the_till_and_looks_like_any_other(desk: Desk) -> None:
    device = desk.enrol()

    unknown = [attempt(desk, device, 99) for _ in range(21)]

    assert [("", None)] * 20 == unknown[:20]
    assert "staff.device_locked" == unknown[20][0]


def test_a_refused_try_is_sealed_and_a_till_is_needed(desk: Desk) -> None:
    device = desk.enrol()
    for _ in range(4):
        attempt(desk, device)

    nowhere = desk.code("staff.try_pin", {"operator": 3})

    assert ["refused.pin_locked"] == [what for what in desk.whats() if what.startswith("refused")]
    assert "staff.no_till" == nowhere
    assert "kernel.not_allowed" == desk.code("staff.try_pin", {"operator": 3}, nobody())


def test_a_clock_that_a_manager_set_back_does_not_lock_for_ever() -> None:
    wrong = tries.Wrong(5, 10 * HOUR)

    assert 0 == tries.wait_ms(wrong, 2 * HOUR)
    assert [] == tries.recent([tries.Try(10 * HOUR, 1, 3)], 2 * HOUR)


def test_marks_of_a_group_that_is_not_on_disk_are_not_answered_as_done(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = desk.enrol()

    def fails(*_: object) -> None:
        raise Fault("store.failed", "the disk says no", retry=True)

    monkeypatch.setattr(desk.shop.engine, "_finish", fails)
    answer = desk.send("staff.try_pin", {"operator": 3}, device)
    monkeypatch.undo()

    assert "fault" == answer.status
    assert [""] * 3 == [attempt(desk, device)[0] for _ in range(3)]


def test_giving_back_what_was_not_tried_is_refused(desk: Desk) -> None:
    device = desk.enrol()
    attempt(desk, device, 3)

    other = desk.code("staff.sign_in", {"operator": 2, "way": "pin"}, device)
    desk.shop.clock.advance(MINUTE)
    late = desk.code("staff.sign_in", {"operator": 3, "way": "pin"}, device)

    assert ("staff.no_try", "staff.no_try") == (other, late)
