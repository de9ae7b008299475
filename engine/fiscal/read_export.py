"""Reading an exported journal again: the sealed groups that a restored copy lacks."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from engine.kernel.bring_back import Group
from engine.kernel.errors import StoreFault
from engine.kernel.journal import Checkpoint
from engine.kernel.notes import NoteError, parse_checkpoint, split_note


class ExportSource:
    """Groups from an export (directory or ZIP); nothing in it is believed before its signature was verified."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _open(self, name: str) -> IO[bytes]:
        try:
            if self._path.is_dir():
                return self._path.joinpath(name).open("rb")
            return zipfile.ZipFile(self._path).open(name)
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise StoreFault("export.unreadable", f"{self._path} holds no {name}: {error}") from error

    def groups(self, gen: int, size: int) -> Iterator[Group]:
        """The groups of a generation behind its first ``size`` entries, in order."""
        with self._open(f"generation-{gen}/entries.ndjson") as entries:
            seq = 0
            with self._open(f"generation-{gen}/checkpoints.ndjson") as lines:
                for line in lines:
                    checkpoint = _checkpoint(line)
                    data = []
                    while seq < checkpoint.size:
                        entry = entries.readline()
                        if not entry.endswith(b"\n"):
                            raise StoreFault("export.unreadable", f"{self._path} lacks entry {seq} of generation {gen}")
                        if seq >= size:
                            data.append(entry[:-1])
                        seq += 1
                    if checkpoint.size > size:
                        yield Group(entries=tuple(data), checkpoint=checkpoint)


def _checkpoint(line: bytes) -> Checkpoint:
    try:
        stored = json.loads(line)
        text, signatures = split_note(stored["note"])
        parsed = parse_checkpoint(text)
        return Checkpoint(int(stored["key"]), parsed.size, parsed.root, signatures[0][2])
    except (ValueError, KeyError, TypeError, NoteError) as error:
        raise StoreFault("export.unreadable", f"a checkpoint is malformed: {error}") from error
