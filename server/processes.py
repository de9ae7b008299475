"""The processes of a served shop: ``python -m server.processes engine|worker|outbox|chores|hooks``, by their parent.

Each imports what it needs and nothing else: the one that calls other people's servers never loads the store.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from engine.engine import Engine
    from server.options import Options

PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
OWNER_ENDS_WITHIN_S = 5.0
OWNER_LOOK_EACH_S = 0.1
BACKLOG = 2048

SPARE, SPARE_BEGINS = "spare", b"1"
"""The last argument of an engine that waits to be needed, and what it is told on its standard input when it is."""

EXIT_FAULT = 4
"""The engine cannot begin: starting it again would not help."""


GC_YOUNG_OBJECTS = 20_000
"""What Python makes before it looks for cycles: next to nothing here forms any, and looking after each 700 objects
costs a sale 2 % of its time (docs/performance.md)."""


def main(arguments: list[str]) -> int:
    """Runs one process: its role, its options as JSON, its parent's pid, and the socket that a worker or hooks gets."""
    role, encoded, parent, *rest = arguments
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {role}[%(process)d] %(levelname)s %(message)s")
    _end_with(int(parent))
    if role == "hooks":
        be_ordinary()
        return run_hooks(encoded, int(rest[0]))
    from server.options import Options

    options = msgspec.json.decode(encoded, type=Options)
    if role in ("engine", "worker"):
        import engine.engine  # noqa: F401  # leads what is imported from here on to compiled forms; others need none

        gc.set_threshold(GC_YOUNG_OBJECTS, *gc.get_threshold()[1:])
    if role == "engine":
        return 0 if rest == [SPARE] and not _is_needed() else run_engine(options)
    be_ordinary()
    if role == "outbox":
        from server.outbox.run_outbox import run_outbox

        return run_outbox(options)
    if role == "chores":
        from server.chores import run_chores

        return run_chores(options)
    from server.worker import run_worker

    return run_worker(options, int(rest[0]))


def be_ordinary() -> None:
    """Takes the ordinary scheduling policy where a service's unit gave a real-time one: that is the engine's alone."""
    if os.sched_getscheduler(0) != os.SCHED_OTHER:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _end_with(parent: int) -> None:
    """Asks the kernel for a SIGTERM when the supervisor is gone: nothing of ours goes on unwatched."""
    ctypes.CDLL(None, use_errno=True).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _is_needed() -> bool:
    """Imports all that an engine needs and waits; false where the supervisor ends without needing it."""
    import server.wire.host  # noqa: F401  # with the engine; whoever is needed imports it in a moment

    signal.signal(
        signal.SIGINT, signal.SIG_DFL
    )  # Ctrl-C at a terminal is for every process: this one has no last words
    return sys.stdin.buffer.read(len(SPARE_BEGINS)) == SPARE_BEGINS


def run_engine(options: Options) -> int:
    """The engine behind its sockets, until SIGTERM."""
    from engine.engine import Fault
    from server.wire.host import Host
    from server.wire.paces import Paces
    from server.wire.sockets import ROLES, listen

    data = Path(options.data)
    try:
        engine = _open_engine(data, options)
    except Fault as fault:
        sys.stderr.write(f"guichet: the engine cannot begin: {fault}\n")
        return 1 if fault.retry else EXIT_FAULT
    with engine:
        gc.collect()
        gc.freeze()  # modules and tables live as long as the process: no collection needs to look at them again
        listeners = {role: listen(data, role) for role in ROLES}
        paces = Paces(options.sales_per_second, options.sales_burst)
        host = Host(engine, listeners, paces=paces, uid=os.getuid())
        host.on_signals()
        try:
            host.run()
        finally:
            host.close()
    return 0


def _open_engine(data: Path, options: Options) -> Engine:
    """The engine; one of a server that is just ending is waited for."""
    from engine.engine import Engine, Fault
    from server.surroundings import surroundings_of

    around = surroundings_of(options)
    end = time.monotonic() + OWNER_ENDS_WITHIN_S
    while True:
        try:
            return Engine(data, unsafe_filesystem=options.unsafe_filesystem, served=True, surroundings=around)
        except Fault as fault:
            if fault.code != "store.owned" or time.monotonic() > end:
                raise
        time.sleep(OWNER_LOOK_EACH_S)


def run_hooks(encoded: str, file: int) -> int:
    """The delivering process at the other end of the outbox's pipe, until that is closed or SIGTERM."""
    from server.outbox.webhooks import HookOptions
    from server.outbox.webhooks import main as deliver

    options = msgspec.json.decode(encoded, type=HookOptions)
    deliver(socket.socket(fileno=file), frozenset(options.ports), options.loopback)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
