"""Throwing somebody out of everything at once."""

from access_harness import Desk


def test_an_admin_ends_what_an_operator_is_signed_in_to(desk: Desk) -> None:
    admin, session, at_till = desk.log_in(1), desk.log_in(2), desk.sign_in(desk.enrol(), 2)

    answer = desk.done("access.end_sessions", {"operator": 2}, admin)

    assert (2, 40) == (answer.records[0].operator, answer.records[1].code)
    assert "access.session_over" == desk.code("kernel.confirm_clock", {}, session)
    assert "staff.not_signed_in" == desk.code("kernel.confirm_clock", {}, at_till)


def test_a_manager_ends_nobodys_and_nobody_is_unknown(desk: Desk) -> None:
    admin, manager = desk.log_in(1), desk.log_in(2)

    assert "kernel.not_allowed" == desk.code("access.end_sessions", {"operator": 1}, manager)
    assert "access.unknown_operator" == desk.code("access.end_sessions", {"operator": 9}, admin)
