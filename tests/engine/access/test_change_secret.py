"""One's own secrets, changed in the back office: lately proven, and everybody signs in again."""

from access_harness import Desk

from engine.features import stored_secret

BODY = {"field": "password", "secret": {"hash": "new stored form", "key": "new keyed form"}}


def test_an_employee_changes_his_own_password_and_his_sessions_are_over(desk: Desk) -> None:
    here, there = desk.log_in(3), desk.log_in(3)

    answer = desk.done("access.change_secret", BODY, here)

    entry = desk.shop.engine.reader().entry(answer.gen, answer.seq)
    assert "new stored form" == desk.shop.engine.reader().look(lambda world: stored_secret(world, 3, "password"))
    assert b"stored form" not in entry.data
    assert ["access.session_over"] * 2 == [desk.code("access.log_out", {}, each) for each in (here, there)]


def test_it_takes_a_session_and_a_late_proof(desk: Desk) -> None:
    at_till, session = desk.sign_in(desk.enrol(), 1), desk.log_in(1)
    desk.shop.clock.advance(5 * 60_000 + 1)

    assert "kernel.not_allowed" == desk.code("access.change_secret", BODY, at_till)
    assert "kernel.step_up" == desk.code("access.change_secret", BODY, session)
    assert "access.no_session" == desk.code("access.change_secret", BODY)
