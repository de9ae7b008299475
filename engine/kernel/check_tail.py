"""The check at every start (rule S2): the journal's last entries, heads and index, before anything is sealed."""

import msgspec

from engine.kernel.check_entries import Walk, last_place
from engine.kernel.checking import Break, open_outside
from engine.kernel.errors import IntegrityFault
from engine.kernel.joined import Joined
from engine.kernel.journal import LOG, TILE_HASHES
from engine.kernel.store import Store
from engine.kernel.tables import Snapshot

TAIL_ENTRIES = 1000  # how many of the last entries a start proves (S2)


def tail_breaks(
    store: Store, features: Joined, count: int = TAIL_ENTRIES, *, outside: dict[tuple[int, int], bytes] | None = None
) -> list[Break]:
    """Breaks among the last ``count`` entries (rounded up to whole tiles).

    The tree's stored edge ties them to the signed root, so the cost does not depend on the length of the journal.
    """
    with store.read() as txn:
        try:
            log = Snapshot(txn).get(LOG, 0)
        except msgspec.DecodeError as error:
            raise IntegrityFault("journal.no_log", f"the row of the log is damaged: {error}") from error
    if log is None:
        raise IntegrityFault("journal.no_log", "the store has no journal: it was never begun")
    gen, size = log.gen, log.size
    if not size and gen > 1:
        # A new log whose genesis is not written yet has nothing to show but the end of the one before.
        gen, size = last_place(store)
    first = max(0, size - count)
    first -= first % TILE_HASHES
    walk = Walk(store, features, outside=outside)
    if first or gen > 1:
        walk.start_at(gen, first)
    return list(walk.breaks())


def require_tail(store: Store, features: Joined, *, remembered: str | None = None) -> None:
    """P5: a journal whose tail does not prove itself is read, and nothing is sealed behind it.

    ``remembered`` is the latest checkpoint (a signed note) that was kept off this disk (S14): a journal that ends
    before it, or that has another root there, was rolled back or replaced.
    """
    outside = {}
    if remembered is not None:
        gen, size, root = open_outside(store, remembered)
        outside[gen, size] = root
    found = tail_breaks(store, features, outside=outside)
    if found:
        more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
        raise IntegrityFault("journal.tail_broken", f"the journal's tail does not prove itself: {found[0]}{more}")
