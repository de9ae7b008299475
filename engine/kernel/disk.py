"""What the store asks of the disk: the kind of file system, room to finish, whole files, one owner."""

import contextlib
import dataclasses
import errno
import fcntl
import os
import struct
from pathlib import Path

from engine.kernel.errors import StoreFault

MIB = 1 << 20
FILESYSTEMS_SAFE = frozenset({"ext4", "xfs"})
FILESYSTEMS_UNSAFE = frozenset({"tmpfs", "overlay", "ramfs"})
PAGE_BYTES_MIN = 4096
META_MAGIC = 0xBEEFC0DE
META_VERSION = 1  # LMDB 0.9's data format: the only one that S1 allows

_META = struct.Struct("<IIQQ48s48sQQ")
_PAGE_HEADER_BYTES = 16
_ZEROS = bytes(MIB)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What the store keeps in reserve, in bytes (reliability rule S5) and its address space (S6 as amended)."""

    map_bytes: int = 32 << 30
    ballast_bytes: int = 64 * MIB
    ahead_bytes: int = 16 * MIB
    ahead_step_bytes: int = 4 * MIB
    free_bytes_min: int = 256 * MIB
    free_percent_min: int = 5
    free_percent_warn: int = 10


SMALL = Limits(map_bytes=1 << 30, ballast_bytes=0, ahead_bytes=0, free_bytes_min=0, free_percent_min=0)
"""Limits for tests and throw-away shops: no reserve, little address space."""


@dataclasses.dataclass(frozen=True, slots=True)
class Room:
    """Free space: ``low`` means no new sales, ``warn`` means tell somebody."""

    free_bytes: int
    low: bool
    warn: bool


def room(path: Path, limits: Limits) -> Room:
    """The room on the disk that holds ``path``, against the limits."""
    stat = os.statvfs(path)
    free = stat.f_bavail * stat.f_frsize
    total = max(1, stat.f_blocks * stat.f_frsize)
    low = free < max(limits.free_bytes_min, total * limits.free_percent_min // 100)
    return Room(free, low, free * 100 < total * limits.free_percent_warn)


def filesystem(path: Path) -> str:
    """The type of the file system that holds ``path``, from the kernel's mount table; "unknown" where there is none."""
    try:
        table = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    except FileNotFoundError:
        return "unknown"
    device = os.stat(path).st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    real = str(path.resolve())
    best, kind = -1, "unknown"
    for line in table.splitlines():
        fields, _, rest = line.partition(" - ")
        number, mount = fields.split(" ")[2], fields.split(" ")[4].replace("\\040", " ")
        inside = real == mount or real.startswith(mount.rstrip("/") + "/")
        if number == wanted and inside and len(mount) > best:
            best, kind = len(mount), rest.split(" ")[0]
    return kind


def require_filesystem(path: Path, *, unsafe: bool) -> str:
    """Rule S7: ext4 or xfs; tmpfs and overlay only when asked for; everything else is refused."""
    kind = filesystem(path)
    if kind in FILESYSTEMS_SAFE or (unsafe and kind in FILESYSTEMS_UNSAFE | {"unknown"}):
        return kind
    hint = " (--unsafe-filesystem allows it, for tests only)" if kind in FILESYSTEMS_UNSAFE | {"unknown"} else ""
    raise StoreFault(
        "store.filesystem",
        f"{path} lies on {kind}; a journal is kept on ext4 or xfs, which survived our fault tests{hint}",
    )


def require_whole(data: Path) -> None:
    """Rule S2: parses both meta pages before LMDB maps the file, because a short file would kill the process later.

    Offsets are those of LMDB 0.9's ``MDB_meta``, which begins behind the 16-byte page header.
    """
    size = data.stat().st_size
    with data.open("rb") as file:
        head = file.read(2 * 65_536)
    best: tuple[int, int, int] | None = None
    page = PAGE_BYTES_MIN
    for number in (0, 1):
        at = number * page + _PAGE_HEADER_BYTES
        if len(head) < at + _META.size:
            continue
        magic, version, _, _, free_db, _, last_page, txn = _META.unpack_from(head, at)
        if magic != META_MAGIC or (version & 0xFFFF) != META_VERSION:
            continue
        page = int.from_bytes(free_db[:4], "little") or page
        if best is None or txn > best[0]:
            best = (txn, last_page, page)
    if best is None:
        raise StoreFault("store.damaged", f"{data} holds no LMDB 0.9 meta page: it is not a store, or it is damaged")
    needed = (best[1] + 1) * best[2]
    if size < needed:
        raise StoreFault("store.truncated", f"{data} is {size} bytes long and should be at least {needed}")


def write_metas_again(data: Path) -> None:
    """Writes both meta pages over themselves, through to the disk, before LMDB maps the file for writing.

    A commit whose meta page was written but reported as failed leaves the page rolled back in the page cache only. A
    sync that fails once may mark that page clean, so that no later sync writes it; a power cut would then bring
    the failed commit's meta page back, over pages used again since (tests/faults, kind ``double``).
    """
    fd = os.open(data, os.O_RDWR | os.O_DSYNC | os.O_CLOEXEC)
    try:
        head = os.pread(fd, 2 * PAGE_BYTES_MIN, 0)
        page = int.from_bytes(head[_PAGE_HEADER_BYTES + 24 : _PAGE_HEADER_BYTES + 28], "little") or PAGE_BYTES_MIN
        for at in (0, page):
            meta = os.pread(fd, PAGE_BYTES_MIN, at)
            if os.pwrite(fd, meta, at) != len(meta):
                raise OSError(errno.EIO, "a meta page was written in part")
    except OSError as error:
        raise StoreFault("store.open", f"{data} cannot be written: {error}", retry=True) from error
    finally:
        os.close(fd)


class OwnerLock:
    """Rule S8: one process writes. An exclusive lock on ``owner.lock``, held until the process lets go or dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.pread(self._fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            raise StoreFault("store.owned", f"{path.parent} is open for writing in process {owner}") from error
        try:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, str(os.getpid()).encode(), 0)
        except OSError as error:
            os.close(self._fd)  # else the lock would outlive this failure for as long as the process
            raise StoreFault("store.open", f"{path} cannot be written: {error}", retry=True) from error

    def close(self) -> None:
        """Lets go."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def sync_directory(path: Path) -> None:
    """Makes the names inside a directory durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_file(path: Path) -> None:
    """Makes a file's bytes durable."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_durably(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Writes a small file so that after a power cut it is there whole or not at all."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)  # one left by a crash would keep its own mode, and this may be a key
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        left = memoryview(content)
        while left:
            left = left[os.write(fd, left) :]  # a full disk takes a part and says so; half a key would pass for one
        os.fsync(fd)
    finally:
        os.close(fd)
    temporary.replace(path)
    sync_directory(path.parent)


def fill(path: Path, start: int, stop: int) -> None:
    """Writes real zeros to [start, stop): sparse or unwritten extents would make the next sync pay for them."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while start < stop:
            start += os.pwrite(fd, memoryview(_ZEROS)[: min(MIB, stop - start)], start)
        os.fdatasync(fd)
    finally:
        os.close(fd)


def keep_ballast(path: Path, count: int) -> None:
    """Makes the ballast file whole, if there is room; it is given up on a full disk, so that work can be finished."""
    with contextlib.suppress(OSError):
        size = path.stat().st_size if path.exists() else 0
        if size < count and room(path.parent, Limits()).free_bytes > 2 * (count - size):
            fill(path, size, count)
