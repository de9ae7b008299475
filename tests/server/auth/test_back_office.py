"""The back office: log-in that tells strangers nothing, sessions under new ids, log-out, and passkeys."""

import importlib.util
from typing import Any

import pytest
from authenticator_double import Authenticator
from sign_in_house import HOST, ORIGIN, PASSWORD, PIN, Client, House

from server.auth import cookies, tokens

MINUTE = 60_000
OTHER = "un tout autre mot de passe"


def attempt(client: Client, login: str = "Ada", password: str = PASSWORD, code: str = "000000") -> Any:
    return client.post("log-in", {"login": login, "password": password, "code": code})


def test_password_and_code_begin_a_session_whose_id_is_in_its_cookie_alone(house: House) -> None:
    client = house.client()

    said = attempt(client, "ada@EXAMPLE.net", code=house.code())

    attributes = [{part.strip() for part in each.split(";")[1:]} for each in said.cookies]
    assert (200, 1, "Ada", "admin", 1800) == (
        said.status,
        *(said.json[name] for name in ("operator", "alias", "role", "idle_s")),
    )
    assert {cookies.SESSION, cookies.SEEN} == set(client.jar)
    assert [{"Path=/", "Secure", "HttpOnly", "SameSite=Strict"}] * 2 == attributes
    assert client.jar[cookies.SESSION] not in said.body.decode()
    assert ("session", 1) == (client.me().json["kind"], client.me().json["operator"])


def test_every_mistake_is_one_answer_and_costs_the_same_steps(house: House) -> None:
    code = house.code()
    assert 200 == attempt(house.client(), code=code).status
    mistakes = [
        {"login": "nobody@example.net"},
        {"login": "Personne", "code": code},
        {"password": OTHER, "code": code},
        {"code": "000000"},
        {"code": code},
    ]
    house.desk.sent.clear()

    said = [attempt(house.client(), **mistake) for mistake in mistakes]

    assert {(401, "auth.wrong")} == {each.ended for each in said}
    assert 1 == len({each.body for each in said})
    assert 1 == len({tuple(sorted(each.headers.items())) for each in said})
    assert ["access.try_log_in"] * 4 == house.desk.sent[:4]


@pytest.mark.parametrize("login", ["Ada", "nobody@example.net"])
def test_the_sixth_wrong_one_waits_whether_the_account_is_there_or_not(house: House, login: str) -> None:
    client = house.client()
    wrong = [attempt(client, login, OTHER) for _ in range(5)]

    locked = attempt(client, login, OTHER)
    house.shop.clock.advance(15 * MINUTE)

    assert {(401, "auth.wrong")} == {each.ended for each in wrong}
    assert ((429, "access.wait"), "900") == (locked.ended, locked.headers["retry-after"])
    assert {"wait_ms": 900_000} == locked.json["data"]
    assert (401, "auth.wrong") == attempt(client, login, OTHER).ended


def test_while_one_account_waits_another_logs_in(house: House) -> None:
    for _ in range(6):
        attempt(house.client(), "Ada", OTHER)

    assert 200 == attempt(house.client(), "Max", code=house.code()).status


def test_a_known_account_and_a_stranger_are_hashed_alike(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[bool] = []
    secrets = house.worker.reception.secrets
    compare = secrets._compare

    def counting(mixed: bytes, stored: str | None) -> bool:
        checked.append(stored is None)
        return compare(mixed, stored)

    monkeypatch.setattr(secrets, "_compare", counting)

    attempt(house.client(), "Ada", OTHER)
    attempt(house.client(), "Personne", OTHER)

    assert [False, True] == checked


def test_stepping_up_changes_the_session_s_id_and_the_old_one_is_dead(house: House) -> None:
    client = house.in_office()
    old = dict(client.jar)
    house.shop.clock.advance(5 * MINUTE + 1)
    stale = client.post("api-keys", {"label": "x", "scopes": ["sales.post"], "till": 1, "expires": "2027-06-30"})

    stepped = client.post("step-up", {"password": PASSWORD, "code": house.code()})
    again = client.post("step-up", {"password": PASSWORD, "code": "000000"})

    before = house.client()
    before.jar = old
    assert (403, "kernel.step_up") == stale.ended
    assert 200 == stepped.status
    assert old[cookies.SESSION] != client.jar[cookies.SESSION]
    assert (401, "auth.unknown") == before.me().ended
    assert (401, "auth.wrong") == again.ended
    assert 200 == client.me().status


def test_logging_out_ends_this_session_and_everywhere_ends_all_of_them(house: House) -> None:
    here, there, till = house.in_office(), house.in_office(), house.at_till(1)

    out = here.post("log-out")
    still = there.me().status
    everywhere = there.post("log-out-everywhere")

    assert (200, {"everywhere": False}) == (out.status, out.json)
    assert {} == here.jar
    assert (200, 200) == (still, everywhere.status)
    assert [401, 401] == [there.me().status, till.me().status]


def test_a_session_rests_half_an_hour_and_lasts_twelve_hours(house: House) -> None:
    client = house.in_office()
    for _ in range(29):
        house.shop.clock.advance(25 * MINUTE - 30_000)
        assert 200 == client.me().status

    house.shop.clock.advance(25 * MINUTE)
    over = client.me()
    other = house.in_office()
    house.shop.clock.advance(30 * MINUTE)

    assert (401, "auth.over") == over.ended
    assert (401, "auth.idle") == other.me().ended


def test_a_page_of_another_site_can_do_nothing_with_a_session(house: House) -> None:
    client = house.in_office()

    foreign = client.post("log-out", origin="https://evil.example")
    form = client.post("log-out", **{"x-till": "0"})
    plain = client.post("log-out", **{"content-type": "text/plain"})

    assert [(403, "auth.origin"), (403, "auth.own_page"), (415, "api.media_type")] == [
        foreign.ended,
        form.ended,
        plain.ended,
    ]
    assert 200 == client.me().status


# --- passkeys ----------------------------------------------------------------------------------------------------


def with_passkey(house: House, client: Client) -> Authenticator:
    """Adds a passkey to whoever is logged in."""
    phone = Authenticator(host=HOST, origin=ORIGIN)
    begun = client.post("passkey/add/begin")
    made = client.post("passkey/add/finish", {"label": "Téléphone", "passkey": phone.create(begun.json["options"])})
    assert (200, "Téléphone") == (made.status, made.json["label"])
    return phone


def test_a_passkey_is_added_logs_in_and_steps_up(house: House) -> None:
    pytest.importorskip("webauthn", reason="passkeys need the package webauthn")
    phone, client = with_passkey(house, house.in_office(2)), house.client()

    options = client.post("passkey/begin").json["options"]
    logged_in = client.post("passkey/finish", {"passkey": phone.get(options)})
    old = client.jar[cookies.SESSION]
    stepped = client.post("step-up", {"passkey": phone.get(client.post("passkey/begin").json["options"])})

    assert (200, 2, "Max") == (logged_in.status, logged_in.json["operator"], logged_in.json["alias"])
    assert (200, True) == (stepped.status, old != client.jar[cookies.SESSION])


def test_a_passkey_that_is_unknown_late_repeated_or_another_s_lets_nobody_in(house: House) -> None:
    pytest.importorskip("webauthn", reason="passkeys need the package webauthn")
    phone, client = with_passkey(house, house.in_office(2)), house.client()
    stranger = Authenticator(host=HOST, origin=ORIGIN)

    unknown = client.post("passkey/finish", {"passkey": stranger.get(client.post("passkey/begin").json["options"])})
    answer = phone.get(client.post("passkey/begin").json["options"])
    jar = dict(client.jar)
    assert 200 == client.post("passkey/finish", {"passkey": answer}).status
    client.jar = jar
    repeated = client.post("passkey/finish", {"passkey": answer})
    options = client.post("passkey/begin").json["options"]
    house.shop.clock.advance(5 * MINUTE)
    late = client.post("passkey/finish", {"passkey": phone.get(options)})
    ada = house.in_office(1)
    other = ada.post("step-up", {"passkey": phone.get(ada.post("passkey/begin").json["options"])})

    assert {(401, "auth.passkey")} == {unknown.ended, late.ended, other.ended}
    assert "access.challenge_used" == repeated.code


def test_adding_one_takes_a_session_a_late_proof_and_an_answer_that_holds(house: House) -> None:
    pytest.importorskip("webauthn", reason="passkeys need the package webauthn")
    client, phone = house.in_office(2), Authenticator(host="evil.example", origin=ORIGIN)

    begun = client.post("passkey/add/begin")
    bad = client.post("passkey/add/finish", {"label": "x", "passkey": phone.create(begun.json["options"])})
    house.shop.clock.advance(4 * MINUTE)
    good, begun = Authenticator(host=HOST, origin=ORIGIN), client.post("passkey/add/begin")
    house.shop.clock.advance(2 * MINUTE)
    late = client.post("passkey/add/finish", {"label": "x", "passkey": good.create(begun.json["options"])})

    assert (422, "auth.bad_passkey") == bad.ended
    assert (403, "kernel.step_up") == late.ended
    assert "access.no_session" == house.at_till(1).post("passkey/add/begin").code


@pytest.mark.parametrize("host", ["192.0.2.7", "192.0.2.7:8420", "[::1]:8420", "127.0.0.1"])
def test_an_address_is_no_name_that_a_passkey_could_be_bound_to(house: House, host: str) -> None:
    assert (409, "auth.no_name") == house.client().post("passkey/begin", host=host).ended


def test_without_the_library_the_answer_says_what_is_missing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "webauthn" else found(name))

    said = house.client().post("passkey/begin", host="localhost:8420")

    assert (501, "auth.no_passkeys") == said.ended
    assert "guichet[passkeys]" in said.json["detail"]


def test_no_secret_is_in_any_answer_or_in_the_journal(house: House) -> None:
    client, device = house.in_office(2), house.till()
    said = [
        device.post("pin", {"operator": 3, "pin": PIN}),
        device.post("pin", {"operator": 3, "pin": "771904"}),
        attempt(house.client(), "Max", PASSWORD),
        client.me(),
    ]

    answers = b"".join(each.body for each in said).decode()
    journal = house.journal().decode()
    token, session = device.token or "", client.jar[cookies.SESSION]
    kept = [tokens.digest(token).hex(), tokens.digest(session).hex(), "argon2", "totp1$"]
    for secret in (PIN, PASSWORD, token, session, *kept):
        assert secret not in answers
        assert secret not in journal
