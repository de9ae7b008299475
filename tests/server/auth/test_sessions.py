"""Sessions between requests: to the millisecond, and nothing forged is believed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.auth import sessions
from server.auth.sessions import AT_TILL, BACK_OFFICE, HOUR_MS, MINUTE_MS, Approval, Shift

KEY = bytes(range(32))
SESSION = b"s" * 32
NOW = 1_795_258_800_000


@pytest.mark.parametrize(
    ("began", "seen", "wanted"),
    [
        (NOW, NOW, "live"),
        (NOW - 12 * HOUR_MS + 1, NOW, "live"),
        (NOW - 12 * HOUR_MS, NOW, "over"),
        (NOW - HOUR_MS, NOW - 30 * MINUTE_MS + 1, "live"),
        (NOW - HOUR_MS, NOW - 30 * MINUTE_MS, "idle"),
        (NOW - HOUR_MS, None, "idle"),
        (NOW + 2 * MINUTE_MS, NOW, "over"),
        (NOW + MINUTE_MS, NOW, "live"),
    ],
)
def test_a_session_rests_half_an_hour_and_lasts_twelve(began: int, seen: int | None, wanted: str) -> None:
    assert wanted == sessions.verdict(BACK_OFFICE, began, seen, NOW)


def test_a_shift_at_a_till_rests_two_minutes() -> None:
    at = [sessions.verdict(AT_TILL, NOW, NOW, NOW + rest) for rest in (119_999, 120_000)]

    assert ["live", "idle"] == at


def test_a_proof_of_identity_is_good_for_five_minutes() -> None:
    assert [True, True, False] == [sessions.stepped_up(NOW, NOW + ms) for ms in (0, 300_000, 300_001)]


def test_a_stamp_is_renewed_every_fifteen_seconds_at_most() -> None:
    assert [False, False, True] == [sessions.must_renew(NOW, NOW + ms) for ms in (0, 14_999, 15_000)]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**60))
def test_a_stamp_is_read_as_it_was_sealed_by_its_session_alone(seen: int) -> None:
    value = sessions.seal_seen(KEY, SESSION, seen)

    assert seen == sessions.read_seen(KEY, SESSION, value, seen)
    assert sessions.read_seen(KEY, b"t" * 32, value, seen) is None
    assert sessions.read_seen(b"k" * 32, SESSION, value, seen) is None
    assert sessions.read_seen(KEY, SESSION, value, seen - MINUTE_MS - 1) is None


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 53), st.sampled_from("AQgw-_09z=. \né"))
def test_no_character_of_a_stamp_can_be_changed(place: int, character: str) -> None:
    value = sessions.seal_seen(KEY, SESSION, NOW)
    forged = value[:place] + character + value[place + 1 :]

    found = sessions.read_seen(KEY, SESSION, forged, NOW)

    assert (NOW if forged == value else None) == found


@pytest.mark.parametrize("value", [None, "", "AAAA", "A" * 54, "A" * 10_000, "é"])
def test_what_is_no_stamp_says_nothing(value: str | None) -> None:
    assert sessions.read_seen(KEY, SESSION, value, NOW) is None
    assert sessions.read_shift(KEY, value, NOW) is None


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 65_535), st.integers(1, 2**31), st.integers(1, 2**53 - 1), st.integers(1, 2**31))
def test_a_shift_is_read_as_it_was_sealed(till: int, serial: int, operator: int, sign_in: int) -> None:
    shift = Shift(till, serial, operator, sign_in, NOW)
    value = sessions.seal_shift(KEY, shift)

    assert shift == sessions.read_shift(KEY, value, NOW)
    assert sessions.read_shift(b"k" * 32, value, NOW) is None
    assert sessions.read_shift(KEY, value, NOW - MINUTE_MS - 1) is None
    assert len(value) < 100


def test_a_stamp_is_no_shift_and_a_shift_no_stamp() -> None:
    seen, shift = sessions.seal_seen(KEY, b"", NOW), sessions.seal_shift(KEY, Shift(1, 1, 1, 1, NOW))

    assert sessions.read_shift(KEY, seen, NOW) is None
    assert sessions.read_seen(KEY, b"", shift, NOW) is None


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 65_535), st.integers(1, 2**31), st.integers(1, 2**53 - 1), st.binary(min_size=16, max_size=16))
def test_an_approval_is_read_as_it_was_sealed_for_a_minute(till: int, serial: int, by: int, command: bytes) -> None:
    approval = Approval(till, serial, by, command, NOW)
    value = sessions.seal_approval(KEY, approval)

    assert approval == sessions.read_approval(KEY, value, NOW + MINUTE_MS - 1)
    assert sessions.read_approval(KEY, value, NOW + MINUTE_MS) is None
    assert sessions.read_approval(KEY, value, NOW - MINUTE_MS - 1) is None
    assert sessions.read_approval(b"k" * 32, value, NOW) is None
    assert len(value) < 200


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 92), st.sampled_from("ABCyz019-_"))
def test_an_approval_that_was_touched_says_nothing(place: int, character: str) -> None:
    value = sessions.seal_approval(KEY, Approval(1, 1, 2, bytes(16), NOW))
    forged = value[:place] + character + value[place + 1 :]

    found = sessions.read_approval(KEY, forged, NOW)

    assert (found is not None) == (forged == value)
