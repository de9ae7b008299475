"""The endpoints of sign-in as a table: each with a policy, a name, an example that it takes, and codes that exist."""

import msgspec
import pytest
from sign_in_house import House

from engine.features import FEATURES
from engine.kernel.permissions import PERMISSIONS
from server.api.problems import CODES
from server.api.routes import ANYONE
from server.auth import bodies
from server.auth.reception import decode
from server.auth.routes import BY_NAME, CEREMONIES, TABLE, Ceremony

NAMES = sorted(BY_NAME)


def test_every_endpoint_has_a_name_a_place_and_a_policy_of_its_own() -> None:
    assert len(TABLE) == len(BY_NAME) == len({route.path for route in CEREMONIES})
    assert {each.policy for each in TABLE} <= PERMISSIONS | {ANYONE}
    assert {"auth.enrol", "auth.pin", "auth.log_in", "auth.secrets", "auth.passkey.add.begin"} <= set(BY_NAME)


def test_whatever_is_guessed_at_counts_as_a_sign_in() -> None:
    assert {"sign-in"} == {route.rate for route in CEREMONIES if route.name != "auth.me"}


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_a_body_that_is_taken(name: str) -> None:
    row: Ceremony = BY_NAME[name]

    taken = None if row.takes is None else decode(row.takes, msgspec.json.encode(row.example))

    assert taken is None or isinstance(taken, bodies.Body)


@pytest.mark.parametrize("name", NAMES)
def test_every_code_that_is_named_exists(name: str) -> None:
    assert set(BY_NAME[name].codes) <= set(FEATURES.refusals) | set(CODES)


GUESTS = {"auth.enrol", "auth.log_in", "auth.passkey.begin", "auth.passkey.finish"}


def test_nobody_reaches_what_guests_do_and_nothing_else(house: House) -> None:
    guest = house.client()

    said = {each.name: guest.ask(each.method, f"/api/v1/auth/{each.path}", each.example).code for each in TABLE}

    assert set(BY_NAME) - GUESTS == {name for name, code in said.items() if code == "auth.missing"}


def test_a_till_with_nobody_at_it_lets_people_sign_in_and_does_nothing_itself(house: House) -> None:
    device = house.till()

    said = {}
    for each in TABLE:
        device.jar.clear()
        said[each.name] = device.ask(each.method, f"/api/v1/auth/{each.path}", each.example).status

    let_in = {"auth.badge", "auth.me", "auth.passkey.begin", "auth.pin", "auth.sign_out"}
    assert let_in == {name for name, status in said.items() if status == 200}
    assert {401, 403, 409} >= {said[name] for name in set(BY_NAME) - let_in - GUESTS}
