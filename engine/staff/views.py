"""What others may ask about the staff: who is at the till, and may this be done."""

import hmac
from typing import Any

import msgspec

from engine.access.kinds import API_KEYS, KeyRow
from engine.kernel import credentials
from engine.kernel.attachments import secrets_of
from engine.kernel.errors import Refusal
from engine.kernel.kinds import Secret
from engine.kernel.messages import ENGINE, Actor, Query, Record
from engine.kernel.permissions import DEVICE, LENT, PUBLIC, SESSION
from engine.kernel.rows import unique_holder
from engine.kernel.world import CURRENT, World
from engine.staff import state_tries
from engine.staff.kinds import OPERATORS, OperatorRow, SecretField, rights_of, with_secret
from engine.staff.state import ENDED, SIGN_INS

SIGN_IN_MS_MAX = 16 * 3_600_000  # the longest that one sign-in at a till holds (reliability 3.4)
_NO_RIGHTS: frozenset[str] = frozenset()


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """An operator: ``rights`` are all of his rights (role and added ones), none when he is not ``active``."""

    id: int
    version: int
    alias: str
    role: str
    rights: frozenset[str]
    active: bool


class AskOperators(Query, frozen=True, kw_only=True, tag="staff.choose"):
    """Who can sign in at this till: the page on which a person chooses himself before he types his PIN."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One operator to choose: his plain name, and whether he is signed in at the till that asks."""

    id: int
    alias: str
    signed_in: bool


def _operator(row: OperatorRow, version: int) -> Operator:
    return Operator(id=0, version=version, alias=row.alias, role=row.role, rights=rights_of(row), active=row.active)


def _ready_operator(world: World, id: int) -> Operator | None:
    found = world.compiled(OPERATORS, id, _operator)
    return None if found is None else msgspec.structs.replace(found, id=id)


def operator(world: World, id: int) -> Operator | None:
    """The operator, active or not, or None."""
    return world.ready(_ready_operator, id)


def _rights(world: World, id: int) -> frozenset[str]:
    found = world.ready(_ready_operator, id)
    return _NO_RIGHTS if found is None else found.rights


def _scopes(row: KeyRow, version: int) -> frozenset[str]:
    return frozenset(row.scopes)


def role_allows(world: World, actor: Actor, permission: str) -> bool:
    """Whether the actor holds the right: by his credential, his operator, or an operator who lends it to this command.

    The engine itself holds every one, an API key what its scopes name (for an operator what both hold), a till without
    an operator to let one sign in.
    """
    credential = actor.credential
    if not credential:
        if actor == ENGINE or world.rights_settled:
            return True
    elif credential == credentials.NOBODY:
        return permission in PUBLIC
    elif credential.startswith(credentials.KEY_PREFIX):
        named = credentials.parse(credential)
        scopes = world.compiled(API_KEYS, named.key, _scopes) if named else None
        if scopes is None or permission not in scopes:
            return False
        return not actor.operator or permission in _rights(world, actor.operator)
    if permission in _rights(world, actor.operator):
        return True
    if permission in DEVICE:
        return bool(actor.till)
    if permission in SESSION:
        return credential.startswith(credentials.SESSION_PREFIX)
    if world.override and permission in LENT and permission in _rights(world, world.override):
        world.overridden.add(permission)
        return True
    return False


def vouch(world: World, actor: Actor, by: int) -> None:
    """Refuses a second operator who may not lend his rights: at a till, to somebody else, by a PIN typed just now."""
    require_lender(world, actor, by)
    state_tries.take_loan(world, actor.till, by)


def require_lender(world: World, actor: Actor, by: int) -> None:
    """Refuses whoever is no second operator in use beside the one at this till."""
    if (
        not actor.till
        or not actor.operator
        or actor.credential.startswith(credentials.KEY_PREFIX)
        or by == actor.operator
    ):
        raise Refusal("staff.no_override", "rights are lent at a till, by one operator to another", at="override")
    found = operator(world, by)
    if found is None or not found.active:
        raise Refusal("staff.unknown_operator", f"there is no operator {by} in use", at="override")


def signed_in(world: World, till: int, operator: int, *, serial: int, number: int) -> bool:
    """Whether this very sign-in still holds: not signed out, not replaced, not ended, not older than 16 hours."""
    row = world.get(SIGN_INS, till, operator)
    if row is None or row.number != number or row.serial != serial:
        return False
    return world.at_ms - row.at_ms < SIGN_IN_MS_MAX and row.position > ended_at(world, operator)


def sign_in_number(world: World, till: int, operator: int) -> int:
    """The number of the operator's live sign-in at the till, or 0."""
    row = world.get(SIGN_INS, till, operator)
    if row is None or not signed_in(world, till, operator, serial=row.serial, number=row.number):
        return 0
    return row.number


def signed_in_ms(world: World, till: int, operator: int) -> int | None:
    """When the operator's live sign-in at the till began; None where there is none."""
    row = world.get(SIGN_INS, till, operator)
    return None if row is None or not sign_in_number(world, till, operator) else row.at_ms


def ended_at(world: World, operator: int) -> int:
    """The position before which every sign-in and session of the operator is over (-1: none was ended)."""
    found = world.get(ENDED, operator)
    return -1 if found is None else found


def answer_operators(query: AskOperators, world: World) -> tuple[Choice, ...]:
    """Active operators by number, with nothing but their plain names."""
    till = world.actor.till
    choices = []
    for (_, id), _version in world.scan(CURRENT, OPERATORS.code):
        found = operator(world, id)
        if found is not None and found.active:
            there = bool(till) and sign_in_number(world, till, id) > 0
            choices.append(Choice(id=id, alias=found.alias, signed_in=there))
    return tuple(choices)


def stored_secret(world: World, id: int, field: str) -> str | None:
    """The stored form of an active operator's ``pin``, ``badge``, ``password`` or ``totp``, for the worker's check."""
    found = operator(world, id)
    if found is None or not found.active:
        return None
    kept: Any = secrets_of(world, OPERATORS, id).get(field)
    return kept if isinstance(kept, str) else None


def by_badge(world: World, stored: str) -> int | None:
    """The one active operator whose badge is kept as ``stored``; None where nobody or more than one has it."""
    found = [id for (_, id), _version in world.scan(CURRENT, OPERATORS.code) if _has_badge(world, id, stored)]
    return found[0] if len(found) == 1 else None


def _has_badge(world: World, id: int, stored: str) -> bool:
    kept = stored_secret(world, id, "badge")
    return kept is not None and hmac.compare_digest(kept.encode(), stored.encode())


def change_secret(world: World, operator: int, field: SecretField, secret: Secret | None) -> tuple[Record, ...]:
    """What changes one secret of an operator (None: takes it away); refuses a badge that somebody else shows, which
    would let in neither."""
    if field == "badge" and secret is not None and by_badge(world, secret.hash) not in (None, operator):
        raise Refusal("staff.badge_taken", "somebody else has this badge", at="secret")
    return with_secret(world, operator, field, secret)


def by_login(world: World, login: str) -> int | None:
    """The active operator whom a log-in names by alias, or by an e-mail address that only one of them has."""
    id = unique_holder(OPERATORS, "alias", login, world)
    if id is None:
        wanted = login.casefold()
        found = [id for (_, id), version in world.scan(CURRENT, OPERATORS.code) if _email(world, id, version) == wanted]
        id = found[0] if len(found) == 1 else None
    chosen = None if id is None else operator(world, id)
    return id if chosen is not None and chosen.active else None


def _email(world: World, id: int, version: int) -> str | None:
    fields = world.people.fields(OPERATORS.code, id, version)
    email = None if fields is None else fields.get("email")
    return email.casefold() if isinstance(email, str) else None
