"""A new secret for an endpoint, while the one before goes on signing beside it for a day."""

from engine.integrations import views
from engine.integrations.kinds import WEBHOOKS, check_secret
from engine.integrations.records import SecretRotated
from engine.kernel.kinds import Secret
from engine.kernel.messages import Command, Id
from engine.kernel.world import World

OVERLAP_MS = 24 * 3_600_000  # in which receivers change over


class RotateSecret(Command, frozen=True, kw_only=True, tag="integrations.rotate_secret"):
    """Give endpoint ``id`` a new ``secret``, made and shown once by the worker."""

    id: Id
    secret: Secret


def decide_rotate_secret(command: RotateSecret, world: World) -> tuple[SecretRotated]:
    """The change is sealed, the secrets are not."""
    views.hook_row(world, command.id)
    check_secret(command.secret, "secret")
    before = views.secrets(world, command.id).get("secret")
    world.attach_secrets(WEBHOOKS, command.id, {"secret": command.secret.hash, "before": before})
    until = world.at_ms + OVERLAP_MS if before else 0
    return (SecretRotated(id=command.id, until_ms=until),)
