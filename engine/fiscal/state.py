"""The table and fold of checks: which one was the last, which the last of the whole journal, which found it broken."""

import msgspec

from engine.kernel.events import Event
from engine.kernel.tables import Table
from engine.kernel.world import Folding

CHECKED = "journal.checked"
BROKEN = "journal.broken"

LAST, LAST_FULL, LAST_BROKEN = 0, 1, 2
"""The checks that are remembered."""


class CheckRow(msgspec.Struct, array_like=True):
    """A check as it was sealed: where the journal ended, where the check began, how many breaks it found."""

    gen: int
    size: int
    first: int
    root: str
    broken: int
    at_ms: int


CHECKS = Table("fiscal.checks", b"fc", ">B", CheckRow)
"""`LAST`, `LAST_FULL` or `LAST_BROKEN` -> that check."""


def fold_event(record: Event, folding: Folding) -> None:
    """Remembers the outcome of a check; every other event is none of its business."""
    if record.what not in (CHECKED, BROKEN):
        return
    said = record.detail
    row = CheckRow(said["gen"], said["size"], said["first"], said["root"], said["broken"], folding.at_ms)
    folding.put(CHECKS, row, LAST)
    if not row.first:
        folding.put(CHECKS, row, LAST_FULL)
    if row.broken:
        folding.put(CHECKS, row, LAST_BROKEN)
