"""Sessions between two requests: how long they may rest and last, and "last seen" in a cookie that nobody can forge.

The engine knows when a session began and when it was last proven, and looks at both in every transaction; when it was
last *used* it does not know, so that reading costs no write. That travels in the cookie under an HMAC, bound to the
very session, and is renewed at most every 15 seconds. A cookie that is lost or forged makes the session look idle.
"""

import base64
import hashlib
import hmac
import struct
from typing import Literal, NamedTuple

RENEW_MS = 15_000
CLOCK_SKEW_MS = 60_000  # workers share one machine; a stamp further ahead than this was not made by one of them
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

Verdict = Literal["live", "idle", "over"]

_STAMP = struct.Struct(">Q")
_SHIFT = struct.Struct(">HIQIQ")
_APPROVAL = struct.Struct(">HIQ16sQ")
_MAC_BYTES = 32


class Limits(NamedTuple):
    """How long a session may rest, and last in all, in milliseconds (reliability 3.4)."""

    idle_ms: int
    whole_ms: int


BACK_OFFICE = Limits(30 * MINUTE_MS, 12 * HOUR_MS)
AT_TILL = Limits(2 * MINUTE_MS, 16 * HOUR_MS)
"""At a till, where the shop chooses no shorter rest (`at_till`)."""

STEP_UP_MS = 5 * MINUTE_MS
APPROVAL_MS = MINUTE_MS  # as long as the engine takes a counted try for (engine/staff/state_tries.py)


def at_till(idle_s: int) -> Limits:
    """The limits at a till whose shop lets nobody rest longer than so many seconds."""
    return AT_TILL._replace(idle_ms=idle_s * 1_000)


def verdict(limits: Limits, began_ms: int, seen_ms: int | None, now_ms: int) -> Verdict:
    """Whether a session that began and was last seen then is live now; never seen (or forged) counts as idle."""
    if not 0 <= now_ms - began_ms + CLOCK_SKEW_MS < limits.whole_ms + CLOCK_SKEW_MS:
        return "over"
    if seen_ms is None or now_ms - seen_ms >= limits.idle_ms:
        return "idle"
    return "live"


def stepped_up(level_ms: int, now_ms: int) -> bool:
    """Whether the identity was proven lately enough for rights over people and keys."""
    return -CLOCK_SKEW_MS <= now_ms - level_ms <= STEP_UP_MS


def must_renew(seen_ms: int, now_ms: int) -> bool:
    """Whether the stamp is old enough for a new one: at most every 15 seconds."""
    return now_ms - seen_ms >= RENEW_MS


def seal_seen(key: bytes, session: bytes, seen_ms: int) -> str:
    """The "last seen" stamp of the session with this digest, as a cookie's value."""
    stamp = _STAMP.pack(seen_ms)
    return _text(stamp + _mac(key, b"seen", session, stamp))


def read_seen(key: bytes, session: bytes, value: str | None, now_ms: int) -> int | None:
    """When the session was last seen, or None where the stamp is missing, forged, another's, or from the future."""
    data = _bytes(value)
    if data is None or len(data) != _STAMP.size + _MAC_BYTES:
        return None
    stamp, mac = data[: _STAMP.size], data[_STAMP.size :]
    if not hmac.compare_digest(_mac(key, b"seen", session, stamp), mac):
        return None
    seen_ms: int = _STAMP.unpack(stamp)[0]
    return seen_ms if seen_ms <= now_ms + CLOCK_SKEW_MS else None


class Shift(NamedTuple):
    """Who stands at a till, as its device carries it from request to request: the till, its credential's serial, the
    operator, the number of his sign-in there, and when he was last seen."""

    till: int
    serial: int
    operator: int
    sign_in: int
    seen_ms: int


def seal_shift(key: bytes, shift: Shift) -> str:
    """The shift as a cookie's value; the engine still looks whether the sign-in is live."""
    data = _SHIFT.pack(*shift)
    return _text(data + _mac(key, b"shift", b"", data))


def read_shift(key: bytes, value: str | None, now_ms: int) -> Shift | None:
    """The shift again, or None where it is missing, forged, or from the future."""
    data = _bytes(value)
    if data is None or len(data) != _SHIFT.size + _MAC_BYTES:
        return None
    body, mac = data[: _SHIFT.size], data[_SHIFT.size :]
    if not hmac.compare_digest(_mac(key, b"shift", b"", body), mac):
        return None
    shift = Shift(*_SHIFT.unpack(body))
    return shift if shift.seen_ms <= now_ms + CLOCK_SKEW_MS else None


class Approval(NamedTuple):
    """A second operator's PIN was right: at which till (and serial of its credential), whose, for which command (its
    id), and when."""

    till: int
    serial: int
    by: int
    command: bytes
    at_ms: int


def seal_approval(key: bytes, approval: Approval) -> str:
    """The approval as the text that travels in ``X-Override``.

    The engine knows that a PIN was *tried* at the till, not that it was right: that is what this says, for one
    command alone, so that neither a wrong PIN nor an approval of something else lends any right.
    """
    data = _APPROVAL.pack(*approval)
    return _text(data + _mac(key, b"approval", b"", data))


def read_approval(key: bytes, value: str, now_ms: int) -> Approval | None:
    """The approval again, or None where it is forged, older than a minute, or from the future."""
    data = _bytes(value)
    if data is None or len(data) != _APPROVAL.size + _MAC_BYTES:
        return None
    body, mac = data[: _APPROVAL.size], data[_APPROVAL.size :]
    if not hmac.compare_digest(_mac(key, b"approval", b"", body), mac):
        return None
    approval = Approval(*_APPROVAL.unpack(body))
    return approval if -CLOCK_SKEW_MS <= now_ms - approval.at_ms < APPROVAL_MS else None


def _mac(key: bytes, purpose: bytes, session: bytes, data: bytes) -> bytes:
    return hmac.new(key, purpose + b"\0" + len(session).to_bytes(1, "big") + session + data, hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(value: str | None) -> bytes | None:
    if value is None or len(value) > 200:
        return None
    try:
        data = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    return data if _text(data) == value else None
