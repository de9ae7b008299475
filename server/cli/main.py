"""``guichet``: the command line's door, from arguments to exit code."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.engine import Fault, Refusal
from engine.kernel.version import VERSION
from server.cli import (
    invite_device,
    make_owner,
    make_shop,
    measure_machine,
    price_again,
    price_basket,
    run_demo,
    run_server,
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
    parser = _parser()
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


def _parser() -> argparse.ArgumentParser:
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

    def add(name: str, text: str, run: Run, options: Callable[[argparse.ArgumentParser], None]) -> None:
        command = commands.add_parser(name, help=text, description=text, parents=[common])
        options(command)
        command.set_defaults(run=run)

    add("init", "make a new shop", make_shop.run, make_shop.add_arguments)
    add("owner", "an administrator's PIN, password and one-time codes", make_owner.run, make_owner.add_arguments)
    add(
        "invite",
        "a one-time code with which a device becomes a till",
        invite_device.run_invite,
        invite_device.add_invite_arguments,
    )
    add("enrol", "make this device a till", invite_device.run_enrol, invite_device.add_enrol_arguments)
    add("demo", "open a demo shop, sell, refund, print, verify", run_demo.run, run_demo.add_arguments)
    add("serve", "tills and browsers against one engine, over HTTP", run_server.run, run_server.add_arguments)
    add("verify", "prove that the journal is whole", upkeep.run_verify, upkeep.add_verify_arguments)
    add("backup", "copy the shop while it runs", upkeep.run_backup, upkeep.add_backup_arguments)
    add("restore", "bring a copy back", upkeep.run_restore, upkeep.add_restore_arguments)
    add("refold", "rebuild every table from the journal", upkeep.run_refold, upkeep.add_refold_arguments)
    export = commands.add_parser("export", help="write data out", description="Write data out.")
    exports = export.add_subparsers(title="what", metavar="WHAT", required=True)
    journal = exports.add_parser("journal", help="the journal with its checkpoints and keys", parents=[common])
    upkeep.add_export_arguments(journal)
    journal.set_defaults(run=upkeep.run_export)
    ticket = commands.add_parser("ticket", help="look at tickets", description="Look at tickets.")
    tickets = ticket.add_subparsers(title="what", metavar="WHAT", required=True)
    show = tickets.add_parser("show", help="one ticket, its receipt, entry and proof", parents=[common])
    show_ticket.add_arguments(show)
    show.set_defaults(run=show_ticket.run)
    add("price", "price a basket against a book, without a shop", price_basket.run, price_basket.add_arguments)
    add("reprice", "price every sealed ticket again", price_again.run_reprice, price_again.add_reprice_arguments)
    add(
        "simulate",
        "what another rule would have changed",
        price_again.run_simulate,
        price_again.add_simulate_arguments,
    )
    add("bench", "what this machine can carry", measure_machine.run, measure_machine.add_arguments)
    return parser


if __name__ == "__main__":
    sys.exit(main())
