"""A bar whose secrets are hashed by workers: the ceremonies against the real engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from shop_harness import Shop
from sign_in_house import SHOP_ID, Desk, House

from engine.features import FEATURES
from server.auth.pepper import Pepper
from server.auth.secrets import Secrets


@pytest.fixture
def pepper() -> Pepper:
    """A pepper for tests."""
    return Pepper(bytes(range(32)), SHOP_ID)


@pytest.fixture
def secrets(pepper: Pepper) -> Iterator[Secrets]:
    """The pool of one worker."""
    made = Secrets(pepper)
    yield made
    made.close()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Two tills and two operators without secrets."""
    made = Shop(tmp_path / "shop", FEATURES)
    for id in (1, 2):
        made.configure("tills", id, {"name": f"Caisse {id}"})
    made.configure("operators", 1, {"alias": "Ada", "role": "admin", "email": "Ada@example.net"})
    made.configure("operators", 2, {"alias": "Léa", "role": "employee"})
    yield made
    made.close()


@pytest.fixture
def desk(shop: Shop) -> Desk:
    """The shop's front desk."""
    return Desk(shop)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A shop whose people have their secrets, behind the API, with a clock of the test's own."""
    made = House(tmp_path / "house")
    yield made
    made.close()
