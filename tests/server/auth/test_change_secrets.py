"""Secrets changed over the API: one's own behind the old one, others' by whoever may, new keys shown once."""

import urllib.parse

import pytest
from sign_in_house import BADGE, PASSWORD, PIN, SEED, House

from server.auth import totp

NEW_PIN, NEW_PASSWORD = "593817", "encore une phrase de passe"
MINUTE = 60_000
KEY = {"label": "Boutique", "scopes": ["sales.post", "catalogue.read"], "till": 1, "expires": "2027-06-30"}


def test_at_a_till_one_changes_his_pin_behind_the_old_one_and_signs_in_again(house: House) -> None:
    device = house.at_till(3)

    without = device.post("secrets", {"what": "pin", "new": NEW_PIN})
    wrong = device.post("secrets", {"what": "pin", "new": NEW_PIN, "pin": "771904"})
    changed = device.post("secrets", {"what": "pin", "new": NEW_PIN, "pin": PIN})
    out = device.jar
    old = device.post("pin", {"operator": 3, "pin": PIN})

    assert [(422, "auth.old_pin"), (401, "auth.wrong")] == [without.ended, wrong.ended]
    assert (200, True, {}) == (changed.status, changed.json["changed"], out)
    assert (401, "auth.wrong") == old.ended
    assert 200 == device.post("pin", {"operator": 3, "pin": NEW_PIN}).status


def test_a_pin_is_cleared_by_null_by_who_may_set_it_and_by_nobody_else(house: House) -> None:
    office, device = house.in_office(2), house.at_till(3)

    alone = device.post("secrets", {"what": "pin", "new": None})
    missing = office.post("secrets", {"what": "pin", "operator": 3})
    empty = office.post("secrets", {"what": "pin", "operator": 3, "new": ""})
    password = house.in_office(1).post("secrets", {"what": "password", "operator": 3, "new": None})
    above = office.post("secrets", {"what": "pin", "operator": 1, "new": None})
    cleared = office.post("secrets", {"what": "pin", "operator": 3, "new": None})

    assert [(422, "auth.old_pin"), (422, "auth.no_secret")] == [alone.ended, missing.ended]
    assert [400, (409, "staff.stays"), (403, "staff.more_than_own")] == [empty.status, password.ended, above.ended]
    assert (200, True) == (cleared.status, cleared.json["changed"])
    assert (401, "auth.wrong") == house.till(1).post("pin", {"operator": 3, "pin": PIN}).ended


def test_what_opens_the_back_office_is_not_changed_at_a_till(house: House) -> None:
    said = house.at_till(1).post("secrets", {"what": "password", "new": NEW_PASSWORD, "pin": PIN})

    assert "access.no_session" == said.code


def test_in_the_back_office_one_changes_his_password_and_logs_in_again(house: House) -> None:
    client = house.in_office(3)

    changed = client.post("secrets", {"what": "password", "new": NEW_PASSWORD})
    left = dict(client.jar)
    old = client.post("log-in", {"login": "Léa", "password": PASSWORD, "code": house.code()})
    new = client.post("log-in", {"login": "Léa", "password": NEW_PASSWORD, "code": house.code()})

    assert (200, {}) == (changed.status, left)
    assert ((401, "auth.wrong"), 200) == (old.ended, new.status)


def test_a_proof_that_is_old_changes_nothing(house: House) -> None:
    client = house.in_office(1)
    house.shop.clock.advance(5 * MINUTE + 1)

    own = client.post("secrets", {"what": "pin", "new": NEW_PIN})
    others = client.post("secrets", {"what": "pin", "new": NEW_PIN, "operator": 3})

    assert {(403, "kernel.step_up")} == {own.ended, others.ended}


def test_a_manager_gives_a_cashier_a_pin_but_no_password_and_an_admin_nothing(house: House) -> None:
    manager, cashier = house.in_office(2), house.at_till(3)

    given = manager.post("secrets", {"what": "pin", "new": NEW_PIN, "operator": 3})
    password = manager.post("secrets", {"what": "password", "new": NEW_PASSWORD, "operator": 3})
    admin = manager.post("secrets", {"what": "pin", "new": NEW_PIN, "operator": 1})
    up = house.in_office(3).post("secrets", {"what": "pin", "new": NEW_PIN, "operator": 2})

    assert 200 == given.status
    assert 401 == cashier.me().status
    assert 200 == cashier.post("pin", {"operator": 3, "pin": NEW_PIN}).status
    assert [(403, "kernel.not_allowed"), (403, "staff.more_than_own"), (403, "kernel.not_allowed")] == [
        password.ended,
        admin.ended,
        up.ended,
    ]


def test_a_new_badge_signs_in_and_one_that_somebody_has_is_refused(house: House) -> None:
    manager = house.in_office(2)

    given = manager.post("secrets", {"what": "badge", "new": "04BBBBBBBB", "operator": 3})
    taken = house.in_office(2).post("secrets", {"what": "badge", "new": "04BBBBBBBB"})

    assert 200 == given.status
    assert "staff.badge_taken" == taken.code
    assert 200 == house.till().post("badge", {"badge": "04BBBBBBBB"}).status
    assert (401, "auth.wrong") == house.till(2).post("badge", {"badge": BADGE}).ended


def test_new_one_time_codes_count_when_the_authenticator_makes_them(house: House) -> None:
    client = house.in_office(3)
    begun = client.post("secrets", {"what": "totp"})
    seed = totp.unseal(house.pepper, 3, begun.json["sealed"])
    assert seed is not None
    sealed = {"what": "totp", "sealed": begun.json["sealed"]}

    wrong = client.post("secrets", sealed | {"code": totp.code(SEED, house.shop.clock.wall_ms() // 30_000)})
    forged = client.post("secrets", sealed | {"sealed": "totp1$AAAA", "code": "000000"})
    changed = client.post("secrets", sealed | {"code": totp.code(seed, house.shop.clock.wall_ms() // 30_000)})

    query = urllib.parse.parse_qs(urllib.parse.urlsplit(begun.json["uri"]).query)
    assert (False, [begun.json["secret"]]) == (begun.json["changed"], query["secret"])
    assert {(422, "auth.bad_code")} == {wrong.ended, forged.ended}
    assert (200, True, None) == (changed.status, changed.json["changed"], changed.json["secret"])
    old = house.client().post("log-in", {"login": "Léa", "password": PASSWORD, "code": house.code()})
    code = totp.code(seed, house.shop.clock.wall_ms() // 30_000)
    assert (401, "auth.wrong") == old.ended
    assert 200 == house.client().post("log-in", {"login": "Léa", "password": PASSWORD, "code": code}).status


def test_a_seed_made_for_one_is_no_other_s(house: House) -> None:
    manager, sealed = house.in_office(2), house.in_office(3).post("secrets", {"what": "totp"}).json["sealed"]
    seed = totp.unseal(house.pepper, 3, sealed)
    assert seed is not None

    code = totp.code(seed, house.shop.clock.wall_ms() // 30_000)

    assert (422, "auth.bad_code") == manager.post("secrets", {"what": "totp", "sealed": sealed, "code": code}).ended


@pytest.mark.parametrize(
    ("what", "new", "code"),
    [
        ("pin", "12345", "auth.pin_form"),
        ("pin", "123456", "auth.pin_weak"),
        ("password", "court", "auth.password_short"),
        ("password", "Ada Ada Ada Ada Ada", "auth.password_weak"),
        ("badge", "é", "auth.badge_form"),
    ],
)
def test_what_must_not_be_chosen_is_refused_with_its_reason(house: House, what: str, new: str, code: str) -> None:
    said = house.in_office(1).post("secrets", {"what": what, "new": new})

    assert (422, code) == said.ended


def test_a_key_s_token_is_shown_once_and_opens_what_its_scopes_say(house: House) -> None:
    admin = house.in_office(1)
    made = admin.post("api-keys", KEY)
    software = house.client()
    software.token = made.json["token"]

    me = software.me()
    stored = admin.ask("GET", f"/api/v1/api-keys/{made.json['id']}")

    assert (200, made.json["key_id"]) == (made.status, made.json["token"].split("_")[2])
    assert ("key", 1, 0, ["catalogue.read", "sales.post"]) == tuple(
        me.json[name] for name in ("kind", "till", "operator", "rights")
    )
    assert made.json["token"] not in stored.body.decode()
    assert made.json["token"] not in house.journal().decode()


def test_keys_are_made_by_who_may_and_with_nothing_that_no_key_has(house: House) -> None:
    admin, manager = house.in_office(1), house.in_office(2)

    assert (403, "kernel.not_allowed") == manager.post("api-keys", KEY).ended
    assert "access.unknown_scope" == admin.post("api-keys", KEY | {"scopes": ["staff.write"]}).code
    assert "access.bad_expiry" == admin.post("api-keys", KEY | {"expires": "2028-06-30"}).code
