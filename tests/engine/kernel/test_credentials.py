"""The names of credentials, and where commands come from."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel import credentials
from engine.kernel.credentials import Credential


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 65_535), st.integers(1, 10**9), st.integers(0, 10**9), st.binary(min_size=32, max_size=32))
def test_every_name_is_taken_apart_again(till: int, serial: int, sign_in: int, digest: bytes) -> None:
    at_till = credentials.parse(credentials.of_till(till, serial, sign_in))
    session = credentials.parse(credentials.of_session(digest))
    key = credentials.parse(credentials.of_key(serial, "Ab12Cd34"))

    assert Credential("till", till=till, serial=serial, sign_in=sign_in) == at_till
    assert Credential("session", digest=digest) == session
    assert Credential("key", key=serial, key_id="Ab12Cd34") == key


@pytest.mark.parametrize(
    "name",
    [
        *("till:", "till:0:1", "till:1", "till:1:0", "till:1:1:0", "till:1:1:1:1", "till:١:1", "session:ab"),
        *("session:" + "A" * 64, "key:1:short", "key:0:Ab12Cd34", "Nobody", "nobody ", "engine", "\n"),
    ],
)
def test_what_is_no_name_is_not_well_formed(name: str) -> None:
    assert not credentials.well_formed(name)


def test_no_name_at_all_is_the_process_itself() -> None:
    assert credentials.parse("") == Credential("")
    assert not credentials.well_formed(None)
    assert not credentials.well_formed(7)


@pytest.mark.parametrize(
    ("source", "wanted", "may"),
    [
        ("worker", {"worker"}, True),
        ("outbox", {"worker"}, False),
        ("worker", {"outbox"}, False),
        ("worker", {"engine"}, False),
        ("console", {"worker"}, True),
        ("console", {"chores"}, True),
        ("console", {"outbox"}, False),
        ("console", {"engine"}, False),
        ("browser", {"worker"}, False),
    ],
)
def test_a_command_comes_from_where_its_row_says(source: str, wanted: set[str], may: bool) -> None:
    assert may == credentials.may_send(source, frozenset(wanted))
