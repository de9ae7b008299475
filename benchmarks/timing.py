"""Times taken so that a neighbour on the machine costs rounds, not truth: quickest, percentiles, foreign CPU."""

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter_ns

ROUNDS = 60
ROUND_US = 1_000  # long enough that reading the clock does not show, short enough to fit between two neighbours


def quickest_ns(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Nanoseconds of one call: the best of ``rounds`` short rounds."""
    started = perf_counter_ns()
    work()
    calls = max(1, ROUND_US * 1_000 // max(1, perf_counter_ns() - started))
    best = float("inf")
    with no_collection():
        for _ in range(rounds):
            started = perf_counter_ns()
            for _ in range(calls):
                work()
            best = min(best, (perf_counter_ns() - started) / calls)
    return best


@contextmanager
def no_collection() -> Iterator[None]:
    """Keeps the garbage collector out of a measurement; what is left over is collected afterwards."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of the values do not pass; 0 where there is none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class ForeignCpu:
    """How much of the machine others used between `start` and `share`: busy ticks of all cores less our own."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Begins to count."""
        self._total, self._busy = _machine_ticks()
        self._own = _own_ticks()

    def share(self) -> float:
        """The share (0 to 1) of all cores' time that was not idle and not ours."""
        total, busy = _machine_ticks()
        passed = max(1, total - self._total)
        return max(0.0, (busy - self._busy) - (_own_ticks() - self._own)) / passed


def _machine_ticks() -> tuple[int, int]:
    with open("/proc/stat", encoding="ascii") as file:
        fields = [int(field) for field in file.readline().split()[1:9]]
    total = sum(fields)
    return total, total - fields[3] - fields[4]


def _own_ticks() -> float:
    times = os.times()
    return (times.user + times.system + times.children_user + times.children_system) * os.sysconf("SC_CLK_TCK")
