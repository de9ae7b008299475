"""The processes of a served shop, each started by the supervisor: ``python -m server.processes engine|worker``."""

import ctypes
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType

import msgspec

from engine.engine import Engine, Fault
from server.api.shop import Shop
from server.auth import pepper
from server.auth.desk import LinkDesk
from server.auth.gate import COOKIE_KEY, Gate
from server.auth.limits import Limits
from server.auth.origins import Origins
from server.auth.pepper import Pepper
from server.auth.reception import Reception
from server.options import Options, hosts_of

PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
KEEP_ALIVE_S = 75
SHUTDOWN_S = 4
OWNER_ENDS_WITHIN_S = 5.0
OWNER_LOOK_EACH_S = 0.1
BACKLOG = 2048

EXIT_FAULT = 4
"""The engine cannot begin: starting it again would not help."""


def main(arguments: list[str]) -> int:
    """Runs one process: its role, its options as JSON, the supervisor's pid, and a worker's listening socket."""
    role, encoded, parent, *rest = arguments
    options = msgspec.json.decode(encoded, type=Options)
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {role}[%(process)d] %(levelname)s %(message)s")
    _end_with(int(parent))
    if role == "engine":
        return run_engine(options)
    be_ordinary()
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


def run_engine(options: Options) -> int:
    """The engine behind its sockets, until SIGTERM."""
    from server.wire.host import Host
    from server.wire.paces import Paces
    from server.wire.sockets import ROLES, listen

    data = Path(options.data)
    try:
        engine = _open_engine(data, unsafe=options.unsafe_filesystem)
    except Fault as fault:
        sys.stderr.write(f"guichet: the engine cannot begin: {fault}\n")
        return 1 if fault.retry else EXIT_FAULT
    with engine:
        listeners = {role: listen(data, role) for role in ROLES}
        paces = Paces(options.sales_per_second, options.sales_burst)
        host = Host(engine, listeners, paces=paces, uid=os.getuid())
        host.on_signals()
        try:
            host.run()
        finally:
            host.close()
    return 0


def _open_engine(data: Path, *, unsafe: bool) -> Engine:
    """The engine; one of a server that is just ending is waited for."""
    end = time.monotonic() + OWNER_ENDS_WITHIN_S
    while True:
        try:
            return Engine(data, unsafe_filesystem=unsafe, served=True)
        except Fault as fault:
            if fault.code != "store.owned" or time.monotonic() > end:
                raise
        time.sleep(OWNER_LOOK_EACH_S)


def _pepper(shop: Shop, options: Options) -> Pepper:
    return pepper.load(pepper.place(shop.data, options.pepper), shop.reader().shop)


def _reception(shop: Shop, options: Options) -> Reception:
    """A worker's reception; people's pages are reached over TLS where this server or a proxy before it speaks it."""
    return Reception(
        desk=LinkDesk(shop.link, shop.reader),
        gate=shop.gate,
        reader=shop.reader,
        load_pepper=lambda: _pepper(shop, options),
        scheme="https" if options.tls or options.behind_proxy else "http",
    )


def _gate(shop: Shop, options: Options) -> Gate:
    """A worker's gate; the pepper is read with the first cookie, when the shop can be read."""
    return Gate(
        shop.reader,
        lambda: _pepper(shop, options).key(COOKIE_KEY),
        origins=Origins(hosts_of(options), tls=options.tls, behind_proxy=options.behind_proxy),
        limits=Limits(options.guests_per_minute, options.sign_ins_per_minute, shares=options.workers),
    )


def run_worker(options: Options, file: int) -> int:
    """One worker on the shared listening socket, until SIGTERM."""
    import uvicorn

    from server.app import make_app
    from server.front.lane import Lane
    from server.tls import CERTIFICATE, FOLDER, KEY
    from server.wire.link import Link
    from server.wire.sockets import WORKER

    data = Path(options.data)
    shop = Shop(data, Link(data, WORKER))
    shop.gate = _gate(shop, options)
    shop.reception = _reception(shop, options)
    protocol = type(
        "WorkerLane", (Lane,), {"shop": shop, "hosts": hosts_of(options), "behind_proxy": options.behind_proxy}
    )
    app = make_app(shop)

    async def served(scope: object, receive: object, send: object) -> None:
        await app(scope, receive, send)

    class Server(uvicorn.Server):
        """uvicorn's server, which ends live connections when it is asked to stop."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            """On SIGTERM and SIGINT."""
            shop.begin_to_close()
            super().handle_exit(sig, frame)

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            """Begins with the link, so that the first request finds the engine."""
            shop.link.start()
            await super().startup(sockets)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            """Finishes what is in hand, then lets the engine go."""
            await super().shutdown(sockets)
            await shop.link.close()
            shop.close()

    folder = data / FOLDER
    config = uvicorn.Config(
        served,
        http=protocol,
        ws="none",
        loop="uvloop",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        proxy_headers=options.behind_proxy,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
        backlog=BACKLOG,
        ssl_certfile=str(folder / CERTIFICATE) if options.tls else None,
        ssl_keyfile=str(folder / KEY) if options.tls else None,
    )
    with socket.socket(fileno=file) as listener:
        Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
