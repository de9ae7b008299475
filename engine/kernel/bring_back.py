"""Bringing back what a restored copy lacks: entries appended byte for byte, proven by signed checkpoints, folded."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.kernel import notes
from engine.kernel.backup import RESTORED, log_of, read_note
from engine.kernel.checking import stored_edge
from engine.kernel.disk import Limits
from engine.kernel.errors import IntegrityFault, StoreFault
from engine.kernel.folding_again import Refolder
from engine.kernel.joined import Joined
from engine.kernel.journal import VKEYS, Checkpoint, origin, position_key, read_checkpoint
from engine.kernel.store import Store
from engine.kernel.tables import Snapshot
from engine.kernel.world import split_position

STEP_GROUPS = 200  # groups that one commit brings back

Progress = Callable[[int, int], None]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One sealed group as it was: its entries' bytes and the checkpoint over them."""

    entries: tuple[bytes, ...]
    checkpoint: Checkpoint


class Source(Protocol):
    """Where missing entries come from: another copy of the store, or an export of the journal."""

    def groups(self, gen: int, size: int) -> Iterator[Group]:
        """The groups of a generation behind its first ``size`` entries, in order."""


class StoreSource:
    """Groups from another copy of the shop's store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def groups(self, gen: int, size: int) -> Iterator[Group]:
        """The groups of a generation behind its first ``size`` entries, in order."""
        while True:
            taken = []
            with self._store.read() as txn:
                start, stop = position_key(gen, size + 1), position_key(gen + 1, 0)
                entries = txn.scan("entries", position_key(gen, size), stop)
                for key, value in itertools.islice(txn.scan("checkpoints", start, stop), STEP_GROUPS):
                    end = split_position(int.from_bytes(key, "big"))[1]
                    data = tuple(one for _, (_, one) in zip(range(end - size), entries, strict=False))
                    taken.append(Group(entries=data, checkpoint=Checkpoint.unpack(end, value)))
                    size = end
            if not taken:
                return
            yield from taken


class BroughtBack(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: how many entries, where the journal stands now, and whether it may seal again."""

    entries: int
    gen: int
    size: int
    ready: bool


def bring_back(
    path: Path,
    source: Source | None,
    features: Joined,
    *,
    checkpoint: str | None = None,
    limits: Limits | None = None,
    unsafe_filesystem: bool = False,
    progress: Progress | None = None,
) -> BroughtBack:
    """Appends what a restored copy lacks, and lets it seal again once it covers ``checkpoint``.

    ``checkpoint`` is the latest signed note that is known to have left the shop; the copy must contain it. Without one
    the source's last checkpoint counts as the latest: only whoever knows that nothing was sold after it may say so.
    Every group's root and signature is verified before it is committed; a group that does not fit changes nothing.
    """
    store = Store(path, writable=True, limits=limits, unsafe=unsafe_filesystem)
    try:
        with store.read() as txn:
            if txn.get("marks", RESTORED) is None:
                raise StoreFault("store.not_restored", f"{path} is no restored copy: nothing has to be brought back")
        log = log_of(store)
        shop, gen, first = log.shop, log.gen, log.size
        wanted = None if checkpoint is None else read_note(store, shop, gen, checkpoint)
        if source is None and wanted is None:
            raise StoreFault("store.no_source", "say where the missing entries are, or which checkpoint is the latest")
        if source is not None:
            _append(store, source, features, progress)
        size = log_of(store).size
        ready = wanted is None or _covers(store, gen, size, wanted)
        if ready:
            txn = store.begin()
            txn.delete("marks", RESTORED)
            store.commit(txn)
    finally:
        store.close()
    return BroughtBack(entries=size - first, gen=gen, size=size, ready=ready)


def _append(store: Store, source: Source, features: Joined, progress: Progress | None) -> None:
    log = log_of(store)
    groups = source.groups(log.gen, log.size)
    folder = Refolder(features)
    done = 0
    while step := list(itertools.islice(groups, STEP_GROUPS)):
        txn = store.begin()
        try:
            folder.begin(txn)
            vkeys = {key[1]: vkey for key, vkey in Snapshot(txn).scan(VKEYS, log.gen)}
            for group in step:
                _one(folder, group, vkeys, log.shop)
                size = folder.log.size
                first = size - len(group.entries)
                rows = [(position_key(log.gen, first + at), data) for at, data in enumerate(group.entries)]
                txn.put_many("entries", rows, append=True)
                txn.put_many("checkpoints", [(position_key(log.gen, size), group.checkpoint.pack())], append=True)
            folder.end(txn)
        except BaseException:
            txn.close()
            raise
        store.commit(txn)
        done += sum(len(group.entries) for group in step)
        if progress is not None:
            progress(done, 0)


def _one(folder: Refolder, group: Group, vkeys: dict[int, str], shop: str) -> None:
    """Folds one group, if the tree over it has the root that its checkpoint signs with the key in force."""
    checkpoint, log = group.checkpoint, folder.log
    key = log.key
    place = f"the group up to entry {checkpoint.size - 1}"
    if checkpoint.size != log.size + len(group.entries) or not group.entries:
        raise IntegrityFault("journal.gap", f"{place} has {len(group.entries)} entries behind {log.size}")
    vkey = vkeys.get(key)
    if vkey is None or checkpoint.key != key:
        raise IntegrityFault("journal.no_vkey", f"{place} is signed by key {checkpoint.key}, {key} signs here")
    text = notes.checkpoint_text(origin(shop, log.gen), checkpoint.size, checkpoint.root)
    try:
        Ed25519PublicKey.from_public_bytes(notes.parse_vkey(vkey).public).verify(checkpoint.signature, text.encode())
    except InvalidSignature as error:
        raise IntegrityFault("journal.signature", f"the checkpoint of {place} is not signed by its key") from error
    if folder.group(group.entries) != checkpoint.root:
        raise IntegrityFault("journal.root", f"{place} does not have the root that its checkpoint signs")
    if log.key != key:
        vkeys[log.key] = folder.vkey(log.key)


def _covers(store: Store, gen: int, size: int, wanted: notes.Checkpoint) -> bool:
    if wanted.size > size:
        return False
    with store.read() as txn:
        if stored_edge(txn, gen, wanted.size).root() != wanted.root:
            text = f"the checkpoint over {wanted.size} entries has another root than this copy: it is another history"
            raise IntegrityFault("journal.forked", text)
        last = read_checkpoint(txn, gen, size)
    return last is not None
