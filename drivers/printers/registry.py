"""Which driver stands for which family of printers, as a written table."""

import importlib
from types import MappingProxyType

from drivers.printers.allowed import Allowed
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


def make_printer(setup: Setup, times: Times | None = None, allowed: Allowed | None = None) -> Printer:
    """The printer as configured, not yet asked anything; raises `PrinterError` ``printer.bad_address``.

    With ``allowed`` it is a served shop's: ``printer.not_allowed`` where who runs the machine has not allowed it.
    """
    module, _, attribute = DRIVERS[setup.family].partition(":")
    driver = getattr(importlib.import_module(module), attribute)
    features = features_of(setup)
    rules: tuple[Allowed, ...] = ()
    if allowed is not None:
        allowed.check(setup)
        if setup.family == "network":
            rules = (allowed,)  # the only driver whose address can lead elsewhere from one call to the next
    made: Printer = driver(setup.address, features, times, *rules)
    return made
