"""What the operator of a machine allows a shop's printers to be, and how a refusal says what would allow it."""

import socket
from typing import Any

import pytest
from printer_double import TcpPrinter

from drivers.printers import allowed as rules
from drivers.printers.allowed import Allowed, Ports, allowed_from
from drivers.printers.registry import make_printer
from engine.ports.printer import Document, PrinterError, Setup, Text

NOTHING = Allowed()
RECEIPT = Document(title="Essai", language="fr", blocks=(Text(text="Bonjour"),))


def device(family: Any, address: str) -> Setup:
    """A printer behind a device."""
    return Setup(family=family, address=address, profile="epson-80")


def at(*addresses: str) -> Any:
    """A resolver that knows one answer."""
    return lambda host, port: list(addresses)


@pytest.mark.parametrize(("family", "address"), [("file", "/dev/usb/lp0"), ("serial", "/dev/ttyUSB0@19200")])
def test_a_device_is_refused_with_the_option_that_allows_it(family: str, address: str) -> None:
    path = address.partition("@")[0]

    with pytest.raises(PrinterError, match=f"--allow-device {path}") as refused:
        make_printer(device(family, address), allowed=NOTHING)

    assert "printer.not_allowed" == refused.value.code


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/dev/usb/lp*", "/dev/usb/lp0", True),
        ("/dev/usb/lp*", "/dev/usb/lp0/x", False),
        ("/dev/*", "/dev/usb/lp0", False),
        ("/var/spool/*", "/var/spool/..", False),
        ("/var/spool/tickets", "/var/spool/tickets", True),
    ],
)
def test_a_pattern_s_star_stays_in_its_folder(pattern: str, path: str, fits: bool) -> None:
    allowed = allowed_from([pattern], [], [])
    refused = ""

    try:
        allowed.check(device("file", path))
    except PrinterError as error:
        refused = error.code

    assert ("" if fits else "printer.not_allowed") == refused


@pytest.mark.parametrize("address", ["192.168.1.50", "10.0.0.9", "203.0.113.7", "fd12:3456::9", "2a01:e0a::5"])
def test_networks_and_the_open_internet_have_printers(address: str) -> None:
    assert [address] == NOTHING.addresses("imprimante.example", 9100, at(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.1",
        "::1",
        "169.254.169.254",
        "fe80::a9fe:a9fe%eth0",
        "fd00:ec2::254",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
    ],
)
def test_this_machine_and_its_links_are_refused_with_the_option_that_allows_them(address: str) -> None:
    with pytest.raises(PrinterError, match="--allow-printer-network") as refused:
        NOTHING.addresses("imprimante.example", 9100, at("192.168.1.50", address))

    assert "printer.not_allowed" == refused.value.code


@pytest.mark.parametrize("address", ["0.0.0.0", "0.1.2.3", "224.0.0.251", "255.255.255.255", "::", "ff02::1", "::7"])
def test_where_no_printer_can_be_none_is_whatever_is_allowed(address: str) -> None:
    everything = allowed_from([], ["0.0.0.0/0", "::/0"], [])

    with pytest.raises(PrinterError, match="where no printer can be"):
        everything.addresses("imprimante.example", 9100, at(address))


def test_a_network_can_be_allowed() -> None:
    allowed = allowed_from([], ["127.0.0.0/8", "::1"], [])

    assert ["127.0.0.1", "::1"] == allowed.addresses("localhost", 9100, at("127.0.0.1", "::1"))


@pytest.mark.parametrize(("port", "fits"), [(9099, False), (9100, True), (9109, True), (9110, False), (6001, True)])
def test_only_the_ports_of_printers_are_called(port: int, fits: bool) -> None:
    allowed = allowed_from([], [], ["6000-6002"])
    refused = ""

    try:
        allowed.addresses("imprimante.example", port, at("10.0.0.9"))
    except PrinterError as error:
        refused = error.text

    assert fits == (refused == "")
    assert fits or f"--printer-port {port}" in refused


def test_a_name_that_leads_nowhere_is_unreachable() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(PrinterError, match=r"printer\.unreachable"):
        NOTHING.addresses("imprimante.example", 9100, nowhere)


def test_a_name_is_looked_up_once_for_each_call_and_that_address_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    double = TcpPrinter()
    port = int(double.address.rpartition(":")[2])
    asked: list[str] = []

    def look_up(host: str, number: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    monkeypatch.setattr(rules, "look_up", look_up)
    allowed = allowed_from([], ["127.0.0.0/8"], [str(port)])
    setup = Setup(family="network", address=f"imprimante.example:{port}", profile="epson-80")
    printer = make_printer(setup, allowed=allowed)

    first, second = printer.print(RECEIPT), printer.print(RECEIPT)
    double.close()

    assert ("printed", "failed", "printer.not_allowed") == (first.result, second.result, second.code)
    assert ["imprimante.example"] * 2 == asked


def test_what_the_options_say_is_read_or_named() -> None:
    read = allowed_from(["/dev/usb/lp*"], ["127.0.0.0/8"], ["9200", "9300-9301"])

    assert (("/dev/usb/lp*",), (Ports(9200, 9200), Ports(9300, 9301))) == (read.devices, read.ports)
    wrong: tuple[tuple[list[str], list[str], list[str]], ...] = (
        (["dev/lp0"], [], []),
        (["/dev/../etc"], [], []),
        ([], ["127.0.0.1/8"], []),
        ([], [], ["80"]),
        ([], [], ["9105-9101"]),
        ([], [], ["x"]),
    )
    for words in wrong:
        with pytest.raises(ValueError, match=r"allow-device|allow-printer-network|printer-port"):
            allowed_from(*words)
