"""``guichet demo``: a fresh demo shop, a crowd at its tills, one receipt, the journal verified, and the figures."""

import argparse
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.engine import CONSOLE, Actor, Engine, Envelope, StoreFault, check
from engine.features import FEATURES
from server.cli import upkeep
from server.cli.shell import Exit, Problem, Shell, count, milliseconds, money, new_id, percentile
from server.demo import catalogue
from server.demo.crowd import Crowd, Outcome

TICKETS_DEFAULT = 3_000
TICKETS_MIN = 20
SEED_DEFAULT = 2026
PLACES = ("/var/tmp", ".")  # noqa: S108 - the demo makes a directory of its own there
"""Where the demo shop goes when the temporary directory lies on a file system that keeps nothing."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet demo`` takes."""
    parser.add_argument("--once", action="store_true", help="end after the demonstration")
    parser.add_argument(
        "--tickets", type=int, default=TICKETS_DEFAULT, help=f"how many to sell (default {TICKETS_DEFAULT})"
    )
    parser.add_argument("--seed", type=int, default=SEED_DEFAULT, help="another number, another crowd")


def run(arguments: argparse.Namespace, shell: Shell) -> int:
    """The whole demonstration; 0 only if all of it held."""
    if arguments.tickets < TICKETS_MIN:
        raise Problem("demo.too_few", f"the demonstration sells {TICKETS_MIN} tickets at least", "Raise --tickets.")
    with _place(shell) as (path, unsafe):
        shell.say(f"A bar with a ticket window opens in {path}.")
        if unsafe:
            shell.say("  Its file system may lose what it says it wrote: the figures below say nothing of a real disk.")
        problems, facts = _day(path, unsafe, arguments, shell)
        for problem in problems:
            sys.stderr.write(f"guichet: demo: {problem}\n")
        _farewell(shell, path, held=not problems, kept=shell.chosen)
        shell.result({"ok": not problems, "problems": problems, "data": str(path) if shell.chosen else None, **facts})
    return Exit.WRONG if problems else Exit.OK


@contextlib.contextmanager
def _place(shell: Shell) -> Iterator[tuple[Path, bool]]:
    """Where the shop goes, and whether its file system is unsafe: the place that was named and stays, or a temporary
    one that is removed at the end."""
    if shell.chosen:
        yield shell.data, _create(shell.data, allow=shell.unsafe)
        return
    for parent in (tempfile.gettempdir(), *PLACES, None):
        directory = Path(tempfile.mkdtemp(prefix="guichet-demo-", dir=parent))
        try:
            try:
                unsafe = _create(directory / "shop", allow=shell.unsafe or parent is None)
            except StoreFault as fault:
                if fault.code != "store.filesystem" or parent is None:
                    raise
                continue
            yield directory / "shop", unsafe
            return
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def _create(path: Path, *, allow: bool) -> bool:
    """Makes the shop, on an unsafe file system only where there is no other and it is allowed; whether it was."""
    try:
        Engine.create(path)
    except StoreFault as fault:
        if fault.code != "store.filesystem" or not allow:
            raise
        Engine.create(path, unsafe_filesystem=True)
        return True
    return False


def _day(path: Path, unsafe: bool, arguments: argparse.Namespace, shell: Shell) -> tuple[list[str], dict[str, Any]]:
    """One day of the shop: configured, opened, sold at, closed, verified."""
    with Engine(path, unsafe_filesystem=unsafe) as engine:
        problems = _configure(engine)
        shell.say(f"  {sum(1 for _ in catalogue.products())} products, {len(catalogue.TILLS)} tills, 6 operators")
        crowd = Crowd(engine, arguments.seed)
        crowd.open_tills()
        with shell.progress("Selling", arguments.tickets) as bar:
            outcome = crowd.sell(arguments.tickets, bar.advance)
        crowd.close_tills()
        problems += outcome.problems
        text = "" if problems else _receipt(engine, outcome)
        broken = _verify(engine, shell)
        generation, entries = engine.position
    if text:
        shell.say("", f"One of the receipts (ticket {outcome.receipt_no}):", "")
        shell.say(*[f"    {line}" for line in text.splitlines()])
    problems += broken
    facts = _figures(outcome, entries + 1)
    _tell(shell, outcome, facts, verified=not broken)
    return problems, facts | {"generation": generation}


def _configure(engine: Engine) -> list[str]:
    """Sends the configuration, by names and JSON bodies, in groups as an import would."""
    actor = Actor(till=0, operator=0)
    named = list(catalogue.commands())
    envelopes = [
        Envelope(id=new_id(), actor=actor, command=FEATURES.decode_command(name, body)) for name, body in named
    ]
    answers = engine.submit(envelopes)
    return [
        f"{name} {body['id']}: {answer.code}: {answer.text}"
        for (name, body), answer in zip(named, answers, strict=True)
        if answer.status != "done"
    ]


def _receipt(engine: Engine, outcome: Outcome) -> str:
    if not outcome.receipt_no:
        return ""
    query = FEATURES.decode_query("printing.receipt", {"no": outcome.receipt_no})
    return str(engine.ask(query).text)


def _verify(engine: Engine, shell: Shell) -> list[str]:
    """Checks the whole journal and seals the outcome, as ``guichet verify`` does."""
    with shell.progress("Verifying the journal") as bar:
        checked = check(engine, progress=upkeep.following(bar))
    answer = engine.do("fiscal.report_check", upkeep.report_of(checked), id=new_id(), source=CONSOLE)
    sealed = [] if answer.status == "done" else [f"the outcome was not sealed: {answer.code}: {answer.text}"]
    return [str(each) for each in checked.breaks] + sealed


def _figures(outcome: Outcome, entries: int) -> dict[str, Any]:
    """The figures of the day; times in nanoseconds, amounts in cents."""
    spent = sum(outcome.groups_ns)
    return {
        "tickets": outcome.tickets,
        "lines": outcome.lines,
        "refunds": outcome.refunds,
        "paid_later": outcome.paid_later,
        "copies": outcome.copies,
        "repeats": outcome.repeats,
        "turnover": outcome.turnover,
        "entries": entries,
        "groups": len(outcome.groups_ns),
        "tickets_per_second": round(outcome.tickets * 1e9 / spent) if spent else 0,
        "group_p50_ns": percentile(outcome.groups_ns, 50),
        "group_p90_ns": percentile(outcome.groups_ns, 90),
        "group_p99_ns": percentile(outcome.groups_ns, 99),
    }


def _tell(shell: Shell, outcome: Outcome, facts: dict[str, Any], *, verified: bool) -> None:
    shell.say("", "The day:")
    shell.table(
        {
            "tickets": f"{count(outcome.tickets)} with {count(outcome.lines)} lines, {outcome.refunds} of them refunds",
            "also": f"{outcome.paid_later} paid later, {outcome.copies} duplicates, {outcome.repeats} sent twice",
            "turnover": f"{money(outcome.turnover)}, the same by the tills' closings and by the crowd's own books",
            "speed": f"{count(facts['tickets_per_second'])} tickets a second, each on disk before its answer",
            "answers": f"p50 {milliseconds(facts['group_p50_ns'])}, p90 {milliseconds(facts['group_p90_ns'])}, "
            f"p99 {milliseconds(facts['group_p99_ns'])} (groups of one command per till)",
            "journal": f"{count(facts['entries'])} entries, " + ("verified" if verified else "NOT whole"),
        }
        if not outcome.problems
        else {"tickets": f"{count(outcome.tickets)}, then something went wrong (below)"}
    )


def _farewell(shell: Shell, path: Path, *, held: bool, kept: bool) -> None:
    if not held:
        shell.say("", "Not all of it held; see above.")
        return
    here = f" --data {path}" if kept else ""
    shell.say("", "What to try next:")
    if kept:
        shell.say(f"  guichet ticket show 12{here}", f"  guichet verify{here}", f"  guichet backup{here} DIRECTORY")
    else:
        shell.say("  guichet demo --data ./var/demo     the same, kept, to look at with the other commands")
    shell.say(
        "  guichet bench                      what this machine can carry",
        "  guichet init --data ./var/shop     a shop of your own",
    )
