"""A shop with a busy past, made once, and copies of it that tests may damage."""

import importlib.util
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from shop_harness import Shop

from engine.features import FEATURES
from engine.kernel.disk import SMALL
from engine.kernel.store import Store, WriteTransaction


def live_a_day(shop: Shop, seed: int) -> None:
    """Sales of every sort from all tills, refunds, later payments, copies, training, a new key, closings."""
    chance = random.Random(seed)
    unpaid: list[int] = []
    for till in range(1, 4):
        shop.do("cash.open", {"float_in": 10_000}, till=till)
    shop.do("settings.put", {"id": 1, "row": {"name": "École", "default_vat": 1}}, till=0, operator=0)
    for number in range(70):
        shop.clock.advance(chance.randint(1, 60_000))
        till = chance.randint(1, 3)
        lines = [
            {"product": chance.randint(1, 4), "quantity": chance.randint(1, 5)} for _ in range(chance.randint(1, 6))
        ]
        body = {"lines": lines, "payments": [{"mode": chance.randint(1, 2)}]}
        if number % 5 == 0:
            body["discounts"] = [{"id": 1, "lines": [1]}]
        if number % 7 == 0:
            body = {"lines": lines, "unpaid": True}
        no = shop.do("sales.post", body, till=till).records[0].no
        if number % 7 == 0:
            unpaid.append(no)
        elif number % 6 == 0:
            shop.do("sales.refund", {"no": no, "lines": [{"line": 1, "quantity": 1}], "reason": "Rendu"}, till=till)
        elif number % 9 == 0:
            shop.do("sales.copy", {"no": no, "how": "print"}, till=till)
        if number % 21 == 20:
            shop.do("sales.pay", {"no": unpaid.pop(), "payments": [{"mode": 2}]}, till=till)
        if number == 40:
            shop.engine.rotate_key()
    sales = [
        shop.envelope("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 1}]}, till=1) for _ in range(40)
    ]
    assert {answer.status for answer in shop.engine.submit(sales)} == {"done"}


def close_tills(shop: Shop) -> None:
    """Closes every till with the cash that it should hold."""
    for till in range(1, 4):
        cash = [count for count in shop.ask("cash.x", {"till": till}).counts if count.type == "cash"]
        counted = [{"mode": count.mode, "amount": count.expected} for count in cash]
        shop.do("cash.close", {"counted": counted, "float_out": 0}, till=till)


def train(shop: Shop) -> None:
    """A training session on till 4 and two tickets in it."""
    shop.do("cash.open", {"float_in": 0, "training": True}, till=4)
    for _ in range(2):
        shop.do("sales.post", {"lines": [{"product": 2}], "payments": [{"mode": 1}]}, till=4)


@pytest.fixture(scope="session")
def busy_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop of the busy past, stopped; never to be changed."""
    spec = importlib.util.spec_from_file_location("bar_of_tests", Path(__file__).parent.parent / "conftest.py")
    assert spec is not None
    assert spec.loader is not None
    above = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(above)
    path = tmp_path_factory.mktemp("busy") / "shop"
    shop = Shop(path, FEATURES)
    above.configure_bar(shop)
    live_a_day(shop, 1)
    train(shop)
    close_tills(shop)
    for till in (1, 2):
        shop.do("cash.open", {"float_in": 5_000}, till=till)
        shop.do("sales.post", {"lines": [{"product": 3}], "payments": [{"mode": 2}]}, till=till)
    shop.engine.close()
    return path


@pytest.fixture
def busy(busy_path: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(busy_path, tmp_path / "shop"))


@pytest.fixture
def opened(busy: Path) -> Iterator[Store]:
    """The copy's store, for reading."""
    store = Store(busy, writable=False, limits=SMALL)
    yield store
    store.close()


@pytest.fixture
def damage(busy: Path) -> Callable[[Callable[[WriteTransaction], None]], None]:
    """Changes the copy's store behind the engine's back."""

    def change(how: Callable[[WriteTransaction], None]) -> None:
        store = Store(busy, writable=True, limits=SMALL, unsafe=True)
        txn = store.begin()
        how(txn)
        store.commit(txn)
        store.close()

    return change
