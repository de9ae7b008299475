"""What people configure about access: API keys for software of the shop's own, and the passkeys of its people."""

import datetime
import ipaddress
from typing import Annotated

import msgspec
from msgspec import Meta

from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind, Row, Secret, SecretMark
from engine.kernel.messages import ENGINE, TILL_MAX, Id, Label
from engine.kernel.permissions import GRANTABLE, STEP_UP
from engine.kernel.rows import unique_holder
from engine.kernel.world import CURRENT, World
from engine.staff.kinds import OPERATORS, guard_operator, rights_of

KEY_DAYS_MAX = 366  # a key is good for a year at most (reliability 3.4)
KEYS_OF_ONE_LABEL_MAX = 2  # the old one and the new one, while they are exchanged
ADDRESSES_MAX = 20
SCOPES_MAX = 64
OPERATORS_OF_KEY_MAX = 50

MAKING = "/api/v1/auth/api-keys"  # where a worker makes a key and shows its token once

SCOPES = GRANTABLE - STEP_UP - {right for right in GRANTABLE if right.startswith("access.")}
"""The rights that a key can have: never those over people and keys."""


class KeyRow(Row, frozen=True, kw_only=True):
    """A key for software that calls the API: what it is for, what it may do, and at which till it acts.

    ``scopes`` are rights (kernel/permissions.py); ``expires`` is the last day on which it works, at most a year ahead;
    ``addresses`` are networks that it may come from (empty: any), which the worker checks; ``operators`` are those for
    whom it may act besides for itself, and then only within the rights of both; ``key_id`` are the eight
    characters that its token shows, ``secret`` keeps the token's SHA-256. Two keys may share a label, so that one can
    be exchanged while the other works; removing the row revokes the key at once.
    """

    label: Label
    scopes: Annotated[tuple[str, ...], Meta(min_length=1, max_length=SCOPES_MAX)]
    till: Annotated[int, Meta(ge=1, le=TILL_MAX)]
    expires: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    key_id: Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{8}$")]
    addresses: Annotated[tuple[Annotated[str, Meta(max_length=50)], ...], Meta(max_length=ADDRESSES_MAX)] = ()
    operators: Annotated[tuple[Id, ...], Meta(max_length=OPERATORS_OF_KEY_MAX)] = ()
    secret: Annotated[Secret | None, SecretMark] = None


def last_day(row: KeyRow) -> int:
    """The ordinal of the last day on which the key works; refuses a day that no calendar has."""
    try:
        return datetime.date.fromisoformat(row.expires).toordinal()
    except ValueError:
        raise Refusal("access.bad_day", f"{row.expires} is no day of the calendar", at="row.expires") from None


def _check_scopes(row: KeyRow, world: World) -> None:
    for number, scope in enumerate(row.scopes):
        if scope not in SCOPES:
            raise Refusal("access.unknown_scope", f"a key cannot have the right {scope!r}", at=f"row.scopes[{number}]")
    if world.actor != ENGINE:
        giver = world.row(OPERATORS, world.actor.operator)
        missing = set(row.scopes) - (frozenset() if giver is None else rights_of(giver))
        if missing:
            text = "an operator cannot give a key rights that he does not hold"
            raise Refusal("access.more_than_own", text, at="row.scopes", data={"rights": sorted(missing)})


def _normal_addresses(row: KeyRow) -> tuple[str, ...]:
    normal = []
    for number, text in enumerate(row.addresses):
        try:
            normal.append(str(ipaddress.ip_network(text)))
        except ValueError:
            message = f"{text!r} is no address and no network"
            raise Refusal("access.bad_address", message, at=f"row.addresses[{number}]") from None
    return tuple(sorted(set(normal)))


def _others_of_label(row: KeyRow, world: World) -> int:
    """Live keys of the same label that have not expired, this one aside."""
    count = 0
    for (_, id), _version in world.scan(CURRENT, API_KEYS.code):
        other = world.row(API_KEYS, id)
        if other is not None and other.label == row.label and other.key_id != row.key_id:
            count += last_day(other) >= world.day
    return count


def check_key(row: KeyRow, world: World) -> KeyRow:
    """Rights that exist and that the giver holds, a year at most, and at most two keys for one purpose."""
    _check_scopes(row, world)
    if not world.day <= last_day(row) <= world.day + KEY_DAYS_MAX:
        text = f"a key works until a day from today to {KEY_DAYS_MAX} days ahead"
        raise Refusal("access.bad_expiry", text, at="row.expires")
    if row.secret is None and unique_holder(API_KEYS, "key_id", row.key_id, world) is None:
        raise Refusal("access.no_secret", f"a new key needs a secret: make it at {MAKING}", at="row.secret")
    if _others_of_label(row, world) >= KEYS_OF_ONE_LABEL_MAX:
        text = f"{KEYS_OF_ONE_LABEL_MAX} keys {row.label!r} work already; remove one first"
        raise Refusal("access.two_keys", text, at="row.label")
    return msgspec.structs.replace(
        row,
        scopes=tuple(sorted(set(row.scopes))),
        addresses=_normal_addresses(row),
        operators=tuple(sorted(set(row.operators))),
    )


API_KEYS = Kind(
    name="api-keys",
    code=5,
    row=KeyRow,
    permission="access.keys",
    ceremony=MAKING,
    references={"till": "tills", "operators": "operators"},
    unique=("key_id",),
    rows_max=200,
    check=check_key,
    example={
        "label": "Boutique en ligne",
        "scopes": ["sales.post", "catalogue.read"],
        "till": 1,
        "expires": "2027-06-30",
        "key_id": "Ab12Cd34",
        "addresses": ["192.0.2.0/24"],
        "secret": {"hash": "0" * 64, "key": "0" * 64},
    },
)


class PasskeyRow(Row, frozen=True, kw_only=True):
    """A passkey of an operator: ``credential`` is the SHA-256 of the credential's id, ``key`` keeps its public key.

    A public key is no secret, but it would tell for ever that two accounts are one person's, so it stays out of the
    journal with the secrets.
    """

    operator: Id
    label: Label
    credential: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    key: Annotated[Secret | None, SecretMark] = None


def check_passkey(row: PasskeyRow, world: World) -> PasskeyRow:
    """Everybody adds his own: whoever could add one to an admin would be him."""
    if world.actor not in (ENGINE, msgspec.structs.replace(world.actor, operator=row.operator)):
        raise Refusal("access.not_own", "nobody adds a passkey to somebody else", at="row.operator")
    if row.key is None and unique_holder(PASSKEYS, "credential", row.credential, world) is None:
        raise Refusal("access.no_secret", "a new passkey needs its public key", at="row.key")
    return row


def guard_passkey(id: int, world: World) -> None:
    """Nobody changes or removes a passkey of an operator who may do more."""
    row = world.row(PASSKEYS, id)
    assert row is not None, "a guard is asked about a live row"
    guard_operator(row.operator, world)


PASSKEYS = Kind(
    name="passkeys",
    code=6,
    row=PasskeyRow,
    permission="staff.write",
    ceremony="/api/v1/auth/passkey/add/begin",
    references={"operator": "operators"},
    unique=("credential",),
    rows_max=10_000,
    check=check_passkey,
    guard=guard_passkey,
    example={
        "operator": 1,
        "label": "Téléphone de Léa",
        "credential": "0" * 64,
        "key": {"hash": "pQECAyYgASFYIA", "key": "0" * 64},
    },
)
