"""Token buckets, counted exactly against a clock that the test moves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from server.auth.limits import MINUTE_NS, NS, Buckets, Limits, network_of


def test_a_burst_is_whole_and_then_one_comes_each_second() -> None:
    guests = Limits().guests

    at_once = [guests.take("a", 0) for _ in range(31)]
    later = [guests.take("a", NS - 1), guests.take("a", NS), guests.take("a", NS)]

    assert [0] * 30 + [NS] == at_once
    assert [1, 0, NS] == later


def test_ten_sign_ins_a_minute_and_not_one_more_for_one_address() -> None:
    sign_ins = Limits().sign_ins

    taken = sum(not sign_ins.take("a", second * NS) for second in range(60))
    others = sum(not sign_ins.take("b", 0) for _ in range(60))

    # Ten lie ready, and one comes every six seconds: 0 s to 59 s see nine of them.
    assert 19 == taken
    assert 10 == others


@given(
    some.integers(1, 8),
    some.lists(some.integers(0, 7_000_000_000), min_size=1, max_size=200),
)
@settings(max_examples=100, deadline=None)
def test_all_workers_together_never_give_more_than_the_limit(shares: int, gaps: list[int]) -> None:
    workers = [Buckets(60, 32, shares=shares) for _ in range(shares)]
    now = given_out = 0

    for number, gap in enumerate(gaps):
        now += gap
        given_out += not workers[number % shares].take("a", now)

    assert given_out <= 32 + now // NS


def test_a_wait_is_exactly_as_long_as_it_says() -> None:
    buckets = Buckets(60, 2)
    buckets.take("a", 5)
    buckets.take("a", 5)

    wait = buckets.take("a", 100)

    assert [1, 0] == [buckets.take("a", 100 + wait - 1), buckets.take("a", 100 + wait)]


def test_the_table_is_bounded_and_remembers_who_asked_most() -> None:
    buckets = Buckets(60, 3, buckets_max=100)
    for _ in range(3):
        buckets.take("greedy", 0)

    for number in range(10_000):
        buckets.take(number, 0)

    assert len(buckets) <= 100
    assert buckets.take("greedy", 0) > 0


def test_a_worker_s_share_is_at_least_one() -> None:
    buckets = Buckets(10, 10, shares=64)

    assert 0 == buckets.take("a", 0)
    assert 64 * MINUTE_NS // 10 == buckets.take("a", 0)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::1", "::"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_whoever_has_an_ipv6_address_has_its_network(address: str, network: str) -> None:
    assert network == network_of(address)
