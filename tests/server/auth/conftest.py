"""A bar whose secrets are hashed by workers: the ceremonies against the real engine."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
from shop_harness import Shop
from sign_in_house import House

from engine.features import FEATURES
from engine.kernel.messages import Actor, Answer, Envelope
from server.auth.pepper import Pepper
from server.auth.secrets import Secrets

T = TypeVar("T")
SHOP = "00112233445566778899aabbccddeeff"


class Desk:
    """The engine in process, as a worker would reach it through its socket; remembers what was sent."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.sent: list[str] = []

    async def _send(self, name: str, body: Mapping[str, Any], actor: Actor, id: bytes) -> Answer:
        self.sent.append(name)
        command = self.shop.features.decode_command(name, body)
        return self.shop.engine.submit([Envelope(id=id, actor=actor, command=command)])[0]

    def send(self, name: str, body: Mapping[str, Any], actor: Actor, id: bytes) -> Awaitable[Answer]:
        """Submits a command."""
        return self._send(name, body, actor, id)

    def look(self, look: Callable[[Any], T]) -> T:
        """A snapshot."""
        return self.shop.engine.reader().look(look)


@pytest.fixture
def pepper() -> Pepper:
    """A pepper for tests."""
    return Pepper(bytes(range(32)), SHOP)


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
