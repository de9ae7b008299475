"""The Python side of the LD_PRELOAD shim: builds it, arms it, and reads the log it writes."""

from __future__ import annotations

import ctypes
import errno
import functools
import hashlib
import os
import struct
import subprocess
import sys
from enum import IntEnum, IntFlag
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "faults"
COMPILE = ("gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-pthread")


class Op(IntEnum):
    """The kinds of call the shim tells apart, by its own numbers."""

    OPEN = 0
    WRITE = 1
    SYNC = 2
    TRUNCATE = 3
    RENAME = 4
    UNLINK = 5
    MKDIR = 6
    LINK = 7
    MARK = 8

    @property
    def bit(self) -> int:
        """Its bit in the mask that `Shim.arm` takes."""
        return 1 << self


MASK_CHANGES = sum(op.bit for op in Op if op not in {Op.OPEN, Op.MARK})
"""Every call that changes the disk or waits for it."""
MASK_ALL = MASK_CHANGES | Op.OPEN.bit


class Mode(IntEnum):
    """What happens at the call that was chosen."""

    NONE = 0
    BEFORE = 1
    """The error, and nothing was done."""
    AFTER = 2
    """All was done, and yet the error is reported."""
    SHORT = 3
    """A part is written, and the call says how much."""
    TORN = 4
    """A part is written, and the error is reported."""
    KILL_BEFORE = 5
    KILL_AFTER = 6
    KILL_TORN = 7


class Fault(NamedTuple):
    """A fault by name: how it strikes, with which errno, and for how many calls in a row (0: until disarmed)."""

    name: str
    mode: Mode
    error: int = 0
    repeat: int = 1


FAULTS = (
    Fault("eio", Mode.BEFORE, errno.EIO),
    Fault("eio-after", Mode.AFTER, errno.EIO),
    Fault("eio-torn", Mode.TORN, errno.EIO),
    Fault("enospc", Mode.BEFORE, errno.ENOSPC),
    Fault("enospc-after", Mode.AFTER, errno.ENOSPC),
    Fault("edquot", Mode.BEFORE, errno.EDQUOT),
    Fault("efbig", Mode.BEFORE, errno.EFBIG),
    Fault("eintr", Mode.BEFORE, errno.EINTR),
    Fault("short", Mode.SHORT),
    Fault("eio-twice", Mode.BEFORE, errno.EIO, 2),
    Fault("eio-after-twice", Mode.AFTER, errno.EIO, 2),
    Fault("eio-after-x4", Mode.AFTER, errno.EIO, 4),
    Fault("disk-full", Mode.BEFORE, errno.ENOSPC, 0),
    Fault("kill-before", Mode.KILL_BEFORE),
    Fault("kill-after", Mode.KILL_AFTER),
    Fault("kill-torn", Mode.KILL_TORN),
)
ERRORS = tuple(fault for fault in FAULTS if fault.mode < Mode.KILL_BEFORE)
KILLS = tuple(fault for fault in FAULTS if fault.mode >= Mode.KILL_BEFORE)


def build() -> Path:
    """Compiles the shim, once for each version of its source, and gives the library's path."""
    sources = (HERE / "iofault.c", HERE / "iofault.h")
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    library = BUILD / f"iofault-{digest}.so"
    if not library.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        fresh = library.with_suffix(f".{os.getpid()}.tmp")
        subprocess.run([*COMPILE, "-o", str(fresh), str(sources[0])], check=True)
        fresh.replace(library)
    return library


def environment() -> dict[str, str]:
    """The environment in which a child carries the shim; LMDB's own default switch is taken out (S1)."""
    kept = {name: value for name, value in os.environ.items() if name != "LMDB_DEFAULT_LIB_VERSION"}
    return kept | {"LD_PRELOAD": str(build())}


def reexec_with_shim(argv: Sequence[str]) -> None:
    """Replaces this process by itself with the shim preloaded; returns when it already is."""
    if not loaded():
        _become([sys.executable, *argv])


def _become(command: list[str]) -> NoReturn:
    sys.stdout.flush()
    os.execve(command[0], command, environment())


def loaded() -> bool:
    """True when this process carries the shim."""
    return hasattr(ctypes.CDLL(None), "iofault_arm")


class Shim:
    """The shim of this process; `AttributeError` when it is not preloaded."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        self._scope = library.iofault_scope
        self._record = library.iofault_record
        self._arm = library.iofault_arm
        self._arm.restype = None
        self._arm.argtypes = [ctypes.c_uint32, ctypes.c_long, ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
        self._mark = library.iofault_mark
        self._mark.restype = None
        self._mark.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
        self._calls, self._fired, self._counted = library.iofault_calls, library.iofault_fired, library.iofault_counted
        for function in (self._calls, self._fired, self._counted):
            function.restype = ctypes.c_long

    def scope(self, folder: Path | None) -> None:
        """Watches `folder` from now on (None: nothing), with all counts at zero and nothing armed."""
        if self._scope(os.fsencode(folder.resolve()) if folder else b"") != 0:
            raise OSError(errno.ENAMETOOLONG, "the folder's name is too long", str(folder))

    def record(self, log: Path | None) -> None:
        """Appends every watched call to `log` from now on (None: stop)."""
        if self._record(os.fsencode(log) if log else b"") != 0:
            raise OSError(errno.EACCES, "the log cannot be opened", str(log))

    def arm(self, fault: Fault, nth: int, *, mask: int = MASK_CHANGES, keep: int = -1) -> None:
        """Strikes the `nth` call (from 1) of the kinds in `mask`; a torn write keeps `keep` bytes (-1: half)."""
        self._arm(mask, nth, fault.mode, fault.error, fault.repeat, keep)

    def count(self, mask: int = MASK_CHANGES) -> None:
        """Arms nothing, but counts the calls of the kinds in `mask` from zero."""
        self._arm(mask, 0, Mode.NONE, 0, 0, -1)

    def disarm(self) -> None:
        """Lets every call through."""
        self._arm(0, 0, Mode.NONE, 0, 0, -1)

    def calls(self) -> int:
        """How many calls matched since the last `arm` or `count`."""
        return int(self._calls())

    def fired(self) -> int:
        """How many calls were struck since the last `arm`."""
        return int(self._fired())

    def counted(self, op: Op) -> int:
        """How many calls of a kind there were since the last `scope`."""
        return int(self._counted(int(op)))

    def mark(self, note: bytes) -> None:
        """Puts a note between the recorded calls."""
        self._mark(note, len(note))


class Flag(IntFlag):
    """What the log says about a call besides its kind."""

    DSYNC = 1
    FAILED = 2
    CREATED = 4
    FOLDER = 8
    EMPTIED = 16
    INJECTED = 32
    ALL_FILES = 64


class Event(NamedTuple):
    """One recorded call: paths relative to the watched folder, `data` the bytes that reached the file."""

    op: Op
    flags: Flag
    error: int
    inode: int
    offset: int
    length: int
    path: str
    path2: str
    data: bytes


HEADER = struct.Struct("<IBBHHhQqq")


def read_log(log: Path) -> list[Event]:
    """Every event of a log; a record that a kill cut off at the end is left out."""
    return list(_events(log.read_bytes()))


def _events(raw: bytes) -> Iterator[Event]:
    at = 0
    while at + HEADER.size <= len(raw):
        total, op, flags, path_bytes, path2_bytes, error, inode, offset, length = HEADER.unpack_from(raw, at)
        if at + total > len(raw):
            return
        names = at + HEADER.size
        data = names + path_bytes + path2_bytes
        path, path2 = os.fsdecode(raw[names : names + path_bytes]), os.fsdecode(raw[names + path_bytes : data])
        yield Event(Op(op), Flag(flags), error, inode, offset, length, path, path2, raw[data : at + total])
        at += total


@functools.cache
def shim() -> Shim:
    """The one shim of this process."""
    return Shim()
