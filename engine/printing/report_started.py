"""The outbox is about to send a job's first byte: noted durably, without an entry (journal.md, Checking)."""

from typing import Annotated

from msgspec import Meta

from engine.kernel.errors import Refusal
from engine.kernel.messages import Command
from engine.kernel.world import World
from engine.printing.state import STARTED, StartedRow
from engine.printing.views_jobs import JobName, find_waiting, started_by

Worker = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$")]
"""One run of the outbox worker: a new one, after a crash, is another."""


class ReportStarted(Command, JobName, frozen=True, kw_only=True, tag="printing.report_started"):
    """From the answer on nobody can say that the job did not reach the paper, but this run of the worker."""

    worker: Worker


def decide_started(command: ReportStarted, world: World) -> tuple[()]:
    """Marks the job as begun; refuses one that another run began: what that one sent is unknown."""
    row = find_waiting(command, world)
    worker = started_by(command, world)
    if worker not in ("", command.worker):
        raise Refusal("printing.started_elsewhere", "another run of the worker began the job; it is of unknown outcome")
    world.stage(STARTED, StartedRow(command.position, command.worker), row.printer)
    return ()
