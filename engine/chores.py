"""What is done with a shop beside selling: journals checked, exported, folded again, shops copied and restored.

Each of these takes a path, or an `Engine` or `Reader` of this process that has the shop open already. They read in
snapshots of half a second, so they run beside a till that sells; `refold` alone needs the shop for itself.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from engine.features import FEATURES, Checked, ExportSource, JournalCheck, Manifest
from engine.features import export_journal as _export
from engine.kernel import backup as copies
from engine.kernel import bring_back as back
from engine.kernel import refold as folds
from engine.kernel.backup import Backup
from engine.kernel.bring_back import BroughtBack, Source, StoreSource
from engine.kernel.check_entries import Progress
from engine.kernel.checking import Break
from engine.kernel.disk import Limits
from engine.kernel.entropy import SystemEntropy
from engine.kernel.errors import IntegrityFault, StoreFault
from engine.kernel.joined import Joined
from engine.kernel.people import PeopleStore
from engine.kernel.refold import Refolded
from engine.kernel.store import Store


class Opened(Protocol):
    """A shop that this process has open: an `Engine` or a `Reader`."""

    @property
    def store(self) -> Store:
        """Its store."""

    @property
    def people(self) -> PeopleStore | None:
        """Its people store, where it can be read."""


@contextlib.contextmanager
def _opened(shop: Path | Opened, limits: Limits | None) -> Iterator[tuple[Store, PeopleStore | None]]:
    if not isinstance(shop, Path):
        yield shop.store, shop.people
        return
    store = Store(shop, writable=False, limits=limits)
    people = None
    try:
        people = PeopleStore(shop, copies.log_of(store).shop, store.limits, writable=False, entropy=None)
        yield store, people
    finally:
        if people is not None:
            people.close()
        store.close()


def check(
    shop: Path | Opened,
    *,
    checkpoints: Sequence[str] = (),
    since: str | None = None,
    tables: bool = False,
    progress: Progress | None = None,
    on_break: Callable[[Break], None] | None = None,
    features: Joined = FEATURES,
    limits: Limits | None = None,
) -> Checked:
    """Checks a journal to its end; ``on_break`` hears of every break as it is found.

    ``checkpoints`` are signed notes that left the shop and must be in the journal; ``since`` is one from an earlier
    check, behind which this one begins; `Refusal` ``fiscal.bad_checkpoint`` where a note is none of this shop's. With
    ``tables`` a copy of the shop is folded again too, which proves every table and the ledger's balances, and
    takes room for two more stores beside the shop.
    """
    with _opened(shop, limits) as (store, _):
        made = JournalCheck(store, features, checkpoints=checkpoints, since=since, progress=progress)
        for found in made.breaks():
            if on_break is not None:
                on_break(found)
        outcome = made.outcome
        if tables:
            wrong = _tables(store, features, outcome)
            for found in wrong:
                if on_break is not None:
                    on_break(found)
            kept = (*outcome.breaks, *wrong)
            outcome = msgspec.structs.replace(outcome, breaks=kept, broken=outcome.broken + len(wrong))
        return outcome


def _tables(store: Store, features: Joined, outcome: Checked) -> list[Break]:
    """What refold says of a copy, which stands still while the shop sells on."""
    place = store.path.with_name(f".{store.path.name}.{SystemEntropy().take(4).hex()}.copy")
    try:
        (place / "store").mkdir(parents=True, mode=0o700)
        store.copy(place / "store")
        copy = Store(place, writable=False, limits=store.limits)
        try:
            differences = folds.refold(copy, features, apply=False).differences
        except IntegrityFault as fault:
            return [Break(code="check.tables", gen=outcome.gen, seq=outcome.size - 1, text=str(fault))]
        finally:
            copy.close()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return [
        Break(
            code="check.tables",
            gen=outcome.gen,
            seq=outcome.size - 1,
            text=f"{one.db}: {one.missing} rows missing, {one.wrong} wrong, {one.extra} too many; first {one.keys[:3]}",
        )
        for one in differences
    ]


def export_journal(
    shop: Path | Opened,
    target: Path,
    *,
    progress: Progress | None = None,
    features: Joined = FEATURES,
    limits: Limits | None = None,
) -> Manifest:
    """Exports the journal to a new directory, or a ZIP where the name ends so (docs/checking.md)."""
    with _opened(shop, limits) as (store, _):
        return _export(store, features, target, progress=progress)


def backup(
    shop: Path | Opened,
    target: Path,
    *,
    progress: Progress | None = None,
    features: Joined = FEATURES,
    limits: Limits | None = None,
) -> Backup:
    """Copies the shop, while it sells, to a new directory, and proves the copy; no signing key is in it."""
    with _opened(shop, limits) as (store, people):
        return copies.backup(store, people, target, features, progress=progress)


def restore(
    source: Path,
    target: Path,
    *,
    missing: Path | None = None,
    checkpoint: str | None = None,
    new_log: bool = False,
    known: Sequence[str] = (),
    progress: Progress | None = None,
    features: Joined = FEATURES,
    limits: Limits | None = None,
    unsafe_filesystem: bool = False,
) -> Backup | BroughtBack | int:
    """Makes a shop from a backup at a new path; it is read-only unless one of the two ways back is named at once.

    With ``missing`` or ``checkpoint`` see `bring_back`, with ``new_log`` see `open_new_log`.
    """
    if new_log and (missing is not None or checkpoint is not None):
        raise StoreFault("store.two_ways", "either the missing entries are brought back or a new log is opened")
    made = copies.restore(source, target, limits=limits, unsafe_filesystem=unsafe_filesystem)
    if new_log:
        return open_new_log(target, known=known, limits=limits, unsafe_filesystem=unsafe_filesystem)
    if missing is None and checkpoint is None:
        return made
    return bring_back(
        target,
        missing,
        checkpoint=checkpoint,
        progress=progress,
        features=features,
        limits=limits,
        unsafe_filesystem=unsafe_filesystem,
    )


def bring_back(
    shop: Path,
    missing: Path | None,
    *,
    checkpoint: str | None = None,
    progress: Progress | None = None,
    features: Joined = FEATURES,
    limits: Limits | None = None,
    unsafe_filesystem: bool = False,
) -> BroughtBack:
    """Gives a restored copy the entries that it lacks, from another copy of the shop or from an export.

    The shop may seal again when it covers ``checkpoint``, the latest one known outside; without one, when it reached
    the end of ``missing``. Its signing key has to be put back into ``keys/`` by whoever keeps it.
    """
    store = None
    source: Source | None = None
    if missing is not None and missing.joinpath("store").is_dir():
        store = Store(missing, writable=False, limits=limits)
        source = StoreSource(store)
    elif missing is not None:
        source = ExportSource(missing)
    try:
        return back.bring_back(
            shop,
            source,
            features,
            checkpoint=checkpoint,
            limits=limits,
            unsafe_filesystem=unsafe_filesystem,
            progress=progress,
        )
    finally:
        if store is not None:
            store.close()


def open_new_log(
    shop: Path, *, known: Sequence[str] = (), limits: Limits | None = None, unsafe_filesystem: bool = False
) -> int:
    """Opens the next log behind a restored copy and returns its generation (journal.md, Checking)."""
    return copies.open_new_log(shop, known=known, limits=limits, unsafe_filesystem=unsafe_filesystem)


def refold(
    shop: Path,
    *,
    apply: bool = False,
    progress: Progress | None = None,
    features: Joined = FEATURES,
    limits: Limits | None = None,
    unsafe_filesystem: bool = False,
) -> Refolded:
    """Makes every table again from the entries and compares byte for byte; with ``apply`` puts differences right.

    The engine must be stopped: this takes the owner's lock.
    """
    store = Store(shop, writable=True, limits=limits, unsafe=unsafe_filesystem)
    try:
        return folds.refold(store, features, apply=apply, progress=progress)
    finally:
        store.close()
