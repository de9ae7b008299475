"""The reference's software as it calls: forms in, replies out, with the real engine in process."""

import importlib.util
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from shop_harness import Shop

from engine.features import FEATURES
from server.legacy.handle import handle

SHOP, KEY = "4711", "cle-du-webservice"
URL = "https://caisse.example.com"


class Replied(NamedTuple):
    """A reply, its body also as JSON where it is that."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


class Desk:
    """The context of a key that acts at till 1 as operator 1, and the software that holds it."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.public_url = URL
        self.till, self.operator = 1, 1
        self.asked: list[tuple[str, str]] = []

    def authenticate(self, shop: str, key: str) -> bool:
        self.asked.append((shop, key))
        return (shop, key) == (SHOP, KEY)

    def act_as(self, till: int | None, operator: int | None) -> bool:
        if till not in (None, 1, 2) or operator not in (None, 1):
            return False
        self.till = till or 1
        return True

    def submit(self, name: str, body: Mapping[str, Any], id: bytes | None) -> Any:
        return self.shop.send(name, body, till=self.till, operator=self.operator, id=id)

    def ask(self, name: str, body: Mapping[str, Any]) -> Any:
        return self.shop.ask(name, body, till=self.till, operator=self.operator)

    def now_ms(self) -> int:
        return self.shop.clock.wall_ms()

    def call(self, service: str, *pairs: tuple[str, Any], **fields: Any) -> Replied:
        """One call with the key; ``pairs`` for names that Python has no word for, or that come twice."""
        given = {"idboutique": SHOP, "key": KEY} | fields
        form = [*((name, str(value)) for name, value in given.items() if value is not None), *map(_text, pairs)]
        return Replied(*handle(f"/workers/{service}.php", form, {}, self))

    def sale(self, *items: str, **fields: Any) -> Replied:
        """``webapp.php`` with these items."""
        return self.call("webapp", *[("itemsList[]", item) for item in items], **fields)

    def ticket(self, order: int) -> Any:
        """The ticket of an internal id."""
        return self.shop.ask("sales.ticket", {"gen": order >> 48, "seq": order & (1 << 48) - 1}).ticket


def _text(pair: tuple[str, Any]) -> tuple[str, str]:
    return pair[0], str(pair[1])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The small bar, its till 1 open, with a set of variations on the sandwich."""
    spec = importlib.util.spec_from_file_location("bar_of_tests", Path(__file__).parents[2] / "engine" / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    engine_tests = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(engine_tests)
    shop = Shop(tmp_path / "shop", FEATURES)
    engine_tests.configure_bar(shop)
    choices = [{"title": "Simple"}, {"title": "Double", "delta": "2.50"}, {"title": "Triple", "delta": "4"}]
    shop.configure("option-sets", 1, {"title": "Taille", "choices": choices})
    row = {"title": "Sandwich", "price": "5.00", "department": 2, "option_sets": [1]}
    shop.configure("products", 3, row)
    shop.do("cash.open", {"float_in": 10_000})
    yield Desk(shop)
    shop.close()
