"""Revoking a till's credential: at once, sealed, and for ever."""

from access_harness import Desk, digest, nobody

from engine.features import till_credential
from engine.kernel.messages import Envelope


def test_the_very_next_command_of_a_revoked_device_is_refused_and_sealed(desk: Desk) -> None:
    device, other = desk.enrol(1), desk.enrol(2)
    signed, manager = desk.sign_in(device, 3), desk.sign_in(other, 2)
    shop = desk.shop
    sent = [
        Envelope(id=shop.new_id(), actor=actor, command=shop.features.decode_command(name, body))
        for actor, name, body in (
            (signed, "cash.open", {"float_in": 0}),
            (manager, "access.revoke_till", {"till": 1}),
            (signed, "cash.close", {"counted": [], "float_out": 0}),
        )
    ]

    answers = shop.engine.submit(sent)

    assert ["", "", "access.revoked"] == [answer.code for answer in answers]
    assert (127, "till.revoked", {"till": 1, "serial": 1}) == (
        answers[1].records[1].code,
        answers[1].records[1].what,
        answers[1].records[1].detail,
    )
    assert "refused.revoked" == desk.whats()[-1]
    assert shop.engine.reader().look(lambda world: till_credential(world, 1, bytes.fromhex(digest("token")))) is None


def test_an_open_invitation_is_taken_back_too(desk: Desk) -> None:
    desk.done("access.invite_till", {"till": 1, "code": digest("code")})

    desk.done("access.revoke_till", {"till": 1})
    enrolled = desk.code("access.enrol_till", {"till": 1, "code": digest("code"), "credential": digest("t")}, nobody())

    assert "access.no_invitation" == enrolled
    assert "access.not_enrolled" == desk.code("access.revoke_till", {"till": 1})


def test_a_till_removed_and_made_again_has_to_be_enrolled_again(desk: Desk) -> None:
    signed = desk.sign_in(desk.enrol(), 3)
    desk.done("tills.remove", {"id": 1})
    gone = desk.code("cash.open", {"float_in": 0}, signed)

    desk.shop.configure("tills", 1, {"name": "Caisse 1"})

    assert ("kernel.unknown_till", "access.revoked") == (gone, desk.code("cash.open", {"float_in": 0}, signed))


def test_refusals_of_one_device_fill_no_journal(desk: Desk) -> None:
    signed = desk.sign_in(desk.enrol(), 3)
    desk.done("access.revoke_till", {"till": 1})

    for _ in range(40):
        desk.code("cash.open", {"float_in": 0}, signed)

    assert 30 == desk.whats().count("refused.revoked")
