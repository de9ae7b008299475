"""How refusals look over HTTP: their status, and how long to wait."""

import asyncio
from typing import Any

import pytest

from engine.engine import Answer
from engine.features import FEATURES
from server.api.exchange import reply_headers, with_cookies
from server.api.problems import CODES, PROBLEM_TYPE, Problem, refusal_status, status_of
from server.wire import answers


@pytest.mark.parametrize(
    ("code", "data", "status", "wait_s"),
    [
        ("staff.wait", {"operator": 3, "wait_ms": 29_001}, 429, 30),
        ("staff.device_locked", {"wait_ms": 30_000}, 429, 30),
        ("access.wait", {"wait_ms": 1}, 429, 1),
        ("access.wait", {"wait_ms": 0}, 429, 1),
        ("staff.locked", {"operator": 3}, 409, 0),
        ("store.disk_low", {}, 507, 1),
        ("access.revoked", {"till": 1}, 401, 0),
        ("kernel.row_changed", {"version": 7}, 412, 0),
    ],
)
def test_a_refusal_that_says_how_long_is_a_429_with_whole_seconds(
    code: str, data: dict[str, Any], status: int, wait_s: int
) -> None:
    answer = Answer(id="00", status="refused", code=code, data=data)

    assert (status, wait_s) == refusal_status(code, data)
    assert (status, wait_s) == answers.encode(answer)[:2]


def test_whoever_is_not_recognised_any_more_is_asked_who_he_is() -> None:
    ended = {"access.expired", "access.revoked", "access.session_over", "kernel.no_credential", "staff.not_signed_in"}

    assert ended <= set(FEATURES.refusals)
    assert {401} == {status_of(code) for code in ended}
    assert (PROBLEM_TYPE, ((b"www-authenticate", b"Bearer"),)) == reply_headers(401, 0)
    assert (PROBLEM_TYPE, ()) == reply_headers(403, 0)


def test_a_full_pool_is_a_503_that_says_when() -> None:
    busy = Problem("auth.busy")

    assert (503, ((b"retry-after", b"1"),)) == (busy.status, busy.all_headers())
    assert {429, 503} == {status_of(code) for code in ("auth.too_many", "auth.busy")}
    assert set(CODES) >= {"auth.too_many", "auth.busy"}


def test_cookies_go_with_whatever_is_answered() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def answer() -> None:
        added = with_cookies(send, ((b"set-cookie", b"a=1"),))
        await added({"type": "http.response.start", "status": 409, "headers": [(b"x", b"y")]})
        await added({"type": "http.response.body", "body": b"{}"})

    asyncio.run(answer())

    assert [(b"x", b"y"), (b"set-cookie", b"a=1")] == sent[0]["headers"]
    assert {"type": "http.response.body", "body": b"{}"} == sent[1]
