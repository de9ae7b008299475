"""Copies of a shop, made while it sells, and what a restored copy must do before it may seal again.

A backup holds the store, the people store and their key, and ``backup.json``; it never holds a signing key, so nobody
can seal with it. A restored copy is read-only (mark ``restored``) until either the entries that it lacks are brought
back, up to a later checkpoint, or a new log is opened behind it (journal.md, Checking).
"""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from engine.kernel import disk, keys, notes
from engine.kernel.check_entries import Walk
from engine.kernel.disk import Limits
from engine.kernel.entropy import Entropy, SystemEntropy
from engine.kernel.errors import IntegrityFault, StoreFault
from engine.kernel.folding_again import open_next_log
from engine.kernel.genesis import Before
from engine.kernel.joined import Joined
from engine.kernel.journal import LOG, VKEYS, Log, checkpoint_note, origin, read_checkpoint
from engine.kernel.people import PeopleStore, make_people_key
from engine.kernel.refold import BEFORE
from engine.kernel.store import Store
from engine.kernel.tables import Snapshot
from engine.kernel.version import VERSION
from engine.kernel.world import GENERATIONS_MAX

RESTORED = b"restored"
MANIFEST = "backup.json"
PEOPLE_KEY = "people.key"
KNOWN_MAX = 64  # later checkpoints that a new log's genesis names: it has to stay one entry
_READ_BYTES = 1 << 20


class BackupFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a backup: its path inside it, its length and its SHA-256 in hex."""

    path: str
    bytes: int
    sha256: str


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup's ``backup.json``: the shop, where its journal stood (generation, size, root in hex, and the signed
    checkpoint over it), the software that wrote it, and every file."""

    format: int
    shop: str
    gen: int
    size: int
    root: str
    checkpoint: str
    software: str
    files: tuple[BackupFile, ...]


Progress = Callable[[int, int], None]


def require_ready(store: Store) -> None:
    """A restored copy is read-only until it was brought up to date or a new log was opened behind it."""
    with store.read() as txn:
        mark = txn.get("marks", RESTORED)
    if mark is not None:
        text = f"{store.path} is a restored copy and read-only: bring back the missing entries, or open a new log"
        raise StoreFault("store.restored", text)


def read_before(store: Store) -> Before | None:
    """What a new log's genesis names; None in a shop that was never restored into one."""
    with store.read() as txn:
        stored = txn.get("marks", BEFORE)
    return None if stored is None else msgspec.json.decode(stored, type=Before)


def backup(
    store: Store, people: PeopleStore | None, target: Path, features: Joined, *, progress: Progress | None = None
) -> Backup:
    """Copies a shop to a new directory, opens the copy, proves its whole journal and says what it holds (rule S10).

    The copy appears under its name when it is whole, synced and proven; a broken journal is copied nowhere: the fault
    ``backup.broken`` names the first break. The people store is copied after the store, so that nobody is missing.
    """
    if target.exists():
        raise StoreFault("backup.exists", f"{target} exists already")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{SystemEntropy().take(4).hex()}.new")
    try:
        (temporary / "store").mkdir(parents=True, mode=0o700)
        store.copy(temporary / "store")
        if people is not None:
            people.copy(temporary / "people")
        key = store.path / "keys" / PEOPLE_KEY
        if key.exists():
            (temporary / "keys").mkdir(mode=0o700)
            disk.write_durably(temporary / "keys" / PEOPLE_KEY, key.read_bytes(), mode=0o600)
        manifest = _prove(temporary, features, store.limits, progress)
        disk.write_durably(temporary / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
        _sync_tree(temporary)
        temporary.rename(target)
        disk.sync_directory(target.parent)
    finally:
        if temporary.exists():
            shutil.rmtree(temporary)
    return manifest


def _prove(copy: Path, features: Joined, limits: Limits, progress: Progress | None) -> Backup:
    store = Store(copy, writable=False, limits=limits)
    try:
        broken = next(Walk(store, features, progress=progress).breaks(), None)
        if broken is not None:
            raise IntegrityFault("backup.broken", f"the copy does not prove itself: {broken}")
        shop, gen, size, root, note = _head(store)
    finally:
        store.close()
    (copy / "store" / "lock.mdb").unlink(missing_ok=True)
    files = tuple(
        BackupFile(path=path.relative_to(copy).as_posix(), bytes=path.stat().st_size, sha256=_digest(path))
        for path in sorted(copy.rglob("*"))
        if path.is_file()
    )
    return Backup(format=1, shop=shop, gen=gen, size=size, root=root, checkpoint=note, software=VERSION, files=files)


def _head(store: Store) -> tuple[str, int, int, str, str]:
    """(shop, generation, size, root in hex, signed note) of the last checkpoint."""
    with store.read() as txn:
        rows = Snapshot(txn)
        log = rows.get(LOG, 0)
        if log is None:
            raise IntegrityFault("journal.no_log", f"{store.path} holds no journal")
        checkpoint = read_checkpoint(txn, log.gen, log.size) if log.size else None
        vkey = None if checkpoint is None else rows.get(VKEYS, log.gen, checkpoint.key)
    if checkpoint is None or vkey is None:
        return log.shop, log.gen, log.size, "", ""
    return log.shop, log.gen, log.size, checkpoint.root.hex(), checkpoint_note(log.shop, log.gen, checkpoint, vkey)


def restore(source: Path, target: Path, *, limits: Limits | None = None, unsafe_filesystem: bool = False) -> Backup:
    """Makes a shop from a backup at a new path: every file compared with ``backup.json``, opened, marked read-only."""
    if target.exists():
        raise StoreFault("store.exists", f"{target} exists already")
    target.parent.mkdir(parents=True, exist_ok=True)
    disk.require_filesystem(target.parent, unsafe=unsafe_filesystem)
    try:
        manifest = msgspec.json.decode((source / MANIFEST).read_bytes(), type=Backup)
    except (OSError, msgspec.DecodeError) as error:
        raise StoreFault("backup.no_manifest", f"{source} is no backup: {error}") from error
    temporary = target.with_name(f".{target.name}.{SystemEntropy().take(4).hex()}.new")
    try:
        temporary.mkdir(mode=0o700)
        for file in manifest.files:
            path = temporary / file.path
            if not path.resolve().is_relative_to(temporary.resolve()):
                raise StoreFault("backup.damaged", f"{file.path} leads out of the backup")
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                shutil.copyfile(source / file.path, path)
            except OSError as error:
                raise StoreFault("backup.damaged", f"{file.path} cannot be read: {error}") from error
            if _digest(path) != file.sha256:
                raise StoreFault("backup.damaged", f"{file.path} is not the file that {MANIFEST} names")
            path.chmod(0o600)
        if not (temporary / "keys" / PEOPLE_KEY).exists():
            make_people_key(temporary, SystemEntropy())
        _mark(temporary, manifest, limits, unsafe=unsafe_filesystem)
        _sync_tree(temporary)
        temporary.rename(target)
        disk.sync_directory(target.parent)
    finally:
        if temporary.exists():
            shutil.rmtree(temporary)
    return manifest


def _mark(shop: Path, manifest: Backup, limits: Limits | None, *, unsafe: bool) -> None:
    store = Store(shop, writable=True, limits=limits, unsafe=unsafe)
    try:
        _, gen, size, root, _ = _head(store)
        if (gen, size, root) != (manifest.gen, manifest.size, manifest.root):
            raise StoreFault("backup.damaged", f"the store stands at {gen}/{size}, {MANIFEST} says {manifest.size}")
        txn = store.begin()
        txn.put_many("marks", [(RESTORED, msgspec.json.encode({"gen": gen, "size": size, "root": root}))])
        store.commit(txn)
    finally:
        store.close()


def open_new_log(
    path: Path,
    *,
    known: Sequence[str] = (),
    entropy: Entropy | None = None,
    limits: Limits | None = None,
    unsafe_filesystem: bool = False,
) -> int:
    """Opens the next generation behind a restored copy and returns its number; the next start writes its genesis.

    A new origin and key, sequence from 0, chains from 1, series of its own; the genesis names the restored size and
    root and the ``known`` later checkpoints (signed notes from receipts, mails, witnesses). Old ids still answer.
    """
    source = entropy or SystemEntropy()
    store = Store(path, writable=True, limits=limits, unsafe=unsafe_filesystem)
    try:
        with store.read() as txn:
            if txn.get("marks", RESTORED) is None:
                raise StoreFault("store.not_restored", f"{path} is no restored copy: its own log goes on")
        shop, gen, size, root, _ = _head(store)
        if gen >= GENERATIONS_MAX:
            raise StoreFault("store.generations", f"a shop has at most {GENERATIONS_MAX} logs")
        later = tuple(sorted(_known(store, shop, gen, size, known)))
        keys.make_key(path, gen + 1, 1, origin(shop, gen + 1), source)
        txn = store.begin()
        log = Snapshot(txn).get(LOG, 0)
        assert log is not None
        open_next_log(txn, log)
        before = Before(gen=gen, size=size, root=root, known=later)
        txn.put_many("marks", [(BEFORE, msgspec.json.encode(before))])
        txn.delete("marks", RESTORED)
        store.commit(txn)
    finally:
        store.close()
    return gen + 1


def _known(store: Store, shop: str, gen: int, size: int, known: Sequence[str]) -> set[str]:
    """The later checkpoints, each signed by the restored log's own key and beyond what was restored."""
    if len(known) > KNOWN_MAX:
        raise StoreFault("store.too_many_known", f"a genesis names at most {KNOWN_MAX} later checkpoints")
    later = set()
    for note in known:
        checkpoint = read_note(store, shop, gen, note)
        if checkpoint.size > size:
            later.add(note)
    return later


def read_note(store: Store, shop: str, gen: int, note: str) -> notes.Checkpoint:
    """A checkpoint from outside, opened with the public keys of a generation; ``store.bad_checkpoint`` otherwise."""
    with store.read() as txn:
        vkeys = [notes.parse_vkey(vkey) for _, vkey in Snapshot(txn).scan(VKEYS, gen)]
    try:
        checkpoint = notes.parse_checkpoint(notes.open_note(note, vkeys))
    except notes.NoteError as error:
        raise StoreFault("store.bad_checkpoint", f"the checkpoint is none of this log: {error.message}") from error
    if checkpoint.origin != origin(shop, gen):
        raise StoreFault("store.bad_checkpoint", f"the checkpoint is one of {checkpoint.origin}")
    return checkpoint


def log_of(store: Store) -> Log:
    """The row that says where a store's journal stands."""
    with store.read() as txn:
        log = Snapshot(txn).get(LOG, 0)
    if log is None:
        raise IntegrityFault("journal.no_log", f"{store.path} holds no journal")
    return log


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _sync_tree(path: Path) -> None:
    """Makes every file and name below a directory durable."""
    for item in sorted(path.rglob("*"), reverse=True):
        if item.is_dir():
            disk.sync_directory(item)
        else:
            disk.sync_file(item)
    disk.sync_directory(path)
