"""The full check of a shop's journal while it sells: every entry, every sum, every closure, every break named."""

from collections.abc import Iterator, Sequence

import msgspec

from engine.cash.records import Closed, Opened
from engine.fiscal.check_closures import ClosureCheck
from engine.fiscal.check_tickets import TicketCheck
from engine.kernel.check_entries import Handler, Progress, Walk
from engine.kernel.checking import Break, open_outside
from engine.kernel.clock import Clock
from engine.kernel.joined import Joined
from engine.kernel.store import Store
from engine.sales.records import Copied, Paid, Posted, Refunded

BREAKS_KEPT_MAX = 1000  # breaks that a summary holds; all of them are counted, and `breaks` yields all


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a check came to.

    ``gen`` and ``size`` are where the journal ended, ``first`` the sequence that the check began with (0: the whole
    journal), ``root`` the root over all of it in hex; ``broken`` counts the breaks and ``breaks`` holds the first of
    them.
    """

    shop: str
    gen: int
    size: int
    first: int
    root: str
    entries: int
    checkpoints: int
    tickets: int
    closures: int
    broken: int
    breaks: tuple[Break, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing was found broken."""
        return not self.broken


class JournalCheck:
    """One check: `breaks` walks the journal and yields what is broken, `outcome` sums it up afterwards.

    ``checkpoint`` and ``since`` are signed notes that left the shop (receipt, mail, witness, an earlier check): the
    journal must contain all of them, which finds truncation. With ``since`` the walk begins behind that checkpoint and
    believes what stands before it (its root proves that); without, it begins with the first entry.
    """

    def __init__(
        self,
        store: Store,
        features: Joined,
        *,
        checkpoints: Sequence[str] = (),
        since: str | None = None,
        progress: Progress | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._kept: list[Break] = []
        self._broken = 0
        outside = {(gen, size): root for gen, size, root in (open_outside(store, note) for note in checkpoints)}
        start = None if since is None else open_outside(store, since)
        if start is not None:
            outside[start[0], start[1]] = start[2]
        self.walk = Walk(store, features, clock=clock, progress=progress, outside=outside)
        if start is not None:
            self.walk.start_at(start[0], start[1])
        self._tickets = TicketCheck(self.walk.report, whole=start is None)
        self._closures = ClosureCheck(self.walk.report, whole=start is None)
        self.walk.handlers.update(self._handlers())

    def _handlers(self) -> dict[type, tuple[Handler, ...]]:
        tickets, closures = self._tickets, self._closures
        return {
            Posted: (tickets.posted, closures.ticket),
            Refunded: (tickets.refunded, closures.ticket),
            Paid: (tickets.paid, closures.paid),
            Copied: (tickets.copied,),
            Opened: (closures.opened,),
            Closed: (closures.closed,),
        }

    def breaks(self) -> Iterator[Break]:
        """Every break, in the order of the journal; the first never stops the walk."""
        for found in self.walk.breaks():
            self._broken += 1
            if len(self._kept) < BREAKS_KEPT_MAX:
                self._kept.append(found)
            yield found

    @property
    def outcome(self) -> Checked:
        """The sum of it, once `breaks` is exhausted."""
        walk = self.walk
        return Checked(
            shop=walk.shop,
            gen=walk.gen,
            size=walk.seq,
            first=walk.first,
            root=walk.root.hex(),
            entries=walk.entries,
            checkpoints=walk.checkpoints,
            tickets=self._tickets.tickets,
            closures=self._closures.closures,
            broken=self._broken,
            breaks=tuple(self._kept),
        )


def check_journal(
    store: Store,
    features: Joined,
    *,
    checkpoints: Sequence[str] = (),
    since: str | None = None,
    progress: Progress | None = None,
    clock: Clock | None = None,
) -> Checked:
    """Checks a journal to its end and says what it came to; see `JournalCheck`."""
    check = JournalCheck(store, features, checkpoints=checkpoints, since=since, progress=progress, clock=clock)
    for _ in check.breaks():
        pass
    return check.outcome
