"""The plan of deliveries on a clock that only the test moves: exact counts, exact times."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.outbox.plan_deliveries import (
    IN_FLIGHT_MAX,
    RATE_PER_S_MAX,
    RETRY_DELAYS_S,
    WAITING_MAX,
    Delivery,
    Plan,
    Reply,
)

OK = Reply(200)
BAD = Reply(500)


def delivery(number: int, subject: str | None = None, hook: int = 1, turn: int = 7) -> Delivery:
    return Delivery(
        hook=hook, turn=turn, id=f"m{number}", position=number, number=0, subject=subject or f"s{number}", body="{}"
    )


def test_the_eight_delays_are_two_days_together() -> None:
    assert (8, 2 * 24 * 3600) == (len(RETRY_DELAYS_S), sum(RETRY_DELAYS_S))
    assert sorted(RETRY_DELAYS_S) == list(RETRY_DELAYS_S)


def test_a_delivery_is_tried_nine_times_at_the_named_delays_and_then_given_up() -> None:
    plan, now, begun = Plan(), 0.0, []
    plan.add(delivery(1), now)
    outcome = None
    while outcome is None:
        at = plan.next_at()
        assert at is not None
        assert plan.start(at - 0.001) == []
        now = at
        (out,) = plan.start(now)
        begun.append(now)
        outcome = plan.finish(out, BAD, now)

    assert [sum(RETRY_DELAYS_S[:count]) for count in range(9)] == begun
    assert (False, "status", 500, 9) == (outcome.taken, outcome.reason, outcome.status, outcome.attempts)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [(Reply(302), "redirected"), (Reply(404), "status"), (Reply(0, "timeout"), "timeout"), (Reply(200, "odd"), "odd")],
)
def test_only_a_plain_200_or_its_like_is_taken(reply: Reply, reason: str) -> None:
    plan = Plan(delays_s=())
    plan.add(delivery(1), 0)

    outcome = plan.finish(plan.start(0)[0], reply, 0)

    assert outcome is not None
    assert (False, reason) == (outcome.taken, outcome.reason)


def test_an_endpoint_that_is_gone_is_not_tried_again() -> None:
    plan = Plan()
    plan.add(delivery(1), 0)

    outcome = plan.finish(plan.start(0)[0], Reply(410), 0)

    assert outcome is not None
    assert ("gone", 1) == (outcome.reason, outcome.attempts)


def test_a_receiver_may_ask_for_more_patience_but_not_for_ever() -> None:
    plan = Plan()
    plan.add(delivery(1), 0)
    plan.finish(plan.start(0)[0], Reply(429, retry_after_s=60), 0)
    first = plan.next_at()
    plan.finish(plan.start(60)[0], Reply(503, retry_after_s=10**9), 60)

    assert 60 == first
    assert 60 + 3600 == plan.next_at()


def test_events_of_one_subject_go_one_after_the_other_whatever_the_replies() -> None:
    plan = Plan()
    for number in (1, 2, 3):
        plan.add(delivery(number, "ticket:0:1"), 0)
    plan.add(delivery(4, "ticket:0:2"), 0)

    first, other = plan.start(0)
    again = plan.start(0)
    plan.finish(first, BAD, 0)
    plan.finish(other, OK, 0)

    assert ("m1", "m4") == (first.id, other.id)
    assert [] == again == plan.start(4.9)
    assert ["m1"] == [one.id for one in plan.start(5)]


def test_five_are_in_flight_and_a_sixth_begins_when_one_comes_back() -> None:
    plan = Plan()
    for number in range(8):
        plan.add(delivery(number), 0)

    out = plan.start(0)
    plan.finish(out[0], OK, 0.5)

    assert IN_FLIGHT_MAX == len(out)
    assert 1 == len(plan.start(0.5))


def test_ten_begin_in_any_second() -> None:
    plan, now = Plan(), 0.0
    begun: list[float] = []
    for number in range(100):
        plan.add(delivery(number), 0)
    while len(begun) < 100:
        at = plan.next_at()
        assert at is not None
        now = max(now, at)
        for out in plan.start(now):
            begun.append(now)
            plan.finish(out, OK, now)

    assert all(later - earlier >= 1 for earlier, later in zip(begun, begun[RATE_PER_S_MAX:], strict=False))
    assert 9 == begun[-1]


def test_one_endpoint_does_not_wait_for_another() -> None:
    plan = Plan()
    for number in range(20):
        plan.add(delivery(number, hook=1), 0)
    plan.add(delivery(99, hook=2), 0)

    assert [1] * 5 + [2] == sorted(out.hook for out in plan.start(0))


def test_an_endpoint_that_gave_up_one_event_is_left_alone() -> None:
    plan = Plan(delays_s=())
    for number in (1, 2):
        plan.add(delivery(number), 0)
    first, second = plan.start(0)

    assert plan.finish(first, BAD, 0) is not None
    assert plan.finish(second, OK, 0) is None
    assert plan.next_at() is None
    assert WAITING_MAX == plan.room(1)


def test_a_reply_from_before_an_endpoint_came_back_counts_for_nothing() -> None:
    plan = Plan()
    old = delivery(1)
    plan.add(old, 0)
    plan.start(0)
    plan.drop(1)
    plan.add(delivery(1), 1)

    assert plan.finish(old, OK, 1) is None
    assert WAITING_MAX - 1 == plan.room(1)
    assert ["m1"] == [out.id for out in plan.start(1)]


def test_what_passes_the_bound_or_the_turn_is_an_error_of_the_caller() -> None:
    plan = Plan()
    for number in range(WAITING_MAX):
        plan.add(delivery(number), 0)

    with pytest.raises(ValueError, match="waiting"):
        plan.add(delivery(WAITING_MAX), 0)
    with pytest.raises(ValueError, match="turn"):
        plan.add(delivery(0, turn=8), 0)
    assert 0 == plan.room(1)


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4)), max_size=40),
    st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_whatever_replies_come_in_whatever_order_the_limits_and_the_order_hold(
    events: list[tuple[int, int]], chance: random.Random
) -> None:
    plan, now = Plan(delays_s=(5, 300)), 0.0
    for number, (hook, subject) in enumerate(events):
        plan.add(delivery(number, f"t{subject}", hook), 0)
    out: list[Delivery] = []
    ended: dict[int, list[int]] = {}
    dead: set[int] = set()
    while out or plan.next_at() is not None:
        at = plan.next_at()
        if not out or (at is not None and chance.random() < 0.5):
            assert at is not None
            now = max(now, at)
            out += plan.start(now)
        for hook in (1, 2, 3):
            mine = [one.subject for one in out if one.hook == hook]
            assert len(mine) <= IN_FLIGHT_MAX
            assert len(mine) == len(set(mine))
        if out:
            one = out.pop(chance.randrange(len(out)))
            outcome = plan.finish(one, OK if chance.random() < 0.7 else BAD, now)
            if outcome is not None and outcome.taken:
                ended.setdefault((one.hook * 10 + int(one.subject[1:])), []).append(one.position)
            elif outcome is not None:
                dead.add(one.hook)
                out = [other for other in out if other.hook != one.hook]

    assert all(positions == sorted(positions) for positions in ended.values())
    taken = {position for positions in ended.values() for position in positions}
    assert {number for number, (hook, _) in enumerate(events) if hook not in dead} <= taken
