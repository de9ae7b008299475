"""What does keeping cost? Prebuilt entries of 1 KB through the journal and the store alone: no rules, no tables."""

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import probe
from benchmarks.figures import Figure, Plan, answer, at_least, at_most, plain
from benchmarks.ticket import LIMITS, new_id
from benchmarks.timing import no_collection, percentile
from engine.engine import Engine
from engine.kernel import keys
from engine.kernel.disk import SMALL, Limits
from engine.kernel.entropy import SystemEntropy
from engine.kernel.journal import Journal, origin, position_key, read_checkpoint
from engine.kernel.store import Store
from engine.kernel.tables import Working
from engine_ext import merkle, seal

ENTRY_BYTES = 1000
QUESTION = "what do sealing and keeping cost, without selling?"
GROUPS = {1: 2000, 64: 200, 256: 80}
PER_F_MIN = {64: 10.0, 256: 25.0}
WRITTEN_MAX = {64: 6.5, 256: 2.5}
MAC = bytes(16)
_ENTROPY = SystemEntropy()


def entries_of(count: int) -> list[bytes]:
    """Entries of 1 000 bytes, all different, as bytes that nobody looks into."""
    body = b"\x2a" * (ENTRY_BYTES - 16)
    return [_ENTROPY.take(16) + body for _ in range(count)]


class Prebuilt(Journal):
    """A journal that takes entries as bytes: what `append` does once an entry is encoded."""

    def add(self, entries: list[bytes], ids: list[bytes] | None) -> None:
        """Adds entries to the open group, and their command ids to the index."""
        first = self.seq
        keys_of = [position_key(self.log.gen, first + number) for number in range(len(entries))]
        self._leaves += seal.leaf_hashes(entries)
        self._entries += zip(keys_of, entries, strict=True)
        if ids is not None:
            self._commands += [(id, MAC + key) for id, key in zip(ids, keys_of, strict=True)]


class Bench:
    """The journal and the store of a new shop, driven without an engine."""

    def __init__(self, path: Path, limits: Limits = LIMITS, *, unsafe: bool = False) -> None:
        self.path = path
        shutil.rmtree(path, ignore_errors=True)
        shop = Engine.create(path, limits=limits, unsafe_filesystem=unsafe)
        self.store = Store(path, writable=True, limits=limits, unsafe=unsafe)
        self._rows = Working()
        self.journal = Prebuilt(self._rows, _ENTROPY, keys.load_key(path, 1, 1, origin(shop, 1)), b"benchmark")
        with self.store.read() as txn:
            self.journal.load(txn)

    def submit(self, entries: list[bytes], *, indexed: bool = True) -> None:
        """One group: leaves, tree, checkpoint, ids (unless not ``indexed``), one commit."""
        ids = [new_id() for _ in entries] if indexed else None
        txn = self.store.begin()
        self._rows.begin(txn)
        self.journal.add(entries, ids)
        self.journal.seal_group(txn)
        self._rows.flush()
        self.store.commit(txn)

    def close(self) -> None:
        """Closes and removes it."""
        self.store.close()
        shutil.rmtree(self.path)


def run(plan: Plan) -> dict[str, Any]:
    """G1 in memory; G3, G4 and G11 on the disk; G13 by reading everything back."""
    figures = sealing(plan)
    bench = Bench(plan.directory / "store")
    levels: dict[str, Any] = {}
    try:
        for in_flight, groups in GROUPS.items():
            level = durable(bench, plan, in_flight, plan.times(groups))
            levels[str(in_flight)] = level
            figures += _judged(in_flight, level)
        figures += verification(bench, plan)
    finally:
        bench.close()
    figures += syncs(plan)
    return answer(QUESTION, figures, levels=levels)


def sealing(plan: Plan) -> list[Figure]:
    """G1: groups of 256 on a file system in memory; with and without the index of command ids."""
    bench = Bench(Path("/dev/shm") / f"guichet-bench-{time.time_ns()}", SMALL, unsafe=True)
    entries = entries_of(256)
    best = {}
    try:
        for indexed in (False, True):
            times = []
            for _ in range(plan.times(400)):
                with no_collection():
                    started = time.perf_counter_ns()
                    bench.submit(entries, indexed=indexed)
                    times.append(time.perf_counter_ns() - started)
            best[indexed] = min(times) / len(entries)
    finally:
        bench.close()
    return [
        at_least("seal 1 KB, groups of 256, no sync", plan.s_ns / best[False], "S", 0.5, "G1"),
        plain("the same with the index of ids", plan.s_ns / best[True], "S"),
    ]


def durable(bench: Bench, plan: Plan, in_flight: int, groups: int) -> dict[str, float]:
    """Groups of prebuilt entries, one commit each, F probed on both sides."""
    before = probe.f_ns(plan.directory)
    used, written = bench.store.sizes()["used_bytes"], probe.written_bytes()
    times = []
    for _ in range(groups):
        entries = entries_of(in_flight)
        started = time.perf_counter_ns()
        bench.submit(entries)
        times.append(time.perf_counter_ns() - started)
    payload = groups * in_flight * ENTRY_BYTES
    written, used = probe.written_bytes() - written, bench.store.sizes()["used_bytes"] - used
    f_ns = (before + probe.f_ns(plan.directory)) / 2
    p50 = percentile(times, 0.5)
    return {
        "p50_us": p50 / 1e3,
        "p50_f": p50 / f_ns,
        "p99_f": percentile(times, 0.99) / f_ns,
        "per_f": in_flight * f_ns / p50,
        "per_second": in_flight * 1e9 / p50,
        "written": written / payload,
        "file": used / payload,
        "f_ns": f_ns,
    }


def _judged(in_flight: int, level: dict[str, float]) -> list[Figure]:
    name = f"{in_flight} in flight"
    if in_flight == 1:
        return [
            at_most("lone entry: p50", level["p50_f"], "F", 3.2, "G3"),
            at_most("lone entry: p99", level["p99_f"], "F", 6, "G3"),
        ]
    return [
        at_least(f"{name}: entries per F", level["per_f"], "1/F", PER_F_MIN[in_flight], "G4"),
        plain(f"{name}: entries per second", level["per_second"], "1/s"),
        at_most(f"{name}: written, of the payload", level["written"], "x", WRITTEN_MAX[in_flight], "G11"),
        at_most(f"{name}: file, of the payload", level["file"], "x", 1.15, "G11"),
    ]


def verification(bench: Bench, plan: Plan) -> list[Figure]:
    """G13: every leaf and the whole tree computed again from the stored bytes, held against the signed root."""
    best = float("inf")
    for _ in range(plan.times(20)):
        started = time.perf_counter_ns()
        with bench.store.read() as txn:
            edge = merkle.Edge()
            group: list[bytes] = []
            for _, data in txn.scan("entries", position_key(1, 0), position_key(1, bench.journal.log.size)):
                group.append(data)
                if len(group) == merkle.GROUP_LEAVES_MAX // 2:
                    edge.append_entries(group)
                    group = []
            if group:
                edge.append_entries(group)
            checkpoint = read_checkpoint(txn, 1, bench.journal.log.size)
        assert checkpoint is not None
        assert edge.root() == checkpoint.root, "the journal that was just written does not prove itself"
        best = min(best, (time.perf_counter_ns() - started) / bench.journal.log.size)
    return [
        at_least("verify leaves and tree", plan.s_ns / best, "S", 0.6, "G13"),
        plain("entries verified", bench.journal.log.size, ""),
    ]


def syncs(plan: Plan) -> list[Figure]:
    """Syncs per group as the kernel saw them: strace over two runs of different length, and their difference."""
    if shutil.which("strace") is None:
        return [plain("syncs per group (strace is not installed)", float("nan"), "")]
    few, many = 10, 40
    counted = {groups: _strace(plan.directory, groups) for groups in (few, many)}
    per_group = (counted[many] - counted[few]) / (many - few)
    return [at_most("syncs per group", per_group, "", 2, "G11")]


def _strace(directory: Path, groups: int) -> int:
    """Sync calls, and writes to the descriptor that LMDB opened with O_DSYNC for its meta pages: each is a sync too."""
    log = directory / "strace.log"
    program = [sys.executable, "-m", "benchmarks.bench_store", str(directory / "traced"), str(groups)]
    calls = "trace=fdatasync,fsync,msync,sync_file_range,pwrite64,openat"
    subprocess.run(
        ["strace", "-f", "-o", str(log), "-e", calls, *program], check=True, cwd=Path(__file__).parent.parent
    )
    count = 0
    durable_fds: set[str] = set()
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        _, _, call = line.partition(" ")
        call = call.strip()
        if call.startswith("openat("):
            opened = call.rpartition("= ")[2].strip()
            (durable_fds.add if "O_DSYNC" in call and "data.mdb" in call else durable_fds.discard)(opened)
        name, _, rest = call.partition("(")
        count += name in {"fdatasync", "fsync", "msync", "sync_file_range"}
        count += name == "pwrite64" and rest.split(",")[0] in durable_fds
    return count


if __name__ == "__main__":
    traced = Bench(Path(sys.argv[1]), SMALL)
    for _ in range(int(sys.argv[2])):
        traced.submit(entries_of(64))
    traced.close()
