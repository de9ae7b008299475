"""Print jobs: from the queues to paper, one at a time for each printer, and their outcomes back to the engine.

A job is begun only after the engine has durably noted that it is, and never twice: what an earlier run of this worker
began is of unknown outcome and comes out again only as a copy that somebody asks for. Attempts at which not a byte
left are repeated until the job is too old; they stay in this process's memory (architecture.md, The way of a sale).
"""

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from engine.engine import Answer, Fault
from engine.ports.printer import Document, Outcome, Printer, PrinterError, Result, Setup

JOB_AGE_MS_MAX = 600_000  # 10 minutes: nobody waits longer for a receipt, and a heap of old ones serves nobody
DRAWER_AGE_MS_MAX = 10_000  # a drawer that opens later opens before somebody who does not expect it
RETRY_FIRST_MS = 1_000
RETRY_MS_MAX = 30_000
SPARE_AFTER_ATTEMPTS = 2
ID_BYTES = 16
HOPELESS = frozenset({"printer.not_allowed"})
"""What no later try can change: who runs the machine has to."""
OVER = frozenset({"printing.job_over", "printing.no_such_job"})

_log = logging.getLogger("guichet.printing")

Ask = Callable[[str, Mapping[str, Any]], Any]
"""``ask(query, body)``: a query's answer as structs, asked as the engine itself; raises what the engine raises."""

Submit = Callable[[str, Mapping[str, Any], bytes], Answer]
"""``submit(command, body, id)``: the engine's answer to a command that comes from the outbox."""

MakePrinter = Callable[[Setup], Printer]
"""A driver from its setup; raises `PrinterError` (`drivers.printers.registry.make_printer`)."""


class _Queue:
    """What this run of the worker remembers of one printer's queue."""

    def __init__(self) -> None:
        self.position = (0, 0)
        self.ended = (0, 0)
        self.attempts = 0
        self.not_before_ms = 0
        self.begun = False
        self.over: tuple[str, dict[str, Any]] | None = None

    def take(self, position: tuple[int, int]) -> None:
        """Begins to remember another job."""
        if self.position != position:
            self.position, self.attempts, self.not_before_ms, self.begun, self.over = position, 0, 0, False, None


class PrintOutbox:
    """Works through the print queues of one shop.

    ``step`` looks at every queue once, one after the other. Where a printer that does not answer must not hold up the
    others, call ``heads`` and give each printer's ``work`` to a thread of its own: two calls for one printer take
    turns, and so do two queues that share a spare; ``ask`` and ``submit`` must then be safe to call from threads.

    ``worker`` is 32 hex digits that no other run of the worker has had.
    """

    def __init__(
        self,
        ask: Ask,
        submit: Submit,
        make_printer: MakePrinter,
        now_ms: Callable[[], int],
        worker: str,
    ) -> None:
        self._ask = ask
        self._submit = submit
        self._make_printer = make_printer
        self._now_ms = now_ms
        self._worker = worker
        self._lock = threading.Lock()
        self._queues: dict[int, _Queue] = {}
        self._queue_locks: dict[int, threading.Lock] = {}
        self._devices: dict[int, tuple[Setup, Printer]] = {}
        self._device_locks: dict[int, threading.Lock] = {}

    def due_ms(self, job: Any) -> int:
        """When a job, the head of its queue, is to be tried: 0 for at once, else in the clock of ``now_ms``."""
        with self._lock:
            queue = self._queues.get(job.printer)
        return queue.not_before_ms if queue is not None and queue.position == (job.gen, job.seq) else 0

    def heads(self) -> list[Any]:
        """The oldest waiting job of every queue."""
        found: list[Any] = []
        after: int | None = 0
        while after is not None:
            page = self._ask("printing.jobs", {"after": after})
            found += page.jobs
            after = page.next
        return found

    def step(self) -> int:
        """Tries the oldest job of every queue that is due; how many ended."""
        return sum(self.work(job) for job in self.heads())

    def work(self, job: Any) -> bool:
        """Tries one job, the head of its queue; whether it ended and its outcome is sealed."""
        with self._lock:
            queue = self._queues.setdefault(job.printer, _Queue())
            lock = self._queue_locks.setdefault(job.printer, threading.Lock())
        with lock:
            if (job.gen, job.seq) <= queue.ended:
                return False  # read before its outcome was sealed; a queue goes forward only
            queue.take((job.gen, job.seq))
            if queue.over is None:
                self._try(job, queue)
            return self._report(queue)

    def _try(self, job: Any, queue: _Queue) -> None:
        """One attempt, if one is due: prints, or decides that there will be none any more."""
        now = self._now_ms()
        if job.started_by and job.started_by != self._worker:
            self._end(job, queue, job.printer, Outcome(result="unknown", code="printer.interrupted"))
        elif now - job.at_ms > (JOB_AGE_MS_MAX if job.paper else DRAWER_AGE_MS_MAX):
            self._end(job, queue, job.printer, Outcome(result="failed", code="printer.expired"))
        elif job.setup is None:
            self._end(job, queue, job.printer, Outcome(result="failed", code="printer.bad_address"))
        elif now >= queue.not_before_ms:
            printer, outcome = self._attempt(job, queue)
            if outcome.result != "printed" and not queue.attempts:
                where = f"the job of entry {job.gen}-{job.seq} on printer {printer}"
                _log.warning("%s: %s (%s: %s)", where, outcome.result, outcome.code, outcome.text)
            if outcome.result == "failed" and not (outcome.code in HOPELESS and job.spare_setup is None):
                queue.attempts += 1
                wait = min(RETRY_MS_MAX, RETRY_FIRST_MS << min(queue.attempts - 1, 10))
                queue.not_before_ms = now + wait
            else:
                self._end(job, queue, printer, outcome)

    def _attempt(self, job: Any, queue: _Queue) -> tuple[int, Outcome]:
        """Prints on the queue's printer, every second time on its spare where it has failed before."""
        id, setup = job.printer, job.setup
        turn = queue.attempts - SPARE_AFTER_ATTEMPTS
        if job.spare_setup is not None and job.paper and turn >= 0 and turn % 2 == 0:
            id, setup = job.spare, job.spare_setup
        with self._lock:
            lock = self._device_locks.setdefault(id, threading.Lock())
        with lock:
            queue.begun = False
            try:
                return id, self._print(job, queue, self._device(id, setup))
            except PrinterError as error:
                return id, Outcome(result="failed", code=error.code, text=error.text)
            except Exception as error:  # noqa: BLE001  # a bug in a driver must neither stop the queue nor print twice
                _log.exception("the job of entry %s-%s broke off", job.gen, job.seq)
                result: Result = "unknown" if queue.begun else "failed"
                return id, Outcome(result=result, code="printer.interrupted", text=str(error))

    def _print(self, job: Any, queue: _Queue, printer: Printer) -> Outcome:
        if not job.paper:
            return self._open_drawer(job, queue, printer)
        asked = {"no": job.no, "series": job.series, "copy": job.copy}
        shown = self._ask("printing.receipt", asked)
        document: Document = shown.document
        if job.drawer and self._now_ms() - job.at_ms <= DRAWER_AGE_MS_MAX:
            document = msgspec.structs.replace(document, drawer=True)
        return printer.print(document, lambda: self._begin(job, queue))

    def _open_drawer(self, job: Any, queue: _Queue, printer: Printer) -> Outcome:
        self._begin(job, queue)
        try:
            printer.kick_drawer()
        except PrinterError as error:
            unknown = error.code == "printer.unknown"
            return Outcome(result="unknown" if unknown else "failed", code=error.code, text=error.text)
        return Outcome(result="printed")

    def _device(self, id: int, setup: Setup) -> Printer:
        """The printer, made anew where its configuration changed: it remembers what it left in the middle."""
        known = self._devices.get(id)
        if known is None or known[0] != setup:
            known = self._devices[id] = (setup, self._make_printer(setup))
        return known[1]

    def _begin(self, job: Any, queue: _Queue) -> None:
        """Has the start noted, durably, or lets no byte leave."""
        body = {"gen": job.gen, "seq": job.seq, "worker": self._worker}
        try:
            answer = self._submit("printing.report_started", body, _id("started", body, str(queue.attempts)))
        except Fault as fault:
            raise PrinterError("printer.not_begun", str(fault)) from fault
        if answer.status != "done":
            raise PrinterError("printer.not_begun", f"{answer.code}: {answer.text}")
        queue.begun = True

    def _end(self, job: Any, queue: _Queue, printer: int, outcome: Outcome) -> None:
        """Remembers the outcome until the engine has sealed it; nothing else is printed on this queue before."""
        body: dict[str, Any] = {"gen": job.gen, "seq": job.seq, "printer": printer, "worker": self._worker}
        if outcome.result == "printed":
            queue.over = ("printing.report_printed", body)
        else:
            queue.over = ("printing.report_failed", body | {"result": outcome.result, "code": outcome.code})

    def _report(self, queue: _Queue) -> bool:
        """Tells the engine the outcome; its id follows from the job, so that a lost answer is asked for again."""
        if queue.over is None:
            return False
        name, body = queue.over
        try:
            answer = self._submit(name, body, _id("outcome", body))
        except Fault:
            queue.not_before_ms = self._now_ms() + RETRY_FIRST_MS
            return False
        if answer.status == "done" or answer.code in OVER:
            queue.over = None
            queue.ended = queue.position
            return True
        if answer.status == "refused" and body.get("result") != "unknown":
            # Another run began the job in the meantime: then what it sent is what nobody knows.
            more = {"result": "unknown", "code": "printer.interrupted"}
            queue.over = ("printing.report_failed", body | more)
        else:
            queue.not_before_ms = self._now_ms() + RETRY_MS_MAX  # nothing that a repetition soon would change
        return False


def _id(what: str, body: Mapping[str, Any], more: str = "") -> bytes:
    """The id of a report: the same for the same report, another for another."""
    content = msgspec.json.encode([what, body, more], order="sorted")
    return hashlib.sha256(content).digest()[:ID_BYTES]
