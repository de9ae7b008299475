"""Keeping a shop: ``guichet verify``, ``backup``, ``restore``, ``refold`` and ``export journal``."""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from engine.engine import Reader
from engine.features import FEATURES
from engine.fiscal.check_journal import JournalCheck
from server.cli.shell import Bar, Exit, Shell, count

BREAKS_SHOWN_MAX = 100  # breaks that are written out for people; all of them are counted, and --json holds a thousand


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet verify`` takes."""
    parser.add_argument(
        "--checkpoint",
        metavar="FILE",
        action="append",
        default=[],
        type=Path,
        help="a signed checkpoint that left the shop: the journal must still contain it (repeat for several)",
    )
    parser.add_argument(
        "--since", metavar="FILE", type=Path, help="check only what came after this signed checkpoint, and it itself"
    )


def verify(arguments: argparse.Namespace, shell: Shell) -> int:
    """Checks every entry, link, number, sum, closure, tree, signature and table; 1 where anything is broken."""
    notes = [path.read_text(encoding="utf-8") for path in arguments.checkpoint]
    since = None if arguments.since is None else arguments.since.read_text(encoding="utf-8")
    with shell.reader() as reader, shell.progress("Verifying the journal") as bar:
        check = _check(reader, bar, checkpoints=notes, since=since)
        for number, broken in enumerate(check.breaks()):
            if number < BREAKS_SHOWN_MAX:
                shell.say(*_break_lines(broken))
        outcome = check.outcome
    if outcome.broken > BREAKS_SHOWN_MAX:
        shell.say(f"... and {count(outcome.broken - BREAKS_SHOWN_MAX)} more")
    if outcome.whole:
        checked = (
            f"{count(outcome.entries)} entries, {count(outcome.tickets)} tickets, {count(outcome.closures)} closures"
        )
        shell.say(
            f"The journal of {shell.data} is whole: {checked}, {count(outcome.checkpoints)} signed checkpoints.",
            f"  root over its {count(outcome.size)} entries: {outcome.root}",
        )
    else:
        shell.say(
            "", f"{count(outcome.broken)} breaks in {count(outcome.entries)} entries. Keep the files as they are;"
        )
        shell.say("the entries between breaks still prove themselves. A backup may hold what is missing.")
    shell.result({"ok": outcome.whole, **msgspec.to_builtins(outcome)})
    return Exit.OK if outcome.whole else Exit.WRONG


def breaks_of(path: Path, bar: Bar) -> list[Any]:
    """Every break of a shop's journal, for commands that verify on the way."""
    with Reader(path, FEATURES) as reader:
        return list(_check(reader, bar).breaks())


def _check(reader: Reader, bar: Bar, **options: Any) -> Any:
    done = 0

    def progress(now: int, total: int) -> None:
        nonlocal done
        bar.total(total)
        bar.advance(now - done)
        done = now

    return JournalCheck(reader.store, FEATURES, progress=progress, **options)


def _break_lines(broken: Any) -> list[str]:
    lines = [f"{broken.code}  entry {broken.seq} of generation {broken.gen}: {broken.text}"]
    for word, near in (("before", broken.before), ("after", broken.after)):
        if near is not None:
            at = f" of {near.at}" if near.at else ""
            lines.append(f"    the one {word}: entry {near.seq}{at}, leaf {near.leaf}")
    return lines


def add_backup_arguments(parser):
    pass


add_restore_arguments = add_refold_arguments = add_export_arguments = add_backup_arguments


def backup(a, s):
    pass


restore = refold = export = backup
