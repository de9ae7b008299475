"""Refold: every table again from the entries, byte for byte."""

import random
import shutil
from pathlib import Path

import pytest
from shop_harness import Shop

from engine.features import FEATURES
from engine.kernel.disk import SMALL
from engine.kernel.errors import IntegrityFault, StoreFault
from engine.kernel.journal import LOG, position_key
from engine.kernel.refold import Difference, Refolded, refold
from engine.kernel.store import FOLDED, Store


def live(shop: Shop, seed: int, steps: int) -> None:
    """A random past: sales, refunds, payments, rows of kinds, groups of many, restarts, keys, a doubtful clock."""
    chance = random.Random(seed)
    sold: list[int] = []
    shop.do("cash.open", {"float_in": 10_000})
    shop.do("cash.open", {"float_in": 0, "training": True}, till=2)
    for _ in range(steps):
        shop.clock.advance(chance.randint(0, 7_200_000))
        step = chance.randrange(12)
        lines = [{"product": chance.randint(1, 4), "quantity": chance.randint(1, 9)} for _ in range(3)]
        if step < 5:
            body = {"lines": lines, "payments": [{"mode": chance.randint(1, 2)}]}
            sold.append(shop.do("sales.post", body).records[0].no)
        elif step == 5 and sold:
            shop.send("sales.refund", {"no": chance.choice(sold), "lines": [{"line": 1, "quantity": 1}]})
        elif step == 6:
            shop.send("sales.pay", {"no": _unpaid(shop, lines), "payments": [{"mode": 2}]})
        elif step == 7:
            group = [shop.envelope("sales.post", {"lines": lines, "payments": [{"mode": 2}]}) for _ in range(30)]
            sold.extend(answer.records[0].no for answer in shop.engine.submit(group))
        elif step == 8:
            id, price = chance.randint(1, 9), f"{chance.randint(1, 9)}.50"
            shop.configure("products", id, {"title": "Été", "price": price, "department": 1})
            if id > 4:
                shop.send("products.remove", {"id": id}, till=0, operator=0)
        elif step == 9:
            shop.send("sales.post", {"lines": lines, "payments": [{"mode": 1}]}, till=2)
        elif step == 10:
            shop.reopen()
            if chance.random() < 0.5:
                shop.engine.rotate_key()
        else:
            shop.clock.step(-600_000)
            shop.send("sales.post", {"lines": lines, "payments": [{"mode": 1}]})
            shop.send("kernel.confirm_clock", {}, operator=2)
            shop.configure(
                "settings", 1, {"name": "Bar", "default_vat": 1, "day_starts_minute": chance.randint(0, 600)}
            )


def _unpaid(shop: Shop, lines: list[dict[str, int]]) -> int:
    no: int = shop.do("sales.post", {"lines": lines, "unpaid": True}).records[0].no
    return no


def _refold(path: Path, *, apply: bool = False) -> Refolded:
    store = Store(path, writable=apply, limits=SMALL, unsafe=True)
    try:
        return refold(store, FEATURES, apply=apply)
    finally:
        store.close()


@pytest.mark.parametrize("seed", range(4))
def test_after_a_random_busy_past_every_table_is_the_same_byte_for_byte(bar: Shop, seed: int) -> None:
    live(bar, seed, 60)
    gen, size = bar.engine.position

    outcome = refold(bar.engine.store, FEATURES, apply=False)

    assert () == outcome.differences
    assert (gen, size) == (outcome.gen, outcome.size)
    assert outcome.rows > size


@pytest.fixture
def stopped(bar: Shop, tmp_path: Path) -> Path:
    """A small past, stopped."""
    live(bar, 7, 30)
    bar.engine.close()
    return Path(shutil.copytree(bar.path, tmp_path / "stopped"))


def _rows(path: Path) -> dict[str, list[tuple[bytes, bytes]]]:
    store = Store(path, writable=False, limits=SMALL)
    with store.read() as txn:
        rows = {db: list(txn.scan(db, b"", b"\xff" * 64)) for db in FOLDED}
    store.close()
    return rows


def test_damaged_tables_are_named_and_put_right_in_one_step(stopped: Path) -> None:
    right = _rows(stopped)
    store = Store(stopped, writable=True, limits=SMALL, unsafe=True)
    txn = store.begin()
    txn.delete("tickets", right["tickets"][0][0])
    txn.put_many("state", [(right["state"][3][0], b"\x01"), (b"zz", b"\x02")])
    txn.clear("commands")
    store.commit(txn)
    store.close()

    found = _refold(stopped)
    put_right = _refold(stopped, apply=True)

    counts = {one.db: (one.missing, one.wrong, one.extra) for one in found.differences}
    assert {"commands": (len(right["commands"]), 0, 0), "tickets": (1, 0, 0), "state": (0, 1, 1)} == counts
    assert found.differences == put_right.differences
    assert put_right.applied
    assert right == _rows(stopped)


def test_a_ledger_that_was_altered_is_found(stopped: Path) -> None:
    store = Store(stopped, writable=True, limits=SMALL, unsafe=True)
    txn = store.begin()
    key, _ = next(txn.scan("state", b"lb", b"lc"))
    txn.put_many("state", [(key, b"\x92\x00\xc0")])
    store.commit(txn)
    store.close()

    assert (Difference(db="state", missing=0, wrong=1, extra=0, keys=(key.hex(),)),) == _refold(stopped).differences


def test_refold_stops_at_entries_that_nobody_signed(stopped: Path) -> None:
    store = Store(stopped, writable=True, limits=SMALL, unsafe=True)
    txn = store.begin()
    key = position_key(1, 20)
    data = txn.get("entries", key)
    assert data is not None
    txn.put_many("entries", [(key, data.replace(b'"soft":"0', b'"soft":"9'))])
    store.commit(txn)

    with pytest.raises(IntegrityFault, match=r"journal\.root"):
        refold(store, FEATURES, apply=True)
    store.close()


def test_a_shop_that_is_only_read_is_not_put_right(stopped: Path) -> None:
    store = Store(stopped, writable=False, limits=SMALL)

    with pytest.raises(StoreFault, match=r"store\.read_only"):
        refold(store, FEATURES, apply=True)
    store.close()


def test_the_scratch_is_gone_afterwards(stopped: Path) -> None:
    _refold(stopped)

    assert [] == list(stopped.glob(".refold*"))
    assert LOG.prefix == b"kl"
