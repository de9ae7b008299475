"""A worker: one process that speaks HTTP for the shop, its gate and its reception, on the socket that all share."""

import socket
from pathlib import Path
from types import FrameType

import uvicorn

from server.api.shop import Shop
from server.app import make_app
from server.auth import pepper
from server.auth.desk import LinkDesk
from server.auth.gate import COOKIE_KEY, Gate
from server.auth.limits import Limits
from server.auth.origins import Origins
from server.auth.pepper import Pepper
from server.auth.reception import Reception
from server.front.lane import Lane
from server.options import Options, hosts_of
from server.processes import BACKLOG
from server.surroundings import surroundings_of
from server.tls import CERTIFICATE, FOLDER, KEY
from server.wire.link import Link
from server.wire.sockets import WORKER

KEEP_ALIVE_S = 75
SHUTDOWN_S = 4


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
    data = Path(options.data)
    shop = Shop(data, Link(data, WORKER), surroundings=surroundings_of(options))
    shop.gate = _gate(shop, options)
    shop.reception = _reception(shop, options)
    limits = {
        "hosts": hosts_of(options),
        "behind_proxy": options.behind_proxy,
        "head_within_s": options.head_within_s,
        "request_within_s": options.request_within_s,
        "address_connections_max": options.address_connections,
    }
    protocol = type("WorkerLane", (Lane,), {"shop": shop, **limits})
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
