"""Who a request comes from: tokens and cookies against the last commit."""

import pytest
from shop_harness import Shop

from engine.engine import Actor
from server.auth import recognise, sessions, tokens
from server.auth.recognise import Known, UnknownError

KEY = bytes(range(32))
NOW = 1_795_258_800_000


def code_of(look: object, *arguments: object) -> str:
    """The code with which nobody is recognised."""
    with pytest.raises(UnknownError) as unknown:
        look(*arguments)  # type: ignore[operator]  # any of the functions under test
    return unknown.value.code


def make_key(shop: Shop, **changes: object) -> str:
    token = tokens.api_token()
    parts = tokens.parse(token)
    assert isinstance(parts, tokens.KeyToken)
    row = {
        "label": "Boutique",
        "scopes": ["sales.post"],
        "till": 2,
        "expires": "2027-01-31",
        "key_id": parts.key_id,
        "secret": {"hash": parts.digest.hex(), "key": "k"},
    }
    shop.configure("api-keys", 1, row | changes)
    return token


@pytest.mark.parametrize(
    ("networks", "address", "known"),
    [
        ([], "203.0.113.9", True),
        ([], "", True),
        (["192.0.2.0/24"], "192.0.2.77", True),
        (["192.0.2.0/24"], "::ffff:192.0.2.77", True),
        (["192.0.2.0/24"], "192.0.3.1", False),
        (["192.0.2.0/24"], "2001:db8::1", False),
        (["2001:db8::/32"], "2001:db8::1", True),
        (["192.0.2.0/24"], "unix:", False),
    ],
)
def test_a_key_is_known_from_its_own_networks_only(shop: Shop, networks: list[str], address: str, known: bool) -> None:
    token = make_key(shop, addresses=networks)
    reader = shop.engine.reader()

    if known:
        actor = recognise.bearer(reader, token, address)
        assert (2, 0, True) == (actor.till, actor.operator, actor.credential.startswith("key:1:"))
    else:
        assert "auth.unknown" == code_of(recognise.bearer, reader, token, address)


def test_what_is_no_token_of_this_shop_is_unknown(shop: Shop) -> None:
    token = make_key(shop)
    reader = shop.engine.reader()
    others = ["", "Bearer", token[:-1] + ("A" if token[-1] != "A" else "B"), tokens.till_token(1), tokens.api_token()]

    assert ["auth.unknown"] * 5 == [code_of(recognise.bearer, reader, other, "192.0.2.1") for other in others]


def test_a_shift_is_its_devices_own_and_is_renewed_after_fifteen_seconds() -> None:
    device = Actor(till=1, credential="till:1:2")
    cookie = sessions.seal_shift(KEY, sessions.Shift(1, 2, 7, 5, NOW))

    fresh = recognise.at_till(device, KEY, cookie, NOW + 14_999, sessions.AT_TILL)
    later = recognise.at_till(device, KEY, cookie, NOW + 15_000, sessions.AT_TILL)
    again = sessions.read_shift(KEY, later.renewed, NOW + 15_000)

    somebody = Actor(till=1, operator=7, credential="till:1:2:5")
    assert Known(somebody, None, NOW + 15_000, NOW + 120_000) == fresh
    assert again == sessions.Shift(1, 2, 7, 5, NOW + 15_000)
    for other in (Actor(till=2, credential="till:2:2"), Actor(till=1, credential="till:1:3")):
        assert Known(other) == recognise.at_till(other, KEY, cookie, NOW, sessions.AT_TILL)
    assert Known(device) == recognise.at_till(device, KEY, None, NOW, sessions.AT_TILL)


def test_a_shift_that_rested_asks_for_the_pin() -> None:
    device = Actor(till=1, credential="till:1:2")
    cookie = sessions.seal_shift(KEY, sessions.Shift(1, 2, 7, 5, NOW))

    assert "auth.idle" == code_of(recognise.at_till, device, KEY, cookie, NOW + 120_000, sessions.AT_TILL)


def test_a_session_that_nobody_began_is_unknown(shop: Shop) -> None:
    reader = shop.engine.reader()

    assert "auth.unknown" == code_of(recognise.in_back_office, reader, KEY, None, None, NOW)
    assert "auth.unknown" == code_of(recognise.in_back_office, reader, KEY, tokens.session_id(), None, NOW)


def test_a_session_rests_and_ends_by_the_workers_own_clock(shop: Shop) -> None:
    made = tokens.session_id()
    digest = tokens.digest(made)
    key = {"operator": 1, "label": "Clé", "credential": "00" * 32, "key": {"hash": "pk", "key": "k"}}
    shop.configure("passkeys", 1, key)
    use = {"id": 1, "count": 0, "challenge": "11" * 32}
    body = {"operator": 1, "session": digest.hex(), "way": "passkey", "passkey": use}
    shop.do("access.log_in", body, till=0, operator=0)
    reader = shop.engine.reader()
    now = shop.clock.wall_ms()

    def at(ms: int, seen: int | None) -> str:
        stamp = None if seen is None else sessions.seal_seen(KEY, digest, now + seen)
        try:
            return "renewed" if recognise.in_back_office(reader, KEY, made, stamp, now + ms).renewed else "live"
        except UnknownError as unknown:
            return unknown.code

    half, whole = 30 * 60_000, 12 * 3_600_000
    assert ["live", "renewed", "auth.idle", "auth.idle", "auth.over"] == [
        at(0, 0),
        at(half - 1, 0),
        at(half, 0),
        at(0, None),
        at(whole, whole),
    ]
