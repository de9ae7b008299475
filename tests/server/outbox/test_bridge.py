"""The bridge: answers come back as the engine gave them, faults as faults, and nobody waits for ever."""

import asyncio
import json
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.engine import Answer, Engine, Fault, Refusal, StoreFault
from server.outbox.bridge import ENGINE, Bridge, answer_of, new_id
from server.wire import answers
from server.wire.frames import Reply, Wish


def reply_of(answer: Answer) -> Reply:
    """An answer as it arrives over the wire."""
    status, wait_s, body = answers.encode(answer)
    return Reply(1, status, body=body, retry_after_s=wait_s)


def test_an_answer_comes_back_as_it_was_given_without_its_records() -> None:
    given = Answer(id="ab" * 16, status="done", gen=1, seq=7, at_ms=5, leaf="cd" * 32, proof="p", repeated=True)

    assert msgspec.structs.replace(given, at_ms=0) == answer_of(reply_of(given))


@pytest.mark.parametrize("code", ["printing.job_over", "printing.no_such_job", "store.disk_low"])
def test_a_refusal_stays_a_refusal_whatever_its_status(code: str) -> None:
    given = Answer(id="ab" * 16, status="refused", code=code, text="no", at="seq", data={"a": 1})

    assert given == answer_of(reply_of(given))


@pytest.mark.parametrize("retry", [True, False])
def test_a_fault_is_raised_and_says_whether_to_ask_again(retry: bool) -> None:
    given = Answer(id="ab" * 16, status="fault", code="store.lost", text="gone", retry=retry)

    with pytest.raises(Fault, match=r"store\.lost") as raised:
        answer_of(reply_of(given))

    assert retry == raised.value.retry


@pytest.mark.parametrize(("status", "code"), [(503, "api.engine_away"), (503, "api.busy"), (429, "api.too_fast")])
def test_a_host_that_has_no_time_is_a_fault_to_be_tried_again(status: int, code: str) -> None:
    body = json.dumps({"code": code, "detail": "later", "status": status}).encode()

    with pytest.raises(Fault, match=code) as raised:
        answer_of(Reply(1, status, 1, body))

    assert raised.value.retry


class Wire:
    """A link that answers as told."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, Wish]] = []

    async def call(self, actor: bytes, wishes: list[Wish]) -> Reply:
        """Remembers the call."""
        self.sent.append((actor, wishes[0]))
        return reply_of(Answer(id=wishes[0].id.hex(), status="done"))


def test_threads_ask_and_submit_while_the_loop_runs_and_get_a_fault_after_its_end(
    ready_shop: Path, tmp_path: Path
) -> None:
    wire: Any = Wire()
    heard: list[Any] = []
    Engine.create(tmp_path / "shop", unsafe_filesystem=True)
    with Engine(tmp_path / "shop", unsafe_filesystem=True):
        pass

    async def run() -> Bridge:
        bridge = Bridge(tmp_path / "shop", wire, asyncio.get_running_loop())

        def work() -> None:
            heard.append(bridge.submit("printing.report_started", {"gen": 1}, b"i" * 16))
            heard.append(bridge.ask("printing.jobs", {}).jobs)
            with pytest.raises(Refusal):
                bridge.ask("printing.print", {"gen": 1, "seq": 0})

        thread = threading.Thread(target=work)
        thread.start()
        while thread.is_alive():
            await asyncio.sleep(0.01)
        bridge.close()
        return bridge

    bridge = asyncio.run(run())

    assert (Answer(id=(b"i" * 16).hex(), status="done"), ()) == (heard[0], heard[1])
    assert [(ENGINE, Wish(b"i" * 16, "printing.report_started", b'{"gen":1}'))] == wire.sent
    with pytest.raises(Fault, match="ending"):
        bridge.ask("printing.jobs", {})


def test_a_store_that_is_not_there_is_a_fault_and_is_looked_for_again(tmp_path: Path) -> None:
    loop = asyncio.new_event_loop()
    wire: Any = Wire()
    bridge = Bridge(tmp_path / "shop", wire, loop)

    with pytest.raises(StoreFault):
        bridge.ask("printing.jobs", {})
    Engine.create(tmp_path / "shop", unsafe_filesystem=True)
    with Engine(tmp_path / "shop", unsafe_filesystem=True):
        pass
    found = bridge.ask("printing.jobs", {})
    bridge.close()
    loop.close()

    assert () == found.jobs


def test_ids_are_made_once_and_in_the_order_of_time() -> None:
    made = [new_id() for _ in range(100)]

    assert 100 == len(set(made))
    assert {(16, 7, 2)} == {(len(id), id[6] >> 4, id[8] >> 6) for id in made}
    assert [id[:6] for id in made] == sorted(id[:6] for id in made)
