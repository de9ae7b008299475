"""Adding a passkey to one's own account, in a session that was proven lately."""

from typing import Any, cast

from engine.access.invite_till import Digest
from engine.access.kinds import PASSKEYS, PasskeyRow
from engine.access.step_up import own_session
from engine.kernel.kinds import Secret
from engine.kernel.messages import Command, Label, Record
from engine.kernel.rows import decide_put, put_type
from engine.kernel.world import World


class AddPasskey(Command, frozen=True, kw_only=True, tag="access.add_passkey"):
    """The worker checked a new credential of the actor's: the SHA-256 of its id, and its public key."""

    label: Label
    credential: Digest
    key: Secret


def decide_add(command: AddPasskey, world: World) -> tuple[Record, ...]:
    """A row of the kind ``passkeys`` for the session's own operator."""
    _, row = own_session(world)
    passkey = PasskeyRow(operator=row.operator, label=command.label, credential=command.credential, key=command.key)
    return decide_put(PASSKEYS, cast(Any, put_type(PASSKEYS))(row=passkey), world)
