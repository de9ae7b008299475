"""What people configure about the staff: operators, their roles, rights and secrets."""

from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta

from engine.kernel.errors import Refusal
from engine.kernel.kinds import Kind, Personal, Row, Secret, SecretMark
from engine.kernel.messages import ENGINE, Record
from engine.kernel.permissions import GRANTABLE, ROLES
from engine.kernel.rows import RowPut, decide_put, put_type
from engine.kernel.world import World

RIGHTS_MAX = 64

SecretField = Literal["pin", "badge", "password", "totp"]

AT_TILLS = frozenset({"pin", "badge"})
"""The secrets that let somebody in at a till; the others open the back office."""


class OperatorRow(Row, frozen=True, kw_only=True):
    """Someone who works at the tills.

    ``alias`` is what tickets show and stays for ever in the journal (a first name or a number, not a full name);
    ``name`` and ``email`` are personal; ``pin`` and ``badge`` (at a till), ``password`` and ``totp`` (in the back
    office) are secrets that the engine keeps only as hashes, the last one sealed by the workers' own key; ``rights``
    are added to those of the ``role`` (kernel/permissions.py); who is not ``active`` may do nothing.
    """

    alias: Annotated[str, Meta(min_length=1, max_length=40)]
    role: Literal["admin", "manager", "employee", "accountant", "preparer", "courier"] = "employee"
    rights: Annotated[tuple[str, ...], Meta(max_length=RIGHTS_MAX)] = ()
    name: Annotated[Annotated[str, Meta(max_length=120)] | None, Personal] = None
    email: Annotated[Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None, Personal] = None
    pin: Annotated[Secret | None, SecretMark] = None
    badge: Annotated[Secret | None, SecretMark] = None
    password: Annotated[Secret | None, SecretMark] = None
    totp: Annotated[Secret | None, SecretMark] = None
    active: bool = True


def rights_of(row: OperatorRow) -> frozenset[str]:
    """Everything the operator may do: the rights of the role and the added ones; nothing when not active."""
    return ROLES[row.role] | frozenset(row.rights) if row.active else frozenset()


def check_operator(row: OperatorRow, world: World) -> OperatorRow:
    """Rights exist, and nobody gives what he does not hold: else an added right to edit staff would be every right."""
    for number, right in enumerate(row.rights):
        if right not in GRANTABLE:
            raise Refusal("staff.unknown_right", f"there is no right {right!r}", at=f"row.rights[{number}]")
    if world.actor != ENGINE:
        giver = world.row(OPERATORS, world.actor.operator)
        missing = rights_of(row) - (frozenset() if giver is None else rights_of(giver))
        if missing:
            raise Refusal(
                "staff.more_than_own",
                "an operator cannot give rights that he does not hold",
                at="row.role" if missing & ROLES[row.role] else "row.rights",
                data={"rights": sorted(missing)},
            )
    return msgspec.structs.replace(row, rights=tuple(sorted(set(row.rights))))


def guard_operator(id: int, world: World) -> None:
    """Nobody changes or removes an operator who may do more: else an added right to edit staff would be every right."""
    if world.actor == ENGINE:
        return
    row, editor = world.row(OPERATORS, id), world.row(OPERATORS, world.actor.operator)
    assert row is not None, "a guard is asked about a live row"
    missing = rights_of(row) - (frozenset() if editor is None else rights_of(editor))
    if missing:
        raise Refusal(
            "staff.more_than_own",
            f"operator {id} may do more than operator {world.actor.operator}, who cannot change that row",
            at="id",
            data={"rights": sorted(missing)},
        )


OPERATORS = Kind(
    name="operators",
    code=3,
    row=OperatorRow,
    permission="staff.write",
    ceremony="/api/v1/auth/secrets",
    unique=("alias",),
    rows_max=10_000,
    check=check_operator,
    guard=guard_operator,
    example={"alias": "Léa", "role": "employee", "rights": ["sales.refund"], "name": "Léa Martin"},
)


def with_secret(world: World, operator: int, field: SecretField, secret: Secret | None) -> tuple[Record, ...]:
    """The operator's row with one secret changed and everything else as it is, his personal fields too.

    None takes a PIN or badge away, so that nothing lets him in at a till; what opens the back office is only replaced.
    """
    if secret is None and field not in AT_TILLS:
        raise Refusal("staff.stays", "a password and its one-time codes are replaced, never taken away", at="secret")
    row = world.row(OPERATORS, operator)
    if row is None or not row.active:
        raise Refusal("staff.unknown_operator", f"there is no operator {operator} in use", at="operator")
    personal = world.people.fields(OPERATORS.code, operator, world.version(OPERATORS, operator)) or {}
    whole = msgspec.structs.replace(row, **personal, **{field: secret})
    records = decide_put(OPERATORS, cast(Any, put_type(OPERATORS))(id=operator, row=whole), world)
    if secret is not None:
        return records
    world.attach_secrets(OPERATORS, operator, {field: None})
    put = records[0]
    assert isinstance(put, RowPut), "a row was put"
    return (msgspec.structs.replace(put, secrets=(field,)), *records[1:])
