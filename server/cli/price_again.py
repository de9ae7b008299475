"""``guichet reprice`` and ``guichet simulate``: sealed tickets priced again, as they were or might have been."""

import argparse
import json
from pathlib import Path
from typing import Any

import msgspec

from engine.engine import read_change, reprice, simulate
from server.cli.price_basket import decimal
from server.cli.shell import Exit, Problem, Shell, count, money
from server.cli.upkeep import following

FOUND_SHOWN_MAX = 100  # tickets that are written out for people; all of them are counted
DIFFERENCES_SHOWN_MAX = 5  # differences of one ticket that are written out for people
CHANGE_READ_MAX = 1 << 20  # bytes of a change


# --- reprice -------------------------------------------------------------------------------------------------------


def add_reprice_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet reprice`` takes."""
    parser.description = (
        "Prices every sealed ticket again from what was sealed and compares byte for byte; beside a shop that sells."
    )


def run_reprice(arguments: argparse.Namespace, shell: Shell) -> int:
    """Prices all tickets again; 1 where one comes out otherwise."""
    shell.require_shop()
    shown = 0

    def tell(found: Any) -> None:
        nonlocal shown
        shown += 1
        if shown <= FOUND_SHOWN_MAX:
            _tell(shell, found)

    with shell.progress("Pricing every ticket again") as bar:
        outcome = reprice(shell.data, progress=following(bar), on_found=tell)
    if shown > FOUND_SHOWN_MAX:
        shell.say(f"... and {count(shown - FOUND_SHOWN_MAX)} more")
    shell.say(
        f"{count(outcome.tickets)} tickets in {count(outcome.entries)} entries: {count(outcome.same)} come out"
        f" the same to the byte, {count(outcome.different)} do not.",
    )
    if outcome.unknown:
        shell.say(f"{count(outcome.unknown)} cannot be priced again: what was sealed of them is not enough.")
    right = not outcome.different
    shell.result({"ok": right, **msgspec.to_builtins(outcome)})
    return Exit.OK if right else Exit.WRONG


def _tell(shell: Shell, found: Any) -> None:
    again = found.replayed
    place = f"ticket {found.no} of series {found.series} (entry {found.seq} of generation {found.gen})"
    shell.say(f"{place}: {again.verdict}{f': {again.why}' if again.why else ''}")
    for one in again.differences[:DIFFERENCES_SHOWN_MAX]:
        shell.say(f"    {one.at or 'ticket'}: sealed {_value(one.sealed)}, now {_value(one.now)}")
    if len(again.differences) > DIFFERENCES_SHOWN_MAX:
        shell.say(f"    ... and {len(again.differences) - DIFFERENCES_SHOWN_MAX} more")


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:80] + " ..."


# --- simulate ------------------------------------------------------------------------------------------------------


def add_simulate_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet simulate`` takes."""
    parser.add_argument(
        "--rule",
        metavar="FILE",
        type=Path,
        required=True,
        help='the changed or new row as JSON: {"kind": "discounts", "id": 3, "row": {...}}; a null row takes it away',
    )
    parser.add_argument("--day", metavar="YYYY-MM-DD", required=True, help="the business day, or the first of several")
    parser.add_argument("--until", metavar="YYYY-MM-DD", help="the last business day (default: the same)")


def run_simulate(arguments: argparse.Namespace, shell: Shell) -> int:
    """Says what the sales of the days would have come to with the row; nothing is changed."""
    shell.require_shop()
    with arguments.rule.open("rb") as file:
        data = file.read(CHANGE_READ_MAX + 1)
    if len(data) > CHANGE_READ_MAX:
        raise Problem("simulate.too_large", f"a change has at most {CHANGE_READ_MAX} bytes")
    first, last = arguments.day, arguments.until or arguments.day
    with shell.progress("Pricing the tickets of those days") as bar:
        told = simulate(shell.data, read_change(data), first, last, progress=following(bar))
    period = first if first == last else f"{first} to {last}"
    shell.say(f"{period}: {count(told.tickets)} sales, {count(told.touched)} of them would have come out otherwise")
    shell.table({"total as sealed": money(told.before), "total with it": money(told.after)})
    shell.table(
        {
            "as sealed": money(told.before),
            "with it": money(told.after),
            "difference": _signed(told.after - told.before),
        }
    )
    if told.refused:
        shell.say(f"  {count(told.refused)} could not have been sold so")
    if told.unknown:
        shell.say(f"  {count(told.unknown)} cannot be priced again and are in no sum")
    for rule in told.rules:
        name = f"{rule.kind} {rule.id} {rule.label}" if rule.kind else "typed by the operator"
        shell.say(f"  {name}: {_signed(rule.before)} before, {_signed(rule.after)} with it")
    for one in told.largest:
        shell.say(f"  ticket {one.no} of series {one.series}: {money(one.before)} becomes {money(one.after)}")
    shell.result({"ok": True, "first": first, "last": last, **msgspec.to_builtins(told)})
    return Exit.OK


def _signed(cents: int) -> str:
    return ("+" if cents > 0 else "") + decimal(cents, 2)
