"""The machine around a served shop, as the options of ``guichet serve`` say it."""

from drivers.printers.network import parse_address
from engine.engine import Surroundings
from engine.ports.printer import PrinterError, Setup
from server.options import Options, allowed_of


def surroundings_of(options: Options) -> Surroundings:
    """What the shop's processes know of their machine."""
    allowed = allowed_of(options)

    def refuses(setup: Setup) -> str:
        """Why the options do not let this printer be: by what it says itself, without looking up any name."""
        try:
            allowed.check(setup)
            if setup.family == "network":
                allowed.check_place(*parse_address(setup.address))
        except PrinterError as error:
            return error.text
        return ""

    return Surroundings(public_url=options.public_url, refuses=refuses)
