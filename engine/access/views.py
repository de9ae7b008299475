"""What others may ask about access: whether a credential is live, and which row a token stands for."""

import hmac

import msgspec

from engine.access.kinds import API_KEYS, PASSKEYS, KeyRow, last_day
from engine.access.state import CREDENTIALS, PASSKEY_COUNTS, SESSIONS, TILL_SECRETS
from engine.kernel import credentials
from engine.kernel.attachments import secrets_of
from engine.kernel.credentials import Credential
from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.messages import INTEGER_MAX, Actor, Query
from engine.kernel.permissions import DEVICE, STEP_UP
from engine.kernel.rows import unique_holder
from engine.kernel.tables import SCAN_ROWS_MAX
from engine.kernel.world import World
from engine.staff import views as staff

STRANGERS = 1 << 16
STRANGER_FIRST = INTEGER_MAX - STRANGERS + 1
"""Numbers that stand for names which nobody has: whoever guesses those waits as for an account that is there, and the
marks of all made-up names of the world stay 65 536 rows."""

SESSION_MS_MAX = 12 * 3_600_000  # the longest that one session of the back office holds (reliability 3.4)
STEP_UP_MS_MAX = 5 * 60_000  # how long a proof of identity is good for rights over people and keys


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A live session: whose, since when, and when his identity was last proven."""

    operator: int
    began_ms: int
    level_ms: int
    way: str


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A live API key: its row, its till, the operators for whom it may act, the networks it may come from, and the name
    its actor carries."""

    id: int
    till: int
    operators: tuple[int, ...]
    addresses: tuple[str, ...]
    credential: str


class PasskeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey of an active operator: its row, whose it is, its public key as the worker kept it, and its count."""

    id: int
    operator: int
    key: str
    count: int


class AskTills(Query, frozen=True, kw_only=True, tag="access.tills"):
    """Which tills have a credential."""


class TillAccess(msgspec.Struct, frozen=True, kw_only=True):
    """A till's last credential: its number, whether it is live, and the position of the entry that made it so."""

    till: int
    serial: int
    live: bool
    position: int


def admit(world: World, actor: Actor, permission: str) -> None:
    """Refuses a credential that is not live here and now, or that belongs to another till or person."""
    if not actor.credential:
        return
    named = credentials.parse(actor.credential)
    assert named is not None, "a credential of no form is refused before"
    if named.kind == "till":
        _admit_till(world, actor, named, permission)
    elif named.kind == "key":
        _admit_key(world, actor, named)
    elif named.kind == "session":
        if session(world, named.digest, actor.operator) is None:
            raise Refusal("access.session_over", "the session is over: sign in again")
        if actor.till:
            raise _foreign(actor, "a session")
    elif actor.till:
        raise _foreign(actor, "nobody")


def _admit_till(world: World, actor: Actor, named: Credential, permission: str) -> None:
    if named.till != actor.till:
        raise _foreign(actor, f"till {named.till}")
    row = world.get(CREDENTIALS, named.till)
    if row is None or not row.live or row.serial != named.serial:
        raise _revoked(actor, f"credential {named.serial} of till {named.till}")
    if not actor.operator or (not named.sign_in and permission in DEVICE):
        return
    if not staff.signed_in(world, named.till, actor.operator, serial=named.serial, number=named.sign_in):
        text = f"operator {actor.operator} is not signed in at till {named.till}"
        raise Refusal("staff.not_signed_in", text, data={"operator": actor.operator})


def _admit_key(world: World, actor: Actor, named: Credential) -> None:
    row = world.row(API_KEYS, named.key)
    if row is None or row.key_id != named.key_id:
        raise _revoked(actor, f"API key {named.key_id}")
    if last_day(row) < world.day:
        raise Refusal("access.expired", f"API key {named.key_id} worked until {row.expires}")
    if row.till != actor.till or (actor.operator and actor.operator not in row.operators):
        raise _foreign(actor, f"API key {named.key_id}")


def _revoked(actor: Actor, what: str) -> Refusal:
    event = Event(code=0, what="refused.revoked", detail={"credential": what})
    return Refusal("access.revoked", f"{what} was revoked", data={"till": actor.till}, records=(event,))


def _foreign(actor: Actor, what: str) -> Refusal:
    event = Event(code=0, what="refused.foreign_till", detail={"till": actor.till, "credential": what})
    text = f"the credential is not one of till {actor.till}"
    return Refusal("access.foreign_till", text, data={"till": actor.till}, records=(event,))


def fresh(world: World, actor: Actor, permission: str) -> bool:
    """Whether the actor proved who he is lately enough for rights over people and keys."""
    if permission not in STEP_UP or not actor.credential:
        return True
    named = credentials.parse(actor.credential)
    if named is None or named.kind != "session":
        return False
    row = world.get(SESSIONS, named.digest)
    return row is not None and 0 <= world.at_ms - row.level_ms <= STEP_UP_MS_MAX


def session(world: World, digest: bytes, operator: int = 0, *, of_any_age: bool = False) -> SessionView | None:
    """The live session whose id has this SHA-256 (and that belongs to the operator, where one is given), or None.

    With ``of_any_age`` one that lasted its twelve hours is shown as well: a worker says that it is over, and not that
    it was never heard of.
    """
    row = world.get(SESSIONS, digest)
    if row is None or (operator and row.operator != operator):
        return None
    found = staff.operator(world, row.operator)
    if found is None or not found.active or row.position <= staff.ended_at(world, row.operator):
        return None
    if not of_any_age and world.at_ms - row.began_ms >= SESSION_MS_MAX:
        return None
    return SessionView(operator=row.operator, began_ms=row.began_ms, level_ms=row.level_ms, way=row.way)


def till_credential(world: World, till: int, digest: bytes) -> str | None:
    """The name of the till's live credential, if its token has this SHA-256; None otherwise."""
    secret = world.get(TILL_SECRETS, till)
    row = world.get(CREDENTIALS, till)
    # Compared even where nothing is stored, so that a till that exists answers no later than one that does not.
    same = hmac.compare_digest(b"\0" * 32 if secret is None else secret.digest, digest)
    if not same or secret is None or row is None or not row.live or row.serial != secret.serial:
        return None
    return credentials.of_till(till, row.serial)


def api_key(world: World, key_id: str, digest: bytes) -> KeyView | None:
    """The live API key that shows these eight characters, if its token has this SHA-256; None otherwise."""
    id = unique_holder(API_KEYS, "key_id", key_id, world)
    row: KeyRow | None = None if id is None else world.row(API_KEYS, id)
    kept = "" if id is None else secrets_of(world, API_KEYS, id).get("secret", "")
    if not hmac.compare_digest(kept.encode(), digest.hex().encode()) or id is None or row is None:
        return None
    if last_day(row) < world.day:
        return None
    return KeyView(
        id=id,
        till=row.till,
        operators=row.operators,
        addresses=row.addresses,
        credential=credentials.of_key(id, key_id),
    )


def passkey(world: World, credential: bytes) -> PasskeyView | None:
    """The passkey whose credential's id has this SHA-256, if its operator is active; None otherwise."""
    id = unique_holder(PASSKEYS, "credential", credential.hex(), world)
    row = None if id is None else world.row(PASSKEYS, id)
    if id is None or row is None:
        return None
    found = staff.operator(world, row.operator)
    key = secrets_of(world, PASSKEYS, id).get("key")
    if found is None or not found.active or not isinstance(key, str):
        return None
    return PasskeyView(id=id, operator=row.operator, key=key, count=world.get(PASSKEY_COUNTS, id) or 0)


def answer_tills(query: AskTills, world: World) -> tuple[TillAccess, ...]:
    """Every till that ever had a credential, by number."""
    return tuple(
        TillAccess(till=till, serial=row.serial, live=row.live, position=row.position)
        for (till,), row in world.scan(CREDENTIALS, limit=SCAN_ROWS_MAX)
    )


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who a credential stands for just now: the till and the operator (0: none), his name, role and rights, and in
    milliseconds since when he is signed in and when his identity was last proven (0: not at all)."""

    kind: str
    till: int
    operator: int
    alias: str
    role: str
    rights: tuple[str, ...]
    since_ms: int
    level_ms: int


def identity(world: World, actor: Actor) -> Identity:
    """Who the actor is; raises `Refusal` where his credential is not live."""
    admit(world, actor, "")
    named = credentials.parse(actor.credential)
    assert named is not None, "a credential of no form is refused before"
    found = staff.operator(world, actor.operator) if actor.operator else None
    since_ms = level_ms = 0
    rights: frozenset[str] = frozenset() if found is None else found.rights
    if named.kind == "session":
        row = session(world, named.digest)
        assert row is not None, "admitted"
        since_ms, level_ms = row.began_ms, row.level_ms
    elif named.kind == "key":
        scopes = frozenset(world.row(API_KEYS, named.key).scopes)  # type: ignore[union-attr]  # admitted, so there
        rights = scopes & rights if actor.operator else scopes
    elif actor.till and actor.operator:
        since_ms = staff.signed_in_ms(world, actor.till, actor.operator) or 0
    return Identity(
        kind=named.kind,
        till=actor.till,
        operator=actor.operator,
        alias="" if found is None else found.alias,
        role="" if found is None else found.role,
        rights=tuple(sorted(rights)),
        since_ms=since_ms,
        level_ms=level_ms,
    )
