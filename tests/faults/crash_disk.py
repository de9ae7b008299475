"""A model of a disk under a recorded run: what is surely there, what may be there, and what a power cut can leave.

The page cache holds one version of each 512-byte sector, so a cut leaves, for every sector, one of the versions it had
since it was last known to be on the disk. Choosing a version per sector covers dropped, reordered and torn writes at
once, and nothing a sound drive cannot do. The same holds for the size of a file and for each name in a folder:

- a successful fsync or fdatasync settles every sector and the size of that file, through whichever descriptor;
- a successful O_DSYNC write settles the sectors it touched and the size;
- a name (create, rename, unlink, mkdir, link) is settled by an fsync of its folder only; a rename is atomic;
- a write that reported an error after reaching the file is a version like any other: it may be on the disk or not;
- after a failed sync (or failed O_DSYNC write) Linux calls the sectors clean: a later sync passes over them until they
  are written again (`forgets=False` turns this off).
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

from fault_shim import Event, Flag, Op

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECTOR_BYTES = 512


class LogIncompleteError(Exception):
    """The log does not explain the files: a call escaped the shim, and images built from it would prove nothing."""


class Choice(NamedTuple):
    """Which of the open events reached the disk: whole (`kept`), or sector by sector as a seeded coin says (`torn`)."""

    kept: frozenset[int]
    torn: frozenset[int]
    seed: int

    def has(self, event: int, part: int) -> bool:
        """True when part `part` (a sector, or -1 for the size) of event `event` is on the disk."""
        if event in self.torn:
            return bool(zlib.crc32(b"%d/%d/%d" % (self.seed, event, part)) & 0x10)
        return event in self.kept


class File:
    """A file: `live` is what readers see, `held` and `held_size` what surely survives, the rest is open."""

    def __init__(self, content: bytes = b"") -> None:
        self.live = bytearray(content)
        self.held = bytearray(content)
        self.held_size = len(content)
        self.versions: dict[int, list[tuple[int, bytes]]] = {}
        self.sizes: list[tuple[int, int]] = []
        self._passed_over: dict[int, int] = {}

    def write(self, event: int, offset: int, data: bytes) -> range:
        """Changes the live content, and gives the sectors touched."""
        before = len(self.live)
        if offset > before:
            self.live.extend(bytes(offset - before))
        self.live[offset : offset + len(data)] = data
        if len(self.live) != before:
            self.sizes.append((event, len(self.live)))
        return self._changed(event, min(offset, before) if data else offset, offset + len(data))

    def truncate(self, event: int, size: int) -> None:
        """Cuts the live content, or extends it by zeros."""
        before = len(self.live)
        if size == before:
            return
        if size < before:
            del self.live[size:]
        else:
            self.live.extend(bytes(size - before))
        self.sizes.append((event, size))
        if size < before:
            self._changed(event, size, before)

    def _changed(self, event: int, start: int, end: int) -> range:
        touched = range(start // SECTOR_BYTES, -(-end // SECTOR_BYTES))
        for sector in touched:
            content = bytes(self.live[sector * SECTOR_BYTES : (sector + 1) * SECTOR_BYTES])
            self.versions.setdefault(sector, []).append((event, content.ljust(SECTOR_BYTES, b"\0")))
        return touched

    def settle(self, sectors: range | None = None) -> None:
        """A barrier succeeded: for these sectors (None: all) and the size, the live version is the only one left."""
        for sector in list(self.versions) if sectors is None else [s for s in sectors if s in self.versions]:
            last, content = self.versions[sector][-1]
            if self._passed_over.get(sector, -1) >= last:
                continue
            self._passed_over.pop(sector, None)
            start = sector * SECTOR_BYTES
            if len(self.held) < start + SECTOR_BYTES:
                self.held.extend(bytes(start + SECTOR_BYTES - len(self.held)))
            self.held[start : start + SECTOR_BYTES] = content
            del self.versions[sector]
        self.held_size = len(self.live)
        self.sizes.clear()

    def forget(self, event: int, sectors: range | None = None) -> None:
        """A barrier failed: what is open now is clean to the kernel, and later barriers pass over it."""
        for sector in list(self.versions) if sectors is None else sectors:
            self._passed_over[sector] = event

    def open_events(self) -> Iterator[int]:
        """The events of which it is not known whether the disk has them."""
        for versions in self.versions.values():
            yield from (event for event, _ in versions)
        yield from (event for event, _ in self.sizes)

    def image(self, choice: Choice) -> bytes:
        """The content a power cut leaves."""
        size = self.held_size
        for event, after in self.sizes:
            if choice.has(event, -1):
                size = after
        content = self.held[:size]
        content.extend(bytes(size - len(content)))
        for sector, versions in self.versions.items():
            start = sector * SECTOR_BYTES
            chosen = next((data for event, data in reversed(versions) if choice.has(event, sector)), None)
            if chosen is not None and start < size:
                content[start : start + SECTOR_BYTES] = chosen[: size - start]
        return bytes(content)


class Folder:
    """A folder: the names readers see, and the names that surely survive."""

    def __init__(self) -> None:
        self.live: dict[str, File | Folder] = {}
        self.held: dict[str, File | Folder] = {}


class NameChange(NamedTuple):
    """An atomic change of names: (folder, name, what it names afterwards or None)."""

    event: int
    changes: tuple[tuple[Folder, str, File | Folder | None], ...]

    def slots(self) -> set[tuple[int, str]]:
        """The names it touches."""
        return {(id(folder), name) for folder, name, _ in self.changes}


class Disk:
    """All files and folders of a recorded run, moved on event by event."""

    def __init__(self, *, forgets: bool = True) -> None:
        self.root = Folder()
        self._forgets = forgets
        self._changes: list[NameChange] = []
        self._inodes: dict[int, File | Folder] = {}

    def begin(self, index: int, event: Event) -> None:
        """The visible effect of a call: from here on it may be on the disk."""
        done = Flag.FAILED not in event.flags
        if event.op is Op.WRITE and event.data:
            self._file(event).write(index, event.offset, event.data)
        elif not done or event.op in {Op.MARK, Op.SYNC, Op.WRITE}:
            return
        elif event.op is Op.OPEN:
            self._open(index, event)
        elif event.op is Op.TRUNCATE:
            file = self._file(event)
            grown = max(len(file.live), event.offset - event.length)
            file.truncate(index, event.length if event.length >= 0 else grown)
        else:
            self._rename(index, event)

    def finish(self, index: int, event: Event) -> None:
        """The promise of a call that returned: what it settles, or what its failure leaves in doubt."""
        failed = Flag.FAILED in event.flags
        if event.op is Op.SYNC and Flag.ALL_FILES in event.flags:
            for node in {id(node): node for node in self._everything()}.values():
                self._barrier(index, node, None, failed=failed)
        elif event.op is Op.SYNC and event.path != "?mapping":
            self._barrier(index, self._find(event), None, failed=failed)
        elif event.op is Op.WRITE and event.data and Flag.DSYNC in event.flags:
            first = event.offset // SECTOR_BYTES
            touched = range(first, -(-(event.offset + len(event.data)) // SECTOR_BYTES))
            self._barrier(index, self._file(event), touched, failed=failed)

    def _barrier(self, index: int, node: File | Folder, sectors: range | None, *, failed: bool) -> None:
        if isinstance(node, Folder):
            if not failed:
                self._settle_names(node)
        elif not failed:
            node.settle(sectors)
        elif self._forgets:
            node.forget(index, sectors)

    def _open(self, index: int, event: Event) -> None:
        if Flag.CREATED in event.flags:
            self._change(index, (event.path, File()))
        node = self._look_up(event.path)
        self._inodes[event.inode] = node
        if Flag.EMPTIED in event.flags and isinstance(node, File):
            node.truncate(index, 0)

    def _rename(self, index: int, event: Event) -> None:
        if event.op is Op.MKDIR:
            self._change(index, (event.path, Folder()))
        elif event.op is Op.UNLINK:
            self._change(index, (event.path, None))
        elif not event.path or not event.path2:
            raise LogIncompleteError(f"event {index}: {event.op.name} across the edge of the watched folder")
        elif event.op is Op.LINK:
            self._change(index, (event.path2, self._look_up(event.path)))
        else:
            self._change(index, (event.path2, self._look_up(event.path)), (event.path, None))

    def _change(self, index: int, *changes: tuple[str, File | Folder | None]) -> None:
        placed = []
        for path, node in changes:
            parent, _, name = path.rpartition("/")
            folder = self._look_up(parent)
            if not isinstance(folder, Folder):
                raise LogIncompleteError(f"event {index}: {parent} is not a folder")
            placed.append((folder, name, node))
            if node is None:
                folder.live.pop(name, None)
            else:
                folder.live[name] = node
        self._changes.append(NameChange(index, tuple(placed)))

    def _settle_names(self, folder: Folder) -> None:
        wanted = frozenset(change.event for change in self._changes if any(at is folder for at, _, _ in change.changes))
        settled = self._with_forerunners(wanted)
        for change in self._changes:
            if change.event in settled:
                _apply(change)
        self._changes = [change for change in self._changes if change.event not in settled]

    def _with_forerunners(self, wanted: frozenset[int]) -> set[int]:
        """A change of a name brings the earlier changes of the same name with it."""
        chosen: set[int] = set()
        slots: set[tuple[int, str]] = set()
        for change in reversed(self._changes):
            if change.event in wanted or change.slots() & slots:
                chosen.add(change.event)
                slots |= change.slots()
        return chosen

    def _file(self, event: Event) -> File:
        node = self._find(event)
        if not isinstance(node, File):
            raise LogIncompleteError(f"{event.path} is not a file")
        return node

    def _find(self, event: Event) -> File | Folder:
        return self._inodes.get(event.inode) or self._look_up(event.path)

    def _look_up(self, path: str) -> File | Folder:
        node: File | Folder | None = self.root
        for name in path.split("/") if path else []:
            node = node.live.get(name) if isinstance(node, Folder) else None
        if node is None:
            raise LogIncompleteError(f"{path!r} appeared without a recorded call")
        return node

    def _everything(self) -> Iterator[File | Folder]:
        """Every node that any name, live or held, leads to."""
        waiting: list[File | Folder] = [self.root]
        seen: set[int] = set()
        while waiting:
            node = waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            yield node
            if isinstance(node, Folder):
                waiting += [*node.live.values(), *node.held.values()]
                waiting += [to for change in self._changes for at, _, to in change.changes if at is node and to]

    def open_events(self) -> list[int]:
        """The events of which it is not known whether the disk has them, in order."""
        found = {change.event for change in self._changes}
        for node in self._everything():
            if isinstance(node, File):
                found.update(node.open_events())
        return sorted(found)

    def image(self, choice: Choice) -> dict[str, bytes | None]:
        """The tree a power cut leaves: content by path, None for a folder."""
        chosen = self._with_forerunners(frozenset(c.event for c in self._changes if choice.has(c.event, -2)))
        names: dict[int, dict[str, File | Folder]] = {}
        for change in self._changes:
            if change.event in chosen:
                for folder, name, node in change.changes:
                    _assign(names.setdefault(id(folder), dict(folder.held)), name, node)
        tree: dict[str, bytes | None] = {}
        waiting: list[tuple[str, Folder]] = [("", self.root)]
        while waiting:
            prefix, folder = waiting.pop()
            for name, node in names.get(id(folder), folder.held).items():
                path = prefix + name
                if isinstance(node, Folder):
                    tree[path] = None
                    waiting.append((path + "/", node))
                else:
                    tree[path] = node.image(choice)
        return tree

    def live_tree(self) -> dict[str, bytes | None]:
        """The tree as its readers see it now."""
        tree: dict[str, bytes | None] = {}
        waiting: list[tuple[str, Folder]] = [("", self.root)]
        while waiting:
            prefix, folder = waiting.pop()
            for name, node in folder.live.items():
                tree[prefix + name] = None if isinstance(node, Folder) else bytes(node.live)
                if isinstance(node, Folder):
                    waiting.append((prefix + name + "/", node))
        return tree


def _apply(change: NameChange) -> None:
    for folder, name, node in change.changes:
        _assign(folder.held, name, node)


def _assign(names: dict[str, File | Folder], name: str, node: File | Folder | None) -> None:
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


def compare(tree: dict[str, bytes | None], folder: Path, *, unseen: frozenset[str]) -> None:
    """Raises `LogIncompleteError` when a modelled tree differs from the real folder, but in files named in `unseen`."""
    real = {
        str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
        for path in folder.rglob("*")
        if path.name not in unseen
    }
    modelled = {path: content for path, content in tree.items() if path.rpartition("/")[2] not in unseen}
    differing = sorted(
        path for path in real.keys() | modelled.keys() if real.get(path, b"?") != modelled.get(path, b"?")
    )
    if differing:
        raise LogIncompleteError(f"the recording does not explain: {', '.join(differing[:5])}")
