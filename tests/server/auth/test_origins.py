"""Which pages may speak for the cookie that a browser sends along."""

import pytest

from server.api.problems import Problem, status_of
from server.auth.origins import Origins

HOSTS = frozenset({b"localhost", b"caisse.local"})
OWN = {b"host": b"caisse.local:8420", b"origin": b"https://caisse.local:8420", b"x-till": b"1"}


def code_of(origins: Origins, headers: dict[bytes, bytes]) -> str:
    """The code with which a request is refused; empty where it is not."""
    try:
        origins.require_own_page(headers)
    except Problem as problem:
        return problem.code
    return ""


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("auth.origin", {b"origin": b""}),
        ("auth.origin", {b"origin": b"null"}),
        ("auth.origin", {b"origin": b"http://caisse.local:8420"}),
        ("auth.origin", {b"origin": b"https://caisse.local"}),
        ("auth.origin", {b"origin": b"https://caisse.local:3000"}),
        ("auth.origin", {b"origin": b"https://localhost:8420"}),
        ("auth.origin", {b"origin": b"https://caisse.local.evil.example:8420"}),
        ("auth.origin", {b"origin": b"https://evil.example"}),
        ("auth.own_page", {b"x-till": b""}),
        ("auth.own_page", {b"x-till": b"2"}),
        ("auth.cross_site", {b"sec-fetch-site": b"cross-site"}),
        ("auth.cross_site", {b"sec-fetch-site": b"Cross-Site"}),
    ],
)
def test_a_page_of_another_origin_is_refused(code: str, changes: dict[bytes, bytes]) -> None:
    assert code == code_of(Origins(HOSTS, tls=True), OWN | changes)
    assert 403 == status_of(code)


@pytest.mark.parametrize("site", [b"same-origin", b"same-site", b"none"])
def test_a_page_of_ours_is_let_through(site: bytes) -> None:
    own = OWN | {b"sec-fetch-site": site}
    secured, plain = Origins(HOSTS, tls=True), Origins(HOSTS)

    assert "" == code_of(secured, own)
    assert "" == code_of(secured, own | {b"origin": b"https://CAISSE.local:8420"})
    assert "" == code_of(plain, own | {b"origin": b"http://caisse.local:8420"})


def test_behind_a_proxy_a_page_has_its_address_or_that_of_the_host_that_it_hands_on() -> None:
    origins = Origins(HOSTS, behind_proxy=True)

    assert "" == code_of(origins, OWN | {b"host": b"localhost:8420", b"origin": b"https://caisse.local"})
    assert "" == code_of(origins, OWN)
    assert "auth.origin" == code_of(origins, OWN | {b"origin": b"http://caisse.local"})
    assert "auth.origin" == code_of(origins, OWN | {b"origin": b"https://evil.example"})
