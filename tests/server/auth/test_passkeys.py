"""Passkeys against a software authenticator: both ceremonies, and every part of an answer that does not hold."""

import asyncio
from typing import Any

import pytest
from authenticator_double import PRESENT, VERIFIED, Authenticator, b64

from engine.engine import Actor
from engine.features import passkey
from server.auth import ceremonies, passkeys, recognise, sessions, tokens
from server.auth.ceremonies import DeclinedError
from server.auth.passkeys import PasskeyError, Site

pytest.importorskip("cbor2", reason="passkeys need the package webauthn")

KEY = bytes(range(32))
NOW = 1_795_258_800_000
SITE = Site("caisse.example.net", "Bar du Port", "https://caisse.example.net")


@pytest.fixture
def registered(desk: Any) -> Authenticator:
    """Operator 1's authenticator, registered in the shop."""
    phone = Authenticator()
    options, cookie = passkeys.begin_registration(SITE, KEY, 1, "Ada", NOW)
    made = passkeys.finish_registration(SITE, KEY, phone.create(options), cookie, NOW)
    row = {"operator": 1, "label": "Téléphone", "credential": made.credential.hex()}
    desk.shop.configure("passkeys", 1, row | {"key": {"hash": made.key, "key": "k"}})
    return phone


def used(desk: Any, phone: Authenticator, now_ms: int = NOW, **more: Any) -> passkeys.UsedPasskey:
    """One right use of a passkey."""
    options, cookie = passkeys.begin_log_in(SITE, KEY, now_ms)
    return passkeys.finish_log_in(SITE, KEY, phone.get(options, **more), cookie, now_ms, find=finding(desk))


def finding(desk: Any) -> Any:
    return lambda credential: desk.look(lambda world: passkey(world, credential))


def test_a_registered_passkey_begins_a_session_and_steps_it_up(desk: Any, registered: Authenticator) -> None:
    made = asyncio.run(ceremonies.log_in_by_passkey(desk, used(desk, registered)))
    digest = tokens.digest(made.id)
    actor = Actor(till=0, operator=1, credential=f"session:{digest.hex()}")
    stepped = asyncio.run(ceremonies.step_up_by_passkey(desk, actor, used(desk, registered)))

    reader, now_ms = desk.shop.engine.reader(), desk.shop.clock.wall_ms()
    seen = sessions.seal_seen(KEY, tokens.digest(stepped.id), now_ms)
    assert 1 == recognise.in_back_office(reader, KEY, stepped.id, seen, now_ms).actor.operator
    assert ["access.log_in", "access.step_up"] == desk.sent


def test_a_passkey_is_added_in_a_session_and_works_from_then_on(desk: Any, registered: Authenticator) -> None:
    made = asyncio.run(ceremonies.log_in_by_passkey(desk, used(desk, registered)))
    actor = Actor(till=0, operator=1, credential=f"session:{tokens.digest(made.id).hex()}")
    second = Authenticator()
    options, cookie = passkeys.begin_registration(SITE, KEY, 1, "Ada", NOW)
    checked = passkeys.finish_registration(SITE, KEY, second.create(options), cookie, NOW)

    asyncio.run(ceremonies.add_passkey(desk, actor, "Clé de secours", checked))

    assert 1 == asyncio.run(ceremonies.log_in_by_passkey(desk, used(desk, second))).operator


def test_the_options_ask_for_a_verified_user_and_a_known_algorithm() -> None:
    create, _ = passkeys.begin_registration(SITE, KEY, 1, "Ada", NOW)
    get, _ = passkeys.begin_log_in(SITE, KEY, NOW)

    assert ("required", "required") == (
        create["authenticatorSelection"]["userVerification"],
        create["authenticatorSelection"]["residentKey"],
    )
    assert [-8, -7] == [each["alg"] for each in create["pubKeyCredParams"]]
    assert ("required", SITE.host) == (get["userVerification"], get["rpId"])
    assert [] == get.get("allowCredentials", [])


@pytest.mark.parametrize(
    "wrong",
    [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"flags": PRESENT}, {"flags": VERIFIED}],
    ids=["another host", "another origin", "user not verified", "user not present"],
)
def test_an_answer_for_elsewhere_or_without_its_user_registers_nothing(wrong: dict[str, Any]) -> None:
    options, cookie = passkeys.begin_registration(SITE, KEY, 1, "Ada", NOW)

    with pytest.raises(PasskeyError):
        passkeys.finish_registration(SITE, KEY, Authenticator(**wrong).create(options), cookie, NOW)


@pytest.mark.parametrize(
    ("field", "value"), [("host", "evil.example"), ("origin", "https://evil.example"), ("flags", PRESENT)]
)
def test_an_answer_for_elsewhere_or_without_its_user_logs_nobody_in(
    desk: Any, registered: Authenticator, field: str, value: Any
) -> None:
    setattr(registered, field, value)

    with pytest.raises(PasskeyError):
        used(desk, registered)


def test_another_key_a_changed_answer_and_another_challenge_do_not_hold(desk: Any, registered: Authenticator) -> None:
    options, cookie = passkeys.begin_log_in(SITE, KEY, NOW)
    other, _ = passkeys.begin_log_in(SITE, KEY, NOW)
    impostor = Authenticator()
    impostor.id = registered.id
    changed = registered.get(options)
    changed["response"]["authenticatorData"] = b64(b"\0" * 37)

    for answer in (impostor.get(options), changed, registered.get(other), {}, {"id": 7}, {"id": "é" * 20_000}):
        with pytest.raises(PasskeyError):
            passkeys.finish_log_in(SITE, KEY, answer, cookie, NOW, find=finding(desk))


def test_an_unknown_passkey_is_told_no_more(desk: Any) -> None:
    with pytest.raises(PasskeyError):
        used(desk, Authenticator())


def test_an_answer_works_once(desk: Any, registered: Authenticator) -> None:
    answer = used(desk, registered)
    asyncio.run(ceremonies.log_in_by_passkey(desk, answer))

    with pytest.raises(DeclinedError) as declined:
        asyncio.run(ceremonies.log_in_by_passkey(desk, answer))

    assert "access.challenge_used" == declined.value.code


def test_a_copy_that_counts_backwards_is_refused(desk: Any, registered: Authenticator) -> None:
    asyncio.run(ceremonies.log_in_by_passkey(desk, used(desk, registered)))

    with pytest.raises(DeclinedError) as declined:
        asyncio.run(ceremonies.log_in_by_passkey(desk, used(desk, registered, counts=False)))

    assert "access.passkey_copied" == declined.value.code


def test_a_challenge_is_for_one_purpose_five_minutes_and_its_own_key() -> None:
    cookie = passkeys.seal_challenge(KEY, "register", b"c" * 32, NOW)

    assert b"c" * 32 == passkeys.read_challenge(KEY, "register", cookie, NOW + 299_999)
    for key, purpose, value, now_ms in (
        (KEY, "log-in", cookie, NOW),
        (KEY, "register", cookie, NOW + 300_000),
        (KEY, "register", cookie, NOW - 1),
        (b"k" * 32, "register", cookie, NOW),
        (KEY, "register", None, NOW),
        (KEY, "register", "é", NOW),
        (KEY, "register", cookie[4:], NOW),
    ):
        with pytest.raises(PasskeyError):
            passkeys.read_challenge(key, purpose, value, now_ms)  # type: ignore[arg-type]  # a purpose as text
