"""API keys: what they may be given, for how long, and when they stop."""

from typing import Any

import pytest
from access_harness import Desk, digest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.access.kinds import SCOPES
from engine.features import FEATURES, api_key
from engine.kernel.messages import Actor
from engine.kernel.permissions import STEP_UP

DAY = 24 * 3_600_000
ROW = {
    "label": "Boutique",
    "scopes": ["sales.post"],
    "till": 1,
    "expires": "2027-11-20",
    "key_id": "Key00001",
    "secret": {"hash": digest("key"), "key": "k"},
}


def found(desk: Desk, key_id: str = "Key00001", secret: str = "key 1") -> Any:
    return desk.shop.engine.reader().look(lambda world: api_key(world, key_id, bytes.fromhex(digest(secret))))


def test_a_key_is_known_by_its_eight_characters_and_its_hash(desk: Desk) -> None:
    actor = desk.key(addresses=["192.0.2.0/24", "2001:db8::1"])

    view = found(desk)

    assert (1, actor.credential, ("192.0.2.0/24", "2001:db8::1/128")) == (view.till, view.credential, view.addresses)
    assert [None] * 3 == [found(desk, secret="other"), found(desk, key_id="Key00002"), found(desk, secret="")]


def test_a_key_does_what_its_scopes_say_without_an_operator(desk: Desk) -> None:
    seller, reader = desk.key(1, scopes=["cash.open"]), desk.key(2, scopes=["sales.read"])

    answer = desk.done("cash.open", {"float_in": 0}, seller)
    entry = desk.shop.engine.reader().entry(answer.gen, answer.seq).entry

    assert (1, 0) == (entry.till, entry.op)
    assert "kernel.not_allowed" == desk.code("cash.open", {"float_in": 0}, reader)


def test_a_key_acts_at_its_own_till_and_as_no_operator(desk: Desk) -> None:
    key = desk.key(scopes=["cash.open"])
    elsewhere = Actor(till=2, credential=key.credential)
    as_admin = Actor(till=1, operator=1, credential=key.credential)

    codes = [desk.code("cash.open", {"float_in": 0}, actor) for actor in (elsewhere, as_admin)]

    assert ["access.foreign_till"] * 2 == codes


def test_a_key_acts_for_the_operators_that_it_names_and_within_the_rights_of_both(desk: Desk) -> None:
    both = desk.key(scopes=["cash.open", "sales.refund", "sales.post"], operators=[3, 2, 3])
    as_employee, as_manager, as_admin = (
        Actor(till=1, operator=operator, credential=both.credential) for operator in (3, 2, 1)
    )
    hooks = FEATURES.hooks

    answer = desk.done("cash.open", {"float_in": 0}, as_employee)

    entry = desk.shop.engine.reader().entry(answer.gen, answer.seq).entry
    assert (1, 3) == (entry.till, entry.op)
    assert "access.foreign_till" == desk.code("cash.open", {"float_in": 0}, as_admin)
    asked = [(actor, right) for actor in (as_employee, as_manager) for right in ("sales.refund", "cash.close")]
    held = desk.shop.engine.reader().look(lambda world: [hooks.allows(world, *each) for each in asked])
    assert [False, False, True, False] == held  # the employee may not refund, and the key may close for nobody
    assert (2, 3) == found(desk).operators
    refused = desk.send("operators.remove", {"id": 3})
    assert "kernel.row_in_use" == refused.code


def test_a_key_for_an_operator_who_is_not_active_does_nothing(desk: Desk) -> None:
    key = desk.key(scopes=["cash.open"], operators=[3])
    desk.shop.configure("operators", 3, {"alias": "Parti", "role": "employee", "active": False})

    code = desk.code("cash.open", {"float_in": 0}, Actor(till=1, operator=3, credential=key.credential))

    assert "kernel.not_allowed" == code


def test_a_key_that_is_removed_is_refused_at_once_and_its_number_gives_nothing_back(desk: Desk) -> None:
    key = desk.key(scopes=["cash.open"])

    desk.done("api-keys.remove", {"id": 1})
    gone = desk.code("cash.open", {"float_in": 0}, key)
    desk.key(1, scopes=["cash.open"], key_id="Another1")

    assert ("access.revoked", "access.revoked") == (gone, desk.code("cash.open", {"float_in": 0}, key))
    assert found(desk) is None
    assert "refused.revoked" == desk.whats()[-1]


def test_a_key_works_through_its_last_day(desk: Desk) -> None:
    key = desk.key(scopes=["cash.open"], expires="2026-11-22")

    desk.shop.clock.advance(DAY)
    last = desk.send("cash.open", {"float_in": 0}, key)
    desk.shop.clock.advance(DAY)

    assert "done" == last.status
    assert "access.expired" == desk.code("cash.open", {"float_in": 0}, key)


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        ({"expires": "2026-11-20"}, "access.bad_expiry", "row.expires"),
        ({"expires": "2027-11-23"}, "access.bad_expiry", "row.expires"),
        ({"expires": "2027-02-30"}, "access.bad_day", "row.expires"),
        ({"scopes": ["sales.post", "sales.sell"]}, "access.unknown_scope", "row.scopes[1]"),
        ({"scopes": ["staff.write"]}, "access.unknown_scope", "row.scopes[0]"),
        ({"scopes": ["access.tills"]}, "access.unknown_scope", "row.scopes[0]"),
        ({"scopes": []}, "kernel.bad_request", "row.scopes"),
        ({"secret": None}, "access.no_secret", "row.secret"),
        ({"addresses": ["192.0.2.1/24"]}, "access.bad_address", "row.addresses[0]"),
        ({"addresses": ["example.net"]}, "access.bad_address", "row.addresses[0]"),
        ({"till": 9}, "kernel.no_such_row", "row.till"),
        ({"operators": [1, 99]}, "kernel.no_such_row", "row.operators"),
        ({"key_id": "short"}, "kernel.bad_request", "row.key_id"),
    ],
)
def test_a_key_that_cannot_be_is_refused_by_its_field(desk: Desk, change: dict[str, Any], code: str, at: str) -> None:
    answer = desk.shop.refused("api-keys.put", {"row": ROW | change}, till=0, operator=0)

    assert (code, at) == (answer.code, answer.at)


def test_two_keys_of_one_label_work_while_they_are_exchanged_and_a_third_does_not(desk: Desk) -> None:
    desk.key(1, label="Boutique")
    desk.key(2, label="Boutique", expires="2026-11-23")

    third = desk.shop.refused("api-keys.put", {"row": ROW | {"key_id": "Key00003"}}, till=0, operator=0)
    desk.key(1, label="Boutique", scopes=["sales.read"])
    desk.shop.clock.advance(3 * DAY)

    assert ("access.two_keys", "row.label") == (third.code, third.at)
    assert "access.bad_expiry" != desk.key(3, label="Boutique").credential


def test_nobody_gives_a_key_what_he_does_not_hold(desk: Desk) -> None:
    desk.shop.configure("operators", 5, {"alias": "op5", "role": "employee", "rights": ["access.keys"]})
    giver = desk.log_in(5)

    refused = desk.send("api-keys.put", {"row": ROW | {"scopes": ["sales.post", "sales.refund"]}}, giver)

    assert ("access.more_than_own", {"rights": ["sales.refund"]}) == (refused.code, refused.data)
    assert "done" == desk.send("api-keys.put", {"row": ROW}, giver).status


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(SCOPES)))
def test_no_scope_is_a_right_over_people_or_keys(scope: str) -> None:
    assert scope not in STEP_UP
    assert not scope.startswith("access.")
