"""What others may ask about the staff: who is at the till, and may this be done."""

import msgspec

from engine.kernel.messages import ENGINE, Actor
from engine.kernel.world import World
from engine.staff.kinds import OPERATORS, OperatorRow, rights_of


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """An operator: ``rights`` are all of his rights (role and added ones), none when he is not ``active``."""

    id: int
    version: int
    alias: str
    role: str
    rights: frozenset[str]
    active: bool


def _operator(row: OperatorRow, version: int) -> Operator:
    return Operator(id=0, version=version, alias=row.alias, role=row.role, rights=rights_of(row), active=row.active)


def _ready_operator(world: World, id: int) -> Operator | None:
    found = world.compiled(OPERATORS, id, _operator)
    return None if found is None else msgspec.structs.replace(found, id=id)


def operator(world: World, id: int) -> Operator | None:
    """The operator, active or not, or None."""
    return world.ready(_ready_operator, id)


def role_allows(world: World, actor: Actor, permission: str) -> bool:
    """Whether the actor holds the right: the engine itself every one, a till without an operator none."""
    if actor == ENGINE:
        return True
    found = world.ready(_ready_operator, actor.operator)
    return found is not None and permission in found.rights
