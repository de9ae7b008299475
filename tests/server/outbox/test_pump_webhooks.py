"""The whole way: a sale on a real engine, the delivering loop over a socket pair, a TLS receiver, the report back."""

import asyncio
import json
import select
import socket
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from shop_harness import Shop

from server.outbox.feed_webhooks import Feed
from server.outbox.plan_deliveries import Plan
from server.outbox.pump_webhooks import ChildGone, Pump
from server.outbox.sign_webhook import verified
from server.outbox.webhooks import Deliverer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CARD = {"lines": [{"product": 1, "quantity": 2}], "payments": [{"mode": 2}]}
ROUNDS_MAX = 400


class Line:
    """A pump whose other end is a deliverer in a thread, with the receiver beside it."""

    def __init__(self, shop: Shop, receiver: Any, delays_s: tuple[int, ...] = (0, 0)) -> None:
        self.shop = shop
        self.receiver = receiver
        self.commands: list[str] = []
        ours, theirs = socket.socketpair()
        ours.settimeout(10)
        started = threading.Event()

        async def work() -> None:
            async with receiver.serving():
                started.set()
                deliverer = Deliverer(receiver.poster(), plan=Plan(delays_s))
                await deliverer.run(*await asyncio.open_connection(sock=theirs))

        self.thread = threading.Thread(target=asyncio.run, args=(work(),), daemon=True)
        self.thread.start()
        assert started.wait(10)
        self.pump = Pump(Feed(self._ask, public_url="https://caisse.example.com"), ours, self._submit)
        self.pipe = ours

    def _ask(self, name: str, body: Any) -> Any:
        found = self.shop.ask(name, body, till=0, operator=0)
        if (
            name == "integrations.hooks"
        ):  # the row names an endpoint that may be configured; the test's own listens here
            return tuple(msgspec.structs.replace(hook, url=self.receiver.url) for hook in found)
        return found

    def _submit(self, name: str, body: Any) -> str:
        self.commands.append(name)
        return self.shop.send(name, body, till=0, operator=0, source="outbox").status

    def until(self, done: Callable[[], bool]) -> None:
        """Turns the pump until something is so."""
        for _ in range(ROUNDS_MAX):
            self.pump.turn(0)
            if done():
                return
            select.select([self.pipe], [], [], 0.05)
        pytest.fail("it never came to that")

    def close(self) -> None:
        """Hangs up and waits for the other side."""
        self.pump.close(0)
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def shop(bar: Shop) -> Shop:
    """A bar with an endpoint for tickets."""
    row = {"title": "Compta", "url": "https://compta.example.com/", "format": "reference"}
    bar.configure("webhooks", 1, row | {"secret": {"hash": SECRET, "key": "k"}})
    bar.do("cash.open", {"float_in": 0})
    return bar


def test_a_sale_reaches_the_receiver_twice_signed_and_is_reported_once(shop: Shop, receiver: Any) -> None:
    line = Line(shop, receiver)
    answer = shop.do("sales.post", CARD)

    line.until(lambda: len(receiver.requests) == 2)
    line.close()

    bodies = [json.loads(body) for _, _, body in receiver.requests]
    assert ["validated", "terminated"] == [body["type"] for body in bodies]
    proof_path = shop.ask("sales.ticket", {"seq": answer.seq}).proof_path
    assert f"https://caisse.example.com{proof_path}" == bodies[0]["signatureVerificationURL"]
    at = int(receiver.requests[0][1]["webhook-timestamp"])
    assert all(verified([SECRET], headers, body, at) for _, headers, body in receiver.requests)
    assert ["integrations.report_delivered"] == line.commands
    assert 1 << 48 | answer.seq == shop.ask("integrations.hooks", {}, till=0, operator=0)[0].position


def test_a_receiver_that_was_down_gets_everything_once_it_is_back_in_order(shop: Shop, receiver: Any) -> None:
    down = b"HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n"
    receiver.answers = [down] * 3 + receiver.answers
    line = Line(shop, receiver, delays_s=(0,) * 8)
    for _ in range(3):
        shop.do("sales.post", CARD)

    line.until(lambda: len(receiver.requests) == 9)
    line.close()

    taken: dict[str, list[str]] = {}
    for _, headers, body in receiver.requests:
        seen = taken.setdefault(headers["webhook-id"], [])
        seen.append(json.loads(body)["type"])
    by_ticket: dict[int, list[str]] = {}
    for _, _, body in receiver.requests:
        fields = json.loads(body)
        by_ticket.setdefault(fields["orderID"], []).append(fields["type"])
    assert 6 == len(taken)
    assert all(types == sorted(types, reverse=True) for types in by_ticket.values())


def test_an_endpoint_that_never_takes_it_is_switched_off_and_the_shop_goes_on(shop: Shop, receiver: Any) -> None:
    receiver.answers = [b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n"]
    line = Line(shop, receiver)
    shop.do("sales.post", CARD)

    line.until(lambda: "integrations.report_failed" in line.commands)
    line.close()

    status = shop.ask("integrations.status", {"id": 1})
    assert (False, [("status", 500, 3)]) == (
        status.active,
        [(one.reason, one.status, one.attempts) for one in status.failed],
    )
    assert "done" == shop.do("sales.post", CARD).status


def test_a_process_that_ended_is_noticed(shop: Shop) -> None:
    ours, theirs = socket.socketpair()
    pump = Pump(Feed(lambda name, body: shop.ask(name, body, till=0, operator=0)), ours, lambda name, body: "done")
    theirs.close()

    with pytest.raises(ChildGone):
        pump.turn(0)
    pump.close(0)
