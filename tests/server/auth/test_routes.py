"""The endpoints of sign-in as a table: each with a policy, a name, an example that it takes, and codes that exist."""

import msgspec
import pytest

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
