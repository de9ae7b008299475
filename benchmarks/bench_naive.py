"""How much does the journal's layout matter? As a peer: keys of (till, number) and an index of random ids."""

import hashlib
import shutil
import time
from pathlib import Path
from typing import Any

import lmdb

from benchmarks import bench_store, probe
from benchmarks.figures import Figure, Plan, answer, plain
from benchmarks.timing import percentile
from engine.kernel.entropy import SystemEntropy

QUESTION = "the same entries, as durable, in the layout that everybody writes first"
GROUPS = {1: 400, 64: 60, 256: 25}
TILLS = 16


class Naive:
    """A journal with a chain per till, keyed by (till, number), and command ids that are random (UUIDv4)."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True)
        self.env = lmdb.open(str(path), map_size=8 << 30, max_dbs=4, lib_version=0)
        self._entries = self.env.open_db(b"entries")
        self._ids = self.env.open_db(b"ids")
        self._heads = self.env.open_db(b"heads")
        self._entropy = SystemEntropy()

    def submit(self, entries: list[bytes]) -> None:
        """One group: every entry takes its till's next number, links to the last one, and its id enters the index."""
        with self.env.begin(write=True) as txn:
            for number, data in enumerate(entries):
                till = (1 + number % TILLS).to_bytes(2, "big")
                head = txn.get(till, bytes(40), db=self._heads)
                no = int.from_bytes(head[:8], "big") + 1
                link = hashlib.sha256(head[8:] + data).digest()
                key = till + no.to_bytes(8, "big")
                txn.put(key, data, db=self._entries)
                txn.put(till, no.to_bytes(8, "big") + link, db=self._heads)
                txn.put(self._entropy.take(16), key, db=self._ids)


def run(plan: Plan) -> dict[str, Any]:
    """Both layouts in one run, group by group in turn, so that the disk's mood is the same for both."""
    path = plan.directory / "naive"
    shutil.rmtree(path, ignore_errors=True)
    naive = Naive(path)
    ours = bench_store.Bench(plan.directory / "naive-peer")
    figures: list[Figure] = []
    try:
        for in_flight, groups in GROUPS.items():
            figures += compare(naive, ours, in_flight, plan.times(groups))
    finally:
        naive.env.close()
        ours.close()
        shutil.rmtree(path)
    return answer(QUESTION, figures)


def compare(naive: Naive, ours: bench_store.Bench, in_flight: int, groups: int) -> list[Figure]:
    """p50 of a group in each layout, and bytes written per entry."""
    times: tuple[list[int], list[int]] = ([], [])
    written = [0, 0]
    for _ in range(groups):
        entries = bench_store.entries_of(in_flight)
        for side, submit in enumerate((naive.submit, ours.submit)):
            before = probe.written_bytes()
            started = time.perf_counter_ns()
            submit(entries)
            times[side].append(time.perf_counter_ns() - started)
            written[side] += probe.written_bytes() - before
    theirs_ns, ours_ns = percentile(times[0], 0.5), percentile(times[1], 0.5)
    payload = bench_store.ENTRY_BYTES * in_flight * groups
    name = f"{in_flight} in flight"
    return [
        plain(f"{name}: naive, p50 of a group", theirs_ns / 1e3, "us"),
        plain(f"{name}: ours (tree, checkpoint, id index), p50", ours_ns / 1e3, "us"),
        plain(f"{name}: naive / ours", theirs_ns / ours_ns, "x"),
        plain(f"{name}: written, naive", written[0] / payload, "x"),
        plain(f"{name}: written, ours", written[1] / payload, "x"),
    ]
