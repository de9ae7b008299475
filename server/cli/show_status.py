"""``guichet status``: how a shop does, whether it is served or not."""

import argparse
import datetime
from typing import Any

import msgspec

from server.cli.shell import Exit, Shell, count
from server.wire import sockets


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``guichet status`` takes: nothing of its own."""


def run(arguments: argparse.Namespace, shell: Shell) -> int:
    """Shows it; 1 where the last check found the journal broken, the disk is low, or the clock is in doubt."""
    with shell.reader() as reader:
        status = reader.ask_by_name("shop.status", {})
    served = _served(shell)
    wrong = bool(status.check and status.check.broken) or status.disk.low or status.clock_doubt
    shell.table(_facts(status, served=served))
    shell.result({"ok": not wrong, "data": str(shell.data), "served": served, **msgspec.to_builtins(status)})
    return Exit.WRONG if wrong else Exit.OK


def _served(shell: Shell) -> bool:
    """Whether an engine answers for the shop."""
    try:
        sockets.connect(shell.data, sockets.CONSOLE).close()
    except OSError:
        return False
    return True


def _facts(status: Any, *, served: bool) -> dict[str, object]:
    disk, check = status.disk, status.check
    room = f"{count(disk.free_bytes >> 20)} MiB free on {disk.filesystem}"
    if disk.low:
        room += ": LOW, nothing new is begun"
    elif disk.warn:
        room += ": make room soon"
    if not disk.safe:
        room += " (UNSAFE: it may lose what was written; for tests only)"
    checked = "never"
    if check is not None:
        verdict = f"BROKEN in {count(check.broken)} places: run guichet verify" if check.broken else "whole"
        checked = f"{_when(check.at_ms)}, {count(check.size)} entries: {verdict}"
    prints = count(status.prints)
    if status.prints:
        prints += f", the oldest since {_when(status.prints_since_ms)}"
    return {
        "shop": f"{status.name or '(no name yet)'}  {status.shop}",
        "software": f"guichet {status.version}",
        "served": "yes" if served else "no",
        "journal": f"{count(status.entries)} entries of generation {status.gen}, the last {_when(status.at_ms)}",
        "last check": checked,
        "clock": "IN DOUBT: a manager confirms it" if status.clock_doubt else "not in doubt",
        "disk": room,
        "prints waiting": prints,
        "webhooks waiting": count(status.webhooks),
    }


def _when(at_ms: int) -> str:
    return datetime.datetime.fromtimestamp(at_ms / 1000, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
