"""One try of a delivery: an HTTPS POST to an address that was looked at, with a deadline and a cap on the reply."""

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Mapping
from typing import NamedTuple

from engine.kernel.version import VERSION
from server.outbox.guard_address import HTTPS, Forbidden, Guard, Place, Target
from server.outbox.plan_deliveries import Reply

TIMEOUT_S = 10  # for looking up, connecting, sending and the reply, together
REPLY_BYTES_MAX = 64 << 10
READ_BYTES = 8 << 10
USER_AGENT = f"Guichet-Webhooks/{VERSION}"

_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r?\n")
_LENGTH = re.compile(rb"\r?\ncontent-length[ \t]*:[ \t]*([0-9]{1,12})[ \t]*\r?\n", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"\r?\nretry-after[ \t]*:[ \t]*([0-9]{1,9})[ \t]*\r?\n", re.IGNORECASE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")


async def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name, as the machine's resolver gives them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def tls_context() -> ssl.SSLContext:
    """TLS as deliveries use it: certificates and names are checked, TLS 1.2 at least, HTTP/1.1 only."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


class Poster:
    """Posts deliveries. No redirect is followed, no proxy asked, no cookie kept, and no reply's body is handed on."""

    def __init__(self, guard: Guard, *, tls: ssl.SSLContext | None = None, timeout_s: float = TIMEOUT_S) -> None:
        self._guard = guard
        self._tls = tls or tls_context()
        self._timeout_s = timeout_s

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """The reply to one try; whatever goes wrong is a reply with a reason, never an exception."""
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        try:
            async with asyncio.timeout_at(deadline):
                place = await self._guard.place(url)
                reader, writer = await self._open(place)
        except Forbidden as forbidden:
            return Reply(0, forbidden.reason)
        except TimeoutError:
            return Reply(0, "timeout")
        except ssl.SSLError:
            return Reply(0, "tls")
        except OSError:
            return Reply(0, "connection")
        try:
            return await self._exchange(reader, writer, request(place.target, headers, body), deadline)
        finally:
            writer.transport.abort()

    async def _open(self, place: Place) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(
            place.address, place.target.port, ssl=self._tls, server_hostname=place.target.host, limit=REPLY_BYTES_MAX
        )

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, data: bytes, deadline: float
    ) -> Reply:
        """The status of the final reply; its body is read to its end, the cap or the deadline, and thrown away: many
        receivers stop working when the caller hangs up, and the status that they sent stands whatever follows it."""
        try:
            async with asyncio.timeout_at(deadline):
                writer.write(data)
                await writer.drain()
                found = await _head(reader)
        except TimeoutError:
            return Reply(0, "timeout")
        except OSError:
            return Reply(0, "connection")
        if isinstance(found, Reply):
            return found
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout_at(deadline):
                await _read_out(reader, found)
        wait = _RETRY_AFTER.search(found.top)
        return Reply(found.status, retry_after_s=int(wait[1]) if wait else 0)


class _Head(NamedTuple):
    """The top of the final reply, its status, and how many bytes of the reply and of its body were read so far."""

    top: bytes
    status: int
    read: int
    body: int


async def _head(reader: asyncio.StreamReader) -> _Head | Reply:
    """The top of the final reply (those that only announce it are passed over), or what is wrong with it."""
    data = b""
    read = 0
    while True:
        end = _HEAD_END.search(data)
        if end is None:
            if read >= REPLY_BYTES_MAX:
                return Reply(0, "reply_too_large")
            more = await reader.read(READ_BYTES)
            if not more:
                return Reply(0, "no_reply")
            data += more
            read += len(more)
            continue
        status = _STATUS.match(data)
        if status is None:
            return Reply(0, "not_http")
        if not status[1].startswith(b"1"):
            return _Head(data[: end.end()], int(status[1]), read, len(data) - end.end())
        data = data[end.end() :]


async def _read_out(reader: asyncio.StreamReader, head: _Head) -> None:
    length = _LENGTH.search(head.top)
    left = REPLY_BYTES_MAX - head.read
    if length is not None:
        left = min(left, int(length[1]) - head.body)
    while left > 0:
        more = await reader.read(min(READ_BYTES, left))
        if not more:
            return
        left -= len(more)


def request(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    """The bytes of the request: one connection for it alone, JSON, and the name that was asked for as Host."""
    host = target.host if target.port == HTTPS else f"{target.host}:{target.port}"
    lines = [
        f"POST {target.path} HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: {USER_AGENT}",
        "Accept: */*",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + body
