"""How an actor's credential is named between workers and engine, and which process a command comes from.

A worker recognises a bearer token or a cookie and names the *row* it stands for; the token itself never reaches the
engine, and the name proves nothing by itself: it is looked up again in the transaction, so that what was revoked
between the two is refused.

=====================================  =================================================================
``""``                                 the process that holds the engine answers for the actor
``nobody``                             somebody without a credential: signing in, enrolling a till
``till:<till>:<serial>``               a till's credential, by the number of its enrolment
``till:<till>:<serial>:<sign-in>``     the same with an operator who signed in there
``session:<SHA-256 of its id, hex>``   a session of the back office
``key:<row>:<8 characters>``           an API key
=====================================  =================================================================
"""

import functools
import re
from typing import NamedTuple

WORKER = "worker"
OUTBOX = "outbox"
CHORES = "chores"
ENGINE_SOURCE = "engine"
CONSOLE = "console"

SOURCES = frozenset({WORKER, OUTBOX, CHORES, ENGINE_SOURCE})
"""The processes that a command can come from; the engine takes it from the socket, never from the frame."""

FROM_WORKERS = frozenset({WORKER})

NOBODY = "nobody"
TILL_PREFIX = "till:"
KEY_PREFIX = "key:"
SESSION_PREFIX = "session:"
KEY_ID_CHARS = 8
DIGEST_HEX_CHARS = 64

_FORM = re.compile(
    r"nobody|till:([1-9][0-9]{0,4}):([1-9][0-9]{0,9})(?::([1-9][0-9]{0,9}))?"
    r"|session:([0-9a-f]{64})|key:([1-9][0-9]{0,15}):([0-9A-Za-z]{8})"
)


class Credential(NamedTuple):
    """A credential's name taken apart: ``kind`` is "", "nobody", "till", "session" or "key"; the rest is 0 or empty
    where the kind has it not."""

    kind: str
    till: int = 0
    serial: int = 0
    sign_in: int = 0
    digest: bytes = b""
    key: int = 0
    key_id: str = ""


def of_till(till: int, serial: int, sign_in: int = 0) -> str:
    """The name of a till's credential, with the number of its operator's sign-in where one stands there."""
    return f"till:{till}:{serial}:{sign_in}" if sign_in else f"till:{till}:{serial}"


def of_session(digest: bytes) -> str:
    """The name of a session, from the SHA-256 of its id."""
    return f"session:{digest.hex()}"


def of_key(row: int, key_id: str) -> str:
    """The name of an API key: its row and the eight characters that its token shows."""
    return f"key:{row}:{key_id}"


@functools.lru_cache(maxsize=4096)
def parse(name: str) -> Credential | None:
    """The parts of a credential's name, or None where it has none of the forms."""
    if not name:
        return Credential("")
    found = _FORM.fullmatch(name)
    if found is None:
        return None
    till, serial, sign_in, digest, key, key_id = found.groups()
    if till:
        return Credential("till", till=int(till), serial=int(serial), sign_in=int(sign_in or 0))
    if digest:
        return Credential("session", digest=bytes.fromhex(digest))
    if key:
        return Credential("key", key=int(key), key_id=key_id)
    return Credential(NOBODY)


def well_formed(name: object) -> bool:
    """Whether something is a credential's name at all."""
    return isinstance(name, str) and parse(name) is not None


def may_send(source: str, wanted: frozenset[str]) -> bool:
    """Whether a command with these sources may come from this one; the console may what workers and chores may."""
    return source in wanted or (source == CONSOLE and bool(wanted & {WORKER, CHORES}))
