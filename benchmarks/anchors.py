"""What every HTTP figure is held against: an empty answer and a JSON echo by bare uvicorn, one process, same client."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parent.parent
HEADERS = [(b"content-type", b"application/json")]
UP_WITHIN_S = 20.0

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """H: the least that an ASGI application can answer."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Reads a JSON body, and sends it back encoded again."""
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = _encode(_decode(b"".join(parts)))
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [*HEADERS, (b"content-length", b"%d" % len(body))],
        }
    )
    await send({"type": "http.response.body", "body": body})


def main(arguments: list[str]) -> None:
    """Serves one of them on a listening socket that was handed over."""
    import uvicorn

    config = uvicorn.Config(
        {"hello": hello, "echo": echo}[arguments[0]],
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        log_level="warning",
    )
    with socket.socket(fileno=int(arguments[1])) as listener:
        uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def running(name: str) -> Iterator[int]:
    """An anchor as a process of its own; gives its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        command = [sys.executable, "-m", "benchmarks.anchors", name, str(listener.fileno())]
        process = subprocess.Popen(command, pass_fds=(listener.fileno(),), cwd=ROOT)
        port = listener.getsockname()[1]
        try:
            wait(port)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def wait(port: int) -> None:
    """Until something answers there, whatever it says."""
    end = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=UP_WITHIN_S) as made:
            made.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")
            if made.recv(4096):
                return
        time.sleep(0.01)
    raise RuntimeError("uvicorn does not answer")


if __name__ == "__main__":
    main(sys.argv[1:])
