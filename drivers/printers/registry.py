"""Which driver stands for which family of printers, as a written table."""

import importlib
from types import MappingProxyType

from drivers.printers.dialog import Times
from drivers.printers.profiles import features_of
from engine.ports.printer import Family, Printer, Setup

DRIVERS = MappingProxyType[Family, str](
    {
        "network": "drivers.printers.network:NetworkPrinter",
        "serial": "drivers.printers.serial:SerialPrinter",
        "file": "drivers.printers.file:FilePrinter",
        "memory": "drivers.printers.memory:MemoryPrinter",
    }
)
"""Family -> "module:attribute"; each is called with address, features and times."""


def make_printer(setup: Setup, times: Times | None = None) -> Printer:
    """The printer as configured, not yet asked anything; raises `PrinterError` ``printer.bad_address``."""
    module, _, attribute = DRIVERS[setup.family].partition(":")
    made: Printer = getattr(importlib.import_module(module), attribute)(setup.address, features_of(setup), times)
    return made
