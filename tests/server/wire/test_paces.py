"""How fast a till may sell, counted exactly with a clock that the test moves."""

from server.wire.paces import NS, Paces


def test_a_burst_and_then_the_steady_rate() -> None:
    paces = Paces(per_second=20, burst=200)

    assert [0] * 200 == [paces.take(1, 0) for _ in range(200)]
    assert NS // 20 == paces.take(1, 0)
    assert 0 == paces.take(1, NS // 20)
    assert 0 < paces.take(1, NS // 20)
    assert [0] * 20 == [paces.take(1, 2 * NS) for _ in range(20)]


def test_tills_do_not_slow_each_other() -> None:
    paces = Paces(per_second=1, burst=1)

    assert [0] * 5000 == [paces.take(till, 0) for till in range(5000)]
    assert NS == paces.take(4999, 0)


def test_a_refused_sale_takes_nothing() -> None:
    paces = Paces(per_second=1, burst=1)
    paces.take(1, 0)

    waits = [paces.take(1, 0) for _ in range(10)]

    assert [NS] * 10 == waits
    assert 0 == paces.take(1, NS)
