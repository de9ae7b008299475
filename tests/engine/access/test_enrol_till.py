"""Enrolling: ten minutes, five tries, once; and the token's hash is in no entry."""

from access_harness import Desk, digest, nobody

from engine.features import till_credential

MINUTE = 60_000


def enrol(desk: Desk, code: str = "code", till: int = 1) -> str:
    """The refusal code of one attempt, or "" where it succeeds."""
    body = {"till": till, "code": digest(code), "credential": digest("token")}
    return desk.send("access.enrol_till", body, nobody()).code


def known(desk: Desk, till: int, token: bytes) -> str | None:
    """The credential that a worker finds for a token's hash."""
    return desk.shop.engine.reader().look(lambda world: till_credential(world, till, token))


def invite(desk: Desk, till: int = 1) -> None:
    desk.done("access.invite_till", {"till": till, "code": digest("code")})


def test_the_right_code_makes_a_credential_sealed_as_an_added_workstation(desk: Desk) -> None:
    device = desk.enrol()

    event = desk.events()[-1]
    data = b"".join(row[2] for row in desk.shop.engine.reader().entries_since(1, 0))
    assert (126, "till.enrolled") == (event.code, event.what)
    assert {"till": 1, "serial": 1, "by": 0, "replaced": False} == event.detail
    assert "till:1:1" == device.credential
    assert digest("token").encode() not in data
    assert digest("code").encode() not in data


def test_a_token_is_known_by_its_hash_and_only_while_it_is_live(desk: Desk) -> None:
    desk.enrol(token="old")
    right, wrong = bytes.fromhex(digest("old")), bytes.fromhex(digest("other"))
    before = [known(desk, 1, each) for each in (right, wrong, bytes(32))]

    desk.enrol(token="new")
    after = known(desk, 1, right)
    nowhere = [known(desk, 2, each) for each in (right, bytes(32))]

    assert ["till:1:1", None, None] == before
    assert after is None
    assert [None, None] == nowhere


def test_a_code_works_for_ten_minutes_to_the_millisecond_and_once(desk: Desk) -> None:
    invite(desk, 1)
    invite(desk, 2)
    desk.shop.clock.advance(10 * MINUTE - 1)

    first, again = enrol(desk, till=1), enrol(desk, till=1)
    desk.shop.clock.advance(1)

    assert ("", "access.no_invitation", "access.no_invitation") == (first, again, enrol(desk, till=2))


def test_five_wrong_codes_use_an_invitation_up_and_the_right_one_comes_too_late(desk: Desk) -> None:
    invite(desk)

    codes = [enrol(desk, "wrong") for _ in range(5)]

    assert ["access.wrong_code"] * 5 == codes
    assert "access.no_invitation" == enrol(desk)


def test_the_fifth_try_may_be_right_and_tries_survive_a_crash(desk: Desk) -> None:
    invite(desk)
    for _ in range(4):
        enrol(desk, "wrong")

    desk.shop.engine.abandon()
    desk.shop.open()

    assert "" == enrol(desk)


def test_wrong_codes_are_sealed_with_what_is_left(desk: Desk) -> None:
    invite(desk)

    for _ in range(5):
        enrol(desk, "wrong")

    left = [event.detail["left"] for event in desk.events() if event.what == "refused.wrong_code"]
    assert [4, 3, 2, 1, 0] == left


def test_an_invitation_of_one_till_enrols_no_other(desk: Desk) -> None:
    invite(desk, 1)

    assert "access.no_invitation" == enrol(desk, till=2)


def test_a_new_device_takes_the_place_of_the_one_before(desk: Desk) -> None:
    old = desk.sign_in(desk.enrol(token="old"), 3)

    new = desk.sign_in(desk.enrol(token="new"), 3)

    assert desk.events()[-2].detail == {"till": 1, "serial": 2, "by": 0, "replaced": True}
    assert "access.revoked" == desk.code("cash.open", {"float_in": 0}, old)
    assert "done" == desk.send("cash.open", {"float_in": 0}, new).status


def test_the_same_attempt_sent_twice_is_answered_alike(desk: Desk) -> None:
    invite(desk)
    body = {"till": 1, "code": digest("code"), "credential": digest("token")}
    id = desk.shop.new_id()

    first, second = (desk.send("access.enrol_till", body, nobody(), id=id) for _ in range(2))

    assert (first.leaf, True) == (second.leaf, second.repeated)
