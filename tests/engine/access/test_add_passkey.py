"""Passkeys: added to one's own account, in a session proven lately, and taken away by who may."""

from access_harness import Desk, digest

from engine.features import passkey

BODY = {"label": "Téléphone", "credential": digest("new"), "key": {"hash": "cose", "key": "k"}}
MINUTE = 60_000


def test_everybody_adds_his_own_and_its_key_stays_out_of_the_journal(desk: Desk) -> None:
    actor = desk.log_in(2)

    answer = desk.done("access.add_passkey", BODY, actor)

    entry = desk.shop.engine.reader().entry(answer.gen, answer.seq)
    found = desk.shop.engine.reader().look(lambda world: passkey(world, bytes.fromhex(digest("new"))))
    assert found is not None
    assert (2, "cose", 0) == (found.operator, found.key, found.count)
    assert b"cose" not in entry.data
    assert ("key",) == tuple(answer.records[0].secrets)


def test_it_takes_a_session_and_a_late_proof(desk: Desk) -> None:
    actor, at_till = desk.log_in(1), desk.sign_in(desk.enrol(), 1)
    desk.shop.clock.advance(5 * MINUTE + 1)

    assert "kernel.step_up" == desk.code("access.add_passkey", BODY, actor)
    assert "kernel.not_allowed" == desk.code("access.add_passkey", BODY, at_till)
    assert "access.no_session" == desk.code("access.add_passkey", BODY)


def test_one_credential_is_one_persons(desk: Desk) -> None:
    desk.done("access.add_passkey", BODY, desk.log_in(1))

    assert "kernel.not_unique" == desk.code("access.add_passkey", BODY, desk.log_in(2))


def test_nobody_becomes_another_by_adding_him_a_passkey(desk: Desk) -> None:
    desk.shop.configure("operators", 5, {"alias": "op5", "role": "employee", "rights": ["staff.write"]})
    editor, use = desk.log_in(5), desk.passkey(1)
    row = {"operator": 1, "label": "x", "credential": digest("x"), "key": {"hash": "pk", "key": "k"}}

    added = desk.code("passkeys.put", {"row": row}, editor)
    changed = desk.code("passkeys.put", {"id": 1, "row": row | {"operator": 5}}, editor)
    removed = desk.code("passkeys.remove", {"id": 1}, editor)
    own = desk.send("passkeys.put", {"row": row | {"operator": 5}}, editor)

    assert ("access.not_own", "staff.more_than_own", "staff.more_than_own") == (added, changed, removed)
    assert "done" == own.status
    assert "passkey" == use()["way"]


def test_a_passkey_without_its_public_key_is_none(desk: Desk) -> None:
    row = {"operator": 1, "label": "x", "credential": digest("x")}

    assert ("access.no_secret", "row.key") == (
        (refused := desk.send("passkeys.put", {"row": row})).code,
        refused.at,
    )


def test_a_passkey_of_somebody_switched_off_is_not_found(desk: Desk) -> None:
    desk.passkey(2)
    desk.shop.configure("operators", 2, {"alias": "op2", "role": "manager", "active": False})

    assert desk.shop.engine.reader().look(lambda world: passkey(world, bytes.fromhex(digest("passkey 1")))) is None
