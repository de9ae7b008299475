"""Changing one's own secrets in the back office, in a session that was proven lately."""

from engine.access.step_up import own_session
from engine.kernel.kinds import Secret
from engine.kernel.messages import Command, Record
from engine.kernel.world import World
from engine.staff import views as staff
from engine.staff.kinds import SecretField


class ChangeSecret(Command, frozen=True, kw_only=True, tag="access.change_secret"):
    """The session's own operator gets another ``field`` (null: none, of a PIN or badge)."""

    field: SecretField
    secret: Secret | None


def decide_change(command: ChangeSecret, world: World) -> tuple[Record, ...]:
    """Whoever else sits in a session of his with the old secret is out, and so is he: everybody signs in again."""
    _, row = own_session(world)
    return staff.change_secret(world, row.operator, command.field, command.secret)
