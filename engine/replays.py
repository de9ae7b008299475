"""Every sealed ticket priced again from what was sealed, and what another rule would have made of them.

Both walk the journal's entries in order and fold the configuration in them into a shop in memory, so each ticket meets
the rows, rates and rules of its own moment. They read in snapshots of half a second and change nothing.
"""

import contextlib
import heapq
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from engine.chores import Opened
from engine.features import (
    FEATURES,
    Posted,
    Refunded,
    Replayed,
    plain_records,
    replay_refund,
    replay_sale,
)
from engine.kernel.bare_shop import BareShop
from engine.kernel.check_entries import Progress
from engine.kernel.checking import SNAPSHOT_MS_MAX
from engine.kernel.clock import SystemClock, parse_ms
from engine.kernel.disk import Limits
from engine.kernel.errors import IntegrityFault, Refusal
from engine.kernel.events import Overridden
from engine.kernel.joined import Joined
from engine.kernel.kinds import Row
from engine.kernel.messages import INTEGER_MAX
from engine.kernel.reader import Reader
from engine.kernel.rows import RowPut, RowRemoved
from engine.kernel.store import ReadTransaction, Store
from engine.kernel.tables import Snapshot
from engine.kernel.world import World, join_position
from engine.shop.kinds import parse_day

FOUND_KEPT_MAX = 1_000  # tickets that an outcome names; all of them are counted
LARGEST_MAX = 10  # tickets that a simulation names
DAYS_MAX = 366  # days that one simulation looks at
REST_ENTRIES = 512  # entries between two times that the shop in memory lets go of what it keeps ready

# Canonical entries hold their records' names as they are; a label that says the same costs a look and no more.
CONFIGURES = (b'"kernel.row_put"', b'"kernel.row_removed"')
SELLS = (b'"sales.posted"', b'"sales.refunded"')


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket that did not come out as sealed, or that nobody can price again: its place and what was found."""

    gen: int
    seq: int
    series: int
    no: int
    replayed: Replayed


class Repriced(msgspec.Struct, frozen=True, kw_only=True):
    """What came of pricing every ticket again: ``entries`` looked at, ``tickets`` (refunds among them) of which so many
    came out ``same``, ``different`` or ``unknown``; ``found`` names the first thousand of the last two."""

    entries: int
    tickets: int
    same: int
    different: int
    unknown: int
    found: tuple[Found, ...]


class Change(Row, frozen=True, kw_only=True):
    """A row that is there instead of another, or besides: ``row`` null takes the one with this id away."""

    kind: str
    id: int
    row: msgspec.Raw = msgspec.Raw(b"null")


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket that would have come to something else, in minor units."""

    gen: int
    seq: int
    series: int
    no: int
    before: int
    after: int


class ByRule(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule or discount granted in all, as sealed and as it would have been (signed, minor units)."""

    kind: str | None
    id: int | None
    label: str
    before: int
    after: int


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """What a change would have changed on the sales of the days: ``tickets`` looked at (training and refunds are not),
    ``touched`` of them with another result, ``refused`` that could not have been sold so, ``unknown`` that nobody can
    price again; totals in minor units of those that were priced, the rules that differ, and the ten largest changes."""

    tickets: int
    touched: int
    refused: int
    unknown: int
    before: int
    after: int
    rules: tuple[ByRule, ...]
    largest: tuple[Touched, ...]


@contextlib.contextmanager
def _store(shop: Path | Opened, limits: Limits | None) -> Iterator[Store]:
    if not isinstance(shop, Path):
        yield shop.store
        return
    store = Store(shop, writable=False, limits=limits)
    try:
        yield store
    finally:
        store.close()


def _entries(store: Store, progress: Progress | None) -> Iterator[tuple[ReadTransaction, bytes]]:
    """Every entry in order with the snapshot that it was read in, which is renewed twice a second."""
    clock, start, done, ended = SystemClock(), b"", 0, False
    while not ended:
        ended = True
        until = clock.boot_ms() + SNAPSHOT_MS_MAX
        with store.read() as txn:
            total = txn.count("entries")
            for key, data in txn.scan("entries", start, b"\xff" * 9):
                yield txn, data
                start, done = key + b"\0", done + 1
                if clock.boot_ms() >= until:
                    ended = False
                    break
        if progress is not None:
            progress(done, total)


class _Replay:
    """The shop in memory on its way along the journal."""

    def __init__(self, features: Joined) -> None:
        self.features = features
        self.bare = BareShop(features)
        self._since = 0

    def configure(self, data: bytes) -> bool:
        """Folds an entry's configuration, if there is any in it."""
        self._since += 1
        if self._since >= REST_ENTRIES:
            self._since = 0
            self.bare.rest()
        if not any(mark in data for mark in CONFIGURES):
            return False
        entry = self.decode(data)
        self.bare.fold(entry, entry.rec, parse_ms(entry.at))
        return any(isinstance(record, (RowPut, RowRemoved)) for record in entry.rec)

    def decode(self, data: bytes) -> Any:
        """An entry; one that cannot be read is a break of the journal, which `check` looks into."""
        try:
            return self.features.decode_entry(data)
        except msgspec.DecodeError as error:
            raise IntegrityFault("journal.undecodable", f"an entry cannot be read: {error}") from error

    def replay(self, entry: Any, index: int, data: bytes, txn: ReadTransaction) -> Replayed:
        """One ticket of an entry priced again where it stood."""
        record, world = entry.rec[index], self.bare.world
        plain = plain_records(data)[index]
        at_ms = parse_ms(entry.at)
        self.bare.stand(at_ms, till=entry.till, operator=entry.op, day=parse_day(record.day, "day"), zone=entry.zone)
        world.override = next((each.by for each in entry.rec if isinstance(each, Overridden)), 0)
        if isinstance(record, Posted):
            return replay_sale(record, plain, world)
        stored = World(Snapshot(txn), self.features.kinds, world.people)
        return replay_refund(record, plain, join_position(entry.gen, entry.seq), world, stored)


def reprice(
    shop: Path | Opened,
    *,
    progress: Progress | None = None,
    on_found: Callable[[Found], None] | None = None,
    features: Joined = FEATURES,
    limits: Limits | None = None,
) -> Repriced:
    """Prices every sealed ticket again and compares byte for byte; ``on_found`` hears of each that differs."""
    replay = _Replay(features)
    counts = {"same": 0, "different": 0, "unknown": 0}
    found: list[Found] = []
    entries = 0
    with _store(shop, limits) as store:
        for txn, data in _entries(store, progress):
            entries += 1
            if replay.configure(data) or not any(mark in data for mark in SELLS):
                continue
            entry = replay.decode(data)
            for index, record in enumerate(entry.rec):
                if not isinstance(record, (Posted, Refunded)):
                    continue
                again = replay.replay(entry, index, data, txn)
                counts[again.verdict] += 1
                if again.verdict == "same":
                    continue
                one = Found(gen=entry.gen, seq=entry.seq, series=record.series, no=record.no, replayed=again)
                if on_found is not None:
                    on_found(one)
                if len(found) < FOUND_KEPT_MAX:
                    found.append(msgspec.structs.replace(one, replayed=msgspec.structs.replace(again, now=None)))
    return Repriced(entries=entries, tickets=sum(counts.values()), found=tuple(found), **counts)


def read_change(data: bytes, features: Joined = FEATURES) -> Change:
    """A change given as JSON: ``{"kind": "discounts", "id": 3, "row": {...}}``; raises `Refusal`."""
    try:
        change = msgspec.json.decode(data, type=Change)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refusal("simulate.bad_change", f"the change is not what is wanted: {error}", at="rule") from error
    if change.kind not in features.kinds:
        raise Refusal("simulate.unknown_kind", f"there is no kind {change.kind!r}", at="rule.kind")
    if not 1 <= change.id <= INTEGER_MAX:
        raise Refusal("simulate.bad_change", "an id is above 0", at="rule.id")
    return change


def simulate(
    shop: Path | Opened,
    change: Change,
    first: str,
    last: str,
    *,
    progress: Progress | None = None,
    features: Joined = FEATURES,
    limits: Limits | None = None,
) -> Simulated:
    """Prices the sales of the business days again with a row changed: the row is checked against the shop as it is
    now, and stands in the shop as it was then. Raises `Refusal`."""
    days = parse_day(first, "first"), parse_day(last, "last")
    if not 0 <= days[1] - days[0] < DAYS_MAX:
        raise Refusal("simulate.bad_period", f"a period has 1 to {DAYS_MAX} days, the first one first", at="last")
    replay, told = _Replay(features), _Told()
    with _store(shop, limits) as store:
        record = _checked(store, change, features)
        stale = True
        for txn, data in _entries(store, progress):
            if replay.configure(data):
                stale = True
                continue
            if SELLS[0] not in data:
                continue
            entry = replay.decode(data)
            for index, sale in enumerate(entry.rec):
                if not isinstance(sale, Posted) or entry.training:
                    continue
                if not days[0] <= parse_day(sale.day, "day") <= days[1]:
                    continue
                if stale and record is not None:
                    replay.bare.fold(entry, (record,))
                    stale = False
                told.add(entry, sale, replay.replay(entry, index, data, txn))
    return told.outcome()


def _checked(store: Store, change: Change, features: Joined) -> RowPut | RowRemoved:
    """The change as it would be sealed today; refuses what the kind's own checks refuse."""
    if bytes(change.row).strip() == b"null":
        return RowRemoved(kind=change.kind, id=change.id)
    body = b'{"id":%d,"row":%s}' % (change.id, bytes(change.row))
    command = features.decode_command(f"{change.kind}.put", body)

    def decide(world: World) -> RowPut:
        world.take = bytes
        put = features.by_type[type(command)].decide(command, world)[0]
        assert isinstance(put, RowPut)
        return put

    try:
        return Reader.over(store, features, None, SystemClock().wall_ms).look(decide)
    except Refusal as error:
        place = (error.at or "row").removeprefix("row")
        raise Refusal(error.code, error.text, at=f"rule.row{place}", data=error.data) from error


class _Told:
    """What a simulation has seen so far, in bounded room."""

    def __init__(self) -> None:
        self._tickets = self._touched = self._refused = self._unknown = self._before = self._after = 0
        self._rules: dict[tuple[Any, Any], list[Any]] = {}
        self._largest: list[tuple[int, int, Touched]] = []

    def add(self, entry: Any, sale: Posted, again: Replayed) -> None:
        """One sale and what it would have been."""
        self._tickets += 1
        now = again.now
        if now is None:
            self._unknown += again.verdict == "unknown"
            self._refused += again.verdict == "different"
            return
        self._before += sale.total
        self._after += now.total
        self._sum(sale.disc, 0)
        self._sum(now.disc, 1)
        if _result(sale) == _result(now):
            return
        self._touched += 1
        one = Touched(gen=entry.gen, seq=entry.seq, series=sale.series, no=sale.no, before=sale.total, after=now.total)
        item = (abs(now.total - sale.total), -join_position(entry.gen, entry.seq), one)
        if len(self._largest) < LARGEST_MAX:
            heapq.heappush(self._largest, item)
        else:
            heapq.heappushpop(self._largest, item)

    def _sum(self, steps: tuple[Any, ...], which: int) -> None:
        for step in steps:
            # Tickets of before rules had kinds say nothing of it: those were discounts, or typed ones (no id).
            kind = step.k or (None if step.id is None else "discounts")
            row = self._rules.setdefault((kind, step.id), ["", 0, 0])
            row[0] = step.l if step.id is not None else ""
            row[1 + which] += step.granted

    def outcome(self) -> Simulated:
        """All of it, the largest change first."""
        rules = [
            ByRule(kind=kind, id=id, label=label, before=before, after=after)
            for (kind, id), (label, before, after) in self._rules.items()
            if before != after
        ]
        return Simulated(
            tickets=self._tickets,
            touched=self._touched,
            refused=self._refused,
            unknown=self._unknown,
            before=self._before,
            after=self._after,
            rules=tuple(sorted(rules, key=lambda rule: (rule.kind or "", rule.id or 0))),
            largest=tuple(one for _, _, one in sorted(self._largest, key=lambda item: item[:2], reverse=True)),
        )


def _result(sale: Any) -> tuple[Any, ...]:
    """What the customer sees of a ticket's prices."""
    lines = sorted((line.id, line.p, line.q, line.u, line.a, line.t) for line in sale.lines)
    return lines, [(rate.r, rate.g, rate.v, rate.n) for rate in sale.rates], sale.total
