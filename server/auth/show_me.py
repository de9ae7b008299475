"""The endpoint that says who a credential stands for, what he may do, and how long."""

from engine.features import Identity, identity, till_idle_s
from server.auth import sessions
from server.auth.bodies import Me
from server.auth.reception import Answered, Asked, Reception
from server.wire.answers import rfc3339


async def me(reception: Reception, asked: Asked) -> Answered:
    """Whoever asks; a credential that is not live any more is refused."""
    found: Identity = reception.desk.look(lambda world: identity(world, asked.actor))
    at_till = sessions.at_till(reception.desk.look(till_idle_s))
    limits = {"till": at_till, "session": sessions.BACK_OFFICE}.get(found.kind)
    signed_in = bool(found.operator and limits)
    shown = Me(
        kind=found.kind,
        till=found.till,
        operator=found.operator,
        alias=found.alias,
        role=found.role,
        rights=found.rights,
        since=rfc3339(found.since_ms) if signed_in else None,
        idle_s=limits.idle_ms // 1000 if signed_in and limits else None,
        until=rfc3339(found.since_ms + limits.whole_ms) if signed_in and limits else None,
        proven_until=rfc3339(found.level_ms + sessions.STEP_UP_MS) if found.level_ms else None,
    )
    return Answered(shown)
