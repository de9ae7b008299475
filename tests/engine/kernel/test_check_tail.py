"""What every start proves before anything is sealed (rule S2, promise P5)."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shop_harness import Shop

from engine.engine import Engine, Reader
from engine.features import FEATURES
from engine.kernel.check_tail import tail_breaks
from engine.kernel.disk import SMALL
from engine.kernel.errors import IntegrityFault
from engine.kernel.journal import HEADS, LOG, position_key, read_checkpoint
from engine.kernel.store import Store, WriteTransaction
from engine.kernel.tables import Snapshot


@pytest.fixture
def stopped(shop: Shop, tmp_path: Path) -> Path:
    """A shop with some 600 entries, stopped."""
    rates = [shop.envelope("vat-rates.put", _rate(number), till=0, operator=0) for number in range(600)]
    for first in range(0, 600, 50):
        shop.engine.submit(rates[first : first + 50])
    shop.engine.close()
    return Path(shutil.copytree(shop.path, tmp_path / "stopped"))


def _rate(number: int) -> dict[str, Any]:
    return {"id": number % 9 + 1, "row": {"title": f"Taux {number}", "percent": "20"}}


def _damage(path: Path, how: Callable[[WriteTransaction], None]) -> None:
    store = Store(path, writable=True, limits=SMALL, unsafe=True)
    txn = store.begin()
    how(txn)
    store.commit(txn)
    store.close()


def _open(path: Path) -> Engine:
    return Engine(path, limits=SMALL, unsafe_filesystem=True)


def _change_the_last_entry(txn: WriteTransaction) -> None:
    last = txn.last("entries")
    assert last is not None
    txn.put_many("entries", [(last[0], last[1].replace(b'"soft":"0', b'"soft":"9'))])


def _forget_the_last_entry(txn: WriteTransaction) -> None:
    last = txn.last("entries")
    assert last is not None
    txn.delete("entries", last[0])


def _turn_the_log_back(txn: WriteTransaction) -> None:
    log = Snapshot(txn).get(LOG, 0)
    assert log is not None
    log.size -= 1
    txn.put_many(LOG.db, [(LOG.pack(0), LOG.encode(log))])


def _ruin_the_log(txn: WriteTransaction) -> None:
    txn.put_many(LOG.db, [(LOG.pack(0), b"\xc1")])


def _turn_a_head_back(txn: WriteTransaction) -> None:
    head = Snapshot(txn).get(HEADS, 0, 5)
    assert head is not None
    head.n -= 1
    txn.put_many(HEADS.db, [(HEADS.pack(0, 5), HEADS.encode(head))])


def _forget_an_id(txn: WriteTransaction) -> None:
    txn.delete("commands", b"test-id-" + (599).to_bytes(8, "big"))


def _forget_the_signature(txn: WriteTransaction) -> None:
    last = txn.last("checkpoints")
    assert last is not None
    txn.put_many("checkpoints", [(last[0], last[1][:34] + bytes(64))])


@pytest.mark.parametrize(
    "how",
    [
        _change_the_last_entry,
        _forget_the_last_entry,
        _turn_the_log_back,
        _ruin_the_log,
        _turn_a_head_back,
        _forget_an_id,
        _forget_the_signature,
    ],
)
def test_a_broken_tail_is_not_sealed_behind(stopped: Path, how: Callable[[WriteTransaction], None]) -> None:
    _damage(stopped, how)

    with pytest.raises(IntegrityFault, match=r"journal\.(tail_broken|no_log)"):
        _open(stopped)


def test_a_broken_tail_can_still_be_read(stopped: Path) -> None:
    _damage(stopped, _forget_the_signature)

    with Reader(stopped, FEATURES, limits=SMALL) as reader:
        assert reader.position()[1] > 600


def test_damage_below_the_tail_stops_nobody_from_selling(stopped: Path) -> None:
    def change(txn: WriteTransaction) -> None:
        key = position_key(1, 5)
        data = txn.get("entries", key)
        assert data is not None
        txn.put_many("entries", [(key, data.replace(b"Taux", b"Taxe"))])

    _damage(stopped, change)
    store = Store(stopped, writable=False, limits=SMALL)
    in_tail, all_of_it = tail_breaks(store, FEATURES, 200), tail_breaks(store, FEATURES, 2_000)
    store.close()

    assert [] == in_tail
    assert all_of_it


@pytest.mark.parametrize("count", [0, 1, 100, 256, 257, 500, 10_000])
def test_a_whole_tail_of_any_length_proves_itself(stopped: Path, count: int) -> None:
    store = Store(stopped, writable=False, limits=SMALL)
    found = tail_breaks(store, FEATURES, count)
    with store.read() as txn:
        last = read_checkpoint(txn, 1, 600)
    store.close()

    assert [] == found
    assert last is not None


def test_a_shop_that_was_rolled_back_behind_what_was_remembered_is_not_opened(shop: Shop, tmp_path: Path) -> None:
    shop.engine.close()
    old = Path(shutil.copytree(shop.path, tmp_path / "old"))
    shop.open()
    remembered = shop.configure("vat-rates", 1, _rate(1)["row"]).proof.split("\n\n", 1)[1]
    shop.engine.close()

    Engine(shop.path, limits=SMALL, unsafe_filesystem=True, remembered=remembered).abandon()
    with pytest.raises(IntegrityFault, match=r"check\.truncated"):
        Engine(old, limits=SMALL, unsafe_filesystem=True, remembered=remembered)


def test_a_head_behind_a_remembered_checkpoint_is_found(stopped: Path) -> None:
    store = Store(stopped, writable=False, limits=SMALL)
    found = tail_breaks(store, FEATURES, outside={(1, 10_000): bytes(32)})
    store.close()

    assert ["check.truncated"] == [one.code for one in found]
