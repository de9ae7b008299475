"""The power-loss enumerator: records a run of a workload, rebuilds the disks a power cut could leave, and judges each.

A run is recorded from before the store exists, with at most one injected error in it (the double fault: an error now, a
power cut later). Every image says which operations had been acknowledged when the power went; they must be in it.
Image `i` of seed `s` is a function of the log, `s` and `i` alone, so one failing image can be built again by itself.
"""

from __future__ import annotations

import errno
import hashlib
import random
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from crash_disk import Choice, Disk, compare
from fault_drive import Driver, Progress, Tally, WorkloadError, examine
from fault_fork import Report, in_child
from fault_shim import ERRORS, MASK_CHANGES, Event, Fault, Flag, Mode, Op, read_log, shim
from workload import Ack, Finding, Kind, Verdict, Workload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

IMAGES_PER_RUN = 200
DOUBLE_IMAGES_PER_RUN = 100
OPS_PER_RUN_MAX = 7
ROUNDS_MAX = 3
"""Rounds of sampling before a run is taken to have no more distinct images."""
OUTAGE_ATTEMPTS = 3
"""An error that does not end by itself ends after so many failed operations."""
FAILED_MAX = 10
LAST = -1
CALLS_USUAL = 4
"""Changing calls of an operation on LMDB: two runs of data pages, the sync, the meta page."""
STORE = "store"
UNSEEN = frozenset({"lock.mdb"})
"""Files written through shared mappings; LMDB makes its lock file anew after a restart."""

DOUBLE_EVENTS = 60
"""How soon after the error the power goes in a double fault: later commits have overwritten what it left."""
LYING_STARTS = 6
STRATEGIES = ("none", "all", "prefix", "subset", "subset", "torn", "torn", "one", "all-but-one")


class Planned(NamedTuple):
    """The error of a run, at a changing call of operation `op`: the `nth` one, or the last, which is LMDB's meta page.

    `others_first` operations by other people go before the failed one is tried again; they reuse the pages it wrote.
    `sick_sync`: the first sync after the failure, usually that of the next open, reports an error too.
    """

    op: int
    fault: Fault
    nth: int = LAST
    others_first: int = 2
    sick_sync: bool = False

    def __str__(self) -> str:
        return f"{self.fault.name}{' and a failed sync' if self.sick_sync else ''} in operation {self.op}"


DOUBLE_FAULT = Fault("eio-after", Mode.AFTER, errno.EIO)
"""The first half of the double fault: the meta page reaches the disk, and the call reports an error."""
DOUBLE_FAULT_STAYING = Fault("eio-after-x3", Mode.AFTER, errno.EIO, 3)
"""The same for a store that opens itself again at once: what it does to be cured reports errors too."""
UNCLEAR = tuple(fault for fault in ERRORS if fault.mode is Mode.AFTER)
"""Errors after which the disk and the caller disagree: the ones that a power cut makes worse."""
SICK_SYNC = Fault("sick-sync", Mode.BEFORE, errno.EIO)


class Run(NamedTuple):
    """A recorded run: its events, in order, with the notes between them."""

    events: list[Event]
    fired: int


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What the recorder writes between the calls: the store was created, an operation is tried, or acknowledged."""

    created: bool = False
    tried: int | None = None
    ack: Ack | None = None


class Image(NamedTuple):
    """A disk after a power cut, and what its owner had been promised."""

    number: int
    where: str
    tree: dict[str, bytes | None]
    created: bool
    acks: tuple[Ack, ...]
    attempted: int

    def write_to(self, folder: Path) -> None:
        """Lays the image down in a folder, emptied first; files are their owner's alone, as keys have to be."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for path in sorted(self.tree):
            content = self.tree[path]
            if content is None:
                (folder / path).mkdir()
            else:
                (folder / path).touch(mode=0o600)
                (folder / path).write_bytes(content)

    def digest(self) -> bytes:
        """Equal for images that demand the same of the same disk."""
        whole = hashlib.blake2b(repr((self.created, self.acks, self.attempted, sorted(self.tree))).encode())
        for path in sorted(self.tree):
            whole.update(self.tree[path] or b"")
        return whole.digest()


def record(workload: Workload, folder: Path, log: Path, *, ops: int, planned: Planned | None = None) -> Run:
    """Creates a store in an empty folder, does `ops` operations, and records it all, in a child with the shim."""
    if planned is not None and planned.nth == LAST:
        dry = record(workload, folder.with_name("dry"), log.with_name("dry.log"), ops=ops)
        planned = planned._replace(nth=calls_of(dry.events, planned.op))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    log.unlink(missing_ok=True)

    def body(report: Report) -> None:
        tool = shim()
        tool.scope(folder)
        tool.record(log)
        report(_live(Driver(workload, folder / STORE), ops, planned))
        tool.record(None)

    outcome = in_child(body)
    if outcome.death:
        raise WorkloadError(f"the recorded run did not end: {outcome.death}")
    events = read_log(log)
    disk = Disk()
    for index, event in enumerate(events):
        disk.begin(index, event)
    compare(disk.live_tree(), folder, unseen=UNSEEN)
    return Run(events, outcome.reports[-1])


def _live(driver: Driver, ops: int, planned: Planned | None) -> int:
    """Sells; an operation that fails is tried again after some others. Gives how often the planned error struck."""
    tool = shim()
    fired = failed = 0
    if not driver.create() or not driver.open():
        raise WorkloadError(f"without any fault: {driver.errors}")
    _note(Note(created=True))
    waiting = list(range(ops))
    untried = planned
    while waiting and failed <= FAILED_MAX:
        op = waiting.pop(0)
        if untried is not None and untried.op == op:
            tool.arm(untried.fault, untried.nth)
            untried = None
        _note(Note(tried=op))
        ack = driver.attempt(op)
        if ack is not None:
            _note(Note(ack=ack))
        else:
            failed += 1
            waiting.insert(planned.others_first if planned else 0, op)
        fired = max(fired, tool.fired())
        if planned and planned.sick_sync and failed == 1 and ack is None:
            tool.arm(SICK_SYNC, 1, mask=Op.SYNC.bit)
        elif failed >= OUTAGE_ATTEMPTS:
            tool.disarm()
    driver.close()
    return fired


def calls_of(events: Sequence[Event], op: int) -> int:
    """How many changing calls operation `op` made in a recorded run."""
    calls, within = 0, False
    for event in events:
        if event.op is Op.MARK:
            within = msgspec.json.decode(event.data, type=Note).tried == op
        elif within and event.op.bit & MASK_CHANGES:
            calls += 1
    return calls


def _note(note: Note) -> None:
    shim().mark(msgspec.json.encode(note))


def notes_before(events: Sequence[Event], end: int) -> tuple[bool, tuple[Ack, ...], int]:
    """Whether the store existed, what was acknowledged and how many operations were tried before event `end`."""
    created, acks, attempted = False, [], 0
    for event in events[:end]:
        if event.op is Op.MARK:
            note = msgspec.json.decode(event.data, type=Note)
            created = created or note.created
            if note.ack is not None:
                acks.append(note.ack)
            if note.tried is not None:
                attempted = max(attempted, note.tried + 1)
    return created, tuple(acks), attempted


def images(
    events: Sequence[Event],
    seed: int | str,
    limit: int,
    *,
    lying: bool = False,
    first_event: int = 0,
    window: int | None = None,
    only: int | None = None,
    forgets: bool = True,
) -> Iterator[Image]:
    """Up to `limit` distinct images of power cuts at or after `first_event`, and within the next `window` events.

    They are a function of the log and the seed.

    `lying`: the drive confirms barriers it does not keep, from an event on that the seed chooses; what was acknowledged
    may then be missing. `only` builds just the image of that index.
    """
    seen: set[bytes] = set()
    for chunk in range(ROUNDS_MAX):
        wanted = range(chunk * limit, (chunk + 1) * limit) if only is None else [only]
        sampler = Sampler(events, seed, first_event=first_event, window=window, lying=lying, forgets=forgets)
        for image in sampler.build(wanted):
            if image.digest() not in seen:
                seen.add(image.digest())
                yield image
            if len(seen) >= limit:
                return
        if only is not None:
            return


class Sampler:
    """Chooses cuts and fates by index, and builds many images in one pass over the events."""

    def __init__(
        self,
        events: Sequence[Event],
        seed: int | str,
        *,
        first_event: int = 0,
        window: int | None = None,
        lying: bool = False,
        forgets: bool = True,
    ) -> None:
        self._events, self._seed, self._forgets = events, seed, forgets
        last = len(events) if window is None else min(len(events), first_event + window)
        # Two cuts per event: within the call (its effect may be there, its promise does not hold yet), and after it.
        self._cuts = [2 * at + half for at in range(first_event, last) for half in (0, 1)]
        random.Random(f"{seed}/cuts").shuffle(self._cuts)
        chooser = random.Random(f"{seed}/lies")
        self._lies = [chooser.randrange(len(events)) for _ in range(LYING_STARTS)] if lying else [len(events)]

    def build(self, wanted: Sequence[int]) -> Iterator[Image]:
        """The images of these indexes, in the order of their cuts."""
        plan = sorted((i % len(self._lies), self._cuts[i % len(self._cuts)], i) for i in wanted)
        for lie, honest_until in enumerate(self._lies):
            yield from self._pass([(cut, i) for at, cut, i in plan if at == lie], honest_until)

    def _pass(self, plan: list[tuple[int, int]], honest_until: int) -> Iterator[Image]:
        disk = Disk(forgets=self._forgets)
        done = -1
        for cut, index in plan:
            while done < cut:
                done += 1
                at = done // 2
                if done % 2 == 0:
                    disk.begin(at, self._events[at])
                elif at < honest_until:
                    disk.finish(at, self._events[at])
            yield self._image(disk, cut, index)

    def _image(self, disk: Disk, cut: int, index: int) -> Image:
        rng = random.Random(f"{self._seed}/{index}")
        strategy = rng.choice(STRATEGIES)
        choice = choose(rng, strategy, disk.open_events())
        where = f"{'after' if cut % 2 else 'within'} event {cut // 2} ({self._events[cut // 2].op.name}), {strategy}"
        created, acks, attempted = notes_before(self._events, (cut + 1) // 2)
        return Image(index, where, disk.image(choice), created, acks, attempted)


def choose(rng: random.Random, strategy: str, open_events: Sequence[int]) -> Choice:
    """Decides the fate of every open event by one of the `STRATEGIES`."""
    everything = frozenset(open_events)
    torn: frozenset[int] = frozenset()
    if strategy == "none" or not open_events:
        kept = frozenset[int]()
    elif strategy == "all":
        kept = everything
    elif strategy == "prefix":
        kept = frozenset(open_events[: rng.randrange(len(open_events) + 1)])
    elif strategy == "one":
        kept = frozenset([rng.choice(open_events)])
    elif strategy == "all-but-one":
        kept = everything - {rng.choice(open_events)}
    else:
        share = rng.choice((0.1, 0.5, 0.9))
        kept = frozenset(event for event in open_events if rng.random() < share)
        if strategy == "torn":
            torn = frozenset(event for event in open_events if rng.random() < share) or frozenset(
                [rng.choice(open_events)]
            )
    return Choice(kept, torn, rng.getrandbits(32))


def judge(workload: Workload, image: Image, folder: Path, *, lying: bool) -> Verdict:
    """Lays an image down and verifies it; an honest drive's image must also go on selling."""
    image.write_to(folder)
    store = folder / STORE
    if lying:
        return workload.verify(store, image.acks, image.attempted) if image.created else Verdict()
    if not image.created:
        workload.create(store)
    return examine(workload, store, image.acks, image.attempted).verdict


def check_images(
    workload: Workload, events: Sequence[Event], seed: int | str, limit: int, folder: Path, **options: Any
) -> Tally:
    """Judges every image of a run in children that may die of it; `options` go to `images`."""
    tally = Tally()
    lying = bool(options.get("lying", False))
    seen = 0
    while True:
        heard = in_child(_judging(workload, events, seed, limit, folder, options, seen))
        begun: list[Any] = []
        for message in heard.reports:
            if not begun:
                begun, seen = message, seen + 1
                continue
            _count(tally, begun, msgspec.convert(message, Verdict), lying=lying)
            begun = []
        if not heard.death:
            return tally
        if not begun:
            raise RuntimeError(f"the enumerator itself failed: {heard.death}")
        death = Finding(kind=Kind.CORRUPT, detail=f"the process died: {heard.death}")
        _count(tally, begun, Verdict(findings=(death,)), lying=lying)


def _judging(
    workload: Workload,
    events: Sequence[Event],
    seed: int | str,
    limit: int,
    folder: Path,
    options: dict[str, Any],
    skip: int,
) -> Callable[[Report], None]:
    def body(report: Report) -> None:
        for number, image in enumerate(images(events, seed, limit, **options)):
            if number < skip:
                continue
            report((image.number, image.where, len(image.acks)))
            try:
                verdict = judge(workload, image, folder, lying=options.get("lying", False))
            except Exception as error:  # noqa: BLE001 - a store that raises on a healthy disk is the finding
                verdict = Verdict(findings=(Finding(kind=Kind.CORRUPT, detail=f"{type(error).__name__}: {error}"),))
            report(verdict)

    return body


def _count(tally: Tally, begun: list[Any], verdict: Verdict, *, lying: bool) -> None:
    """A lying drive may lose what it likes; what counts then is that the damage is seen."""
    index, where, acked = begun
    if lying:
        excused = {Kind.LOST, Kind.GAPS, Kind.CORRUPT}
        for kind in sorted({finding.kind for finding in verdict.findings} & excused):
            tally.note(f"{kind.value}, and seen")
        verdict = msgspec.structs.replace(verdict, findings=tuple(f for f in verdict.findings if f.kind not in excused))
    tally.add(f"image {index}, {where}", verdict, acked)


def plan_run(seed: int, number: int) -> tuple[int, Planned | None]:
    """How long run `number` is and which error strikes in it; every third run has none."""
    rng = random.Random(f"powerloss/{seed}/{number}")
    ops = rng.randrange(4, OPS_PER_RUN_MAX + 1)
    if number % 3 == 0:
        return ops, None
    nth = LAST if rng.random() < 0.5 else rng.randrange(1, CALLS_USUAL + 1)
    fault = rng.choice(UNCLEAR if rng.random() < 0.5 else ERRORS)
    return ops, Planned(rng.randrange(1, ops - 2), fault, nth, rng.randrange(3), rng.random() < 0.25)


def plan_double_fault(seed: int, number: int) -> tuple[int, Planned]:
    """Run `number` of the double faults: a meta page that was written and reported as failed, then a power cut.

    In every other run what follows fails as well: the sync of the next open, once, or the next calls whatever they are.
    """
    rng = random.Random(f"double/{seed}/{number}")
    op = rng.randrange(1, 6)
    fault = DOUBLE_FAULT_STAYING if number % 4 == 3 else DOUBLE_FAULT
    return op + 4, Planned(op, fault, LAST, rng.randrange(1, 3), sick_sync=number % 4 == 1)


def campaign(
    workload: Workload,
    seed: int,
    cycles: int,
    scratch: Path,
    *,
    only: str | None = None,
    lying: bool = False,
    planner: Callable[[int, int], tuple[int, Planned | None]] = plan_run,
    window: int | None = None,
) -> Tally:
    """Judges `cycles` images over as many runs as they need; `only` is the "run/image" printed with a finding."""
    total = Tally()
    progress = Progress("images", cycles)
    number, image = (int(part) for part in only.split("/")) if only else (0, None)
    last = number if only else cycles // 10 + 10
    while total.cycles < cycles and number <= last:
        ops, planned = planner(seed, number)
        run = record(workload, scratch / "run", scratch / "run.log", ops=ops, planned=planned)
        struck = [at for at, event in enumerate(run.events) if Flag.INJECTED in event.flags]
        limit = min(IMAGES_PER_RUN if window is None else DOUBLE_IMAGES_PER_RUN, cycles - total.cycles)
        first_event = struck[0] if struck else 0
        options: dict[str, Any] = {"lying": lying, "first_event": first_event, "window": window, "only": image}
        found = check_images(workload, run.events, f"{seed}/{number}", limit, scratch / "image", **options)
        error = f" with {planned}" if struck and planned else ""
        total.merge(found, f"seed {seed}, run {number}{error}")
        total.note("runs with an error" if struck else "runs without an error")
        progress.step(found.cycles)
        number += 1
    progress.end()
    return total
