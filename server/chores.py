"""The chores process: checks what is new in the journal, at its start and every hour, and has the outcome sealed.

It remembers nothing itself: where the last check ended is what was sealed of it (``fiscal.checks``).
"""

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from engine.engine import Answer, Fault, Reader, Refusal, check
from server.options import Options
from server.outbox.bridge import Bridge, new_id
from server.wire.link import Link
from server.wire.sockets import CHORES

CHECK_EACH_S = 3_600
FULL_EACH_MS = 7 * 86_400_000  # the whole journal again, however long: disks forget what nobody reads
BROKEN_EACH_MS = 86_400_000  # a journal known to be broken where no check can go on behind the break: once a day
AGAIN_AFTER_S = 60.0  # after a check that could not be made, or whose outcome could not be sealed
UP_WITHIN_S = 5.0
REST_S = 0.25  # between two snapshots of half a second: selling goes before
STOP_WITHIN_S = 1.5
NICE = 10  # well behind everything that sells, and still moving: a check that stands still holds a snapshot
PLACES_MAX = 10  # broken places that are sealed (engine/fiscal/report_check.py)
BREAKS_LOGGED_MAX = 20
COUNTED = ("gen", "size", "first", "root", "entries", "checkpoints", "tickets", "closures", "broken")

_log = logging.getLogger("guichet.chores")


class Stopped(Exception):
    """The process is asked to end in the middle of a check."""


class Asks(Protocol):
    """What a check needs of the engine (`server.outbox.bridge.Bridge`)."""

    def ask(self, name: str, body: dict[str, Any]) -> Any:
        """A query's answer."""

    def submit(self, name: str, body: dict[str, Any], id: bytes) -> Answer:
        """A command's answer."""

    def reader(self) -> Reader:
        """The reader."""


def run_chores(options: Options) -> int:
    """The process, from its start to its end."""
    be_last()
    asyncio.run(Chores(options).run())
    return 0


def be_last() -> None:
    """Takes a place behind everything that sells, for the processors and (where it counts) for the disk."""
    os.nice(NICE)
    with contextlib.suppress(OSError):  # a policy of its own is a kindness, not a need
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


class JournalChecks:
    """Checks of one shop's journal, each from where the last sealed one ended.

    ``rest`` is called between snapshots with the seconds to wait; it raises `Stopped` where the process ends.
    """

    def __init__(self, asks: Asks, now_ms: Callable[[], int], rest: Callable[[float], None]) -> None:
        self._asks = asks
        self._now_ms = now_ms
        self._rest = rest

    def turn(self) -> str:
        """One check, if anything is new: "nothing new", "known broken", "whole" or "broken".

        Raises `Fault` where the outcome was not sealed.
        """
        shown, now_ms = self._asks.ask("fiscal.checks", {}), self._now_ms()
        if self._known_broken(shown, now_ms):
            _log.error("the last check found %d breaks in the journal: run `guichet verify`", shown.last.broken)
            return "known broken"
        full = shown.full is None or now_ms - shown.full.at_ms >= FULL_EACH_MS
        reader = self._asks.reader()
        if not full and self._only_its_outcome(shown.last, reader.position()):
            return "nothing new"
        outcome = self._check(reader, None if full else shown.checkpoint or None)
        body = {name: getattr(outcome, name) for name in COUNTED}
        body["places"] = [f"{one.code} {one.gen}/{one.seq}" for one in outcome.breaks[:PLACES_MAX]]
        answer = self._asks.submit("fiscal.report_check", body, new_id())
        if answer.status != "done":
            raise Fault(answer.code, f"the outcome of a check is not sealed: {answer.text}")
        return self._say(outcome)

    def _known_broken(self, shown: Any, now_ms: int) -> bool:
        """Whether the journal was found broken where no check can go on, less than a day ago."""
        last = shown.last
        return bool(last and last.broken and not shown.checkpoint and now_ms - last.at_ms < BROKEN_EACH_MS)

    def _only_its_outcome(self, last: Any, position: tuple[int, int]) -> bool:
        """Whether nothing stands behind the last check but the entry that says what it found."""
        gen, size = position
        return last is not None and last.gen == gen and size <= last.size + 1

    def _check(self, reader: Reader, since: str | None) -> Any:
        logged = 0

        def broken(found: Any) -> None:
            nonlocal logged
            logged += 1
            if logged <= BREAKS_LOGGED_MAX:
                _log.error("THE JOURNAL IS BROKEN: %s", found)

        def progress(done: int, total: int) -> None:
            self._rest(REST_S)

        try:
            return check(reader, since=since, on_break=broken, progress=progress)
        except Refusal as refusal:
            if since is None:
                raise
            _log.error("the last check's own checkpoint does not hold, the whole journal is checked: %s", refusal)
            return check(reader, on_break=broken, progress=progress)

    def _say(self, outcome: Any) -> str:
        if outcome.broken:
            _log.error(
                "the check of %d entries found %d breaks; the outcome is sealed and selling goes on: keep the files as "
                "they are and run `guichet verify`",
                outcome.entries,
                outcome.broken,
            )
            return "broken"
        _log.info("%d entries from %d on are whole", outcome.entries, outcome.first)
        return "whole"


class Visits(Bridge):
    """A bridge whose link stands only while something is sent: who listens all day hears of every commit."""

    async def send(self, name: str, body: Mapping[str, Any], id: bytes) -> Answer:
        """The engine's answer; see `Bridge.send`."""
        self._link.start()
        try:
            await self._link.wait_up(UP_WITHIN_S)
            return await super().send(name, body, id)
        finally:
            await self._link.close()


class Chores:
    """One shop's chores: a loop for the link to the engine, a thread for the work."""

    def __init__(self, options: Options) -> None:
        self._data = Path(options.data)
        self._stopping = threading.Event()

    async def run(self) -> None:
        """Works until SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        bridge = Visits(self._data, Link(self._data, CHORES), loop)
        thread = threading.Thread(target=self._work, args=(bridge,), name="checks", daemon=True)
        thread.start()
        await stop.wait()
        self._stopping.set()
        end = time.monotonic() + STOP_WITHIN_S
        while thread.is_alive() and time.monotonic() < end:
            await asyncio.sleep(0.01)
        if not thread.is_alive():
            bridge.close()  # else the process ends with its store mapped, as it may

    def _work(self, bridge: Bridge) -> None:
        checks = JournalChecks(bridge, lambda: int(time.time() * 1000), self._rest)
        with contextlib.suppress(Stopped):
            while True:
                wait_s: float = CHECK_EACH_S
                try:
                    checks.turn()
                except (Fault, Refusal) as error:
                    _log.warning("the journal could not be checked, again in %.0f s: %s", AGAIN_AFTER_S, error)
                    wait_s = AGAIN_AFTER_S
                self._rest(wait_s)

    def _rest(self, wait_s: float) -> None:
        if self._stopping.wait(wait_s):
            raise Stopped
