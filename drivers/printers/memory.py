"""A printer that keeps its jobs in memory, for tests and simulations: it can be told how to fail."""

from collections import deque

from drivers.printers.dialog import Times
from drivers.printers.escpos import encode
from drivers.printers.profiles import Features
from engine.ports.printer import Begin, Document, Outcome, PrinterError, Status, begin_at_once


class MemoryPrinter:
    """Keeps documents and their bytes; ``next_outcomes`` are given before it prints again, ``problem`` holds until it
    is cleared and lets no byte leave."""

    def __init__(self, address: str, features: Features, times: Times | None = None) -> None:
        self.address = address
        self.features = features
        self.documents: list[Document] = []
        self.jobs: list[bytes] = []
        self.drawer_kicks = 0
        self.begun = 0
        self.problem = ""
        self.next_outcomes: deque[Outcome] = deque()

    def print(self, document: Document, begin: Begin = begin_at_once) -> Outcome:
        """Keeps the job, or fails as told: with a problem before the first byte, with an outcome after it."""
        if self.problem:
            return Outcome(result="failed", code=self.problem, text="as told")
        try:
            data = encode(document, self.features)
            begin()
        except PrinterError as error:
            return Outcome(result="failed", code=error.code, text=error.text)
        self.begun += 1
        if self.next_outcomes:
            outcome = self.next_outcomes.popleft()
            if outcome.result != "printed":
                return outcome
        self.documents.append(document)
        self.jobs.append(data)
        return Outcome(result="printed")

    def status(self) -> Status:
        """As told."""
        return Status(
            online=self.problem != "printer.offline",
            paper="out" if self.problem == "printer.paper_out" else "ok",
            cover_open=self.problem == "printer.cover_open",
            problem=self.problem,
        )

    def kick_drawer(self) -> None:
        """Counts the pulses."""
        if self.problem:
            raise PrinterError(self.problem, "as told")
        self.drawer_kicks += 1
