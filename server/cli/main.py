"""``guichet``: the command line's door, from arguments to exit code."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.engine import Fault, Refusal
from engine.kernel.version import VERSION
from server.cli import (
    make_owner,
    make_shop,
    measure_machine,
    price_again,
    price_basket,
    run_server,
    show_status,
    show_ticket,
    upkeep,
)
from server.cli.shell import Exit, Problem, Shell

DATA_DEFAULT = "var/shop"
DATA_VARIABLE = "GUICHET_DATA"
EPILOG = """exit codes: 0 all is well; 1 something is wrong (verify, reprice, demo, ticket show); 2 usage; 3 refused;
4 a fault of the store or a key; 130 interrupted. docs/cli.md says more."""

Run = Callable[[argparse.Namespace, Shell], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code (argparse itself exits with 2 on wrong usage)."""
    parser = _parser(frozenset(sys.argv[1:] if argv is None else argv))
    arguments = parser.parse_args(argv)
    # Suppressed defaults, so that an option counts before the command as well as behind it.
    given = vars(arguments)
    data = given.get("data") or os.environ.get(DATA_VARIABLE)
    shell = Shell(
        Path(data or DATA_DEFAULT),
        chosen=bool(data),
        json=given.get("json", False),
        unsafe=given.get("unsafe_filesystem", False),
    )
    run: Run = arguments.run
    # A polite end (SIGTERM) leaves as little behind as Ctrl-C does: temporary shops go, the engine closes.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run(arguments, shell)
    except (Problem, Refusal, Fault) as error:
        return shell.fail(error)
    except BrokenPipeError:
        # The reader of our output has had enough: nothing is wrong, and nothing more may be written on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except OSError as error:
        return shell.fail(error)
    except KeyboardInterrupt:
        sys.stderr.write("\nguichet: interrupted\n")
        return Exit.INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)


_MODULES = {
    module.__name__.rpartition(".")[2]: module
    for module in (
        make_owner,
        make_shop,
        measure_machine,
        price_again,
        price_basket,
        run_server,
        show_status,
        show_ticket,
        upkeep,
    )
}


def _module(name: str) -> Any:
    """A command's module; two that bring a crowd, pictures and a client of their own are imported when asked for."""
    if name == "run_demo":
        from server.cli import run_demo

        return run_demo
    if name == "invite_device":
        from server.cli import invite_device

        return invite_device
    return _MODULES[name]


def _parser(words: frozenset[str]) -> argparse.ArgumentParser:
    """The parser of all commands; only those among the words are looked up and know their options.

    A shop that starts again after a power cut does not wait for what demonstrates and measures.
    """
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--data", metavar="DIR", default=argparse.SUPPRESS, help=f"the shop's directory (default {DATA_DEFAULT})"
    )
    common.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="one JSON object on stdout")
    common.add_argument(
        "--unsafe-filesystem",
        action="store_true",
        default=argparse.SUPPRESS,
        help="take a file system that may lose what was written (tests only)",
    )
    parser = argparse.ArgumentParser(
        prog="guichet",
        description="A till engine: prices, seals and keeps every sale, and proves it.",
        epilog=EPILOG,
        parents=[common],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"guichet {VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(to: Any, name: str, text: str, module: str, what: str = "") -> None:
        command = to.add_parser(name, help=text, description=text, parents=[common])
        if name in words:
            found = _module(module)
            getattr(found, f"add_{what}_arguments" if what else "add_arguments")(command)
            command.set_defaults(run=getattr(found, f"run_{what}" if what else "run"))

    add(commands, "init", "make a new shop", "make_shop")
    add(commands, "owner", "an administrator's PIN, password and one-time codes", "make_owner")
    add(commands, "invite", "a one-time code with which a device becomes a till", "invite_device", "invite")
    add(commands, "enrol", "make this device a till", "invite_device", "enrol")
    add(commands, "demo", "open a demo shop, sell, refund, print, verify", "run_demo")
    add(commands, "serve", "tills and browsers against one engine, over HTTP", "run_server")
    add(commands, "status", "how the shop does: journal, disk, clock, what waits", "show_status")
    add(commands, "verify", "prove that the journal is whole", "upkeep", "verify")
    add(commands, "backup", "copy the shop while it runs", "upkeep", "backup")
    add(commands, "restore", "bring a copy back", "upkeep", "restore")
    add(commands, "refold", "rebuild every table from the journal", "upkeep", "refold")
    export = commands.add_parser("export", help="write data out", description="Write data out.")
    exports = export.add_subparsers(title="what", metavar="WHAT", required=True)
    add(exports, "journal", "the journal with its checkpoints and keys", "upkeep", "export")
    ticket = commands.add_parser("ticket", help="look at tickets", description="Look at tickets.")
    tickets = ticket.add_subparsers(title="what", metavar="WHAT", required=True)
    add(tickets, "show", "one ticket, its receipt, entry and proof", "show_ticket")
    add(commands, "price", "price a basket against a book, without a shop", "price_basket")
    add(commands, "reprice", "price every sealed ticket again", "price_again", "reprice")
    add(commands, "simulate", "what another rule would have changed", "price_again", "simulate")
    add(commands, "bench", "what this machine can carry", "measure_machine")
    return parser


if __name__ == "__main__":
    sys.exit(main())
