"""``guichet price``: a JSON basket priced against a JSON book, with no shop anywhere."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from engine.engine import price_apart, price_schema
from server.cli.shell import Exit, Problem, Shell

INPUT_READ_MAX = (16 << 20) + 1  # bytes: one more than the engine takes, so that too many are seen and never held
LABEL_WIDTH = 34
AMOUNT_WIDTH = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet price`` takes."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="the book and the basket as JSON; - is standard input")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema (2020-12) of FILE, and no more")


def run(arguments: argparse.Namespace, shell: Shell) -> int:
    """Prints the would-be ticket, or the schema."""
    if arguments.schema:
        sys.stdout.write(json.dumps(price_schema(), indent=None if shell.json else 2) + "\n")
        return Exit.OK
    if arguments.file is None:
        raise Problem(
            "price.no_file", "name a file, or - for standard input", "`guichet price --schema` says its form."
        )
    ticket = price_apart(_read(arguments.file), time.time_ns() // 1_000_000)
    shown = msgspec.to_builtins(ticket)
    _say(shell, shown)
    shell.result({"ok": True, "ticket": shown})
    return Exit.OK


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(INPUT_READ_MAX)
    with Path(name).open("rb") as file:
        return file.read(INPUT_READ_MAX)


def _say(shell: Shell, ticket: dict[str, Any]) -> None:
    """The ticket for people: lines as entered, what each step of pricing did, VAT, total."""
    decimals, currency = ticket["dec"], ticket["cur"]

    def row(label: str, amount: int, more: str = "") -> str:
        return (
            f"{label[:LABEL_WIDTH].ljust(LABEL_WIDTH)}{decimal(amount, decimals).rjust(AMOUNT_WIDTH)}  {more}".rstrip()
        )

    for line in sorted(ticket["lines"], key=lambda line: line["id"]):
        label = f"{decimal(line['q'], 3, shortest=True)} x {line['l']}"
        shell.say(row(label, line["b"], f"at {decimal(line['u'], 4, shortest=True)}"))
        for index, share in line["x"]:
            shell.say(row(f"    {ticket['disc'][index]['l']}", share))
        if line["x"]:
            shell.say(row("    makes", line["a"]))
    if ticket["disc"]:
        shell.say("", "Discounts")
    for step in ticket["disc"]:
        cut = f", cut from {decimal(step['wanted'], decimals)}: {step['cut']}" if step["cut"] else ""
        more = f"on {decimal(step['base'], decimals)}, phase {step['phase']}{cut}"
        shell.say(row(f"  {step['l']}", step["granted"], more))
    shell.say("", "VAT")
    for rate in ticket["rates"]:
        percent = decimal(rate["r"], 3, shortest=True)
        net, gross = decimal(rate["n"], decimals), decimal(rate["g"], decimals)
        shell.say(row(f"  {percent} % (rate {rate['c']})", rate["v"], f"net {net}, gross {gross}"))
    shell.say("", row(f"Total {currency}", ticket["total"]))
    shell.say(f"business day {ticket['day']}, sales mode {ticket['mode']}, algorithm {ticket['algo']}")
    for hint in ticket.get("hints", ()):
        by = f" by {hint['by']}" if hint["by"] else ""
        shell.say(f"  not applied: {hint['l']} ({hint['reason']}{by}, missing {hint['missing']})")


def decimal(number: int, places: int, *, shortest: bool = False) -> str:
    """An integer count of 1/10**places as a decimal number; ``shortest`` leaves zeros at its end out."""
    digits = str(abs(number)).rjust(places + 1, "0")
    whole, fraction = digits[: len(digits) - places], digits[len(digits) - places :]
    if shortest:
        fraction = fraction.rstrip("0")
    return ("-" if number < 0 else "") + whole + (f".{fraction}" if fraction else "")
