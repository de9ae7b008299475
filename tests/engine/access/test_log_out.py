"""Logging out: here, or everywhere."""

from access_harness import Desk


def test_a_session_that_logged_out_is_over_and_the_others_are_not(desk: Desk) -> None:
    leaving, staying = desk.log_in(1), desk.log_in(1)

    answer = desk.done("access.log_out", {}, leaving)

    assert (40, "access.logged_out") == (answer.records[0].code, answer.records[0].what)
    assert "access.session_over" == desk.code("kernel.confirm_clock", {}, leaving)
    assert "kernel.clock_fine" == desk.code("kernel.confirm_clock", {}, staying)


def test_everywhere_is_every_session_and_every_till_of_his(desk: Desk) -> None:
    leaving, second = desk.log_in(1), desk.log_in(1)
    at_till, other = desk.sign_in(desk.enrol(), 1), desk.log_in(2)

    desk.done("access.log_out", {"everywhere": True}, leaving)

    assert "access.session_over" == desk.code("kernel.confirm_clock", {}, second)
    assert "staff.not_signed_in" == desk.code("kernel.confirm_clock", {}, at_till)
    assert "kernel.clock_fine" == desk.code("kernel.confirm_clock", {}, other)
    assert "kernel.clock_fine" == desk.code("kernel.confirm_clock", {}, desk.log_in(1))
