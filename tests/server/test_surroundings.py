"""What a served shop knows of its machine: what the options say, and nothing that a client says."""

from typing import Any

import msgspec
import pytest
from served_shop import Served

from engine.ports.printer import Setup
from server.options import Options
from server.surroundings import surroundings_of

URL = "https://caisse.example.fr"
OPTIONS = Options(data="x", public_url=URL, allow_device=("/dev/usb/lp*",), printer_port=("9900",))


def setup(family: Any, address: str) -> Setup:
    """A printer."""
    return Setup(family=family, address=address, profile="epson-80")


@pytest.mark.parametrize(
    ("family", "address", "words"),
    [
        ("network", "192.168.1.50", ""),
        ("network", "192.168.1.50:9900", ""),
        ("network", "imprimante.local", ""),
        ("network", "[fd12:3456::9]:9100", ""),
        ("file", "/dev/usb/lp1", ""),
        ("network", "192.168.1.50:6379", "--printer-port 6379"),
        ("network", "imprimante.local:6379", "--printer-port 6379"),
        ("network", "127.0.0.1", "--allow-printer-network 127.0.0.1/32"),
        ("network", "[::1]:9100", "--allow-printer-network ::1/128"),
        ("network", "169.254.169.254", "--allow-printer-network 169.254.169.254/32"),
        ("network", "0.0.0.0", "where no printer can be"),
        ("file", "/etc/passwd", "--allow-device /etc/passwd"),
        ("serial", "/dev/ttyS0@9600", "--allow-device /dev/ttyS0"),
        ("memory", "", "prints on paper"),
    ],
)
def test_a_printer_is_driven_or_the_option_is_named_that_would_allow_it(family: str, address: str, words: str) -> None:
    why = surroundings_of(OPTIONS).refuses(setup(family, address))

    assert words in why
    assert bool(words) == bool(why)


def test_the_public_address_is_the_option_s() -> None:
    assert (URL, "") == (
        surroundings_of(OPTIONS).public_url,
        surroundings_of(msgspec.structs.replace(OPTIONS, public_url="")).public_url,
    )


def test_over_http_a_preview_carries_the_server_s_address_and_no_client_names_one(serve: Any) -> None:
    served: Served = serve("--public-url", URL)
    sold = served.do("sales/post", {"lines": [{"price": "1.50"}], "payments": [{"mode": 2}]}).json
    path = f"/api/v1/printing/receipt?seq={sold['seq']}"

    shown = served.ask("GET", path, headers=served.headers())
    foreign = served.ask("GET", f"{path}&public_url=https://evil.example", headers=served.headers())

    codes = [block for block in shown.json["document"]["blocks"] if block.get("type") == "qr"]
    assert [True] == [URL in str(block) for block in codes], shown.json["document"]
    assert (400, "kernel.bad_request") == (foreign.status, foreign.json["code"])
    headers = served.headers(0)
    row = {"name": "Essai", "family": "memory"}
    refused = served.ask("PUT", "/api/v1/printers/1", row, headers)
    assert "kernel.step_up" != refused.json["code"]
    assert ("printing.not_allowed", "row.family") == (refused.json["code"], refused.json["at"])
