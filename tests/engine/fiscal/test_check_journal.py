"""The in-process check of a whole journal, from the beginning, from a checkpoint, and while it grows."""

from pathlib import Path

import pytest
from shop_harness import Shop

from engine.features import FEATURES, JournalCheck, check_journal
from engine.kernel.clock import ManualClock
from engine.kernel.errors import Refusal
from engine.kernel.journal import position_key
from engine.kernel.replies import entry_proof, read_entry
from engine.kernel.store import Store


class _Restless(ManualClock):
    """A clock that grows older with every look, so that every group renews the snapshot."""

    def boot_ms(self) -> int:
        self.advance(10_000)
        return super().boot_ms()


def _checkpoint(store: Store, seq: int) -> str:
    with store.read() as txn:
        proof = entry_proof(txn, read_entry(txn, position_key(1, seq), FEATURES.decode_entry))
    return proof.split("\n\n", 1)[1]


def test_a_busy_journal_proves_itself_whole(opened: Store) -> None:
    checked = check_journal(opened, FEATURES)

    assert () == checked.breaks
    assert checked.whole
    assert checked.size == checked.entries
    assert checked.tickets > 200
    assert 3 == checked.closures


def test_a_check_that_renews_its_snapshot_at_every_group_comes_to_the_same(opened: Store) -> None:
    seen: list[tuple[int, int]] = []
    once = check_journal(opened, FEATURES)
    often = check_journal(opened, FEATURES, clock=_Restless(0), progress=lambda done, total: seen.append((done, total)))

    assert once == often
    assert len(seen) > 100
    assert (once.entries, once.entries) == seen[-1]


def test_a_check_from_every_tenth_checkpoint_on_proves_the_rest(opened: Store) -> None:
    whole = check_journal(opened, FEATURES)
    for seq in range(0, whole.size, 10):
        since = _checkpoint(opened, seq)

        checked = check_journal(opened, FEATURES, since=since)

        assert () == checked.breaks
        assert whole.root == checked.root
        assert whole.size == checked.first + checked.entries


def test_every_checkpoint_that_ever_left_the_shop_is_found_in_it(opened: Store) -> None:
    left = [_checkpoint(opened, seq) for seq in range(0, 200, 7)]

    checked = check_journal(opened, FEATURES, checkpoints=left)

    assert () == checked.breaks


def test_a_checkpoint_of_another_shop_is_refused(opened: Store, tmp_path: Path) -> None:
    other = Shop(tmp_path / "other", FEATURES, seed=9)
    note = _checkpoint(other.engine.store, 0)
    other.close()

    with pytest.raises(Refusal, match=r"fiscal\.bad_checkpoint"):
        JournalCheck(opened, FEATURES, checkpoints=[note])


def test_a_check_goes_on_to_the_end_of_a_journal_that_grows_meanwhile(bar: Shop) -> None:
    grown = 0

    def sell(done: int, total: int) -> None:
        nonlocal grown
        if grown < 5:
            grown += 1
            bar.configure("vat-rates", 4, {"title": f"Taux {grown}", "percent": "2.1"})

    checked = check_journal(bar.engine.store, FEATURES, clock=_Restless(0), progress=sell)

    assert checked.whole
    assert bar.engine.position == (checked.gen, checked.size)


def test_a_shop_that_was_never_opened_is_empty_and_whole(tmp_path: Path) -> None:
    from engine.engine import Engine
    from engine.kernel.disk import SMALL

    Engine.create(tmp_path / "new", limits=SMALL, unsafe_filesystem=True)
    store = Store(tmp_path / "new", writable=False, limits=SMALL)
    checked = check_journal(store, FEATURES)
    store.close()

    assert checked.whole
    assert (0, 0) == (checked.entries, checked.size)
