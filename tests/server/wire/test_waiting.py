"""The queue before the writer: bounded, ranked, and nobody stuck for ever."""

from hypothesis import given, settings
from hypothesis import strategies as some

from server.wire.waiting import BACK, BACK_SHARE, FINISH, GROUP_MAX, SELL, Waiting, ranks

pushes = some.lists(some.tuples(some.sampled_from([FINISH, SELL, BACK]), some.integers(1, 50)), max_size=60)


def test_what_is_begun_at_tills_goes_first_and_each_rank_keeps_its_order() -> None:
    waiting: Waiting[str] = Waiting()
    for name, rank in (("a", BACK), ("b", SELL), ("c", FINISH), ("d", SELL), ("e", FINISH)):
        assert [] == waiting.push(name, rank, 1)

    assert ["c", "e", "b", "d", "a"] == waiting.take()
    assert not waiting


def test_a_full_queue_refuses_the_newest_of_the_last_rank() -> None:
    waiting: Waiting[str] = Waiting(commands_max=3)
    for name, rank in (("a", BACK), ("b", BACK), ("c", SELL)):
        waiting.push(name, rank, 1)

    assert ["d"] == waiting.push("d", BACK, 1)
    assert ["b"] == waiting.push("e", SELL, 1)
    assert ["a"] == waiting.push("f", FINISH, 1)
    assert ["e"] == waiting.push("g", FINISH, 1)
    assert ["h"] == waiting.push("h", SELL, 1)
    assert ["f", "g", "c"] == waiting.take()


def test_the_back_office_gets_its_share_of_a_group_while_tills_fill_it() -> None:
    waiting: Waiting[str] = Waiting()
    waiting.push("office", BACK, 50)
    for number in range(GROUP_MAX):
        waiting.push(f"sale {number}", SELL, 1)

    taken = waiting.take()

    assert "office" in taken
    assert GROUP_MAX - BACK_SHARE == len(taken) - 1


@given(pushes, some.integers(50, 200))
@settings(max_examples=200, deadline=None)
def test_everything_is_either_taken_once_or_sent_back_and_the_bound_holds(
    asked: list[tuple[int, int]], bound: int
) -> None:
    waiting: Waiting[int] = Waiting(commands_max=bound)
    back: list[int] = []
    for number, (rank, weight) in enumerate(asked):
        back += waiting.push(number, rank, weight)
        assert waiting.commands <= bound
    taken: list[int] = []
    while waiting:
        group = waiting.take()
        assert group
        assert sum(asked[number][1] for number in group) <= GROUP_MAX
        taken += group

    assert list(range(len(asked))) == sorted(taken + back)


def test_every_command_of_the_table_has_a_rank() -> None:
    found = ranks()

    assert (FINISH, SELL, FINISH, FINISH, BACK) == tuple(
        found[name] for name in ("sales.pay", "sales.post", "sales.refund", "cash.close", "products.put")
    )
