"""The desk over the worker's link: done, refused, and what is no word on any secret."""

import asyncio
from typing import Any

import pytest

from engine.engine import Actor
from server.auth.desk import EngineTroubleError, LinkDesk
from server.wire.frames import Reply, Wish

ACTOR = Actor(till=1, credential="till:1:1")


class Link:
    """A link whose engine answers what the test says."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.sent: list[tuple[bytes, Wish]] = []

    async def call(self, actor: bytes, wishes: list[Wish]) -> Reply:
        """Remembers the call."""
        self.sent.append((actor, wishes[0]))
        return self.reply


def ask(link: Link) -> Any:
    desk = LinkDesk(link, lambda: None)  # type: ignore[arg-type, return-value]  # neither a socket nor a store
    return asyncio.run(desk.send("staff.try_pin", {"operator": 3}, ACTOR, bytes(16)))


def test_what_was_done_comes_back_with_its_records() -> None:
    link = Link(Reply(1, 200, 0, b'{"id":"00","gen":1,"records":[{"is":"staff.signed_in","operator":3}]}'))

    answer = ask(link)

    assert ("done", ({"is": "staff.signed_in", "operator": 3},)) == (answer.status, answer.records)
    assert [
        (b'{"till":1,"operator":0,"credential":"till:1:1"}', Wish(bytes(16), "staff.try_pin", b'{"operator":3}'))
    ] == (link.sent)


def test_a_refusal_comes_back_with_its_code_and_data() -> None:
    answer = ask(
        Link(Reply(1, 429, 30, b'{"status":429,"code":"staff.wait","detail":"wait","data":{"wait_ms":30000}}'))
    )

    assert ("refused", "staff.wait", "wait", {"wait_ms": 30_000}) == (
        answer.status,
        answer.code,
        answer.text,
        answer.data,
    )


@pytest.mark.parametrize("status", [500, 503, 507])
def test_where_nobody_decided_the_engine_s_answer_goes_on_as_it_is(status: int) -> None:
    reply = Reply(1, status, 1, b'{"code":"api.busy"}')

    with pytest.raises(EngineTroubleError) as trouble:
        ask(Link(reply))

    assert reply == trouble.value.reply
