"""The limit on sealed refusals."""

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.refusals import REFUSALS_SEALED_PER_MINUTE_MAX, Refusals

MINUTE = 60_000


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=200))
def test_each_till_has_its_own_limit_and_every_minute_a_new_one(tills: list[int]) -> None:
    refusals = Refusals()

    for minute in (7, 8):
        sealed = [till for till in tills if refusals.may_seal(till, minute * MINUTE)]

        for till in range(4):
            assert sealed.count(till) == min(tills.count(till), REFUSALS_SEALED_PER_MINUTE_MAX)


def test_an_aborted_group_gives_its_counts_back() -> None:
    refusals = Refusals()
    for _ in range(REFUSALS_SEALED_PER_MINUTE_MAX - 1):
        refusals.may_seal(1, 0)

    refusals.begin()
    last = refusals.may_seal(1, 0)
    refusals.take_back()
    refusals.begin()

    assert (last, refusals.may_seal(1, 0), refusals.may_seal(1, 0)) == (True, True, False)


def test_a_minute_long_gone_is_forgotten() -> None:
    refusals = Refusals()
    for till in range(1000):
        refusals.may_seal(till, 0)

    refusals.may_seal(1, MINUTE)

    assert len(refusals._counts) == 1
