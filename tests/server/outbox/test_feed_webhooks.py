"""The feed between store and delivering process, on a real engine: handed out, reported, lost to a crash."""

from typing import Any

import pytest
from shop_harness import Shop

from server.outbox.feed_webhooks import REPORT_EVERY_S, Feed
from server.outbox.plan_deliveries import WAITING_MAX, Delivery, Outcome
from server.outbox.webhooks import Deliver, Drop, Endpoint

CARD = {"lines": [{"product": 1}], "payments": [{"mode": 2}]}
SECRET = {"hash": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "key": "first"}
OTHER = {"hash": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "key": "second"}


class Bench:
    """A shop, its feed, and a hand that plays the delivering process."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.put()
        self.shop.do("cash.open", {"float_in": 0})
        self.feed = self.new_feed()
        for one in self.step():
            self.feed.take(self.outcome(one))
        self.report(force=True)

    def new_feed(self) -> Feed:
        """A feed that remembers nothing, as after a crash."""
        return Feed(lambda name, body: self.shop.ask(name, body, till=0, operator=0))

    def put(self, id: int = 1, **changes: Any) -> None:
        """The endpoint's row."""
        row = {
            "title": "Compta",
            "url": "https://compta.example.com/",
            "events": ["validated", "terminated", "cashBox_open"],
        }
        self.shop.configure("webhooks", id, row | {"secret": SECRET} | changes)

    def sell(self, count: int = 1) -> None:
        """Some sales, each told twice."""
        for _ in range(count):
            self.shop.do("sales.post", CARD)

    def step(self) -> list[Delivery]:
        """The deliveries of one step."""
        return [message.delivery for message in self.feed.step() if isinstance(message, Deliver)]

    def outcome(self, delivery: Delivery, **changes: Any) -> Outcome:
        """What came of a delivery."""
        place: dict[str, Any] = {
            "hook": delivery.hook,
            "turn": delivery.turn,
            "position": delivery.position,
            "number": delivery.number,
        }
        return Outcome(**(place | {"taken": True, "reason": "", "status": 200, "attempts": 1} | changes))

    def report(self, now_s: int = 0, *, force: bool = False) -> list[str]:
        """Sends what is due; the answers' statuses."""
        statuses = []
        for report in self.feed.reports(now_s, force=force):
            answer = self.shop.send(*report, till=0, operator=0, source="outbox")
            self.feed.reported(report, answer.status)
            statuses.append(answer.status)
        return statuses


@pytest.fixture
def bench(bar: Shop) -> Bench:
    """A bar whose endpoint has heard everything so far."""
    return Bench(bar)


def test_new_work_is_handed_out_once(bench: Bench) -> None:
    bench.sell()

    first, again = bench.step(), bench.step()

    assert (2, 0) == (len(first), len(again))
    assert {"ticket:0:1"} == {delivery.subject for delivery in first}


def test_an_endpoint_is_introduced_before_its_work_and_whenever_it_changes(bench: Bench) -> None:
    bench.sell()
    bench.feed = bench.new_feed()
    first = bench.feed.step()
    bench.put(url="https://new.example.com/")
    moved = bench.feed.step()
    bench.shop.do("integrations.rotate_secret", {"id": 1, "secret": OTHER}, till=0, operator=0)
    rotated = bench.feed.step()

    assert [Endpoint, Deliver, Deliver] == [type(message) for message in first]
    assert ["https://new.example.com/"] == [message.url for message in moved if isinstance(message, Endpoint)]
    assert [2] == [len(message.secrets) for message in rotated if isinstance(message, Endpoint)]


def test_deliveries_are_reported_now_and_then_in_one_command(bench: Bench) -> None:
    bench.sell(3)
    for delivery in bench.step():
        bench.feed.take(bench.outcome(delivery))
    size = bench.shop.engine.position[1]

    early = bench.report(REPORT_EVERY_S - 1)
    due = bench.report(REPORT_EVERY_S)
    nothing = bench.report(10 * REPORT_EVERY_S)

    assert ([], ["done"], []) == (early, due, nothing)
    assert size + 1 == bench.shop.engine.position[1]
    assert [] == bench.new_feed().step()[1:]


def test_after_a_crash_only_what_was_not_reported_is_sent_again_under_the_same_ids(bench: Bench) -> None:
    bench.sell(3)
    out = bench.step()
    for delivery in out[:2]:
        bench.feed.take(bench.outcome(delivery))
    bench.report(force=True)
    for delivery in out[2:]:
        bench.feed.take(bench.outcome(delivery))

    bench.feed = bench.new_feed()

    assert [delivery.id for delivery in out[2:]] == [delivery.id for delivery in bench.step()]


def test_what_was_heard_out_of_order_is_neither_lost_nor_repeated_after_a_crash(bench: Bench) -> None:
    bench.sell(4)
    out = bench.step()
    for index in (1, 4, 5):
        bench.feed.take(bench.outcome(out[index]))
    bench.report(force=True)
    bench.feed = bench.new_feed()
    left = bench.step()
    for delivery in left:
        bench.feed.take(bench.outcome(delivery))
    bench.report(force=True)

    assert [out[index].id for index in (0, 2, 3, 6, 7)] == [delivery.id for delivery in left]
    assert [] == Bench.step(bench)
    bench.feed = bench.new_feed()
    assert [] == bench.step()


def test_the_heard_mark_never_passes_work_that_was_not_asked_for_yet(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.sell(4)
    out = bench.step()
    bench.feed.take(bench.outcome(out[5]))
    bench.report(force=True)
    monkeypatch.setattr("server.outbox.feed_webhooks.PAGE_MAX", 2)
    monkeypatch.setattr("server.outbox.feed_webhooks.PAGES_MAX", 1)
    bench.feed = bench.new_feed()
    seen: list[str] = []
    while some := bench.step():
        for delivery in some:
            bench.feed.take(bench.outcome(delivery))
        seen += [delivery.id for delivery in some]
        bench.report(force=True)
        bench.feed = bench.new_feed()

    assert [delivery.id for index, delivery in enumerate(out) if index != 5] == seen


def test_a_failure_is_reported_after_what_went_before_it_and_the_endpoint_is_dropped(bench: Bench) -> None:
    bench.sell(2)
    first, second, *_ = bench.step()
    bench.feed.take(bench.outcome(first))
    bench.feed.take(bench.outcome(second, taken=False, reason="status", status=500, attempts=9))

    statuses = bench.report()
    after = bench.feed.step()
    status = bench.shop.ask("integrations.status", {"id": 1})

    assert ["done", "done"] == statuses
    assert not status.active
    assert [("status", 500, 9)] == [(one.reason, one.status, one.attempts) for one in status.failed]
    assert [Drop(hook=1)] == after


def test_switched_on_again_the_endpoint_hears_what_waited(bench: Bench) -> None:
    bench.sell()
    out = bench.step()
    bench.feed.take(bench.outcome(out[0], taken=False, reason="status", status=500, attempts=9))
    bench.report()
    bench.feed.step()

    bench.put()

    assert [delivery.id for delivery in out] == [delivery.id for delivery in bench.step()]


def test_an_endpoint_switched_off_or_removed_is_dropped(bench: Bench) -> None:
    bench.put(active=False)
    off = bench.feed.step()
    bench.put()
    bench.feed.step()
    bench.shop.do("webhooks.remove", {"id": 1}, till=0, operator=0)

    assert [Drop(hook=1)] == off == bench.feed.step()


def test_a_replay_starts_over_and_late_outcomes_of_before_count_for_nothing(bench: Bench) -> None:
    bench.sell()
    out = bench.step()
    bench.feed.take(bench.outcome(out[0]))
    bench.feed.take(bench.outcome(out[1]))
    bench.report(force=True)
    bench.shop.do("integrations.replay", {"id": 1, "seq": 0}, till=0, operator=0)

    messages = bench.feed.step()
    bench.feed.take(bench.outcome(out[0]))

    again = [message.delivery.id for message in messages if isinstance(message, Deliver)]
    assert Drop(hook=1) == messages[0]
    assert [delivery.id for delivery in out] == again[-2:]
    assert [] == bench.feed.reports(0, force=True)


def test_a_report_that_the_engine_could_not_take_is_made_again(bench: Bench) -> None:
    bench.sell()
    for delivery in bench.step():
        bench.feed.take(bench.outcome(delivery))
    (report,) = bench.feed.reports(0, force=True)

    bench.feed.reported(report, "fault")

    assert [report] == bench.feed.reports(0, force=True)


def test_no_endpoint_takes_more_memory_than_its_bound(bench: Bench) -> None:
    body = {"lines": [{"product": 1}], "payments": [{"mode": 2}]}
    bench.shop.engine.submit([bench.shop.envelope("sales.post", body) for _ in range(WAITING_MAX // 2 + 50)])

    found = bench.step() + bench.step()

    assert WAITING_MAX == len(found)


def test_an_event_that_nobody_takes_does_not_hold_up_the_rest(bench: Bench) -> None:
    bench.shop.engine.submit([bench.shop.envelope("sales.post", CARD) for _ in range(WAITING_MAX)])
    first, *rest = bench.step()
    seen = 1
    while rest:
        seen += len(rest)
        for delivery in rest:
            bench.feed.take(bench.outcome(delivery))
        bench.report(force=True)
        rest = bench.step()
    bench.feed = bench.new_feed()

    assert 2 * WAITING_MAX == seen
    assert first.id == bench.step()[0].id


def test_an_endpoint_that_is_removed_while_its_work_is_asked_for_is_no_fault(bench: Bench) -> None:
    hooks = bench.shop.ask("integrations.hooks", {}, till=0, operator=0)
    bench.shop.do("webhooks.remove", {"id": 1}, till=0, operator=0)
    feed = Feed(
        lambda name, body: hooks if name == "integrations.hooks" else bench.shop.ask(name, body, till=0, operator=0)
    )

    assert [Endpoint] == [type(message) for message in feed.step()]
