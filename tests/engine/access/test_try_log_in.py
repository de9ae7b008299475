"""Counting log-ins: five wrong ones in a quarter of an hour, twenty in a day, per account."""

from access_harness import Desk, nobody

from engine.features import STRANGER_FIRST

MINUTE = 60_000
DAY = 24 * 60 * MINUTE


def attempt(desk: Desk, operator: int = 1) -> tuple[str, int | None]:
    """(code or "", how long to wait) of one try that turns out wrong."""
    answer = desk.send("access.try_log_in", {"operator": operator}, nobody(operator))
    return answer.code, answer.data.get("wait_ms")


def test_the_sixth_in_a_quarter_of_an_hour_waits_to_the_millisecond_and_nobody_else_does(desk: Desk) -> None:
    first = [attempt(desk) for _ in range(6)]
    other = attempt(desk, 2)
    desk.shop.clock.advance(15 * MINUTE - 1)
    early = attempt(desk)
    desk.shop.clock.advance(1)

    assert [("", None)] * 5 + [("access.wait", 15 * MINUTE)] == first
    assert ("", None) == other
    assert (("access.wait", 1), ("", None)) == (early, attempt(desk))


def test_the_twenty_first_of_a_day_waits_until_the_first_is_a_day_old(desk: Desk) -> None:
    for _ in range(20):
        assert ("", None) == attempt(desk)
        desk.shop.clock.advance(15 * MINUTE)

    full = attempt(desk)
    desk.shop.clock.advance(DAY - 20 * 15 * MINUTE)

    assert ("access.wait", DAY - 20 * 15 * MINUTE) == full
    assert ("", None) == attempt(desk)


def test_a_right_log_in_gives_its_try_back(desk: Desk) -> None:
    for _ in range(30):
        desk.log_in(1)

    assert [("", None)] * 5 == [attempt(desk) for _ in range(5)]


def test_an_account_that_is_not_there_looks_like_any_other(desk: Desk) -> None:
    assert ("", None) == attempt(desk, 99)


def test_being_made_to_wait_is_sealed_and_tries_are_not(desk: Desk) -> None:
    before = desk.shop.engine.position[1]

    for _ in range(6):
        attempt(desk)

    assert before + 1 == desk.shop.engine.position[1]
    assert "refused.log_in_locked" == desk.whats()[-1]


def test_a_name_that_nobody_has_waits_like_one_that_somebody_has(desk: Desk) -> None:
    known = [attempt(desk) for _ in range(6)]

    assert known == [attempt(desk, STRANGER_FIRST + 7) for _ in range(6)]
    assert ("", None) == attempt(desk, STRANGER_FIRST + 8)
