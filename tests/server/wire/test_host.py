"""The engine behind its sockets: many links, one writer, nothing acknowledged that is not on disk."""

import asyncio
import contextlib
import os
import shutil
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from served_shop import SALE, TILLS
from served_shop import actor as actor_at

from engine.engine import Actor, Engine
from engine.features import FEATURES
from engine.kernel.reader import Reader
from server.wire import frames
from server.wire.frames import Reply, Splitter, Wish
from server.wire.host import Host
from server.wire.link import Link
from server.wire.paces import Paces
from server.wire.sockets import CHORES, OUTBOX, ROLES, WORKER, Peer, connect, listen, peer_of, socket_path

BODY = msgspec.json.encode(SALE)


def actor(till: int = 1, operator: int = 1) -> bytes:
    """An actor as it travels."""
    return msgspec.json.encode(actor_at(till, operator))


def wish(body: bytes = BODY, name: str = "sales.post", id: bytes | None = None) -> Wish:
    """A command as it travels."""
    return Wish(id or uuid.uuid4().bytes, name, body)


class Running:
    """A host in a thread, as the engine's process runs it."""

    def __init__(self, data: Path, paces: Paces) -> None:
        self.data = data
        self.engine = Engine(data, unsafe_filesystem=True, served=True)
        self.host = Host(self.engine, {role: listen(data, role) for role in ROLES}, paces=paces, uid=os.getuid())
        self._thread = threading.Thread(target=self.host.run)
        self._thread.start()

    def stop(self) -> None:
        """The polite end: what is in hand is finished."""
        self.host.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()
        self.host.close()
        self.engine.close()


@pytest.fixture
def host(ready_shop: Path, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Begins a host over a shop of the test's own."""
    running: list[Running] = []

    def begin(paces: Paces | None = None) -> Running:
        data = tmp_path / "shop"
        if not data.exists():
            shutil.copytree(ready_shop, data)
        running.append(Running(data, paces or Paces(1_000_000, 1_000_000)))
        return running[-1]

    yield begin
    for each in running:
        with contextlib.suppress(Exception):
            each.stop()


def ask(data: Path, *calls: bytes, role: str = WORKER, answers: int = 1) -> list[Reply]:
    """Sends frames over one connection and waits for so many answers."""
    made = connect(data, role)
    made.setblocking(True)
    made.settimeout(20)
    found: list[Reply] = []
    splitter = Splitter(frames.ANSWER_BYTES_MAX)
    with made:
        made.sendall(b"".join(calls))
        while len(found) < answers:
            received = made.recv(1 << 16)
            if not received:
                raise ConnectionResetError
            found += [
                frames.decode_reply(frame)
                for frame in splitter.feed(received)
                if frames.kind_of(frame) == frames.ANSWER
            ]
    return found


def test_a_sale_is_answered_with_its_entry(host: Callable[..., Running]) -> None:
    running = host()

    (reply,) = ask(running.data, frames.encode_call(7, actor(), [wish()]))

    assert (7, 200) == (reply.number, reply.status)
    assert 1 == msgspec.json.decode(reply.body)["records"][0]["no"]


def test_the_same_id_on_many_connections_at_once_is_one_sale(host: Callable[..., Running]) -> None:
    running = host()
    same = wish()

    async def many() -> list[Reply]:
        links = [Link(running.data, WORKER) for _ in range(5)]
        for link in links:
            link.start()
        assert all([await link.wait_up(20) for link in links])
        replies = await asyncio.gather(*[link.call(actor(), [same]) for link in links for _ in range(10)])
        for link in links:
            await link.close()
        return replies

    replies = asyncio.run(many())

    answers = [msgspec.json.decode(reply.body) for reply in replies]
    assert {200} == {reply.status for reply in replies}
    assert 1 == len({answer["seq"] for answer in answers})
    assert 1 == sum(not answer["repeated"] for answer in answers)


def test_a_batch_keeps_its_order_and_each_command_its_own_answer(host: Callable[..., Running]) -> None:
    running = host()
    asked = [wish(), wish(b'{"wrong":1}'), wish(b"{}", "no.such"), wish(), wish(b'{"no":1}', "sales.copy")]

    (reply,) = ask(running.data, frames.encode_call(1, actor(), asked, batch=True))

    answers = msgspec.json.decode(reply.body)["answers"]
    assert [200, 400, 404, 200, 200] == [each["status"] for each in answers]
    assert [1, 2] == [answers[at]["body"]["records"][0]["no"] for at in (0, 3)]
    assert "kernel.bad_request" == answers[1]["body"]["code"]


def test_nobody_at_a_worker_s_socket_is_the_engine_itself(host: Callable[..., Running]) -> None:
    running = host()

    for claimed in (Actor(till=0), Actor(till=0, operator=1), Actor(till=1, operator=1)):
        sent = frames.encode_call(1, msgspec.json.encode(claimed), [wish(b'{"id":9}', "tills.remove")])
        (reply,) = ask(running.data, sent)
        assert (401, "auth.missing") == (reply.status, msgspec.json.decode(reply.body)["code"])


def test_somebody_without_a_credential_may_ask_for_what_is_his_and_for_nothing_else(
    host: Callable[..., Running],
) -> None:
    running = host()
    nobody = msgspec.json.encode(Actor(till=0, credential="nobody"))

    tried = ask(running.data, frames.encode_call(1, nobody, [wish(b'{"operator":1}', "access.try_log_in")]))[0]
    removed = ask(running.data, frames.encode_call(1, nobody, [wish(b'{"id":9}', "tills.remove")]))[0]

    assert (200, 403) == (tried.status, removed.status)


def test_a_command_comes_from_the_process_whose_socket_it_came_by(host: Callable[..., Running]) -> None:
    running = host()
    engine = msgspec.json.encode(Actor(till=0))
    report = msgspec.json.encode(FEATURES.commands["printing.report_printed"].example)

    def code_of(role: str, sender: bytes, sent: Wish) -> str:
        (reply,) = ask(running.data, frames.encode_call(1, sender, [sent]), role=role)
        return str(msgspec.json.decode(reply.body)["code"])

    heard = [code_of(role, engine, wish(b'{"id":9}', "tills.remove")) for role in (OUTBOX, CHORES)]
    heard.append(code_of(WORKER, actor(), wish(report, "printing.report_printed")))
    taken = code_of(OUTBOX, engine, wish(report, "printing.report_printed"))

    assert ["kernel.wrong_source"] * 3 == heard
    assert taken.startswith("printing.")


def test_who_lends_his_rights_travels_with_each_command(host: Callable[..., Running]) -> None:
    running = host()
    lent = wish()._replace(override=1)

    (reply,) = ask(running.data, frames.encode_call(1, actor(1, 2), [lent]))

    assert (403, "staff.no_try") == (reply.status, msgspec.json.decode(reply.body)["code"])


def test_a_peer_that_sends_rubbish_is_cut_off_and_the_others_go_on(host: Callable[..., Running]) -> None:
    running = host()

    for rubbish in (b"\xff" * 100, (5).to_bytes(4, "little") + b"hello", frames.encode_call(1, b"no actor", [wish()])):
        with pytest.raises(OSError):
            ask(running.data, rubbish)

    assert 200 == ask(running.data, frames.encode_call(1, actor(), [wish()]))[0].status


def test_more_than_can_wait_is_answered_busy_and_nothing_of_it_is_recorded(host: Callable[..., Running]) -> None:
    running = host()
    calls = [frames.encode_call(number, actor(number % 4 + 1), [wish()]) for number in range(3000)]

    replies = ask(running.data, *calls, answers=3000)

    done = [reply for reply in replies if reply.status == 200]
    busy = [reply for reply in replies if reply.status == 503]
    assert 3000 == len(done) + len(busy)
    assert all(1 <= reply.retry_after_s <= 3 for reply in busy)
    assert len(done) == sum(b"sales.posted" in data for _, _, data in _entries(running.engine.reader()))


def _entries(reader: Reader) -> Iterator[tuple[int, int, bytes]]:
    at = (1, 0)
    while page := reader.entries_since(*at):
        yield from page
        at = page[-1][0], page[-1][1] + 1


def test_a_till_that_sells_too_fast_is_told_to_wait(host: Callable[..., Running]) -> None:
    running = host(Paces(1, 3))
    calls = [frames.encode_call(number, actor(), [wish()]) for number in range(5)]
    calls += [frames.encode_call(9, actor(2), [wish()])]

    replies = sorted(ask(running.data, *calls, answers=6))

    assert [200, 200, 200, 429, 429, 200] == [reply.status for reply in replies]
    assert all(reply.retry_after_s >= 1 for reply in replies if reply.status == 429)


def test_sockets_are_their_owner_s_alone(host: Callable[..., Running]) -> None:
    running = host()

    for role in ROLES:
        assert 0o600 == socket_path(running.data, role).stat().st_mode & 0o777
    assert 0o700 == socket_path(running.data, WORKER).parent.stat().st_mode & 0o777


@pytest.mark.parametrize("role", [OUTBOX, CHORES])
def test_what_a_socket_s_role_may_not_send_is_refused_whoever_is_named(host: Callable[..., Running], role: str) -> None:
    running = host()

    answer = ask(running.data, frames.encode_call(1, actor(), [wish()]), role=role)[0]

    body = msgspec.json.decode(answer.body)
    assert (404, "kernel.wrong_source", {"source": role}) == (answer.status, body["code"], body["data"])


def test_what_is_in_hand_is_answered_before_the_end(host: Callable[..., Running]) -> None:
    running = host()
    made = connect(running.data, WORKER)
    made.setblocking(True)
    calls = [frames.encode_call(number, actor(number % 4 + 1), [wish()]) for number in range(300)]

    made.sendall(b"".join(calls))
    stopping = threading.Thread(target=running.stop)
    stopping.start()

    found: list[Reply] = []
    splitter = Splitter(frames.ANSWER_BYTES_MAX)
    with made:
        while received := made.recv(1 << 16):
            found += [frames.decode_reply(each) for each in splitter.feed(received) if frames.ANSWER == each[0]]
    stopping.join()
    assert {200} == {reply.status for reply in found}
    with Reader(running.data, FEATURES) as reader:
        last = reader.entries_since(1, reader.position()[1] - 1)[0][2]
        assert len(found) == sum(b"sales.posted" in data for _, _, data in _entries(reader))
    assert b"engine.stopped" in last


def test_workers_hear_of_every_commit_and_find_the_engine_again(host: Callable[..., Running]) -> None:
    running = host()

    async def through_a_restart() -> tuple[tuple[int, int], int, int, int]:
        link = Link(running.data, WORKER)
        link.start()
        assert await link.wait_up(20)
        before = link.position
        waits = asyncio.ensure_future(link.wait_moved(20))
        first = await link.call(actor(), [wish()])
        await waits
        moved = link.position
        await asyncio.to_thread(running.stop)
        away = await link.call(actor(), [wish()])
        again = host()
        assert await link.wait_up(20)
        last = await link.call(actor(TILLS[1]), [wish()])
        await link.close()
        closed = await link.call(actor(), [wish()])
        await asyncio.to_thread(again.stop)
        assert before < moved
        assert b"api.engine_away" in closed.body
        return moved, first.status, away.status, last.status

    position, *statuses = asyncio.run(through_a_restart())

    assert [200, 503, 200] == statuses
    assert position[1] > 0


def test_a_call_that_cannot_be_sent_is_answered_at_once(tmp_path: Path) -> None:
    async def nobody_there() -> Reply:
        link = Link(tmp_path, WORKER)
        link.start()
        reply = await link.call(actor(), [wish()])
        await link.close()
        return reply

    reply = asyncio.run(nobody_there())

    assert (503, 1) == (reply.status, reply.retry_after_s)


def test_a_stranger_of_another_user_is_turned_away(
    host: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    running = host()
    monkeypatch.setattr("server.wire.host.peer_of", lambda connected: Peer(1, os.getuid() + 1))

    with connect(running.data, WORKER) as made:
        made.setblocking(True)
        assert b"" == made.recv(100)


def test_the_kernel_says_who_is_at_the_other_end() -> None:
    ours, theirs = socket.socketpair()

    with ours, theirs:
        assert Peer(os.getpid(), os.getuid()) == peer_of(ours)


def test_a_path_longer_than_a_socket_s_own_limit_works(tmp_path: Path) -> None:
    data = tmp_path / ("a" * 100) / ("b" * 100)
    data.mkdir(parents=True)

    with listen(data, WORKER) as listener:
        made = connect(data, WORKER)
        listener.setblocking(True)
        accepted, _ = listener.accept()
        accepted.close()

    assert socket.AF_UNIX == made.family
    made.close()
