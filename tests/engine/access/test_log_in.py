"""Logging in: behind a counted try and a code that is used once, for twelve hours at most."""

from typing import Any

import pytest
from access_harness import Desk, digest, nobody

from engine.features import session

HOUR = 3_600_000
BODY = {"operator": 1, "session": digest("s"), "way": "password", "code_step": 100}


def test_a_session_is_whoever_logged_in_and_sealed(desk: Desk) -> None:
    actor = desk.log_in(2)

    event = desk.events()[-1]
    found = desk.shop.engine.reader().look(lambda world: session(world, bytes.fromhex(digest("session 1"))))
    assert (80, "access.logged_in", {"operator": 2, "way": "password"}) == (event.code, event.what, event.detail)
    assert found is not None
    assert (2, "password", found.began_ms) == (found.operator, found.way, found.level_ms)
    assert "kernel.clock_fine" == desk.code("kernel.confirm_clock", {}, actor)


def test_neither_session_nor_its_hash_is_in_the_journal(desk: Desk) -> None:
    desk.log_in(1)

    data = b"".join(row[2] for row in desk.shop.engine.reader().entries_since(1, 0))

    assert digest("session 1").encode() not in data


def test_a_password_needs_a_try_and_a_code_that_was_never_used(desk: Desk) -> None:
    untried = desk.code("access.log_in", BODY, nobody())
    desk.done("access.try_log_in", {"operator": 1}, nobody())
    without = desk.code("access.log_in", BODY | {"code_step": None}, nobody())
    desk.done("access.log_in", BODY, nobody())
    desk.done("access.try_log_in", {"operator": 1}, nobody())
    used = [
        desk.code("access.log_in", BODY | {"session": digest("t"), "code_step": step}, nobody()) for step in (100, 99)
    ]

    assert ("access.no_try", "access.no_code") == (untried, without)
    assert ["access.code_used"] * 2 == used
    assert "done" == desk.send("access.log_in", BODY | {"session": digest("t"), "code_step": 101}, nobody()).status


def test_a_try_is_good_for_a_minute(desk: Desk) -> None:
    desk.done("access.try_log_in", {"operator": 1}, nobody())

    desk.shop.clock.advance(60_000)

    assert "access.no_try" == desk.code("access.log_in", BODY, nobody())


def test_a_passkey_needs_neither_try_nor_code(desk: Desk) -> None:
    use = desk.passkey(1)

    answer = desk.send("access.log_in", {"operator": 1, "session": digest("s"), **use()}, nobody(1))

    assert ("done", {"operator": 1, "way": "passkey"}) == (answer.status, answer.records[0].detail)


def test_a_passkey_is_its_operators_own_and_not_only_said(desk: Desk) -> None:
    use = desk.passkey(1)
    body = {"operator": 2, "session": digest("s"), **use()}

    other = desk.code("access.log_in", body, nobody())
    none = desk.code("access.log_in", body | {"passkey": None}, nobody())
    desk.done("passkeys.remove", {"id": 1})

    assert ["access.unknown_passkey"] * 3 == [other, none, desk.code("access.log_in", body | {"operator": 1}, nobody())]


def test_a_challenge_is_answered_once(desk: Desk) -> None:
    first, second = desk.passkey(1, 1), desk.passkey(2, 2)
    desk.done("access.log_in", {"operator": 1, "session": digest("s"), **first(0, "same")}, nobody())

    again = [
        desk.code("access.log_in", {"operator": one, "session": digest("t"), **use(0, "same")}, nobody())
        for one, use in ((1, first), (2, second))
    ]

    assert ["access.challenge_used"] * 2 == again


def test_a_passkey_that_counts_backwards_is_refused_and_sealed(desk: Desk) -> None:
    use = desk.passkey(1)
    heard = [
        desk.send("access.log_in", {"operator": 1, "session": digest(f"{place}"), **use(count)}, nobody()).code
        for place, count in enumerate((5, 5, 4, 0, 6))
    ]

    assert ["", *["access.passkey_copied"] * 3, ""] == heard
    assert 3 == desk.whats().count("refused.passkey_copied")


def test_a_session_id_is_given_once(desk: Desk) -> None:
    first, second = desk.passkey(1, 1), desk.passkey(2, 2)
    desk.done("access.log_in", {"operator": 1, "session": digest("s"), **first()}, nobody())

    body = {"operator": 2, "session": digest("s"), **second()}

    assert "access.session_reused" == desk.code("access.log_in", body, nobody())


def test_who_is_not_there_does_not_log_in(desk: Desk) -> None:
    desk.shop.configure("operators", 4, {"alias": "op4", "active": False})

    refused = [desk.code("access.log_in", BODY | {"operator": one, "way": "passkey"}, nobody()) for one in (4, 9)]

    assert ["access.unknown_operator"] * 2 == refused
    assert "access.other_operator" == desk.code("access.log_in", BODY, nobody(2))


def test_a_session_holds_twelve_hours_to_the_millisecond(desk: Desk) -> None:
    actor = desk.log_in(2)

    desk.shop.clock.advance(12 * HOUR - 1)
    late = desk.code("kernel.confirm_clock", {}, actor)
    desk.shop.clock.advance(1)

    assert ("kernel.clock_fine", "access.session_over") == (late, desk.code("kernel.confirm_clock", {}, actor))


@pytest.mark.parametrize(
    "row",
    [{"active": False}, {"password": {"hash": "new", "key": "k"}}, {"totp": {"hash": "new", "key": "k"}}],
    ids=["switched off", "new password", "new seed of codes"],
)
def test_a_change_of_the_operator_ends_his_sessions(desk: Desk, row: dict[str, Any]) -> None:
    actor, other = desk.log_in(2), desk.log_in(1)

    desk.shop.configure("operators", 2, {"alias": "op2", "role": "manager"} | row)

    assert "access.session_over" == desk.code("kernel.confirm_clock", {}, actor)
    assert "kernel.clock_fine" == desk.code("kernel.confirm_clock", {}, other)
