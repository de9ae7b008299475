"""The outbox has printed a job: sealed once."""

from engine.kernel.errors import Refusal
from engine.kernel.messages import Command, Id
from engine.kernel.world import World
from engine.printing.records import Reported
from engine.printing.report_started import Worker
from engine.printing.views_jobs import JobName, find_waiting, started_by


class ReportPrinted(Command, JobName, frozen=True, kw_only=True, tag="printing.report_printed"):
    """The printer ``printer`` (the queue's own, or its spare) has worked through the job."""

    printer: Id
    worker: Worker


def decide_printed(command: ReportPrinted, world: World) -> tuple[Reported]:
    """The outcome; only of a job that the same run of the worker began."""
    find_waiting(command, world)
    if started_by(command, world) != command.worker:
        raise Refusal("printing.not_started", "this run of the worker did not report that it began the job")
    return (Reported(gen=command.gen, seq=command.seq, printer=command.printer, result="printed", code=""),)
