"""Headers that every response carries, so that a browser does with it what we mean and nothing else."""

from typing import Any

CONTENT_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

SECURE: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"serial=(self), usb=(self), hid=(self), camera=(), geolocation=()"),
    (b"cache-control", b"no-store"),
)
"""Of every response (reliability.md 3.7); nothing is kept by caches but what says so itself (`server.static`)."""

CACHING = b"cache-control"
"""The one header whose own value, where an answer has one, counts."""

TRANSPORT = (b"strict-transport-security", b"max-age=63072000")
"""Of every response over TLS: two years."""

BLOCK = b"".join(b"%b: %b\r\n" % pair for pair in SECURE)
"""The same, as bytes on the wire."""


class SecureHeaders:
    """Adds the headers to whatever the application answers."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI's entry."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        more = (*SECURE, TRANSPORT) if scope["scheme"] == "https" else SECURE

        async def secured(message: Any) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                named = {name for name, _ in own if name == CACHING}
                message = {**message, "headers": [*own, *(pair for pair in more if pair[0] not in named)]}
            await send(message)

        await self._app(scope, receive, secured)
