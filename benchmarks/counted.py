"""The program that callgrind counts: each operation n times, then 2 n times, a mark before and after."""

import dataclasses
import gc
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import bench_sale, ticket
from engine.engine import Engine
from engine.features import FEATURES
from engine.kernel.clock import ManualClock
from engine.kernel.disk import SMALL
from engine.kernel.entropy import SeededEntropy
from engine.kernel.messages import Actor, Entry, Envelope
from engine.kernel.tables import Snapshot
from engine.kernel.world import World
from engine.sales import draft_basket, make_ticket
from engine_ext import canonical, seal

START_MS = 1_795_258_800_000
GROUP = 32


@dataclasses.dataclass(frozen=True, slots=True)
class Operation:
    """What is counted, how often, and how many tickets one call makes."""

    make: Callable[["Bench"], Callable[[], object]]
    repetitions: int


class Bench:
    """A shop whose every run is the same: its own clock, its own random source."""

    def __init__(self, path: Path) -> None:
        entropy = SeededEntropy(1)
        Engine.create(path, entropy=entropy, limits=SMALL, unsafe_filesystem=True)
        self.engine = Engine(path, clock=ManualClock(START_MS), entropy=entropy, limits=SMALL, unsafe_filesystem=True)
        self._ids = 0
        ticket.configure(self.engine)
        ticket.open_tills(self.engine)
        self.sell(2 * GROUP)

    def sell(self, count: int) -> None:
        """``count`` tickets as one group, ids counting up."""
        envelopes = []
        for number in range(count):
            self._ids += 1
            actor = Actor(till=1 + number % ticket.TILLS, operator=ticket.OPERATOR)
            envelopes.append(
                Envelope(id=b"countid-" + self._ids.to_bytes(8, "big"), actor=actor, command=ticket.command())
            )
        for answer in self.engine.submit(envelopes):
            ticket.must(answer)

    def draft(self) -> draft_basket.Draft:
        """The ticket's basket, ready to be priced."""
        with self.engine.store.read() as txn:
            world = World(Snapshot(txn), FEATURES.kinds, bench_sale.Nobody())
            world.actor = Actor(till=1, operator=ticket.OPERATOR)
            return draft_basket.draft(ticket.COMMAND, world)

    def entry(self) -> Entry:
        """The ticket's entry, ready to be encoded."""
        return bench_sale.ready_entry(self.engine)


def _price(bench: Bench) -> Callable[[], object]:
    draft = bench.draft()
    return lambda: make_ticket.price(draft)


def _encode(bench: Bench) -> Callable[[], object]:
    entry = bench.entry()
    return lambda: canonical.encode(entry, bench_sale.ENTRY_BYTES_MAX)


def _leaf(bench: Bench) -> Callable[[], object]:
    data = canonical.encode(bench.entry(), bench_sale.ENTRY_BYTES_MAX)
    return lambda: seal.leaf_hash(data)


def _lone(bench: Bench) -> Callable[[], object]:
    return lambda: bench.sell(1)


def _group(bench: Bench) -> Callable[[], object]:
    return lambda: bench.sell(GROUP)


OPERATIONS = {
    "price": Operation(_price, 200),
    "canonical bytes": Operation(_encode, 200),
    "leaf hash": Operation(_leaf, 200),
    "whole sale, alone": Operation(_lone, 40),
    f"whole sale, {GROUP} together": Operation(_group, 4),
}


def main() -> None:
    """Runs every operation between marks; ``getppid`` is a call that nothing else makes."""
    directory = Path(tempfile.mkdtemp(prefix="guichet-counted-", dir="/dev/shm"))
    try:
        bench = Bench(directory / "shop")
        gc.collect()
        gc.disable()
        for operation in OPERATIONS.values():
            work = operation.make(bench)
            for _ in range(3):
                work()
            os.getppid()
            for _ in range(operation.repetitions):
                work()
            os.getppid()
            for _ in range(2 * operation.repetitions):
                work()
            os.getppid()
        bench.engine.abandon()
    finally:
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
