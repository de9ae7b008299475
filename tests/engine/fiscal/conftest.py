"""A shop with a busy past, made once, and copies of it that tests may damage."""

import contextlib
import importlib.util
import io
import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from shop_harness import Shop

from engine.features import FEATURES
from engine.fiscal import verify_export
from engine.fiscal.check_journal import check_journal
from engine.fiscal.export_journal import export_journal
from engine.kernel import keys, notes
from engine.kernel.disk import SMALL
from engine.kernel.journal import HEADS, LOG, Checkpoint, Head, origin, position_key, tile_key
from engine.kernel.store import Store, WriteTransaction
from engine.kernel.tables import Snapshot
from engine_ext import merkle, seal

Change = Callable[[dict[str, Any]], None]
"""Changes one decoded entry in place, or leaves it."""


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
        body: dict[str, Any] = {"lines": lines, "payments": [{"mode": chance.randint(1, 2)}]}
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
        shop.envelope("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 1}]}, till=1) for _ in range(210)
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


@pytest.fixture
def found(busy: Path, tmp_path: Path) -> Callable[..., tuple[set[str], int, str]]:
    """What both verifiers say of the copy: codes of the one in process; exit code and words of the one-file one."""

    def verify(*, checkpoint: str | None = None) -> tuple[set[str], int, str]:
        store = Store(busy, writable=False, limits=SMALL)
        checked = check_journal(store, FEATURES, checkpoints=[checkpoint] if checkpoint else [])
        export_journal(store, FEATURES, tmp_path / "export")
        store.close()
        arguments = [str(tmp_path / "export")]
        if checkpoint:
            (tmp_path / "checkpoint.txt").write_text(checkpoint, encoding="utf-8")
            arguments += ["--checkpoint", str(tmp_path / "checkpoint.txt")]
        with contextlib.redirect_stdout(io.StringIO()) as out:
            code = verify_export.main(arguments)
        return {one.code for one in checked.breaks}, code, out.getvalue()

    return verify


@pytest.fixture
def forge(busy: Path, damage: Callable[[Callable[[WriteTransaction], None]], None]) -> Callable[[Change], None]:
    """Changes entries as somebody with the signing keys could: links, leaves, tiles, roots and signatures fit again."""

    def change(how: Change, *, signed: bool = True) -> None:
        damage(lambda txn: _seal_again(txn, busy, how, signed=signed))

    return change


def _seal_again(txn: WriteTransaction, path: Path, how: Change, *, signed: bool) -> None:
    log = Snapshot(txn).get(LOG, 0)
    assert log is not None
    heads: dict[tuple[int, str, bool], tuple[int, bytes]] = {}
    leaves = []
    start, stop = position_key(1, 0), position_key(2, 0)
    for key, value in list(txn.scan("entries", start, stop)):
        entry = json.loads(value)
        how(entry)
        for link in entry["chain"]:
            number, before = heads.get((entry["till"], link["of"], entry["training"]), (0, None))
            link["prev"] = None if before is None else before.hex()
            link["n"] = link["n"] if link["n"] < 0 else number + 1
        data = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()
        leaves.append(seal.leaf_hash(data))
        for link in entry["chain"]:
            heads[entry["till"], link["of"], entry["training"]] = (link["n"], leaves[-1])
        txn.put_many("entries", [(key, data)])
    edge = merkle.Edge()
    for key, value in list(txn.scan("checkpoints", start, stop)):
        old = Checkpoint.unpack(int.from_bytes(key[2:], "big"), value)
        root = edge.append(leaves[edge.size : old.size]).root
        text = notes.checkpoint_text(origin(log.shop, 1), old.size, root)
        signature = old.signature
        if signed:
            signature = keys.load_key(path, 1, old.key, origin(log.shop, 1)).sign(text.encode())
        txn.put_many("checkpoints", [(key, Checkpoint(old.key, old.size, root, signature).pack())])
    for index in range(len(leaves) // 256):
        tile = b"".join(leaves[index * 256 : index * 256 + 256])
        txn.put_many("tiles", [(tile_key(1, 0, index), tile)])
    roots = b"".join(merkle.tile_root(b"".join(leaves[at : at + 256])) for at in range(0, len(leaves) - 255, 256))
    txn.put_many("tiles", [(tile_key(1, 1, 0), roots)])
    log.edge = edge.hashes
    txn.put_many(LOG.db, [(LOG.pack(0), LOG.encode(log))])
    codes = {"ticket": 1, "payment": 2, "copy": 3, "closure": 4, "event": 5, "cash": 6}
    for (till, kind, training), (number, leaf) in heads.items():
        row = (HEADS.pack(till, codes[kind] + 100 * training), HEADS.encode(Head(number, leaf)))
        txn.put_many(HEADS.db, [row])
