"""Tables and folds of print jobs: who prints for which till, what waits for paper, what became of it."""

import msgspec

from engine.kernel.rows import RowPut, RowRemoved
from engine.kernel.tables import Table
from engine.kernel.world import Folding, join_position
from engine.printing.records import Reported
from engine.sales.records import Copied, Posted, Refunded
from engine.shop.kinds import TILLS

CASH = "cash"
PRINT = "print"  # the way of a copy that goes through the till's printer


class TillPaper(msgspec.Struct, array_like=True):
    """What a till has: its printer, and whether a drawer hangs on it."""

    printer: int
    drawer: bool


class JobRow(msgspec.Struct, array_like=True):
    """A job that waits: the ticket to print, which output of it (0 the original), and when and where it was asked.

    ``paper`` is false where only the drawer opens, ``drawer`` whether it does.
    """

    series: int
    no: int
    copy: int
    till: int
    at_ms: int
    paper: bool
    drawer: bool


class PrintRow(msgspec.Struct, array_like=True):
    """What became of a job: ``result`` is empty while it waits."""

    printer: int
    at_ms: int
    result: str = ""
    code: str = ""


class StartedRow(msgspec.Struct, array_like=True):
    """The job that a queue's printer began last, and the run of the worker that began it."""

    position: int
    worker: str


TILL_PAPER = Table("printing.tills", b"xt", ">H", TillPaper)
"""till -> its printer."""

JOBS = Table("printing.jobs", b"xj", ">QQ", JobRow, db="outbox")
"""(printer, position of the entry that caused it) -> a job that waits: one queue for each printer."""

PRINTS = Table("printing.prints", b"xp", ">Q", PrintRow, db="rows")
"""position of the entry that caused the job -> what became of it."""

STARTED = Table("printing.started", b"xs", ">Q", StartedRow, db="marks")
"""printer whose queue it is -> the job begun last: an operational mark, made before the job's first byte leaves."""


def fold_till_put(record: RowPut, folding: Folding) -> None:
    """Remembers the till's printer, so that a sale finds it without its configuration."""
    if record.kind != TILLS.name:
        return
    row = record.row
    printer, drawer = (
        (row.get("printer"), row.get("drawer", False)) if isinstance(row, dict) else (row.printer, row.drawer)
    )
    if printer is None:
        folding.delete(TILL_PAPER, record.id)
    else:
        folding.put(TILL_PAPER, TillPaper(printer, drawer), record.id)


def fold_till_removed(record: RowRemoved, folding: Folding) -> None:
    """A till that is gone prints nothing."""
    if record.kind == TILLS.name:
        folding.delete(TILL_PAPER, record.id)


def fold_ticket(record: Posted | Refunded, folding: Folding) -> None:
    """A receipt that was asked for is printed, and cash opens the drawer, receipt or not."""
    paper = folding.get(TILL_PAPER, folding.entry.till)
    if paper is None:
        return
    drawer = paper.drawer and any(leg.type == CASH for leg in record.legs)
    if record.asked or drawer:
        job = JobRow(record.series, record.no, 0, folding.entry.till, folding.at_ms, record.asked, drawer)
        _enqueue(paper.printer, job, folding)


def fold_copied(record: Copied, folding: Folding) -> None:
    """A duplicate on paper comes out of the printer of the till that asked for it."""
    paper = folding.get(TILL_PAPER, folding.entry.till)
    if paper is not None and record.how == PRINT:
        of = record.of
        job = JobRow(of.series, of.no, record.copy, folding.entry.till, folding.at_ms, True, False)
        _enqueue(paper.printer, job, folding)


def fold_reported(record: Reported, folding: Folding) -> None:
    """The job is over."""
    position = join_position(record.gen, record.seq)
    row = folding.get(PRINTS, position)
    assert row is not None, "a job is reported that never was"
    assert not row.result, "a job is reported twice"
    folding.delete(JOBS, row.printer, position)
    folding.put(PRINTS, PrintRow(row.printer, folding.at_ms, record.result, record.code), position)


def _enqueue(printer: int, job: JobRow, folding: Folding) -> None:
    folding.put(JOBS, job, printer, folding.position)
    folding.put(PRINTS, PrintRow(printer, job.at_ms), folding.position)
