"""Printers on a serial line, played on a pseudo-terminal: printed jobs, trouble, and a plug that is pulled."""

import pytest
from printer_double import COVER_OPEN, OFF_LINE, PAPER_OUT, PtyPrinter

from drivers.printers.dialog import Times
from drivers.printers.escpos import encode
from drivers.printers.parser import Drawer, parse
from drivers.printers.profiles import PROFILES
from drivers.printers.serial import SerialPrinter, parse_address
from engine.ports.printer import Document, PrinterError, Status

EPSON, GENERIC = PROFILES["epson-80"], PROFILES["generic-58"]
QUESTIONS_BYTES = 12


def test_a_job_goes_through_a_serial_line_unchanged(pty: PtyPrinter, receipt: Document, times: Times) -> None:
    printer = SerialPrinter(f"{pty.address}@115200", EPSON, times)

    told, outcome = printer.status(), printer.print(receipt)

    assert Status(paper="ok") == told
    assert "printed" == outcome.result, outcome
    assert encode(receipt, EPSON) == pty.behaviour.job()


def test_trouble_is_told_before_the_first_byte(pty: PtyPrinter, short: Document, times: Times) -> None:
    printer = SerialPrinter(pty.address, EPSON, times)
    pty.behaviour.status |= {1: OFF_LINE, 2: COVER_OPEN}
    opened = printer.print(short)
    pty.behaviour.status |= {4: PAPER_OUT}

    empty = printer.print(short)

    assert [("failed", "printer.cover_open"), ("failed", "printer.paper_out")] == [
        (outcome.result, outcome.code) for outcome in (opened, empty)
    ]
    assert b"" == pty.behaviour.job()


@pytest.mark.parametrize("heard", [0, 5, QUESTIONS_BYTES, QUESTIONS_BYTES + 1, QUESTIONS_BYTES + 30])
def test_a_plug_that_is_pulled_fails_before_the_first_byte_and_is_unknown_after_it(
    short: Document, times: Times, heard: int
) -> None:
    pty = PtyPrinter()
    pty.behaviour.cut_after = heard

    outcome = SerialPrinter(pty.address, EPSON, times).print(short)

    pty.close()
    assert ("failed" if heard <= QUESTIONS_BYTES else "unknown") == outcome.result, outcome


@pytest.mark.parametrize(("answers", "code"), [(b"", "printer.no_answer"), (b"\x00\x55", "printer.garbage")])
def test_silence_and_garbage_on_the_line(
    pty: PtyPrinter, short: Document, times: Times, answers: bytes, code: str
) -> None:
    pty.behaviour.answers = answers

    outcome = SerialPrinter(pty.address, EPSON, times).print(short)

    assert ("failed", code) == (outcome.result, outcome.code)


def test_a_printer_that_never_answers_has_printed_what_the_line_took(
    pty: PtyPrinter, short: Document, times: Times
) -> None:
    outcome = SerialPrinter(pty.address, GENERIC, times).print(short)

    assert "printed" == outcome.result


def test_a_pulse_opens_the_drawer(pty: PtyPrinter, times: Times) -> None:
    SerialPrinter(pty.address, EPSON, times).kick_drawer()

    pty.close()
    assert [Drawer(0, 50, 50)] == parse(pty.behaviour.job())


def test_a_device_that_is_not_there_is_a_failure(short: Document, times: Times) -> None:
    outcome = SerialPrinter("/dev/ttyGuichet99", EPSON, times).print(short)

    assert ("failed", "printer.unreachable") == (outcome.result, outcome.code)


def test_addresses_name_a_device_and_a_usual_speed() -> None:
    assert ("/dev/ttyS0", 9_600) == parse_address("/dev/ttyS0")
    assert ("/dev/ttyUSB1", 115_200) == parse_address("/dev/ttyUSB1@115200")


@pytest.mark.parametrize("address", ["ttyS0", "/etc/passwd", "/dev/../etc/x", "/dev/ttyS0@1234", "/dev/ttyS0@x"])
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(PrinterError, match=r"printer\.bad_address"):
        parse_address(address)
