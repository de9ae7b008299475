"""Entry times from clocks that lie."""

import datetime

import pytest

from engine.kernel.clock import Civil, Guard, ManualClock, parse_ms

HOUR = 3_600_000
NOON = 1_795_258_800_000


def test_time_follows_a_good_clock() -> None:
    clock = ManualClock(NOON)
    guard = Guard(clock, NOON - 1000)

    clock.advance(5000)

    assert guard.now() == NOON + 5000
    assert not guard.in_doubt


def test_a_small_backward_step_is_waited_out_and_time_never_goes_back() -> None:
    clock = ManualClock(NOON)
    guard = Guard(clock, NOON)
    guard.now()

    clock.step(-30_000)
    clock.advance(10)
    first = guard.now()
    clock.advance(40_000)

    assert first == NOON + 10
    assert guard.now() == NOON + 10_010
    assert not guard.in_doubt
    clock.advance(1)
    assert guard.now() == NOON + 10_011


def test_small_backward_steps_add_up_to_doubt() -> None:
    clock = ManualClock(NOON)
    guard = Guard(clock, NOON)

    for _ in range(3):
        clock.step(-25_000)
        guard.now()

    assert guard.in_doubt


@pytest.mark.parametrize("step", [26 * HOUR + 1, -60_001])
def test_a_large_step_puts_the_clock_in_doubt_and_time_runs_on_boot_time(step: int) -> None:
    clock = ManualClock(NOON)
    guard = Guard(clock, NOON)

    clock.step(step)
    clock.advance(700)

    assert guard.now() == NOON + 700
    assert guard.in_doubt


@pytest.mark.parametrize("step", [26 * HOUR, -60_000])
def test_the_largest_allowed_step_is_no_doubt(step: int) -> None:
    clock = ManualClock(NOON)
    guard = Guard(clock, NOON)

    clock.step(step)
    guard.now()

    assert not guard.in_doubt


@pytest.mark.parametrize("last", [NOON + 1, NOON - 40 * 24 * HOUR - 1])
def test_a_start_far_from_the_last_entry_is_in_doubt(last: int) -> None:
    clock = ManualClock(NOON)
    guard = Guard(clock, last)

    clock.advance(5)

    assert guard.in_doubt
    assert guard.now() == last + 5


def test_a_confirmation_trusts_the_wall_clock_again_even_if_earlier() -> None:
    clock = ManualClock(NOON)
    guard = Guard(clock, NOON + 10 * HOUR)
    guard.now()

    guard.confirm()
    clock.advance(1)

    assert guard.now() == NOON + 1
    assert not guard.in_doubt


def test_civil_time_shows_offset_and_milliseconds_across_a_change_to_summer_time() -> None:
    civil = Civil("Europe/Paris", 0)
    before = parse_ms("2026-03-29T01:59:59.999+01:00")

    assert civil.text(before) == "2026-03-29T01:59:59.999+01:00"
    assert civil.text(before + 1) == "2026-03-29T03:00:00.000+02:00"
    assert parse_ms(civil.text(before + 1)) == before + 1


def test_a_bar_that_closes_at_five_keeps_its_business_day() -> None:
    civil = Civil("Europe/Paris", 300)

    night = parse_ms("2026-11-22T04:59:59.999+01:00")

    assert civil.day(night) == datetime.date(2026, 11, 21).toordinal()
    assert civil.day(night + 1) == datetime.date(2026, 11, 22).toordinal()


def test_a_confirmation_that_is_taken_back_leaves_the_doubt_and_the_time_as_they_were() -> None:
    clock = ManualClock(NOON)
    guard = Guard(clock, NOON + 10 * HOUR)
    reason = guard.reason
    guard.now()

    before = guard.confirm()
    clock.advance(5)
    guard.now()
    guard.restore(before)
    clock.advance(5)

    assert guard.reason == reason
    assert guard.now() == NOON + 10 * HOUR + 10
