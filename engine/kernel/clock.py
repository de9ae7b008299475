"""The shop's time: a wall clock held against the boot-time clock, so that a wrong clock never dates a ticket wrongly.

Rules (journal.md, Closures): the clock is in doubt when it moved against the boot-time clock by more than 26 hours
forward or 60 seconds backward, or when a start finds it before the last entry or more than 40 days after it. While in
doubt, an entry's time is the last entry's plus the boot time elapsed. A smaller backward step is waited out alike.
"""

import dataclasses
import datetime
import time
import zoneinfo
from typing import Protocol

FORWARD_MS_MAX = 26 * 3_600_000
BACKWARD_MS_MAX = 60_000
START_AFTER_MS_MAX = 40 * 86_400_000


class Clock(Protocol):
    """A source of time."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970 UTC, as the machine believes."""

    def boot_ms(self) -> int:
        """Milliseconds since the machine started, suspend included; never steps."""


class SystemClock:
    """The machine's clocks."""

    def wall_ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000

    def boot_ms(self) -> int:
        """Milliseconds since boot."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def monotonic_ns() -> int:
    """A stopwatch for probes of the machine; no decision and no entry ever sees it."""
    return time.perf_counter_ns()


class ManualClock:
    """A clock that tests and simulations move; ``step`` moves the wall clock alone."""

    def __init__(self, wall_ms: int) -> None:
        self._wall_ms = wall_ms
        self._boot_ms = 0

    def wall_ms(self) -> int:
        """The wall time set."""
        return self._wall_ms

    def boot_ms(self) -> int:
        """The time advanced so far."""
        return self._boot_ms

    def advance(self, ms: int) -> None:
        """Time passes on both clocks."""
        self._wall_ms += ms
        self._boot_ms += ms

    def step(self, ms: int) -> None:
        """Somebody sets the wall clock."""
        self._wall_ms += ms


@dataclasses.dataclass(frozen=True, slots=True)
class GuardState:
    """A guard as it stood: the reason of its doubt, and wall, last entry and boot time (ms) at its last look."""

    reason: str
    wall: int
    last: int
    boot: int


class Guard:
    """Entry times from a clock that may be wrong."""

    def __init__(self, clock: Clock, last_ms: int | None, *, in_doubt: bool = False) -> None:
        self._clock = clock
        self.reason = "not confirmed since the last start" if in_doubt else ""
        wall = clock.wall_ms()
        self._boot = clock.boot_ms()
        self._wall = wall
        self._last = wall if last_ms is None else last_ms
        if last_ms is not None and not in_doubt:
            if wall < last_ms:
                self.reason = "at start the clock was before the last entry"
            elif wall - last_ms > START_AFTER_MS_MAX:
                self.reason = "at start the clock was more than 40 days after the last entry"

    @property
    def in_doubt(self) -> bool:
        """Whether a manager has to confirm the clock before a closure may be written."""
        return bool(self.reason)

    def now(self) -> int:
        """The time of an entry made now, never before the last one."""
        wall, boot = self._clock.wall_ms(), self._clock.boot_ms()
        elapsed = max(0, boot - self._boot)
        drift = wall - (self._wall + elapsed)
        if not self.reason:
            if drift > FORWARD_MS_MAX:
                self.reason = f"the clock jumped {drift // 1000} s forward"
            elif drift < -BACKWARD_MS_MAX:
                self.reason = f"the clock jumped {-drift // 1000} s backward"
        if self.reason or wall < self._last:
            # The reference runs on with the boot time, so that many small backward steps add up to doubt.
            self._last += elapsed
            self._wall += elapsed
        else:
            self._last = self._wall = wall
        self._boot = boot
        return self._last

    def wall_ms(self) -> int:
        """What the machine's clock says, believed or not."""
        return self._clock.wall_ms()

    def confirm(self) -> GuardState:
        """A manager vouches for the wall clock: time goes on from it, earlier than the last entry if it must be.

        Returns what to `restore` where the confirmation is never committed: only a sealed one lets time go back.
        """
        before = GuardState(self.reason, self._wall, self._last, self._boot)
        self.reason = ""
        self._wall = self._last = self._clock.wall_ms()
        self._boot = self._clock.boot_ms()
        return before

    def restore(self, state: GuardState) -> None:
        """Takes a confirmation back; what passed on the boot-time clock since then still counts."""
        self.reason, self._wall, self._last, self._boot = state.reason, state.wall, state.last, state.boot


class Civil:
    """Civil time and business days of one zone; ``day_starts_minute`` is when a business day begins, after midnight."""

    def __init__(self, zone: str, day_starts_minute: int) -> None:
        self.zone = zone
        self._tz = zoneinfo.ZoneInfo(zone)
        self._starts = datetime.timedelta(minutes=day_starts_minute)
        self._last = (-1, "", "", 0)

    def text(self, at_ms: int) -> str:
        """Local time with milliseconds and offset, as entries carry it: ``2026-11-21T18:05:09.123+01:00``."""
        _, text, offset, _ = self._turn(at_ms)
        return f"{text}.{at_ms % 1000:03d}{offset}"

    def day(self, at_ms: int) -> int:
        """The business day as an ordinal."""
        return self._turn(at_ms)[3]

    def _turn(self, at_ms: int) -> tuple[int, str, str, int]:
        # One tuple, set at once: readers in threads share a shop's civil time, and a mixture would be another day.
        last, second = self._last, at_ms // 1000
        if second != last[0]:
            local = datetime.datetime.fromtimestamp(second, self._tz)
            stamp = local.isoformat(timespec="seconds")
            day = (local.replace(tzinfo=None) - self._starts).date().toordinal()
            last = self._last = (second, stamp[:19], stamp[19:], day)
        return last


def parse_ms(text: str) -> int:
    """Milliseconds since 1970 UTC of an entry's time, exactly."""
    moment = datetime.datetime.fromisoformat(text)
    delta = moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000
