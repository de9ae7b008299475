"""Every family has a driver, every profile its features, and rows say what differs."""

from pathlib import Path
from typing import get_args

import pytest

from drivers.printers.profiles import DOTS_OF_COLUMN, PROFILES, features_of
from drivers.printers.registry import DRIVERS, make_printer
from engine.ports.printer import COLUMNS, Family, PrinterError, Profile, Setup, Status


def test_every_family_and_every_profile_of_the_port_is_there() -> None:
    assert set(get_args(Family)) == set(DRIVERS)
    assert set(get_args(Profile)) == set(PROFILES)
    assert all(features.columns in COLUMNS for features in PROFILES.values())
    assert all(features.columns * DOTS_OF_COLUMN <= features.dots for features in PROFILES.values())


def test_a_printer_is_made_as_its_row_says(tmp_path: Path) -> None:
    addresses = {"network": "127.0.0.1:9100", "serial": "/dev/ttyS0", "file": str(tmp_path), "memory": ""}

    made = {
        family: type(make_printer(Setup(family=family, address=address, profile="generic-58"))).__name__  # type: ignore[arg-type]  # the families of the test above
        for family, address in addresses.items()
    }

    expected = {
        "network": "NetworkPrinter",
        "serial": "SerialPrinter",
        "file": "FilePrinter",
        "memory": "MemoryPrinter",
    }
    assert expected == made
    assert Status(known=False) == make_printer(Setup(family="file", address=str(tmp_path), profile="epson-80")).status()


def test_columns_and_code_page_of_the_row_hold_over_the_profile() -> None:
    features = features_of(Setup(family="memory", address="", profile="generic-80", columns=42, code_page="cp1252"))

    assert (42, "cp1252", 576) == (features.columns, features.code_page, features.dots)


def test_more_columns_than_the_paper_has_are_refused() -> None:
    with pytest.raises(PrinterError, match="48 columns do not fit paper of 384 dots"):
        features_of(Setup(family="memory", address="", profile="generic-58", columns=48))
