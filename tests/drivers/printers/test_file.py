"""Printers behind device files, and folders that jobs are laid down in."""

import os
import re
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.printers import file
from drivers.printers.dialog import Times
from drivers.printers.escpos import drawer_pulse, encode
from drivers.printers.file import FilePrinter
from drivers.printers.profiles import PROFILES
from engine.ports.printer import Document, PrinterError, Status

FEATURES = PROFILES["generic-80"]


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, str]]:
    """A character device that may be a printer: the reading end and its name."""
    master, slave = os.openpty()
    tty.setraw(slave)
    monkeypatch.setattr(file, "DEVICES", re.compile(r"/dev/pts/[0-9]+"))
    yield master, os.ttyname(slave)
    os.close(slave)
    os.close(master)


def _read(master: int, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += os.read(master, count - len(data))
    return data


def test_jobs_in_a_folder_are_numbered_files(tmp_path: Path, short: Document, receipt: Document) -> None:
    printer = FilePrinter(str(tmp_path), FEATURES)

    outcomes = [printer.print(short).result, printer.print(receipt).result]

    assert ["printed", "printed"] == outcomes
    assert {"00000001.escpos": encode(short, FEATURES), "00000002.escpos": encode(receipt, FEATURES)} == {
        path.name: path.read_bytes() for path in tmp_path.iterdir()
    }


def test_a_job_that_cannot_be_begun_leaves_nothing(tmp_path: Path, short: Document) -> None:
    def refuse() -> None:
        raise PrinterError("printer.not_begun", "no")

    outcome = FilePrinter(str(tmp_path), FEATURES).print(short, refuse)

    assert ("failed", "printer.not_begun") == (outcome.result, outcome.code)
    assert [] == list(tmp_path.iterdir())


def test_a_job_that_does_not_fit_is_no_job(tmp_path: Path, short: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    outcome = FilePrinter(str(tmp_path), FEATURES).print(short)

    assert ("failed", "printer.unreachable") == (outcome.result, outcome.code)
    assert [] == list(tmp_path.iterdir())


def test_a_job_and_a_pulse_reach_a_device(device: tuple[int, str], short: Document, times: Times) -> None:
    master, name = device
    printer = FilePrinter(name, FEATURES, times)
    job, pulse = encode(short, FEATURES), drawer_pulse(FEATURES)

    outcome = printer.print(short)
    printer.kick_drawer()

    assert "printed" == outcome.result
    assert job + pulse == _read(master, len(job) + len(pulse))
    assert Status(known=False) == printer.status()


@pytest.mark.parametrize(("before", "expected"), [(0, "failed"), (1, "unknown")])
def test_a_device_that_goes_away_fails_before_the_first_byte_and_is_unknown_after_it(
    device: tuple[int, str],
    receipt: Document,
    times: Times,
    monkeypatch: pytest.MonkeyPatch,
    before: int,
    expected: str,
) -> None:
    writes: list[int] = []

    def write(_: int, data: bytes) -> int:
        if len(writes) == before:
            raise OSError(19, "No such device")
        writes.append(len(data))
        return 1

    monkeypatch.setattr(os, "write", write)

    outcome = FilePrinter(device[1], FEATURES).print(receipt)

    assert expected == outcome.result


@pytest.mark.parametrize("address", ["relative/path", "/tmp/../etc"])
def test_an_address_that_is_no_plain_path_is_refused(address: str) -> None:
    with pytest.raises(PrinterError, match=r"printer\.bad_address"):
        FilePrinter(address, FEATURES)


@pytest.mark.parametrize("address", ["/dev/mem", "/dev/sda", "/etc/passwd", "/dev/usb/lp0x"])
def test_nothing_but_a_printer_is_written_to(address: str, short: Document) -> None:
    printer = FilePrinter(address, FEATURES)

    outcome = printer.print(short)

    assert ("failed", "printer.bad_address") == (outcome.result, outcome.code)
    with pytest.raises(PrinterError, match=r"printer\.bad_address"):
        printer.kick_drawer()


def test_a_printer_that_is_not_plugged_in_is_unreachable(short: Document) -> None:
    outcome = FilePrinter("/dev/usb/lp99", FEATURES).print(short)

    assert ("failed", "printer.unreachable") == (outcome.result, outcome.code)


def test_a_folder_has_no_drawer(tmp_path: Path) -> None:
    with pytest.raises(PrinterError, match="a folder has no drawer"):
        FilePrinter(str(tmp_path), FEATURES).kick_drawer()
