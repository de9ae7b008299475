"""What every command of the command line shares: output, progress, errors with their way out, exit codes."""

import contextlib
import dataclasses
import enum
import json
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from engine.engine import Fault, Reader, Refusal
from engine.features import FEATURES


class Exit(enum.IntEnum):
    """Exit codes, public and stable (docs/cli.md)."""

    OK = 0
    WRONG = 1
    USAGE = 2
    REFUSED = 3
    FAULT = 4
    INTERRUPTED = 130


class Problem(Exception):
    """Something that a command itself declines: a stable code, a sentence, what to do, and its exit code."""

    def __init__(self, code: str, text: str, hint: str = "", *, exit: Exit = Exit.USAGE) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.hint = hint
        self.exit = exit


HINTS: Mapping[str, str] = {
    "store.owned": "A shop has one writer. Stop the process that owns it, or wait until it is done; commands that only"
    " read (verify, ticket show, export journal, backup) work meanwhile.",
    "store.missing": "Make a shop there with `guichet init`, or name another one with --data or GUICHET_DATA.",
    "store.exists": "Choose another place with --data; nothing there was touched.",
    "store.filesystem": "Put the shop on ext4 or xfs with --data. For tests only, --unsafe-filesystem goes on.",
    "store.damaged": "Do not write there. Restore the last backup with `guichet restore`.",
    "store.truncated": "The file was cut: do not write there. Restore the last backup with `guichet restore`.",
    "store.open": "Check that the path is right and that you may read and write it, then try again.",
    "store.disk_low": "Make room on the disk; sales that are begun can still be finished.",
    "store.full": "The shop has used up its address space; export and archive it, then tell us.",
    "store.commit_unknown": "Run `guichet verify`, then repeat the command: the same id is done once only.",
    "seal.no_key": "The signing key is missing: bring it back from the backup (keys/). Without it nothing is sealed.",
    "seal.key_open": "Give the key back to its owner alone: chmod 600.",
    "seal.wrong_key": "This is another shop's key, or an older one: bring the right one back from the backup (keys/).",
    "people.no_key": "The key of the people store is missing: bring it back from the backup (keys/).",
    "sales.unknown_ticket": "Give the number printed on the receipt; --series names another series.",
    "system.permission": "Run as the user that owns the shop, or change the owner of its files.",
    "system.missing": "Check the path.",
}
"""Error code -> what to do about it."""


class Bar(Protocol):
    """One piece of work on its way."""

    def advance(self, count: int = 1) -> None:
        """So much more is done."""

    def total(self, total: int) -> None:
        """So much there is to do in all."""

    def say(self, text: str) -> None:
        """What is being done now."""


class _Silent:
    """Progress that nobody watches."""

    def advance(self, count: int = 1) -> None:
        """Nothing to see."""

    def total(self, total: int) -> None:
        """Nothing to see."""

    def say(self, text: str) -> None:
        """Nothing to see."""


class _Shown:
    """Progress on a terminal."""

    def __init__(self, progress: Any, task: Any) -> None:
        self._progress = progress
        self._task = task

    def advance(self, count: int = 1) -> None:
        """Moves the bar."""
        self._progress.advance(self._task, count)

    def total(self, total: int) -> None:
        """Gives the bar its end."""
        self._progress.update(self._task, total=total)

    def say(self, text: str) -> None:
        """Names the step."""
        self._progress.update(self._task, description=text)


@dataclasses.dataclass(frozen=True, slots=True)
class Shell:
    """Where a command writes: people's text or one JSON object on stdout, progress on stderr when it is a terminal.

    ``data`` is the shop's directory and ``chosen`` whether somebody named it; ``unsafe`` says that any file system is
    good enough.
    """

    data: Path
    chosen: bool = False
    json: bool = False
    unsafe: bool = False

    def say(self, *lines: str) -> None:
        """Lines for people; nothing where a program reads. What could drive a terminal is made visible."""
        if not self.json:
            for line in lines:
                sys.stdout.write(f"{printable(line)}\n")
            sys.stdout.flush()

    def table(self, rows: Mapping[str, object], indent: int = 2) -> None:
        """Names and values for people, the values under each other."""
        width = max((len(name) for name in rows), default=0)
        self.say(*[f"{' ' * indent}{name.ljust(width)}  {value}" for name, value in rows.items()])

    def result(self, values: Mapping[str, Any]) -> None:
        """The one JSON object of a command, ASCII only, so that no name in it can drive a terminal."""
        if self.json:
            sys.stdout.write(json.dumps(values, ensure_ascii=True) + "\n")
            sys.stdout.flush()

    @contextlib.contextmanager
    def progress(self, text: str, total: int | None = None) -> Iterator[Bar]:
        """A bar on stderr for what may take over a second; silent where stderr is no terminal."""
        if not sys.stderr.isatty():
            yield _Silent()
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            yield _Shown(progress, progress.add_task(text, total=total))

    def reader(self) -> Reader:
        """The shop, opened for reading; whoever owns it goes on writing."""
        self.require_shop()
        return Reader(self.data, FEATURES)

    def require_shop(self) -> None:
        """Says that there is no shop, before anything looks for one in detail."""
        if not (self.data / "store" / "data.mdb").exists():
            raise Problem("store.missing", f"there is no shop in {self.data}", HINTS["store.missing"], exit=Exit.FAULT)

    def fail(self, error: BaseException) -> int:
        """Says what is wrong, where, and what to do; returns the exit code."""
        code, text, exit_code, at, hint = _explained(error)
        if self.json:
            self.result({"ok": False, "code": code, "text": text, "at": at, "hint": hint or None})
        sys.stderr.write(f"guichet: {code}: {printable(text)}\n")
        if at:
            sys.stderr.write(f"  where: {printable(at)}\n")
        if hint:
            sys.stderr.write(f"  what to do: {hint}\n")
        return exit_code


def printable(text: str) -> str:
    """The text without what could drive a terminal or turn it around: categories Cc, Cf, Cs, Zl and Zp."""
    return "".join(
        char if char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else "\ufffd"
        for char in text
    )


def _explained(error: BaseException) -> tuple[str, str, int, str | None, str]:
    """(code, sentence, exit code, place, what to do) of anything that a command may raise."""
    if isinstance(error, Problem):
        return error.code, error.text, error.exit, None, error.hint
    if isinstance(error, Refusal):
        return error.code, error.text, Exit.REFUSED, error.at, HINTS.get(error.code, "")
    if isinstance(error, Fault):
        hint = HINTS.get(error.code, "Run `guichet verify`." if not error.retry else "Try again.")
        return error.code, error.text, Exit.FAULT, None, hint
    if isinstance(error, PermissionError):
        return "system.permission", str(error), Exit.FAULT, error.filename, HINTS["system.permission"]
    if isinstance(error, FileNotFoundError):
        return "system.missing", str(error), Exit.FAULT, error.filename, HINTS["system.missing"]
    if isinstance(error, OSError):
        return "system.error", str(error), Exit.FAULT, error.filename, ""
    raise error


def money(cents: int) -> str:
    """Cents as people read them: ``1 234,56 €``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100:,}".replace(",", " ") + f",{abs(cents) % 100:02d} €"


def count(number: int) -> str:
    """A number with its thousands apart."""
    return f"{number:,}".replace(",", " ")


def milliseconds(ns: int) -> str:
    """Nanoseconds as milliseconds with what can be told apart: ``0.34 ms``, ``12.6 ms``."""
    return f"{ns / 1e6:.2f} ms" if ns < 10_000_000 else f"{ns / 1e6:.1f} ms"


def percentile(values: list[int], share: int) -> int:
    """The value that ``share`` of a hundred do not exceed (nearest rank); 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)] if ordered else 0


def new_id() -> bytes:
    """A UUIDv7 (RFC 9562) for one command: time first, so that the index of ids stays local."""
    import os
    import time

    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return value.to_bytes(16, "big")
