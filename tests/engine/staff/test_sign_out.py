"""Signing out of a till: at once, sealed, and without touching anybody else."""

from access_harness import Desk


def test_who_signs_out_is_refused_from_then_on_and_nobody_else_is(desk: Desk) -> None:
    device = desk.enrol()
    leaving, staying = desk.sign_in(device, 3), desk.sign_in(device, 2)

    answer = desk.done("staff.sign_out", {"operator": 3}, leaving)
    after = desk.code("cash.open", {"float_in": 0}, leaving)
    desk.done("cash.open", {"float_in": 0}, staying)

    signed, event = answer.records
    assert (3, 1) == (signed.operator, signed.number)
    assert (40, "staff.signed_out") == (event.code, event.what)
    assert "staff.not_signed_in" == after


def test_a_till_that_nobody_holds_can_let_its_operators_go(desk: Desk) -> None:
    device, other = desk.enrol(1), desk.enrol(2)
    signed = desk.sign_in(device, 3)

    elsewhere = desk.code("staff.sign_out", {"operator": 3}, other)
    desk.done("staff.sign_out", {"operator": 3}, device)
    again = desk.code("staff.sign_out", {"operator": 3}, device)

    assert "staff.not_signed_in" == elsewhere == again
    assert "staff.not_signed_in" == desk.code("cash.open", {"float_in": 0}, signed)
