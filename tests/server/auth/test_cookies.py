"""Cookies: how they are set, taken away and read."""

import pytest

from server.auth.cookies import HEADER_BYTES_MAX, SEEN, SESSION, SHIFT, clear_cookie, read_cookies, set_cookie


@pytest.mark.parametrize(("name", "site"), [(SHIFT, b"Lax"), (SESSION, b"Strict"), (SEEN, b"Strict")])
def test_a_cookie_is_for_this_host_only_and_out_of_scripts_reach(name: str, site: bytes) -> None:
    header, value = set_cookie(name, "abc")

    assert header == b"set-cookie"
    assert value == name.encode() + b"=abc; Path=/; Secure; HttpOnly; SameSite=" + site


def test_a_cookie_is_taken_away_by_an_age_of_nothing() -> None:
    assert clear_cookie(SESSION)[1] == b"__Host-s=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, {}),
        (b"", {}),
        (b"__Host-s=a; __Host-seen=b=c", {SESSION: "a", SEEN: "b=c"}),
        (b"__Host-s=first; __Host-s=second", {SESSION: "first"}),
        (b"nothing; =value;;", {"": "value"}),
        (b"\xff=\xfe", {"\xff": "\xfe"}),
        (b"a=" + b"x" * HEADER_BYTES_MAX, {}),
    ],
)
def test_the_cookies_of_a_request_are_read_by_name(header: bytes | None, expected: dict[str, str]) -> None:
    assert read_cookies(header) == expected
