"""Exporting the journal: entries as stored, checkpoints, public keys, what it all means, and the verifier.

The layout, field by field, is described in docs/checking.md and, in the export itself, in ``README.txt``.
"""

import contextlib
import hashlib
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec

from engine.fiscal.describe_export import README
from engine.kernel import disk
from engine.kernel.backup import log_of
from engine.kernel.entropy import SystemEntropy
from engine.kernel.errors import StoreFault
from engine.kernel.joined import Joined
from engine.kernel.journal import VKEYS, Checkpoint, checkpoint_note, origin, position_key
from engine.kernel.store import Store
from engine.kernel.tables import Snapshot
from engine.kernel.version import VERSION
from engine.kernel.world import split_position
from engine.sales.records import Ticket
from engine_ext.merkle import EMPTY_ROOT, SIZE_MAX

EXPORT_FORMAT = 1
STEP_ENTRIES = 5_000  # entries that are read from one snapshot
ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the same journal gives the same archive

Progress = Callable[[int, int], None]


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The first and the last accounting number of a series in a log."""

    series: int
    first: int
    last: int


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """One log: its origin, first and last sequence (null where it is empty), size, root in hex, last signed checkpoint
    and the accounting numbers in it."""

    gen: int
    origin: str
    first: int | None
    last: int | None
    size: int
    root: str
    checkpoint: str
    series: tuple[Series, ...]


class ExportedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file: its path, its length and its SHA-256 in hex."""

    path: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """``manifest.json``: what was exported, by which software."""

    format: int
    shop: str
    software: str
    generations: tuple[Generation, ...]
    files: tuple[ExportedFile, ...]


class _Writer:
    """Writes files one after another into a directory or a ZIP, and remembers their lengths and digests."""

    def __init__(self, path: Path, *, zipped: bool) -> None:
        self._path = path
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) if zipped else None
        if self._zip is None:
            path.mkdir(mode=0o700)
        self.files: list[ExportedFile] = []

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[Callable[[bytes], None]]:
        """A function that appends bytes to a new file."""
        digest = hashlib.sha256()
        count = 0
        with self._stream(name) as stream:

            def write(data: bytes) -> None:
                nonlocal count
                stream.write(data)
                digest.update(data)
                count += len(data)

            yield write
        self.files.append(ExportedFile(path=name, bytes=count, sha256=digest.hexdigest()))

    def _stream(self, name: str) -> IO[bytes]:
        if self._zip is not None:
            info = zipfile.ZipInfo(name, ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            return self._zip.open(info, "w", force_zip64=True)
        target = self._path.joinpath(name)
        target.parent.mkdir(exist_ok=True)
        return target.open("wb")

    def put(self, name: str, data: bytes) -> None:
        """A whole file."""
        with self.open(name) as write:
            write(data)

    def close(self) -> None:
        """Ends the archive and makes it durable."""
        if self._zip is not None:
            self._zip.close()
            disk.sync_file(self._path)
            return
        for item in sorted(self._path.rglob("*"), reverse=True):
            (disk.sync_directory if item.is_dir() else disk.sync_file)(item)
        disk.sync_directory(self._path)


def export_journal(store: Store, features: Joined, target: Path, *, progress: Progress | None = None) -> Manifest:
    """Exports the whole journal as it stands now to ``target``, a new directory, or a ZIP where its name ends so.

    A journal that is broken is exported as it is: whoever inspects it must see what is there. The export appears under
    its name when it is whole and on disk.
    """
    if target.exists():
        raise StoreFault("export.exists", f"{target} exists already")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Not the row of the log: were it damaged, entries behind it would be left out of what an inspector sees.
    last_gen, last_size = _end(store)
    shop = log_of(store).shop
    temporary = target.with_name(f".{target.name}.{SystemEntropy().take(4).hex()}.new")
    try:
        writer = _Writer(temporary, zipped=target.suffix == ".zip")
        generations = tuple(
            _generation(store, features, writer, gen, last_size if gen == last_gen else SIZE_MAX - 1, progress=progress)
            for gen in range(1, last_gen + 1)
        )
        writer.put("README.txt", README.encode())
        writer.put("verify_export.py", Path(__file__).with_name("verify_export.py").read_bytes())
        manifest = Manifest(
            format=EXPORT_FORMAT,
            shop=shop,
            software=VERSION,
            generations=generations,
            files=tuple(writer.files),
        )
        writer.put("manifest.json", msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
        writer.close()
        temporary.rename(target)
        disk.sync_directory(target.parent)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink(missing_ok=True)
    return manifest


def _generation(
    store: Store, features: Joined, writer: _Writer, gen: int, size: int, *, progress: Progress | None
) -> Generation:
    series: dict[int, Series] = {}
    count = 0
    with writer.open(f"generation-{gen}/entries.ndjson") as write:
        for data in _entries(store, gen, size, progress):
            write(data + b"\n")
            count += 1
            _note_number(features, data, series)
    last: Checkpoint | None = None
    note = ""
    with store.read() as txn:
        shop = log_of(store).shop
        vkeys = {key[1]: vkey for key, vkey in Snapshot(txn).scan(VKEYS, gen)}
    with writer.open(f"generation-{gen}/checkpoints.ndjson") as write:
        for last in _checkpoints(store, gen, size):
            vkey = vkeys.get(last.key)
            note = "" if vkey is None else checkpoint_note(shop, gen, last, vkey)
            write(msgspec.json.encode({"size": last.size, "key": last.key, "note": note}) + b"\n")
    writer.put(f"generation-{gen}/keys.txt", "".join(f"{vkey}\n" for _, vkey in sorted(vkeys.items())).encode())
    return Generation(
        gen=gen,
        origin=origin(shop, gen),
        first=0 if count else None,
        last=count - 1 if count else None,
        size=count,
        root=(EMPTY_ROOT if last is None else last.root).hex(),
        checkpoint=note,
        series=tuple(series[number] for number in sorted(series)),
    )


def _end(store: Store) -> tuple[int, int]:
    """(generation, size) behind the last entry or the last checkpoint: what was signed and is missing must show."""
    with store.read() as txn:
        entry, checkpoint = txn.last("entries"), txn.last("checkpoints")
    places = [(1, 0)]
    if entry is not None:
        places.append(split_position(int.from_bytes(entry[0], "big") + 1))
    if checkpoint is not None:
        places.append(split_position(int.from_bytes(checkpoint[0], "big")))
    return max(places)


def _entries(store: Store, gen: int, size: int, progress: Progress | None) -> Iterator[bytes]:
    """The bytes of the entries of a generation that stand before ``size``, from snapshots that never grow old."""
    seq, done = 0, 0
    while True:
        step: list[bytes] = []
        with store.read() as txn:
            total = txn.count("entries")
            for key, data in txn.scan("entries", position_key(gen, seq), position_key(gen, size)):
                seq = split_position(int.from_bytes(key, "big"))[1] + 1
                step.append(data)
                if len(step) >= STEP_ENTRIES:
                    break
        if not step:
            return
        yield from step
        done += len(step)
        if progress is not None:
            progress(done, total)


def _checkpoints(store: Store, gen: int, size: int) -> Iterator[Checkpoint]:
    at = 0
    while True:
        step: list[Checkpoint] = []
        with store.read() as txn:
            for key, value in txn.scan("checkpoints", position_key(gen, at + 1), position_key(gen, size + 1)):
                at = split_position(int.from_bytes(key, "big"))[1]
                step.append(Checkpoint.unpack(at, value))
                if len(step) >= STEP_ENTRIES:
                    break
        if not step:
            return
        yield from step


def _note_number(features: Joined, data: bytes, series: dict[int, Series]) -> None:
    """Remembers the accounting number of a ticket; bytes that are no entry are the check's business."""
    try:
        records = features.decode_entry(data).rec
    except msgspec.DecodeError:
        return
    for record in records:
        if isinstance(record, Ticket):
            known = series.get(record.series)
            first = record.no if known is None else known.first
            series[record.series] = Series(series=record.series, first=first, last=record.no)
