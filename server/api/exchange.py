"""One request and its response in ASGI's terms: the body read within its limit, the answer sent as bytes."""

from collections.abc import Mapping
from typing import Any

from server.api.problems import PROBLEM_TYPE, Problem

BODY_BYTES_MAX = 1 << 20
JSON_TYPE = b"application/json"

Headers = tuple[tuple[bytes, bytes], ...]

CHALLENGE: Headers = ((b"www-authenticate", b"Bearer"),)
"""What every 401 carries (RFC 9110 section 15.5.2)."""

Scope = Mapping[str, Any]


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """The request's headers by lower-case name; of a repeated one the last (the front layer refuses what matters)."""
    return dict(scope["headers"])


def address_of(scope: Scope) -> str:
    """The address that a request comes from; empty where nobody knows."""
    client = scope.get("client")
    return str(client[0]) if client else ""


async def read_body(scope: Scope, receive: Any, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """The whole body; counts what arrives and does not trust what was announced. Raises `Problem`."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > bytes_max:
            raise Problem("api.too_large")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


class ClientGone(Exception):
    """The client has left before its request was whole: nobody is there to be answered."""


def require_json(headers: Mapping[bytes, bytes]) -> None:
    """Refuses a body that does not say it is JSON: a form of a foreign page cannot say so."""
    if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != JSON_TYPE:
        raise Problem("api.media_type")


async def respond(send: Any, status: int, body: bytes, content_type: bytes = JSON_TYPE, headers: Headers = ()) -> None:
    """Sends a whole response."""
    await send({"type": "http.response.start", "status": status, "headers": head(status, body, content_type, headers)})
    await send({"type": "http.response.body", "body": body})


def with_cookies(send: Any, cookies: Headers) -> Any:
    """The same ``send``, which adds cookies to the head of whatever is answered, but for those that the answer sets
    itself: a renewal must not bring a session back that has just ended, or gone on under a new id."""

    async def added(message: Any) -> None:
        if message["type"] == "http.response.start":
            own = {_cookie_name(value) for name, value in message["headers"] if name == b"set-cookie"}
            more = [pair for pair in cookies if _cookie_name(pair[1]) not in own]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return added


def _cookie_name(value: bytes) -> bytes:
    return value.partition(b"=")[0]


def head(status: int, body: bytes, content_type: bytes, headers: Headers = ()) -> list[tuple[bytes, bytes]]:
    """The headers of a response: its own first, then those of its body."""
    if status == 304:
        return list(headers)
    return [*headers, (b"content-type", content_type), (b"content-length", b"%d" % len(body))]


def reply_headers(status: int, retry_after_s: int) -> tuple[bytes, Headers]:
    """(content type, further headers) of an answer of the engine's."""
    content_type = JSON_TYPE if status < 400 else PROBLEM_TYPE
    if retry_after_s:
        return content_type, ((b"retry-after", b"%d" % retry_after_s),)
    return content_type, CHALLENGE if status == 401 else ()
