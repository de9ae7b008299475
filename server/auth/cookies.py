"""Cookies of people: their names, how they are set and taken away, and how a request's are read."""

from typing import Literal

SHIFT = "__Host-shift"
"""Who stands at a till, beside the till's own token (`sessions.seal_shift`)."""

SESSION = "__Host-s"
"""A back-office session's id."""

SEEN = "__Host-seen"
"""When that session was last seen (`sessions.seal_seen`)."""

CHALLENGE = "__Host-challenge"
"""What a passkey has to answer (`passkeys.seal_challenge`)."""

HEADER_BYTES_MAX = 4096
SameSite = Literal["Lax", "Strict"]

SAME_SITE: dict[str, SameSite] = {SHIFT: "Lax", SESSION: "Strict", SEEN: "Strict", CHALLENGE: "Strict"}

Header = tuple[bytes, bytes]


def read_cookies(header: bytes | None) -> dict[str, str]:
    """The cookies of a request by name (RFC 6265 section 4.2.1); of a repeated one the first, of a garbled one none."""
    if header is None or len(header) > HEADER_BYTES_MAX:
        return {}
    found: dict[str, str] = {}
    for part in header.decode("latin-1").split(";"):
        name, equals, value = part.strip().partition("=")
        if equals and name not in found:
            found[name] = value
    return found


def set_cookie(name: str, value: str) -> Header:
    """The response header that sets a cookie of ours: for this host only, over TLS or loopback, out of scripts' reach,
    until the browser is closed (how long it counts is decided here, not by the browser)."""
    return b"set-cookie", f"{name}={value}; Path=/; Secure; HttpOnly; SameSite={SAME_SITE[name]}".encode("ascii")


def clear_cookie(name: str) -> Header:
    """The response header that takes a cookie away."""
    return b"set-cookie", f"{name}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite={SAME_SITE[name]}".encode("ascii")
