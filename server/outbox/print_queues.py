"""Threads for print queues: one for each printer that has something to print, so that none waits for another's."""

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

BUSY_MAX = 1_000  # as many as a shop may have printers (engine/printing/kinds.py): no queue ever waits for a thread
PAUSE_MS = 1_000  # before a queue is tried again on which our own program broke off

_log = logging.getLogger("guichet.printing")


class Works(Protocol):
    """What works through queues (`server.outbox.printing.PrintOutbox`)."""

    def heads(self) -> list[Any]:
        """The oldest waiting job of every queue."""

    def work(self, job: Any) -> bool:
        """Tries one; blocks while its printer does."""

    def due_ms(self, job: Any) -> int:
        """When it is to be tried."""


class PrintQueues:
    """Gives the head of every queue that is due to a thread; ``done`` is called, in that thread, after each try.

    Threads are daemons: a printer that hangs must not keep the process from ending. Its job stays begun then, which
    is the truth.
    """

    def __init__(self, works: Works, now_ms: Callable[[], int], done: Callable[[], None]) -> None:
        self._works = works
        self._now_ms = now_ms
        self._done = done
        self._lock = threading.Lock()
        self._busy: set[int] = set()
        self._pauses: dict[int, int] = {}

    @property
    def busy(self) -> int:
        """How many queues are being worked on."""
        with self._lock:
            return len(self._busy)

    def look(self) -> int | None:
        """Begins what is due; in how many milliseconds the next try of a waiting job is (None: none waits)."""
        now = self._now_ms()
        later = [self._begin(job, now) for job in self._works.heads()]
        return min((wait for wait in later if wait), default=None)

    def _begin(self, job: Any, now: int) -> int:
        """Begins one, or says how long it waits; 0 where its thread is at work and will say so itself."""
        due = max(self._works.due_ms(job), self._pauses.get(job.printer, 0))
        with self._lock:
            if job.printer in self._busy or len(self._busy) >= BUSY_MAX:
                return 0
            if due > now:
                return due - now
            self._busy.add(job.printer)
        threading.Thread(target=self._work, args=(job,), name=f"printer {job.printer}", daemon=True).start()
        return 0

    def _work(self, job: Any) -> None:
        try:
            self._works.work(job)
        except Exception:  # noqa: BLE001  # whatever it is, the other queues go on, and this one is tried again
            _log.exception("the queue of printer %d broke off", job.printer)
            self._pauses[job.printer] = self._now_ms() + PAUSE_MS
        finally:
            with self._lock:
                self._busy.discard(job.printer)
            self._done()
