"""Unix sockets of one shop: where they lie, who may connect, and paths of any length."""

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

WORKER, OUTBOX, CHORES, CONSOLE = "worker", "outbox", "chores", "console"
ROLES = (WORKER, OUTBOX, CHORES, CONSOLE)
"""The roles of the processes beside the engine; each has its own socket, and the engine takes the role from it: it is
the source of whatever comes (engine/kernel/credentials.py), and none of them is the engine's own. The console is the
command line of the machine's owner, who could hold the shop himself if no engine ran."""

FOLDER = "run"
BACKLOG = 64
_UCRED = struct.Struct("iII")


def socket_path(data: Path, role: str) -> Path:
    """Where the socket of a role lies."""
    return data / FOLDER / f"{role}.sock"


@contextlib.contextmanager
def short(path: Path) -> Iterator[str]:
    """The path by way of an open directory: a Unix socket's own path has at most 107 bytes, a shop's may have more."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def listen(data: Path, role: str) -> socket.socket:
    """A listening socket for a role, for the owner alone; one left by a dead engine goes (the store's lock is held)."""
    path = socket_path(data, role)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    before = os.umask(0o177)
    try:
        with short(path) as name:
            made.bind(name)
    finally:
        os.umask(before)
    made.listen(BACKLOG)
    made.setblocking(False)
    return made


def connect(data: Path, role: str) -> socket.socket:
    """A connection to the engine as a role; raises `OSError` where none listens."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        with short(socket_path(data, role)) as name:
            made.connect(name)
    except BaseException:
        made.close()
        raise
    made.setblocking(False)
    return made


class Peer(NamedTuple):
    """A process at the other end of a connection: its number and its user."""

    pid: int
    uid: int


def peer_of(connected: socket.socket) -> Peer:
    """Who opened the other end, as the kernel knows it (SO_PEERCRED)."""
    pid, uid, _ = _UCRED.unpack(connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    return Peer(pid, uid)
