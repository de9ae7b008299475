"""``guichet ticket show``: one ticket as it was printed, the facts of its entry, and the check of its proof."""

import argparse
from typing import Any

import msgspec

from server.cli.check_proof import ProofError, UnknownKey, check_inclusion
from server.cli.shell import Exit, Shell, count, money

LANGUAGES = ("fr", "en", "nl", "de")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet ticket show`` takes."""
    parser.add_argument("number", type=int, metavar="NUMBER", help="the number printed on the receipt")
    parser.add_argument("--series", type=int, help="the series of the number (training: 65535)")
    parser.add_argument("--copy", type=int, help="the duplicate of this number; 0 for the original")
    parser.add_argument("--language", choices=LANGUAGES, default="fr", help="the language of the receipt")
    parser.add_argument("--width", type=int, default=42, help="characters a line (24 to 240, default 42)")


def run(arguments: argparse.Namespace, shell: Shell) -> int:
    """Shows the ticket; the exit code is 1 where its proof does not hold."""
    name: dict[str, Any] = {"no": arguments.number}
    if arguments.series is not None:
        name["series"] = arguments.series
    with shell.reader() as reader:
        ticket = reader.ask_by_name("sales.ticket", name)
        asked = {"language": arguments.language, "width": arguments.width, "copy": arguments.copy}
        receipt = reader.ask_by_name("printing.receipt", name | asked)
        proof = reader.proof(ticket.gen, ticket.seq)
        keys = reader.vkeys(ticket.gen)
    verdict, problem = _check(ticket, proof, keys)
    shell.say(receipt.text)
    shell.table(_facts(ticket))
    shell.say("", f"  proof  {verdict}")
    shell.result(
        {
            "ok": not problem,
            "verdict": verdict,
            "issue": receipt.issue,
            "copy": receipt.copy,
            "text": receipt.text,
            "ticket": msgspec.to_builtins(ticket),
            "proof": proof,
        }
    )
    return Exit.WRONG if problem else Exit.OK


def _facts(ticket: Any) -> dict[str, object]:
    later = (("refunds", ticket.refunds), ("later payments", ticket.payments), ("copies", ticket.copies))
    return {
        "entry": f"{count(ticket.seq)} of generation {ticket.gen}",
        "sealed at": ticket.at,
        "number on chain": f"{count(ticket.number_on_chain)} (tickets of till {ticket.till})",
        "leaf": ticket.leaf,
        "public proof": f"<public address>{ticket.proof_path}",
        "one before": ticket.previous or "none: it is the first of its chain",
        "total": money(ticket.ticket.total),
        "due now": money(ticket.due),
        **{name: ", ".join(f"entry {event.seq}" for event in events) or "none" for name, events in later},
    }


def _check(ticket: Any, proof: str, keys: tuple[str, ...]) -> tuple[str, bool]:
    """What the proof says, and whether it speaks against the ticket."""
    try:
        size = check_inclusion(bytes.fromhex(ticket.leaf), ticket.seq, proof, keys)
    except UnknownKey:
        return "not checked: none of the keys that the journal names signed it; `guichet verify` says more", True
    except ProofError as error:
        return f"does not hold: {error}", True
    return f"holds: the leaf is number {count(ticket.seq)} of the {count(size)} that the shop's key signed", False
