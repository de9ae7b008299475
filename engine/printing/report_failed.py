"""The outbox gives a job up: not a byte left, or nobody knows; sealed once, and printed again only as a duplicate."""

from typing import Literal

from engine.kernel.errors import Refusal
from engine.kernel.messages import Command, Id
from engine.kernel.world import World
from engine.ports.printer import PROBLEMS
from engine.printing.records import Reported
from engine.printing.report_started import Worker
from engine.printing.views_jobs import JobName, find_waiting, started_by


class ReportFailed(Command, JobName, frozen=True, kw_only=True, tag="printing.report_failed"):
    """The job will not be tried again: ``result`` says whether bytes may have left, ``code`` is one of the port's."""

    printer: Id
    worker: Worker
    result: Literal["failed", "unknown"]
    code: str


def decide_failed(command: ReportFailed, world: World) -> tuple[Reported]:
    """The outcome; that no byte left can be said only by the run of the worker that began the job, if any did."""
    find_waiting(command, world)
    if command.code not in PROBLEMS:
        raise Refusal("printing.unknown_problem", f"{command.code!r} is no problem of a printer", at="code")
    if command.result == "failed" and started_by(command, world) not in ("", command.worker):
        text = "another run of the worker began the job: its outcome is unknown"
        raise Refusal("printing.started_elsewhere", text, at="result")
    return (
        Reported(gen=command.gen, seq=command.seq, printer=command.printer, result=command.result, code=command.code),
    )
