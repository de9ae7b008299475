"""Wrong PINs leave events, and guessing raises one alert an hour."""

from access_harness import Desk

from engine.kernel.messages import Actor

HOUR = 3_600_000


def wrong(desk: Desk, device: Actor, operator: int | None = None) -> str:
    """One wrong try, reported; the name of what was sealed."""
    desk.done("staff.try_pin", {"operator": operator}, device)
    way = "badge" if operator is None else "pin"
    answer = desk.done("staff.report_wrong_pin", {"operator": operator, "way": way}, device)
    what: str = answer.records[0].what
    return what


def test_a_wrong_pin_is_sealed_with_operator_and_count_and_nothing_of_the_pin(desk: Desk) -> None:
    device = desk.enrol()

    wrong(desk, device, 3)
    wrong(desk, device, 3)

    event = desk.events()[-1]
    assert (0, "staff.wrong_pin") == (event.code, event.what)
    assert {"operator": 3, "way": "pin", "wrong": 2, "locked": False} == event.detail


def test_the_tenth_says_that_the_operator_is_locked(desk: Desk) -> None:
    device = desk.enrol()

    for _ in range(10):
        wrong(desk, device, 3)
        desk.shop.clock.advance(5 * 60_000)

    assert {"operator": 3, "way": "pin", "wrong": 10, "locked": True} == desk.events()[-1].detail


def test_the_sixtieth_wrong_try_of_an_hour_in_the_shop_is_an_alert_and_those_after_it_are_not(desk: Desk) -> None:
    devices = [desk.enrol(till) for till in (1, 2, 3, 4)]

    sealed = [wrong(desk, devices[count // 20]) for count in range(60)]
    more = wrong(desk, devices[3])

    assert ["staff.wrong_pin"] * 59 + ["staff.guessing"] == sealed
    assert "staff.wrong_pin" == more
    assert {"operator": 0, "way": "badge", "hour": 60} == desk.events()[-2].detail


def test_an_hour_after_an_alert_guessing_alerts_again(desk: Desk) -> None:
    devices = [desk.enrol(till) for till in (1, 2, 3, 4)]
    for count in range(60):
        wrong(desk, devices[count // 20])

    desk.shop.clock.advance(HOUR)
    sealed = [wrong(desk, devices[count // 20]) for count in range(60)]

    assert ["staff.wrong_pin"] * 59 + ["staff.guessing"] == sealed


def test_right_tries_raise_no_alert(desk: Desk) -> None:
    devices = [desk.enrol(till) for till in (1, 2, 3, 4)]
    for count in range(59):
        wrong(desk, devices[count // 20])

    for _ in range(5):
        desk.sign_in(devices[3], 3)

    assert "staff.guessing" not in desk.whats()
