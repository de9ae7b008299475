"""At a till: devices enrolled by a code, people by PIN and badge, locks after wrong ones, approvals by a second one."""

import uuid

import pytest
from sign_in_house import BADGE, PIN, House

from server.auth import cookies

WRONG = "771904"
SECOND, MINUTE = 1_000, 60_000


def test_a_code_makes_a_till_once_and_every_wrong_one_is_one_answer(house: House) -> None:
    manager, device = house.in_office(2), house.client()
    invited = manager.post("invite", {"till": 1})
    code = invited.json["code"]

    wrong = [device.post("enrol", {"code": each}) for each in ("1-0000-0000", "2-0000-0000", "9-ABCD-EFGH", "x")]
    enrolled = device.post("enrol", {"code": code.lower().replace("-", " ", 2).replace(" ", "-", 1)})
    again = device.post("enrol", {"code": code})

    assert ({"till": 1, "code": code, "valid_s": 600}, 200) == (invited.json, invited.status)
    assert (200, 1) == (enrolled.status, enrolled.json["till"])
    assert enrolled.json["token"].startswith("tk_till_1_")
    assert {(422, "access.wrong_code")} == {each.ended for each in (*wrong, again)}
    assert 1 == len({each.json["detail"] for each in (*wrong[:3], again)})


def test_after_five_wrong_codes_the_right_one_is_worth_nothing(house: House) -> None:
    manager, device = house.in_office(2), house.client()
    code = manager.post("invite", {"till": 1}).json["code"]

    for _ in range(5):
        assert (422, "access.wrong_code") == device.post("enrol", {"code": "1-0000-0000"}).ended

    assert (422, "access.wrong_code") == device.post("enrol", {"code": code}).ended


def test_an_invitation_takes_the_right_and_a_till(house: House) -> None:
    cashier, manager = house.in_office(3), house.in_office(2)

    assert (403, "kernel.not_allowed") == cashier.post("invite", {"till": 1}).ended
    assert (422, "access.unknown_till") == manager.post("invite", {"till": 9}).ended
    assert (401, "auth.missing") == house.client().post("invite", {"till": 1}).ended


def test_the_right_pin_sets_the_shift_cookie_and_says_it_to_devices_without_a_jar(house: House) -> None:
    device = house.till()

    signed = device.post("pin", {"operator": 3, "pin": PIN})

    (cookie,) = signed.cookies
    jarless = house.client()
    jarless.token = device.token
    me = jarless.ask("GET", "/api/v1/auth/me", cookie=signed.json["cookie"])
    assert (1, 3, "Léa", "employee", 120) == tuple(
        signed.json[name] for name in ("till", "operator", "alias", "role", "idle_s")
    )
    assert "sales.post" in signed.json["rights"]
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} == {part.strip() for part in cookie.split(";")[1:]}
    assert signed.json["cookie"] == cookie.partition(";")[0]
    assert signed.json["cookie"].startswith("__Host-shift=")
    assert (200, 3, "till") == (me.status, me.json["operator"], me.json["kind"])


def test_a_badge_signs_its_owner_in(house: House) -> None:
    device = house.till()

    unknown = device.post("badge", {"badge": "04FFFFFFFF"})
    signed = device.post("badge", {"badge": BADGE})

    assert (401, "auth.wrong") == unknown.ended
    assert (200, 3) == (signed.status, signed.json["operator"])
    assert cookies.SHIFT in device.jar


def test_pins_are_taken_at_enrolled_tills_only(house: House) -> None:
    office = house.in_office(1)
    key = office.post("api-keys", {"label": "x", "scopes": ["sales.post"], "till": 1, "expires": "2027-06-30"}).json
    software = house.client()
    software.token = key["token"]

    asked = {"operator": 3, "pin": PIN}

    assert (401, "auth.missing") == house.client().post("pin", asked).ended
    assert "staff.no_till" == office.post("pin", asked).code
    assert "staff.no_till" == software.post("pin", asked).code
    assert not {name for name in house.desk.sent if name == "staff.try_pin"}


def test_an_operator_who_is_not_there_is_told_what_a_wrong_pin_is_told(house: House) -> None:
    device = house.till()

    wrong, stranger = (device.post("pin", {"operator": id, "pin": WRONG}) for id in (3, 4_000))

    assert (401, "auth.wrong") == wrong.ended
    assert (wrong.status, wrong.body, wrong.headers) == (stranger.status, stranger.body, stranger.headers)


@pytest.mark.parametrize(("wrong", "wait_s"), [(3, 30), (5, 300)])
def test_after_wrong_pins_the_next_try_waits_as_retry_after_says(house: House, wrong: int, wait_s: int) -> None:
    device = house.till()
    for count in range(wrong):
        if count >= 3:
            house.shop.clock.advance(30 * SECOND)
        assert (401, "auth.wrong") == device.post("pin", {"operator": 3, "pin": WRONG}).ended

    locked = device.post("pin", {"operator": 3, "pin": PIN})
    house.shop.clock.advance(wait_s * SECOND - 1)
    early = device.post("pin", {"operator": 3, "pin": PIN})
    house.shop.clock.advance(1)

    assert ((429, "staff.wait"), str(wait_s)) == (locked.ended, locked.headers["retry-after"])
    assert ((429, "staff.wait"), "1") == (early.ended, early.headers["retry-after"])
    assert 200 == device.post("pin", {"operator": 3, "pin": PIN}).status


def test_after_ten_wrong_pins_a_manager_unlocks_and_nobody_else_was_locked(house: House) -> None:
    device, other = house.till(), house.till(2)
    for _ in range(10):
        house.shop.clock.advance(5 * MINUTE)
        assert (401, "auth.wrong") == device.post("pin", {"operator": 3, "pin": WRONG}).ended
    house.shop.clock.advance(60 * MINUTE)

    locked = device.post("pin", {"operator": 3, "pin": PIN})

    assert (409, "staff.locked") == locked.ended
    assert "retry-after" not in locked.headers
    assert 200 == other.post("pin", {"operator": 2, "pin": PIN}).status
    house.shop.do("staff.unlock", {"operator": 3}, till=0, operator=0)
    assert 200 == device.post("pin", {"operator": 3, "pin": PIN}).status


def test_twenty_wrong_tries_in_an_hour_close_the_till_to_pins(house: House) -> None:
    device = house.till()
    for number in range(20):
        assert (401, "auth.wrong") == device.post("badge", {"badge": f"04FFFF{number:04}"}).ended

    locked = device.post("badge", {"badge": BADGE})

    assert ((429, "staff.device_locked"), "3600") == (locked.ended, locked.headers["retry-after"])


def test_who_rested_too_long_types_his_pin_again_with_the_old_cookie_still_there(house: House) -> None:
    device = house.at_till()
    house.shop.clock.advance(2 * MINUTE)

    rested = device.me()
    signed = device.post("pin", {"operator": 3, "pin": PIN})

    assert (401, "auth.idle") == rested.ended
    assert (200, 200) == (signed.status, device.me().status)


def test_whoever_signs_out_is_out_and_leaving_twice_is_no_error(house: House) -> None:
    device = house.at_till()
    before = dict(device.jar)

    out = device.post("sign-out")
    twice = device.post("sign-out", {"operator": 3})
    device.jar = before
    late = device.me()

    assert (200, {"till": 1, "operator": 3}) == (out.status, out.json)
    assert ["Max-Age=0"] == [part.strip() for part in out.cookies[0].split(";") if "Max-Age" in part]
    assert 200 == twice.status
    assert (401, "staff.not_signed_in") == late.ended


def test_a_revoked_till_is_refused_in_its_very_next_request(house: House) -> None:
    device = house.at_till()
    assert 200 == device.me().status

    house.shop.do("access.revoke_till", {"till": 1}, till=0, operator=0)

    assert 401 == device.me().status
    assert 401 == device.post("pin", {"operator": 3, "pin": PIN}).status
    assert 401 == device.post("sign-out").status


def test_a_second_operator_approves_one_command_with_his_pin(house: House) -> None:
    cashier, command = house.at_till(3), str(uuid.uuid4())

    given = cashier.post("approve", {"operator": 2, "pin": PIN, "command": command})
    wrong = cashier.post("approve", {"operator": 2, "pin": WRONG, "command": command})
    oneself = cashier.post("approve", {"operator": 3, "pin": PIN, "command": command})
    nobody = house.till(2).post("approve", {"operator": 2, "pin": PIN, "command": command})

    gate = house.worker.gate
    asker = gate.authenticate({name.encode(): value.encode() for name, value in cashier.headers().items()}, "")
    shown = {b"x-override": given.json["override"].encode()}
    assert (200, 2, "Max", 60) == (given.status, given.json["by"], given.json["alias"], given.json["valid_s"])
    assert 2 == gate.override(shown, asker, uuid.UUID(command).bytes)
    assert (401, "auth.wrong") == wrong.ended
    assert {(403, "staff.no_override")} == {oneself.ended, nobody.ended}


def test_approvals_that_are_never_used_are_no_wrong_pins(house: House) -> None:
    cashier = house.at_till(3)

    given = [cashier.post("approve", {"operator": 2, "pin": PIN, "command": str(uuid.uuid4())}) for _ in range(4)]

    assert [200] * 4 == [each.status for each in given]
    assert 200 == house.till(2).post("pin", {"operator": 2, "pin": PIN}).status


def test_where_all_places_are_taken_nothing_is_counted(house: House) -> None:
    device = house.till()
    places = [house.worker.reception.secrets.room() for _ in range(10)]
    house.desk.sent.clear()

    busy = device.post("pin", {"operator": 3, "pin": PIN})
    for place in places:
        place.take()()

    assert ((503, "auth.busy"), "1", []) == (busy.ended, busy.headers["retry-after"], house.desk.sent)


@pytest.mark.parametrize(
    "body", [{"operator": 3}, {"operator": "3", "pin": PIN}, {"operator": 3, "pin": PIN, "x": 1}, 1]
)
def test_a_body_that_is_none_is_refused_without_its_values(house: House, body: object) -> None:
    said = house.till().post("pin", body)

    assert (400, "kernel.bad_request") == said.ended
    assert PIN not in said.body.decode()
