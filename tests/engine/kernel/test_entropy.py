"""Randomness as an input, and ids that are made from it or from what they are about."""

import uuid

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.entropy import SeededEntropy, SystemEntropy, derived_id, uuid7

COUNTS = st.lists(st.integers(0, 5000), min_size=1, max_size=20)


@settings(max_examples=50, deadline=None)
@given(COUNTS)
def test_the_system_hands_out_as_many_bytes_as_asked_and_none_twice(counts: list[int]) -> None:
    entropy = SystemEntropy()

    taken = [entropy.take(count) for count in counts]

    assert [len(piece) for piece in taken] == counts
    long = [piece for piece in taken if len(piece) >= 16]
    assert len({piece[:16] for piece in long}) == len(long)


def test_a_seed_gives_the_same_stream_and_another_seed_another() -> None:
    first, second, other = SeededEntropy(1), SeededEntropy(1), SeededEntropy(2)

    streams = [[source.take(count) for count in (16, 1, 100)] for source in (first, second, other)]

    assert streams[0] == streams[1] != streams[2]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_an_id_is_a_uuid_of_version_7_that_holds_its_time(wall_ms: int, random: bytes) -> None:
    id = uuid7(wall_ms, random)

    assert (uuid.UUID(bytes=id).version, uuid.UUID(bytes=id).variant) == (7, uuid.RFC_4122)
    assert int.from_bytes(id[:6], "big") == wall_ms


def test_derived_ids_depend_on_what_they_are_about_and_why() -> None:
    ids = {derived_id(about, reason) for about in (b"", b"a", b"ab") for reason in ("", "a", "refusal")}

    assert len(ids) == 9
    assert {len(id) for id in ids} == {16}
