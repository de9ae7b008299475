"""The delivering process: told over a socket, it signs, posts and tells outcomes; its transport is a double here."""

import asyncio
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server.outbox.plan_deliveries import Delivery, Outcome, Plan, Reply
from server.outbox.sign_webhook import verified
from server.outbox.webhooks import Deliver, Deliverer, Drop, Endpoint, Message, SigningSecret, frame, outcomes

FIRST = SigningSecret(text="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
FORMER = SigningSecret(text="whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", until_ms=2_000_000)
ENDPOINT = Endpoint(hook=1, url="https://hooks.example.com/", secrets=(FIRST,))


class Transport:
    """Keeps what was posted; answers as told, the last answer for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies) or [Reply(200)]
        self.posted: list[tuple[str, dict[str, str], bytes]] = []

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Reply:
        self.posted.append((url, headers, body))
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def delivery(number: int = 1, subject: str = "ticket:0:1") -> Delivery:
    return Delivery(hook=1, turn=7, id=f"msg_{number}", position=number, number=0, subject=subject, body="{}")


def run(transport: Transport, *messages: Message, count: int, now_s: float = 1_000, plan: Plan | None = None) -> Any:
    """The first ``count`` outcomes after these messages."""

    async def work() -> list[Outcome]:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        ends = await asyncio.open_connection(sock=theirs)
        deliverer = Deliverer(transport, plan=plan or Plan(delays_s=(0, 0)), now_s=lambda: now_s)
        running = asyncio.create_task(deliverer.run(*ends))
        for message in messages:
            writer.write(frame(message))
        found: list[Outcome] = []
        data = bytearray()
        while len(found) < count:
            data += await asyncio.wait_for(reader.read(65_536), 10)
            found += outcomes(data)
        writer.close()
        await asyncio.wait_for(running, 10)
        return found

    return asyncio.run(work())


def test_a_delivery_is_signed_posted_and_told() -> None:
    transport = Transport()

    (outcome,) = run(transport, ENDPOINT, Deliver(delivery=delivery()), count=1)

    (url, headers, body) = transport.posted[0]
    assert (True, 1, 7, 1, 0, 1, 200) == (
        outcome.taken,
        outcome.hook,
        outcome.turn,
        outcome.position,
        outcome.number,
        outcome.attempts,
        outcome.status,
    )
    assert ("https://hooks.example.com/", b"{}", "msg_1") == (url, body, headers["webhook-id"])
    assert verified([FIRST.text], headers, body, 1_000)


def test_a_former_secret_signs_until_its_time_and_not_after() -> None:
    endpoint = Endpoint(hook=1, url=ENDPOINT.url, secrets=(FIRST, FORMER))
    early, late = Transport(), Transport()

    run(early, endpoint, Deliver(delivery=delivery()), count=1, now_s=1_999)
    run(late, endpoint, Deliver(delivery=delivery()), count=1, now_s=2_000)

    counts = [len(one.posted[0][1]["webhook-signature"].split(" ")) for one in (early, late)]
    assert [2, 1] == counts


def test_nothing_is_sent_unsigned() -> None:
    transport = Transport()

    (outcome,) = run(transport, Endpoint(hook=1, url=ENDPOINT.url, secrets=()), Deliver(delivery=delivery()), count=1)

    assert [] == transport.posted
    assert (False, "no_secret", 3) == (outcome.taken, outcome.reason, outcome.attempts)


def test_a_failure_is_tried_again_with_the_same_id_and_body_before_the_next_of_its_subject() -> None:
    transport = Transport(Reply(500), Reply(0, "timeout"), Reply(200))
    work = [Deliver(delivery=delivery(1)), Deliver(delivery=delivery(2))]

    first, second = run(transport, ENDPOINT, *work, count=2)

    assert ["msg_1"] * 3 + ["msg_2"] == [headers["webhook-id"] for _, headers, _ in transport.posted]
    assert [(1, 3), (2, 1)] == [(one.position, one.attempts) for one in (first, second)]


def test_an_endpoint_that_moved_is_called_where_it_is_now() -> None:
    transport = Transport()
    moved = Endpoint(hook=1, url="https://new.example.com/", secrets=(FIRST,))

    run(transport, ENDPOINT, Deliver(delivery=delivery()), moved, count=1)

    assert ["https://new.example.com/"] == [url for url, _, _ in transport.posted]


def test_an_endpoint_that_was_dropped_is_not_called() -> None:
    transport = Transport()
    other = Deliver(delivery=delivery(2, "ticket:0:2"))

    (outcome,) = run(transport, ENDPOINT, Deliver(delivery=delivery()), Drop(hook=1), ENDPOINT, other, count=1)

    assert 2 == outcome.position
    assert ["msg_2"] == [headers["webhook-id"] for _, headers, _ in transport.posted]


def test_a_frame_beyond_all_bounds_ends_the_process_instead_of_filling_its_memory() -> None:
    async def work() -> BaseException | None:
        ours, theirs = socket.socketpair()
        _, writer = await asyncio.open_connection(sock=ours)
        running = asyncio.create_task(Deliverer(Transport()).run(*await asyncio.open_connection(sock=theirs)))
        writer.write((1 << 30).to_bytes(4, "big"))
        done, _ = await asyncio.wait([running], timeout=10)
        writer.close()
        return done.pop().exception()

    assert isinstance(asyncio.run(work()), ValueError)


def test_outcomes_are_read_whatever_the_cuts() -> None:
    made = [
        Outcome(hook=1, turn=7, position=n, number=0, taken=True, reason="", status=200, attempts=1) for n in (1, 2)
    ]
    data = b"".join(map(frame, made))
    received, found = bytearray(), []
    read: Callable[[bytearray], list[Outcome]] = outcomes
    for byte in data:
        received.append(byte)
        found += read(received)

    assert made == found
    assert not received


def test_main_works_in_a_child_with_nothing_but_its_socket(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    script = f"""
        import socket, sys
        sys.path.insert(0, {str(Path(__file__).parents[3])!r})
        from server.outbox.webhooks import main
        main(socket.socket(fileno={theirs.fileno()}))
        assert not any(name.startswith(("lmdb", "engine.kernel.store", "engine.engine")) for name in sys.modules)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    child = subprocess.Popen(command, pass_fds=[theirs.fileno()], env={}, cwd=tmp_path)
    theirs.close()
    inside = Endpoint(hook=1, url="https://127.0.0.1/", secrets=(FIRST,))
    ours.sendall(frame(inside) + frame(Deliver(delivery=delivery())))

    ours.close()

    assert 0 == child.wait(30)
