"""The naive peer keeps what it is given: a comparison with something that loses entries would be worth nothing."""

from pathlib import Path

from benchmarks import bench_store
from benchmarks.bench_naive import TILLS, Naive


def test_the_naive_layout_keeps_every_entry_under_its_till_and_number(tmp_path: Path) -> None:
    naive = Naive(tmp_path / "naive")
    entries = bench_store.entries_of(2 * TILLS)

    naive.submit(entries)

    with naive.env.begin() as txn:
        kept = {value for _, value in txn.cursor(naive.env.open_db(b"entries", txn=txn))}
        ids = txn.stat(naive.env.open_db(b"ids", txn=txn))["entries"]
    naive.env.close()
    assert set(entries) == kept
    assert len(entries) == ids
