"""The printer of tests fails exactly as it is told."""

import pytest

from drivers.printers.escpos import encode
from drivers.printers.memory import MemoryPrinter
from drivers.printers.profiles import PROFILES
from engine.ports.printer import Document, Outcome, PrinterError

FEATURES = PROFILES["epson-80"]


def test_it_keeps_documents_and_bytes(receipt: Document) -> None:
    printer = MemoryPrinter("", FEATURES)

    outcome = printer.print(receipt)

    assert Outcome(result="printed") == outcome
    assert ([receipt], [encode(receipt, FEATURES)]) == (printer.documents, printer.jobs)


def test_a_problem_lets_nothing_begin_until_it_is_cleared(short: Document) -> None:
    printer = MemoryPrinter("", FEATURES)
    printer.problem = "printer.paper_out"

    outcome, status = printer.print(short), printer.status()

    assert ("failed", "printer.paper_out", "out", 0) == (outcome.result, outcome.code, status.paper, printer.begun)
    with pytest.raises(PrinterError, match=r"printer\.paper_out"):
        printer.kick_drawer()
    printer.problem = ""
    printer.kick_drawer()
    assert ("printed", 1) == (printer.print(short).result, printer.drawer_kicks)


def test_an_outcome_it_is_told_comes_once_and_after_the_start(short: Document) -> None:
    printer = MemoryPrinter("", FEATURES)
    printer.next_outcomes.append(Outcome(result="unknown", code="printer.unknown"))

    outcomes = [printer.print(short).result, printer.print(short).result]

    assert ["unknown", "printed"] == outcomes
    assert (2, 1) == (printer.begun, len(printer.jobs))


def test_a_start_that_is_refused_keeps_nothing(short: Document) -> None:
    def refuse() -> None:
        raise PrinterError("printer.not_begun", "no")

    printer = MemoryPrinter("", FEATURES)

    assert "failed" == printer.print(short, refuse).result
    assert (0, []) == (printer.begun, printer.jobs)
