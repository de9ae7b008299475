"""A worker's link by itself: what it keeps in mind of a full engine, and of calls that wait too long."""

import asyncio
import time
from pathlib import Path

import pytest

from engine.kernel.version import VERSION
from server.wire import frames
from server.wire.frames import Reply, Wish
from server.wire.link import ANSWER_WITHIN_S, NO_ROOM_NS, SWEEP_EACH_S, Link
from server.wire.sockets import WORKER

WISH = Wish(bytes(16), "sales.post", b"{}")


def payload(frame: bytes) -> bytes:
    """A frame without its length, as a `Splitter` gives it."""
    return frame[4:]


def test_a_full_engine_is_remembered_until_it_has_taken_a_group(tmp_path: Path) -> None:
    made = Link(tmp_path, WORKER)
    before = made.no_room
    made.refused_for_room()
    meanwhile = made.no_room
    made.take(payload(frames.encode_position((1, 5))))

    assert (False, True, False) == (before, meanwhile, made.no_room)


def test_a_full_engine_that_says_nothing_more_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Link(tmp_path, WORKER)
    made.refused_for_room()
    later = time.monotonic_ns() + NO_ROOM_NS

    with monkeypatch.context() as patched:
        patched.setattr(time, "monotonic_ns", lambda: later)
        now = made.no_room

    assert not now


def test_calls_without_an_answer_end_after_their_time_and_younger_ones_go_on(tmp_path: Path) -> None:
    async def swept() -> tuple[list[Reply], list[Reply]]:
        made = Link(tmp_path, WORKER)
        made.start()
        made.take(payload(frames.encode_hello(VERSION)))
        old: list[Reply] = []
        young: list[Reply] = []
        made.send(b"{}", [WISH], old.append)
        for _ in range(round(ANSWER_WITHIN_S / SWEEP_EACH_S)):
            made.sweep()
            assert [] == old
        made.send(b"{}", [WISH], young.append)
        made.sweep()
        told = list(old), list(young)
        await made.close()
        return told

    old, young = asyncio.run(swept())

    assert [503] == [reply.status for reply in old]
    assert b"api.engine_away" in old[0].body
    assert [] == young
