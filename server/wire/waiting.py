"""What waits for the writer: a bounded queue in three ranks, so that what is begun at tills is finished first."""

from collections import deque
from typing import Generic, TypeVar

from engine.features import FEATURES

COMMANDS_MAX = 1024  # two full groups (performance.md 5): at this length the wait is milliseconds, beyond it grows
GROUP_MAX = 512
RETRY_SPREAD_S = 3  # whoever is told to wait waits 1 to 3 seconds, so that not all come back together
BACK_SHARE = 64  # commands of a group kept for the last rank, more than a batch has: it is slow then, never stuck

FINISH, SELL, BACK = 0, 1, 2
"""Payments, refunds, tills and returns that are begun; new sales; everything else."""

AT_TILLS = frozenset({"sales", "cash", "payments"})

T = TypeVar("T")


def ranks() -> dict[str, int]:
    """The rank of every command of THE TABLE: tills before the back office, what is begun before what begins."""
    found = dict.fromkeys(FEATURES.commands, BACK)
    for capability in FEATURES.capabilities:
        if capability.name in AT_TILLS:
            for row in capability.commands:
                found[str(row.type.__struct_config__.tag)] = SELL if row.new_work else FINISH
    return found


class Waiting(Generic[T]):
    """Things that wait, each with a rank and a weight (its commands); never more than ``commands_max`` commands."""

    def __init__(self, commands_max: int = COMMANDS_MAX) -> None:
        self._commands_max = commands_max
        self._lanes: tuple[deque[tuple[T, int]], ...] = (deque(), deque(), deque())
        self.commands = 0

    def push(self, thing: T, rank: int, weight: int) -> list[T]:
        """Takes a thing in; returns what had to go for it: newer things of later ranks, or the thing itself."""
        gone: list[T] = []
        while self.commands + weight > self._commands_max:
            lane = next((lane for lane in reversed(self._lanes[rank + 1 :]) if lane), None)
            if lane is None:
                return [*gone, thing]
            newest, its = lane.pop()
            self.commands -= its
            gone.append(newest)
        self._lanes[rank].append((thing, weight))
        self.commands += weight
        return gone

    def take(self, commands_max: int = GROUP_MAX) -> list[T]:
        """The next group, first ranks first and each in its order; a thing is never cut in two."""
        taken: list[T] = []
        room = commands_max
        reserved = min(BACK_SHARE, commands_max // 2) if self._lanes[BACK] else 0
        for rank, lane in enumerate(self._lanes):
            limit = room if rank == BACK else room - reserved
            while lane and lane[0][1] <= limit:
                thing, weight = lane.popleft()
                taken.append(thing)
                limit -= weight
                room -= weight
                self.commands -= weight
        return taken

    def __len__(self) -> int:
        return sum(map(len, self._lanes))
