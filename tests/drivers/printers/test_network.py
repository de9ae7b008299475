"""Printers on the network: status, faults, and a cable that is cut at every byte."""

import socket

import pytest
from printer_double import COVER_OPEN, ERROR, NEAR_END, OFF_LINE, OK, PAPER_OUT, PAPER_STOP, TcpPrinter

from drivers.printers.dialog import Times
from drivers.printers.escpos import CLEAR, encode
from drivers.printers.network import NetworkPrinter, parse_address
from drivers.printers.parser import Drawer, parse
from drivers.printers.profiles import PROFILES
from engine.ports.printer import Document, PrinterError, Status, Text

EPSON, GENERIC = PROFILES["epson-80"], PROFILES["generic-80"]
QUESTIONS_BYTES = 12


def test_a_job_is_printed_when_the_printer_says_that_it_worked_through_it(
    tcp: TcpPrinter, receipt: Document, times: Times
) -> None:
    begun: list[int] = []
    printer = NetworkPrinter(tcp.address, EPSON, times)

    outcome = printer.print(receipt, lambda: begun.append(len(tcp.behaviour.job())))

    assert "printed" == outcome.result, outcome
    assert [0] == begun, "the start is recorded once, before the first byte"
    assert [encode(receipt, EPSON)] == tcp.wait_idle().behaviour.jobs


def test_a_cable_cut_at_any_byte_is_never_taken_for_a_printed_job(
    tcp: TcpPrinter, short: Document, times: Times
) -> None:
    printer = NetworkPrinter(tcp.address, EPSON, times)
    length = len(encode(short, EPSON))
    outcomes = []

    for heard in range(QUESTIONS_BYTES + length + 3 + 1):
        tcp.wait_idle().behaviour.cut_after = heard
        outcomes.append(NetworkPrinter(tcp.address, EPSON, times).print(short).result)
    tcp.wait_idle().behaviour.cut_after = None

    before, after = outcomes[: QUESTIONS_BYTES + 1], outcomes[QUESTIONS_BYTES + 1 :]
    assert {"failed"} == set(before)
    assert {"unknown"} == set(after)
    assert length + 3 == len(after)
    assert "printed" == printer.print(short).result


@pytest.mark.parametrize("percent", [0, 50, 100])
def test_a_long_job_cut_in_its_middle_is_unknown(
    tcp: TcpPrinter, receipt: Document, times: Times, percent: int
) -> None:
    tcp.behaviour.cut_after = QUESTIONS_BYTES + 1 + (len(encode(receipt, EPSON)) - 1) * percent // 100

    outcome = NetworkPrinter(tcp.address, EPSON, times).print(receipt)

    assert ("unknown", "printer.unknown") == (outcome.result, outcome.code), outcome


def test_a_line_that_is_cut_while_the_start_is_recorded_lets_no_byte_leave(
    tcp: TcpPrinter, short: Document, times: Times
) -> None:
    def cut() -> None:
        tcp.cut_now()
        tcp.wait_idle()

    outcome = NetworkPrinter(tcp.address, EPSON, times).print(short, cut)

    assert ("failed", "printer.unreachable") == (outcome.result, outcome.code)
    assert [b""] == tcp.behaviour.jobs


def test_a_start_that_cannot_be_recorded_lets_no_byte_leave(tcp: TcpPrinter, short: Document, times: Times) -> None:
    def refuse() -> None:
        raise PrinterError("printer.not_begun", "the engine is away")

    outcome = NetworkPrinter(tcp.address, EPSON, times).print(short, refuse)

    assert ("failed", "printer.not_begun") == (outcome.result, outcome.code)
    assert [b""] == tcp.wait_idle().behaviour.jobs


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ({4: PAPER_OUT}, "printer.paper_out"),
        ({1: OFF_LINE, 2: PAPER_STOP}, "printer.paper_out"),
        ({1: OFF_LINE, 2: COVER_OPEN}, "printer.cover_open"),
        ({1: OFF_LINE, 2: ERROR}, "printer.error"),
        ({3: OK | 0x08}, "printer.error"),
        ({1: OFF_LINE}, "printer.offline"),
    ],
)
def test_a_printer_in_trouble_gets_no_byte_of_a_job(
    tcp: TcpPrinter, short: Document, times: Times, status: dict[int, int], code: str
) -> None:
    tcp.behaviour.status |= status
    printer = NetworkPrinter(tcp.address, EPSON, times)

    outcome, told = printer.print(short), printer.status()

    assert ("failed", code) == (outcome.result, outcome.code)
    assert code == told.problem
    assert [b"", b""] == tcp.wait_idle().behaviour.jobs


def test_paper_that_is_nearly_out_prints_and_is_told(tcp: TcpPrinter, short: Document, times: Times) -> None:
    tcp.behaviour.status[4] = NEAR_END
    printer = NetworkPrinter(tcp.address, EPSON, times)

    told, outcome = printer.status(), printer.print(short)

    assert Status(paper="near_end") == told
    assert "printed" == outcome.result


def test_paper_that_runs_out_in_the_middle_makes_the_job_unknown_and_its_rest_is_forgotten(
    tcp: TcpPrinter, receipt: Document, times: Times
) -> None:
    tcp.behaviour.stop_after = 100

    outcome = NetworkPrinter(tcp.address, EPSON, times).print(receipt)

    assert ("unknown", "printer.paper_out") == (outcome.result, outcome.code)
    assert tcp.wait_idle().behaviour.jobs[0].endswith(CLEAR)


@pytest.mark.parametrize(
    ("answers", "code"), [(b"", "printer.no_answer"), (b"HTTP/1.1 400 Bad\r\n", "printer.garbage")]
)
def test_silence_and_garbage_are_failures_in_bounded_time(
    tcp: TcpPrinter, short: Document, times: Times, answers: bytes, code: str
) -> None:
    tcp.behaviour.answers = answers

    outcome = NetworkPrinter(tcp.address, EPSON, times).print(short)

    assert ("failed", code) == (outcome.result, outcome.code)
    assert [b""] == tcp.wait_idle().behaviour.jobs


def test_a_printer_that_never_says_it_finished_leaves_the_job_unknown(
    tcp: TcpPrinter, short: Document, times: Times
) -> None:
    tcp.behaviour.finishes = False

    outcome = NetworkPrinter(tcp.address, EPSON, times).print(short)

    assert ("unknown", "printer.unknown") == (outcome.result, outcome.code)


def test_reports_that_nobody_asked_for_are_no_acknowledgement(tcp: TcpPrinter, short: Document, times: Times) -> None:
    tcp.behaviour.finishes = False
    tcp.behaviour.unasked = b"\x10\x00\x00\x0f" + b"\x37\x25\x00"

    outcome = NetworkPrinter(tcp.address, EPSON, times).print(short)

    assert "unknown" == outcome.result


def test_the_job_after_a_broken_one_begins_by_forgetting_its_rest(
    tcp: TcpPrinter, short: Document, times: Times
) -> None:
    printer = NetworkPrinter(tcp.address, EPSON, times)
    tcp.behaviour.cut_after = QUESTIONS_BYTES + 20
    broken = printer.print(short)
    tcp.wait_idle().behaviour.cut_after = None

    again, third = printer.print(short), printer.print(short)

    assert ["unknown", "printed", "printed"] == [broken.result, again.result, third.result]
    job = encode(short, EPSON)
    assert [CLEAR + job, job] == tcp.wait_idle().behaviour.jobs[1:]


def test_a_printer_that_never_answers_by_its_profile_has_printed_what_it_took(
    tcp: TcpPrinter, receipt: Document, times: Times
) -> None:
    tcp.behaviour.answers = b""
    printer = NetworkPrinter(tcp.address, GENERIC, times)

    outcome, told = printer.print(receipt), printer.status()

    assert "printed" == outcome.result
    assert Status(known=False) == told
    assert encode(receipt, GENERIC) == tcp.wait_jobs(1)[0]


def test_nobody_at_the_address_is_a_failure(short: Document, times: Times) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    printer = NetworkPrinter(address, EPSON, times)

    outcome = printer.print(short)

    assert ("failed", "printer.unreachable") == (outcome.result, outcome.code)
    with pytest.raises(PrinterError, match=r"printer\.unreachable"):
        printer.status()


def test_the_drawer_opens_by_a_pulse_alone(tcp: TcpPrinter, times: Times) -> None:
    NetworkPrinter(tcp.address, EPSON, times).kick_drawer()

    (job,) = tcp.wait_jobs(1)
    assert [Drawer(0, 50, 50)] == parse(job)


def test_a_document_that_is_too_large_is_never_begun(tcp: TcpPrinter, times: Times) -> None:
    blocks = tuple(Text(text="x" * 700) for _ in range(2_000))
    document = Document(title="t", language="fr", blocks=blocks)

    outcome = NetworkPrinter(tcp.address, EPSON, times).print(document)

    assert ("failed", "printer.too_large") == (outcome.result, outcome.code)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.168.1.50", ("192.168.1.50", 9_100)),
        ("imprimante.local:9101", ("imprimante.local", 9_101)),
        ("[fe80::1]:9102", ("fe80::1", 9_102)),
        ("[::1]", ("::1", 9_100)),
    ],
)
def test_addresses(address: str, expected: tuple[str, int]) -> None:
    assert expected == parse_address(address)


@pytest.mark.parametrize("address", ["", ":9100", "host:25", "host:0x50", "host:99999", "host:-1", "host:९१००"])
def test_an_address_that_is_none_or_leads_to_a_service_is_refused(address: str) -> None:
    with pytest.raises(PrinterError, match=r"printer\.bad_address"):
        parse_address(address)
