"""Keeping a shop: ``guichet verify``, ``backup``, ``restore``, ``refold`` and ``export journal``."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from engine.engine import (
    CONSOLE,
    Engine,
    Fault,
    backup,
    bring_back,
    check,
    export_journal,
    open_new_log,
    refold,
    restore,
)
from server.cli.shell import Bar, Exit, Problem, Shell, count, new_id

BREAKS_SHOWN_MAX = 100  # breaks that are written out for people; all of them are counted, and --json holds a thousand
TEXT_SHOWN_MAX = 240  # characters of one break's text for people; --json holds all of it
PLACES_MAX = 10  # broken places that the sealed outcome names

COUNTED = ("gen", "size", "first", "root", "entries", "checkpoints", "tickets", "closures", "broken")
"""What of a check's outcome is sealed as it is."""


def following(bar: Bar) -> Callable[[int, int], None]:
    """What the engine calls with (done, total), moving a bar; a total of 0 is one that nobody knows."""
    done = 0

    def follow(now: int, total: int) -> None:
        nonlocal done
        if total:
            bar.total(total)
        bar.advance(now - done)
        done = now

    return follow


def _note(path: Path | None) -> str | None:
    return None if path is None else path.read_text(encoding="utf-8")


# --- verify --------------------------------------------------------------------------------------------------------


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
    parser.add_argument("--since", metavar="FILE", type=Path, help="check what came after this signed checkpoint only")
    parser.add_argument("--no-seal", action="store_true", help="only look: do not seal the outcome into the journal")


def run_verify(arguments: argparse.Namespace, shell: Shell) -> int:
    """Checks every entry, link, number, sum, closure, tree, signature and index; 1 where anything is broken."""
    shell.require_shop()
    notes = [path.read_text(encoding="utf-8") for path in arguments.checkpoint]
    with shell.progress("Verifying the journal") as bar:
        outcome = check(
            shell.data,
            checkpoints=notes,
            since=_note(arguments.since),
            progress=following(bar),
            on_break=_Breaks(shell),
        )
    _say_verified(shell, outcome)
    sealed, why = (False, "--no-seal") if arguments.no_seal else _seal(shell, outcome)
    if not sealed:
        shell.say(f"  The outcome was not sealed: {why}")
    whole = not outcome.broken
    shell.result({"ok": whole, "sealed": sealed, "not_sealed": why or None, **msgspec.to_builtins(outcome)})
    return Exit.OK if whole else Exit.WRONG


def _say_verified(shell: Shell, outcome: Any) -> None:
    entries, checkpoints = count(outcome.entries), count(outcome.checkpoints)
    if outcome.broken > BREAKS_SHOWN_MAX:
        shell.say(f"... and {count(outcome.broken - BREAKS_SHOWN_MAX)} more")
    if outcome.broken:
        shell.say(
            "",
            f"{count(outcome.broken)} breaks in {entries} entries. Keep the files as they are: what lies between the",
            "breaks still proves itself, and a backup may hold what is missing.",
        )
        return
    shell.say(
        f"The journal of {shell.data} is whole: {entries} entries with {count(outcome.tickets)} tickets and "
        f"{count(outcome.closures)} closures,",
        f"  {checkpoints} signed checkpoints, root over its {count(outcome.size)} entries {outcome.root}",
    )


def report_of(outcome: Any) -> dict[str, Any]:
    """The body of ``fiscal.report_check`` for an outcome: what is sealed of it."""
    places = [f"{broken.code} {broken.gen}/{broken.seq}" for broken in outcome.breaks[:PLACES_MAX]]
    return {name: getattr(outcome, name) for name in COUNTED} | {"places": places}


def _seal(shell: Shell, outcome: Any) -> tuple[bool, str]:
    """Seals the outcome, where the shop can be written: (whether it was, why not)."""
    try:
        with Engine(shell.data, unsafe_filesystem=shell.unsafe) as engine:
            answer = engine.do("fiscal.report_check", report_of(outcome), id=new_id(), source=CONSOLE)
    except (Fault, OSError) as error:
        return False, str(error)
    return answer.status == "done", answer.text


class _Breaks:
    """Writes breaks out as they are found: the first hundred, their neighbours once for each place."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._shown = 0
        self._place: tuple[int, int] | None = None

    def __call__(self, broken: Any) -> None:
        self._shown += 1
        if self._shown > BREAKS_SHOWN_MAX:
            return
        text = broken.text if len(broken.text) <= TEXT_SHOWN_MAX else broken.text[:TEXT_SHOWN_MAX] + " ..."
        self._shell.say(f"{broken.code}  entry {broken.seq} of generation {broken.gen}: {text}")
        if self._place != (broken.gen, broken.seq):
            for word, near in (("before", broken.before), ("after", broken.after)):
                if near is not None:
                    at = f" of {near.at}" if near.at else ""
                    self._shell.say(f"    the one {word}: entry {near.seq}{at}, leaf {near.leaf}")
        self._place = broken.gen, broken.seq


# --- backup and restore ----------------------------------------------------------------------------------------------


def add_backup_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet backup`` takes."""
    parser.add_argument("target", metavar="DIRECTORY", type=Path, help="a new directory for the copy")


def run_backup(arguments: argparse.Namespace, shell: Shell) -> int:
    """Copies the shop while it sells, proves the copy, and says where its journal stands."""
    shell.require_shop()
    with shell.progress("Copying and proving") as bar:
        made = backup(shell.data, arguments.target, progress=following(bar))
    size = sum(file.bytes for file in made.files)
    shell.say(
        f"A copy of shop {made.shop} is in {arguments.target}: {count(made.size)} entries, {count(size >> 10)} KiB.",
        f"  It was opened and proven; its root is {made.root}",
        f"  It holds no signing key: keep {shell.data / 'keys'} in another safe place.",
    )
    shell.result({"ok": True, "target": str(arguments.target), **msgspec.to_builtins(made)})
    return Exit.OK


def add_restore_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet restore`` takes."""
    parser.add_argument(
        "copy", metavar="COPY", nargs="?", type=Path, help="a backup; without one, --data is a restored copy already"
    )
    parser.add_argument(
        "--missing",
        metavar="SOURCE",
        type=Path,
        help="bring back what the copy lacks from another copy of the shop, or from an export",
    )
    parser.add_argument(
        "--checkpoint",
        metavar="FILE",
        type=Path,
        help="the latest signed checkpoint that left the shop: it must be covered before the shop sells again",
    )
    parser.add_argument(
        "--new-log", action="store_true", help="what is missing is lost: open a new log that names what came before"
    )
    parser.add_argument(
        "--known",
        metavar="FILE",
        action="append",
        default=[],
        type=Path,
        help="with --new-log: a later signed checkpoint that the new log shall name (repeat for several)",
    )


def run_restore(arguments: argparse.Namespace, shell: Shell) -> int:
    """Makes a shop from a backup, and lets it sell again once it is complete or a new log is opened."""
    completing = arguments.missing is not None or arguments.checkpoint is not None
    if arguments.new_log and completing:
        raise Problem("restore.two_ways", "--new-log excludes --missing and --checkpoint", "Bring entries back first.")
    if arguments.copy is None and not (arguments.new_log or completing):
        text = "Name a backup to restore, or --missing, --checkpoint or --new-log for a copy that was restored before."
        raise Problem("restore.nothing_to_do", "there is nothing to do", text)
    facts: dict[str, Any] = {"ok": True, "data": str(shell.data), "ready": False}
    if arguments.copy is not None:
        made: Any = restore(arguments.copy, shell.data, unsafe_filesystem=shell.unsafe)
        shell.say(f"Shop {made.shop} is in {shell.data} as it stood at {count(made.size)} entries.")
        facts |= {"shop": made.shop, "generation": made.gen, "size": made.size}
    else:
        shell.require_shop()
    if arguments.new_log:
        facts |= _new_log(arguments.known, shell)
    elif completing:
        facts |= _bring_back(arguments, shell)
    if not facts["ready"]:
        shell.say(
            "It is read-only until nothing is missing any more. What to do next:",
            f"  guichet restore --data {shell.data} --missing SOURCE    bring back what another copy still has",
            f"  guichet restore --data {shell.data} --checkpoint FILE   this is the latest there was (receipt, mail)",
            f"  guichet restore --data {shell.data} --new-log           what is missing is lost: begin a new log",
        )
    shell.result(facts)
    return Exit.OK


def _new_log(known: list[Path], shell: Shell) -> dict[str, Any]:
    notes = [path.read_text(encoding="utf-8") for path in known]
    generation = open_new_log(shell.data, known=notes, unsafe_filesystem=shell.unsafe)
    shell.say(f"A new log, generation {generation}, follows it under a new key; the next start writes its genesis.")
    return {"generation": generation, "ready": True}


def _bring_back(arguments: argparse.Namespace, shell: Shell) -> dict[str, Any]:
    with shell.progress("Bringing back entries") as bar:
        brought = bring_back(
            shell.data,
            arguments.missing,
            checkpoint=_note(arguments.checkpoint),
            unsafe_filesystem=shell.unsafe,
            progress=following(bar),
        )
    shell.say(f"{count(brought.entries)} entries came back; the journal stands at {count(brought.size)}.")
    if brought.ready:
        shell.say(f"It may sell again once its signing key is back in {shell.data / 'keys'}: a backup never holds one.")
    return {
        "entries": brought.entries,
        "generation": brought.gen,
        "size": brought.size,
        "ready": brought.ready,
    }


# --- refold and export -----------------------------------------------------------------------------------------------


def add_refold_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet refold`` takes."""
    parser.add_argument("--apply", action="store_true", help="put every difference right, in one transaction")


def run_refold(arguments: argparse.Namespace, shell: Shell) -> int:
    """Makes every table again from the journal and compares it byte for byte; 1 where one differed and still does."""
    shell.require_shop()
    with shell.progress("Folding the journal again") as bar:
        made = refold(shell.data, apply=arguments.apply, unsafe_filesystem=shell.unsafe, progress=following(bar))
    for each in made.differences:
        shell.say(f"{each.db}: {each.missing} rows missing, {each.wrong} wrong, {each.extra} too many")
    left = bool(made.differences) and not made.applied
    if not made.differences:
        shell.say(f"Every table is what the journal makes of it: {count(made.rows)} rows, {count(made.size)} entries.")
    elif made.applied:
        shell.say("All of it was put right.")
    else:
        shell.say("Nothing was changed; --apply puts it right.")
    shell.result({"ok": not left, **msgspec.to_builtins(made)})
    return Exit.WRONG if left else Exit.OK


def add_export_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet export journal`` takes."""
    parser.add_argument("target", metavar="TARGET", type=Path, help="a new directory, or a new file that ends in .zip")


def run_export(arguments: argparse.Namespace, shell: Shell) -> int:
    """Writes entries, checkpoints, keys and the verifier that needs nothing of ours."""
    shell.require_shop()
    target: Path = arguments.target
    with shell.progress("Exporting the journal") as bar:
        manifest = export_journal(shell.data, target, progress=following(bar))
    entries = sum(each.size for each in manifest.generations)
    shell.say(f"{count(entries)} entries of shop {manifest.shop} are in {target}.")
    if target.suffix == ".zip":
        shell.say("  Take verify_export.py out of it: it checks the whole file with nothing of ours.")
    else:
        shell.say(f"  python3 {target / 'verify_export.py'} {target}   checks it with nothing of ours")
    shell.result({"ok": True, "target": str(target), **msgspec.to_builtins(manifest)})
    return Exit.OK
