"""Rights over people and keys: only in a session that was proven within five minutes, under a new id."""

from access_harness import Desk, digest, nobody

from engine.kernel.credentials import of_session
from engine.kernel.messages import Actor

PUT = {"id": 8, "row": {"alias": "Nouveau"}}
MINUTE = 60_000


def step_up(desk: Desk, actor: Actor, name: str = "stepped") -> Actor:
    """The actor's session, proven again."""
    desk.done("access.try_log_in", {"operator": actor.operator}, nobody())
    body = {"session": digest(name), "way": "password", "code_step": desk.step()}
    desk.done("access.step_up", body, actor)
    return Actor(till=0, operator=actor.operator, credential=of_session(bytes.fromhex(digest(name))))


def test_a_fresh_session_edits_staff_and_an_older_one_has_to_step_up(desk: Desk) -> None:
    actor = desk.log_in(1)

    desk.shop.clock.advance(5 * MINUTE)
    fresh = desk.send("operators.put", PUT, actor)
    desk.shop.clock.advance(1)
    stale = desk.code("operators.put", PUT, actor)
    again = desk.send("operators.put", PUT, step_up(desk, actor))

    assert ("done", "kernel.step_up", "done") == (fresh.status, stale, again.status)


def test_the_old_id_is_worth_nothing_and_the_end_stays_where_it_was(desk: Desk) -> None:
    actor = desk.log_in(1)
    desk.shop.clock.advance(11 * 60 * MINUTE)

    new = step_up(desk, actor)
    old = desk.code("kernel.confirm_clock", {}, actor)
    desk.shop.clock.advance(60 * MINUTE)

    assert "access.session_over" == old == desk.code("kernel.confirm_clock", {}, new)


def test_stepping_up_needs_a_session_a_try_and_a_new_code(desk: Desk) -> None:
    actor = desk.log_in(1)
    body = {"session": digest("x"), "way": "password", "code_step": 1}

    untried = desk.code("access.step_up", body, actor)
    desk.done("access.try_log_in", {"operator": 1}, nobody())

    assert ("access.no_try", "access.code_used") == (untried, desk.code("access.step_up", body, actor))
    assert "access.no_session" == desk.code("access.step_up", body)
    assert "kernel.not_allowed" == desk.code("access.step_up", body, nobody())


def test_an_admin_at_a_till_changes_no_staff(desk: Desk) -> None:
    admin = desk.sign_in(desk.enrol(), 1)

    assert "kernel.step_up" == desk.code("operators.put", PUT, admin)


def test_who_has_not_the_right_hears_that_first(desk: Desk) -> None:
    manager = desk.log_in(2)
    desk.shop.clock.advance(6 * MINUTE)

    assert "kernel.not_allowed" == desk.code("operators.put", PUT, manager)
