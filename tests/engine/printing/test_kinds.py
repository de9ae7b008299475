"""Printers and logos as people configure them."""

import base64

import pytest
from shop_harness import Shop

from engine.engine import Engine, Surroundings
from engine.kernel.disk import SMALL
from engine.printing.kinds import LOGO_BYTES_MAX


@pytest.mark.parametrize(
    ("family", "address"),
    [
        ("network", "192.168.1.50"),
        ("network", "imprimante-bar.local:9101"),
        ("network", "[fe80::1%eth0]:9100"),
        ("serial", "/dev/ttyUSB0@19200"),
        ("file", "/dev/usb/lp0"),
        ("memory", ""),
    ],
)
def test_addresses_of_every_family_are_taken(shop: Shop, family: str, address: str) -> None:
    answer = shop.configure("printers", 1, {"name": "Bar", "family": family, "address": address})

    assert address == answer.records[0].row.address


@pytest.mark.parametrize(
    ("family", "address"),
    [
        ("network", ""),
        ("network", "a b"),
        ("network", "http://x/"),
        ("network", "host:25"),
        ("serial", "ttyS0"),
        ("serial", "/etc/passwd"),
        ("file", "spool"),
        ("file", "/spool\n"),
    ],
)
def test_an_address_of_another_form_is_refused(shop: Shop, family: str, address: str) -> None:
    body = {"id": 1, "row": {"name": "Bar", "family": family, "address": address}}

    answer = shop.refused("printers.put", body, till=0, operator=0)

    assert ("printing.bad_address", "row.address") == (answer.code, answer.at)


@pytest.mark.parametrize(
    "bits", ["", "!!!!", base64.b64encode(b"xyz").decode(), base64.b64encode(bytes(1_202)).decode()]
)
def test_a_logo_that_is_no_picture_is_refused(shop: Shop, bits: str) -> None:
    answer = shop.refused("logos.put", {"id": 1, "row": {"title": "x", "width": 16, "bits": bits}}, till=0, operator=0)

    assert ("printing.bad_logo", "row.bits") == (answer.code, answer.at)


def test_the_largest_logo_fits_an_entry(shop: Shop) -> None:
    bits = base64.b64encode(b"\xaa" * LOGO_BYTES_MAX).decode()

    answer = shop.configure("logos", 1, {"title": "Grand", "width": 576, "bits": bits})

    assert 600 == answer.records[0].row.image().height


def test_what_is_referred_to_stays(paper: Shop) -> None:
    paper.configure("logos", 1, {"title": "x", "width": 8, "bits": "/w=="})
    paper.configure("settings", 1, {"name": "Café", "default_vat": 1, "logo": 1})

    codes = [
        paper.refused(f"{kind}.remove", {"id": id}, till=0, operator=0).code
        for kind, id in (("printers", 1), ("printers", 2), ("logos", 1))
    ]

    assert ["kernel.row_in_use"] * 3 == codes


def test_a_printer_that_the_machine_does_not_drive_is_refused_when_it_is_configured(shop: Shop) -> None:
    shop.engine.close()
    around = Surroundings(refuses=lambda setup: f"no {setup.family}" if setup.family == "file" else "")
    shop.engine = Engine(shop.path, clock=shop.clock, limits=SMALL, unsafe_filesystem=True, surroundings=around)
    row = {"name": "Bar", "family": "file", "address": "/dev/usb/lp0"}

    refused = shop.refused("printers.put", {"id": 1, "row": row}, till=0, operator=0)

    assert ("printing.not_allowed", "no file", "row.address") == (refused.code, refused.text, refused.at)
    shop.configure("printers", 1, {"name": "Bar", "family": "network", "address": "192.168.1.50"})
