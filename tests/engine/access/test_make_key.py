"""A key that a worker made: kept as its digest, and no client hands in a digest of his own."""

from collections.abc import Iterator
from typing import Any

import pytest
from access_harness import Desk, digest

from engine.engine import CONSOLE, Actor, Engine, Envelope
from engine.features import FEATURES, api_key
from engine.kernel.disk import SMALL

ROW = {"label": "Boutique", "scopes": ["catalogue.read"], "till": 1, "expires": "2027-05-20", "key_id": "Ab12Cd34"}
STORED = {"hash": "0" * 64, "key": "0" * 64}
SECRETS: tuple[tuple[str, dict[str, Any], str, str], ...] = (
    *(("operators", {"alias": "Zoé"}, field, "/api/v1/auth/secrets") for field in ("pin", "badge", "password", "totp")),
    ("api-keys", ROW, "secret", "/api/v1/auth/api-keys"),
    ("passkeys", {"operator": 1, "label": "Clé", "credential": "0" * 64}, "key", "/api/v1/auth/passkey/add/begin"),
)


def test_a_new_key_opens_with_the_token_of_its_digest(desk: Desk) -> None:
    session = desk.log_in(1)

    answer = desk.done("access.make_key", {"row": ROW, "digest": digest("token")}, session)

    found = desk.shop.engine.reader().look(
        lambda world: [api_key(world, "Ab12Cd34", bytes.fromhex(digest(each))) for each in ("token", "other")]
    )
    assert (answer.records[0].id, None) == (found[0] and found[0].id, found[1])
    assert digest("token").encode() not in desk.shop.engine.reader().entry(answer.gen, answer.seq).data


def test_it_needs_the_right_and_a_late_proof_and_takes_no_stored_form(desk: Desk) -> None:
    body = {"row": ROW, "digest": digest("token")}
    manager, admin = desk.log_in(2), desk.log_in(1)

    assert "kernel.not_allowed" == desk.code("access.make_key", body, manager)
    assert "kernel.bad_request" == desk.code("access.make_key", body | {"row": ROW | {"secret": STORED}}, admin)
    desk.shop.clock.advance(5 * 60_000 + 1)
    assert "kernel.step_up" == desk.code("access.make_key", body, admin)


@pytest.fixture
def served(desk: Desk) -> Iterator[tuple[Engine, Actor]]:
    """The same shop behind a socket, and an admin who has just proven who he is."""
    session, shop = desk.log_in(1), desk.shop
    shop.close()
    with Engine(
        shop.path, clock=shop.clock, entropy=shop.entropy, limits=SMALL, unsafe_filesystem=True, served=True
    ) as engine:
        yield engine, session


@pytest.mark.parametrize(("kind", "row", "field", "way"), SECRETS)
def test_a_served_shop_takes_no_stored_form_of_a_secret_from_a_client(
    served: tuple[Engine, Actor], kind: str, row: dict[str, Any], field: str, way: str
) -> None:
    engine, session = served
    before = engine.position
    command = FEATURES.decode_command(f"{kind}.put", {"id": 9, "row": row | {field: STORED}})

    (refused,) = engine.submit([Envelope(id=engine.new_id(), actor=session, command=command)])
    (by_console,) = engine.submit([Envelope(id=engine.new_id(), actor=Actor(till=0), command=command)], CONSOLE)

    assert ("kernel.secret_not_here", f"row.{field}", {"way": way}) == (refused.code, refused.at, refused.data)
    assert way in refused.text
    assert ("done", before[1] + 1) == (by_console.status, engine.position[1])


def test_every_kind_whose_secrets_have_a_ceremony_is_tried(desk: Desk) -> None:
    tried = {kind for kind, _, _, _ in SECRETS}

    assert tried == {kind.name for kind in FEATURES.kinds.values() if kind.ceremony}


def test_a_row_without_secrets_is_put_as_ever(served: tuple[Engine, Actor]) -> None:
    engine, session = served
    command = FEATURES.decode_command("operators.put", {"id": 9, "row": {"alias": "Zoé", "pin": None}})

    (answer,) = engine.submit([Envelope(id=engine.new_id(), actor=session, command=command)])

    assert "done" == answer.status, answer
