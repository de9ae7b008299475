"""What may be asked of print jobs: the queues that the outbox works through, and what became of one job."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from engine.kernel.errors import Refusal
from engine.kernel.messages import INTEGER_MAX, TILL_MAX, Id, Query
from engine.kernel.world import World, join_position, split_position
from engine.ports.printer import Setup
from engine.printing.kinds import PRINTERS
from engine.printing.state import JOBS, PRINTS, STARTED, JobRow, PrintRow

PAGE_JOBS_MAX = 200
POSITION_MAX = 2**64 - 1


class JobName(msgspec.Struct, frozen=True, kw_only=True):
    """A job is named by the entry that caused it."""

    gen: Annotated[int, Meta(ge=1, le=TILL_MAX)]
    seq: Annotated[int, Meta(ge=0, lt=2**48)]

    @property
    def position(self) -> int:
        """Its position."""
        return join_position(self.gen, self.seq)


class AskJobs(Query, frozen=True, kw_only=True, tag="printing.jobs"):
    """Jobs that wait for a printer, oldest first; without ``printer`` the oldest job of every queue.

    ``after`` is the printer (in the list of queues) that the page before ended with.
    """

    printer: Id | None = None
    after: Annotated[int, Meta(ge=0, le=INTEGER_MAX)] = 0
    limit: Annotated[int, Meta(ge=1, le=PAGE_JOBS_MAX)] = PAGE_JOBS_MAX


class JobShown(msgspec.Struct, frozen=True, kw_only=True):
    """A job that waits: where it came from, what it prints, and on what.

    ``series``, ``no`` and ``copy`` say which output of which ticket (0 the original); ``paper`` and ``drawer`` what it
    does; ``started_by`` is the run of the worker that began it, empty where none did. ``setup`` is null where the
    printer is not configured any more; ``spare`` is the printer that may stand in, with its own setup.
    """

    gen: int
    seq: int
    printer: int
    series: int
    no: int
    copy: int
    till: int
    at_ms: int
    paper: bool
    drawer: bool
    started_by: str
    setup: Setup | None
    spare: int | None
    spare_setup: Setup | None


class JobsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Jobs, and the ``after`` of the next page of queues (null: there is none)."""

    jobs: tuple[JobShown, ...]
    next: int | None


def answer_jobs(query: AskJobs, world: World) -> JobsPage:
    """The jobs of one queue, or the head of every queue."""
    if query.printer is not None:
        rows = world.scan(JOBS, query.printer, limit=query.limit)
        jobs = tuple([_shown(printer, position, job, world) for (printer, position), job in rows])
        return JobsPage(jobs=jobs, next=None)
    heads: list[JobShown] = []
    after = query.after
    while len(heads) < query.limit:
        head = next(world.scan(JOBS, after=(after, POSITION_MAX), limit=1), None)
        if head is None:
            return JobsPage(jobs=tuple(heads), next=None)
        (after, position), job = head
        heads.append(_shown(after, position, job, world))
    return JobsPage(jobs=tuple(heads), next=after)


def waiting(world: World) -> tuple[int, int]:
    """(how many jobs wait for paper or are on their way to it, when the oldest was asked for in milliseconds, or 0)."""
    asked = [job.at_ms for _, job in world.scan(JOBS)]
    return len(asked), min(asked, default=0)


def _shown(printer: int, position: int, job: JobRow, world: World) -> JobShown:
    gen, seq = split_position(position)
    row = world.row(PRINTERS, printer)
    spare = None if row is None or row.spare == printer else row.spare
    stands_in = None if spare is None else world.row(PRINTERS, spare)
    started = world.get(STARTED, printer)
    return JobShown(
        gen=gen,
        seq=seq,
        printer=printer,
        series=job.series,
        no=job.no,
        copy=job.copy,
        till=job.till,
        at_ms=job.at_ms,
        paper=job.paper,
        drawer=job.drawer,
        started_by=started.worker if started is not None and started.position == position else "",
        setup=None if row is None else row.setup(),
        spare=spare,
        spare_setup=None if stands_in is None else stands_in.setup(),
    )


class AskPrint(Query, JobName, frozen=True, kw_only=True, tag="printing.print"):
    """What became of the job that an entry caused."""


class PrintShown(msgspec.Struct, frozen=True, kw_only=True):
    """A job: ``state`` is "waiting", "started" (bytes may have left) or its outcome, ``code`` why it failed."""

    printer: int
    state: Literal["waiting", "started", "printed", "failed", "unknown"]
    code: str
    at_ms: int


def answer_print(query: AskPrint, world: World) -> PrintShown:
    """The job, refused where the entry caused none."""
    row = find(query, world)
    started = world.get(STARTED, row.printer)
    begun = started is not None and started.position == query.position
    state = row.result or ("started" if begun else "waiting")
    return msgspec.convert({"printer": row.printer, "state": state, "code": row.code, "at_ms": row.at_ms}, PrintShown)


def find(name: JobName, world: World) -> PrintRow:
    """The job of an entry; refuses where it caused none."""
    row = world.get(PRINTS, name.position)
    if row is None:
        raise Refusal("printing.no_such_job", f"entry {name.gen}-{name.seq} caused no print job", at="seq")
    return row


def find_waiting(name: JobName, world: World) -> PrintRow:
    """The job of an entry, which must not be over."""
    row = find(name, world)
    if row.result:
        text = f"the job of entry {name.gen}-{name.seq} is over: {row.result}"
        raise Refusal("printing.job_over", text, at="seq", data={"result": row.result})
    return row


def started_by(name: JobName, world: World) -> str:
    """The run of the worker that began the job; empty where none did."""
    row = world.get(PRINTS, name.position)
    started = None if row is None else world.get(STARTED, row.printer)
    return started.worker if started is not None and started.position == name.position else ""
