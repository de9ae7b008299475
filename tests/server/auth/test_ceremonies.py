"""Signing in against the real engine: counted before checked, sealed after, and telling strangers nothing."""

import asyncio
from typing import Any

import pytest
from shop_harness import Shop

from engine.engine import Actor
from server.auth import ceremonies, recognise, sessions, tokens, totp
from server.auth.ceremonies import DeclinedError, Proof
from server.auth.pepper import Pepper
from server.auth.secrets import BusyError, Secrets

PASSWORD = "un mot de passe bien long"
SEED = b"12345678901234567890"
BACK = Actor(till=0)


@pytest.fixture
def device(desk: Any, pepper: Pepper) -> Actor:
    """A device that is till 1."""
    code = asyncio.run(ceremonies.invite(desk, pepper, 1, BACK))
    token = asyncio.run(ceremonies.enrol(desk, pepper, code.lower()))
    desk.sent.clear()
    return recognise.bearer(desk.shop.engine.reader(), token, "192.0.2.1")


@pytest.fixture
def staff(shop: Shop, secrets: Secrets, pepper: Pepper) -> None:
    """Operator 1 has a password and codes, operator 2 a PIN and a badge."""

    async def put() -> None:
        password = await ceremonies.stored_form(secrets, "password", 1, PASSWORD)
        seed = {"hash": totp.seal(pepper, 1, SEED), "key": totp.seed_key(pepper, SEED)}
        row = {"alias": "Ada", "role": "admin", "email": "Ada@example.net", "password": password, "totp": seed}
        shop.configure("operators", 1, row)
        pin = await ceremonies.stored_form(secrets, "pin", 2, "482913")
        badge = await ceremonies.stored_form(secrets, "badge", 2, "04A2B3C4D5")
        shop.configure("operators", 2, {"alias": "Léa", "role": "employee", "pin": pin, "badge": badge})

    asyncio.run(put())


def declined(ceremony: Any) -> str:
    """The code with which a ceremony ends."""
    with pytest.raises(DeclinedError) as found:
        asyncio.run(ceremony)
    return found.value.code


def proof(desk: Any, password: str = PASSWORD, *, drift: int = 0, code: str | None = None) -> Proof:
    now_ms: int = desk.shop.clock.wall_ms()
    return Proof(password, code or totp.code(SEED, now_ms // 30_000 + drift), now_ms)


def whats(shop: Shop) -> list[str]:
    reader = shop.engine.reader()
    entries = [reader.entry(1, seq).entry for seq in range(reader.position()[1])]
    return [record.what for entry in entries for record in entry.rec if hasattr(record, "what")]


@pytest.mark.usefixtures("staff")
def test_the_right_pin_is_counted_then_checked_then_sealed(desk: Any, secrets: Secrets, device: Actor) -> None:
    answer = asyncio.run(ceremonies.sign_in_by_pin(desk, secrets, device, 2, "482913"))

    key, now_ms = bytes(32), desk.shop.clock.wall_ms()
    cookie = recognise.begin_shift(desk.shop.engine.reader(), device, 2, key, now_ms)
    known = recognise.at_till(device, key, cookie, now_ms, sessions.AT_TILL)
    assert ["staff.try_pin", "staff.sign_in"] == desk.sent
    assert "staff.signed_in" == answer.records[1].what
    assert Actor(till=1, operator=2, credential="till:1:1:1") == known.actor


@pytest.mark.usefixtures("staff")
def test_a_wrong_pin_is_sealed_and_an_unknown_operator_looks_the_same(
    desk: Any, secrets: Secrets, device: Actor
) -> None:
    codes = [declined(ceremonies.sign_in_by_pin(desk, secrets, device, one, "111213")) for one in (2, 1, 99)]

    assert ["auth.wrong"] * 3 == codes
    assert ["staff.try_pin", "staff.report_wrong_pin"] * 3 == desk.sent
    assert ["staff.wrong_pin"] * 3 == whats(desk.shop)[-3:]


@pytest.mark.usefixtures("staff")
def test_who_has_to_wait_is_not_checked(desk: Any, secrets: Secrets, device: Actor) -> None:
    for _ in range(3):
        declined(ceremonies.sign_in_by_pin(desk, secrets, device, 2, "111213"))
    desk.sent.clear()

    waiting = declined(ceremonies.sign_in_by_pin(desk, secrets, device, 2, "482913"))

    assert ("staff.wait", ["staff.try_pin"]) == (waiting, desk.sent)


@pytest.mark.usefixtures("staff")
def test_where_nothing_can_be_checked_nothing_is_counted(desk: Any, secrets: Secrets, device: Actor) -> None:
    places = [secrets.room() for _ in range(10)]

    with pytest.raises(BusyError):
        asyncio.run(ceremonies.sign_in_by_pin(desk, secrets, device, 2, "482913"))
    for place in places:
        place.take()()

    assert [] == desk.sent


@pytest.mark.usefixtures("staff")
def test_a_refused_try_gives_its_place_back(desk: Any, secrets: Secrets) -> None:
    for _ in range(12):
        assert "staff.no_till" == declined(ceremonies.sign_in_by_pin(desk, secrets, BACK, 2, "482913"))

    assert 10 == len([secrets.room() for _ in range(10)])


@pytest.mark.usefixtures("staff")
def test_a_badge_finds_its_operator_and_an_unknown_one_is_reported(desk: Any, secrets: Secrets, device: Actor) -> None:
    unknown = declined(ceremonies.sign_in_by_badge(desk, secrets, device, "04FFFFFFFF"))

    answer = asyncio.run(ceremonies.sign_in_by_badge(desk, secrets, device, "04A2B3C4D5"))

    assert "auth.wrong" == unknown
    assert (2, "badge") == (answer.records[0].operator, answer.records[0].way)


@pytest.mark.usefixtures("staff")
def test_two_operators_with_one_badge_are_nobody(desk: Any, secrets: Secrets, device: Actor) -> None:
    badge = asyncio.run(ceremonies.stored_form(secrets, "badge", 1, "04A2B3C4D5"))
    desk.shop.configure("operators", 1, {"alias": "Ada", "role": "admin", "badge": badge})

    assert "auth.wrong" == declined(ceremonies.sign_in_by_badge(desk, secrets, device, "04A2B3C4D5"))


@pytest.mark.usefixtures("staff")
def test_a_second_operator_approves_by_his_pin(desk: Any, secrets: Secrets, device: Actor) -> None:
    asyncio.run(ceremonies.tell(desk, "staff.try_pin", {"operator": 1}, device))
    signed = asyncio.run(ceremonies.tell(desk, "staff.sign_in", {"operator": 1, "way": "pin"}, device))
    number = signed.records[0].number
    there = Actor(till=1, operator=1, credential=f"{device.credential}:{number}")
    right = asyncio.run(ceremonies.approve(desk, secrets, there, 2, "482913"))

    assert 2 == right
    assert "auth.wrong" == declined(ceremonies.approve(desk, secrets, there, 2, "482914"))
    assert "staff.no_override" == declined(ceremonies.approve(desk, secrets, device, 2, "482913"))


@pytest.mark.usefixtures("staff")
@pytest.mark.parametrize("login", ["Ada", "ada@EXAMPLE.net"])
def test_password_and_code_begin_a_session(desk: Any, secrets: Secrets, login: str) -> None:
    made = asyncio.run(ceremonies.log_in(desk, secrets, login, proof(desk)))

    reader, key, now_ms = desk.shop.engine.reader(), bytes(32), desk.shop.clock.wall_ms()
    seen = sessions.seal_seen(key, tokens.digest(made.id), now_ms)
    known = recognise.in_back_office(reader, key, made.id, seen, now_ms)
    assert ["access.try_log_in", "access.log_in"] == desk.sent
    assert (1, 1, None) == (made.operator, known.actor.operator, known.renewed)


@pytest.mark.usefixtures("staff")
def test_a_stranger_a_wrong_password_and_a_wrong_code_are_told_the_same(desk: Any, secrets: Secrets) -> None:
    wrong = [
        ceremonies.log_in(desk, secrets, "nobody@example.net", proof(desk)),
        ceremonies.log_in(desk, secrets, "Léa", proof(desk)),
        ceremonies.log_in(desk, secrets, "Ada", proof(desk, "un autre mot de passe")),
        ceremonies.log_in(desk, secrets, "Ada", proof(desk, code="000000")),
    ]

    assert ["auth.wrong"] * 4 == [declined(one) for one in wrong]
    assert ["access.try_log_in"] * 4 == desk.sent


@pytest.mark.usefixtures("staff")
def test_a_code_is_used_once_and_stepping_up_takes_the_next(desk: Any, secrets: Secrets) -> None:
    made = asyncio.run(ceremonies.log_in(desk, secrets, "Ada", proof(desk)))
    actor = Actor(till=0, operator=1, credential=f"session:{tokens.digest(made.id).hex()}")

    again = declined(ceremonies.log_in(desk, secrets, "Ada", proof(desk)))
    desk.shop.clock.advance(30_000)
    new = asyncio.run(ceremonies.step_up(desk, secrets, actor, proof(desk)))

    assert "access.code_used" == again
    assert made.id != new.id
    assert "access.stepped_up" == whats(desk.shop)[-1]


@pytest.mark.usefixtures("staff")
def test_no_secret_and_no_hash_is_in_the_journal(desk: Any, secrets: Secrets, device: Actor) -> None:
    asyncio.run(ceremonies.sign_in_by_pin(desk, secrets, device, 2, "482913"))
    asyncio.run(ceremonies.log_in(desk, secrets, "Ada", proof(desk)))

    data = b"".join(row[2] for row in desk.shop.engine.reader().entries_since(1, 0))

    for trace in (b"482913", b"argon2", b"totp1", PASSWORD.encode(), secrets.badge("04A2B3C4D5").encode()):
        assert trace not in data


@pytest.mark.parametrize("typed", ["", "1-AAAA-AAAA", "2-ABCD-EFGH"])
def test_a_wrong_code_enrols_nothing(desk: Any, pepper: Pepper, typed: str) -> None:
    asyncio.run(ceremonies.invite(desk, pepper, 1, BACK))

    assert declined(ceremonies.enrol(desk, pepper, typed)) in {"access.wrong_code", "access.no_invitation"}
