"""What a request's head may hold, decided before anything is routed: hosts, targets, sizes, lengths."""

import re
from collections.abc import Sequence

from server.api.exchange import BODY_BYTES_MAX
from server.api.problems import Problem

HEADERS_MAX = 64
HEADER_BYTES_MAX = 16 << 10  # the request line and all headers
TARGET_BYTES_MAX = 8 << 10

Pairs = Sequence[tuple[bytes, bytes]]

_TRICKS = re.compile(
    rb"//|\\|[\x00-\x20\x7f-\xff]|%(?:2f|5c|00|0[0-9a-f]|1[0-9a-f]|7f)|(?:^|/)(?:\.|%2e){1,2}(?:/|$)", re.I
)
_BAD_ESCAPE = re.compile(rb"%(?![0-9a-fA-F]{2})")
_PLAIN = re.compile(rb"(?:/[A-Za-z0-9_-]+)+")  # what nearly every target is: none of the tricks can be in it
_HOST = re.compile(rb"(\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9.-]{0,252}))(?::[0-9]{1,5})?", re.I)
LENGTH_DIGITS_MAX = 15
PORT_DIGITS_MAX = 5
_ONLY_ONCE = frozenset(
    {
        b"authorization",
        b"content-length",
        b"content-type",
        b"cookie",
        b"host",
        b"idempotency-key",
        b"if-match",
        b"last-event-id",
        b"origin",
        b"sec-fetch-site",
        b"transfer-encoding",
        b"x-override",
        b"x-till",
    }
)

LOCAL_HOSTS = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})


def require_target(target: bytes) -> None:
    """Refuses what is no plain path with an optional query: absolute forms, tricks to name one path in two ways."""
    if _PLAIN.fullmatch(target) is not None:
        return
    path, _, _ = target.partition(b"?")
    if not target.startswith(b"/"):
        raise Problem("api.bad_request", "the request's target is a path that begins with a slash")
    if _TRICKS.search(path) or _BAD_ESCAPE.search(target):
        raise Problem("api.bad_path")


def require_headers(version: str, headers: Pairs, hosts: frozenset[bytes]) -> dict[bytes, bytes]:
    """Refuses a head that two readers could read in two ways, and hosts that this server does not answer for.

    Returns the headers by their names; of a repeated one the last.
    """
    if version not in ("1.0", "1.1"):
        raise Problem("api.bad_request", "HTTP/1.1 is spoken here")
    seen = dict(headers)
    if len(seen) != len(headers):
        _require_once([name for name, _ in headers])
    host = seen.get(b"host")
    if host is None:
        raise Problem("api.bad_request", "the header host is missing")
    require_host(host, hosts)
    if b"transfer-encoding" in seen:
        if b"content-length" in seen:
            raise Problem("api.bad_request", "content-length and transfer-encoding together")
        if seen[b"transfer-encoding"].strip().lower() != b"chunked" or version == "1.0":
            raise Problem("api.bad_request", "no transfer-encoding but chunked is known here")
    elif b"content-length" in seen:
        require_length(seen[b"content-length"])
    if b"upgrade" in seen and (b"transfer-encoding" in seen or int(seen.get(b"content-length", b"0"))):
        # The parser takes what follows for the other protocol: the body would be read as empty.
        raise Problem("api.bad_request", "a request with a body cannot ask for another protocol")
    expect = seen.get(b"expect")
    if expect is not None and expect.lower() != b"100-continue":
        raise Problem("api.bad_request", "no expectation but 100-continue is known here")
    return seen


def _require_once(names: list[bytes]) -> None:
    for name in _ONLY_ONCE:
        if names.count(name) > 1:
            raise Problem("api.bad_request", f"the header {name.decode('ascii')} is there twice")


def require_host(host: bytes, hosts: frozenset[bytes]) -> None:
    """Refuses a Host that is malformed (400) or not one of ours (421)."""
    name, _, port = host.partition(b":")
    if name in hosts and port.isdigit() and len(port) <= PORT_DIGITS_MAX:
        return  # as clients write it; everything else is looked at closely
    found = _HOST.fullmatch(host)
    if found is None:
        raise Problem("api.bad_request", "the header host names no host")
    if found[1].lower().rstrip(b".") not in hosts:
        raise Problem("api.misdirected")


def require_length(value: bytes) -> None:
    """Refuses a length that is no number, or more than a body may have."""
    if not value.isdigit() or len(value) > LENGTH_DIGITS_MAX:
        raise Problem("api.bad_request", "content-length is a number")
    if int(value) > BODY_BYTES_MAX:
        raise Problem("api.too_large")
