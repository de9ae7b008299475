"""Giving somebody else a new secret: a forgotten PIN, a lost badge, a password for a new colleague."""

from engine.kernel.errors import Refusal
from engine.kernel.kinds import Secret
from engine.kernel.messages import ENGINE, Command, Record
from engine.kernel.world import World
from engine.staff import views
from engine.staff.kinds import AT_TILLS, SecretField
from engine.staff.try_pin import Operator


class SetSecret(Command, frozen=True, kw_only=True, tag="staff.set_secret"):
    """``operator`` gets another ``field`` (null: none, of a PIN or badge); what he was signed in to with the old one is
    over."""

    operator: Operator
    field: SecretField
    secret: Secret | None


def decide_set(command: SetSecret, world: World) -> tuple[Record, ...]:
    """PINs and badges by whoever holds ``staff.secrets``, what opens the back office by who may edit operators; and
    never those of an operator who may do more (`kinds.guard_operator`)."""
    actor = world.actor
    if command.field not in AT_TILLS and actor != ENGINE:
        editor = views.operator(world, actor.operator)
        if editor is None or "staff.write" not in editor.rights:
            text = "passwords and one-time codes of others need the right staff.write"
            raise Refusal("kernel.not_allowed", text, at="field", data={"right": "staff.write"})
    return views.change_secret(world, command.operator, command.field, command.secret)
