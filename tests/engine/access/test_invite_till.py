"""Inviting a device: who may, for which till, and what is sealed of it."""

from access_harness import Desk, digest

BODY = {"till": 2, "code": digest("code")}


def test_a_manager_invites_and_only_the_till_is_sealed(desk: Desk) -> None:
    device = desk.enrol()
    manager, employee = desk.sign_in(device, 2), desk.sign_in(device, 3)

    answer = desk.done("access.invite_till", BODY, manager)
    refused = desk.code("access.invite_till", BODY, employee)

    entry = desk.shop.engine.reader().entry(answer.gen, answer.seq)
    assert (0, "till.invited", {"till": 2}) == tuple(
        getattr(answer.records[0], name) for name in ("code", "what", "detail")
    )
    assert digest("code").encode() not in entry.data
    assert "kernel.not_allowed" == refused


def test_a_till_that_is_not_in_use_gets_no_invitation(desk: Desk) -> None:
    desk.shop.configure("tills", 2, {"name": "Caisse 2", "active": False})

    assert ["access.unknown_till"] * 2 == [desk.code("access.invite_till", BODY | {"till": till}) for till in (2, 9)]


def test_inviting_again_takes_the_first_code_back(desk: Desk) -> None:
    desk.done("access.invite_till", BODY)
    desk.done("access.invite_till", BODY | {"code": digest("second")})

    old = desk.code("access.enrol_till", BODY | {"credential": digest("t")})
    new = desk.send("access.enrol_till", BODY | {"code": digest("second"), "credential": digest("t")})

    assert ("access.wrong_code", "done") == (old, new.status)
