"""Proving one's identity again, for rights over people and keys: the session gets a new id."""

from engine.access.invite_till import Digest
from engine.access.log_in import CodeStep, PasskeyUse, Way, prove, require_new
from engine.access.state import SESSIONS, Session
from engine.kernel import credentials
from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.messages import Command, Record
from engine.kernel.world import World


class StepUp(Command, frozen=True, kw_only=True, tag="access.step_up"):
    """The actor's session goes on, freshly proven, under the id with the SHA-256 ``session``; the old id is dead."""

    session: Digest
    way: Way
    code_step: CodeStep | None = None
    passkey: PasskeyUse | None = None


def decide_step_up(command: StepUp, world: World) -> tuple[Record, ...]:
    """A session, proven as at log-in; how long it lasts at most stays as it was."""
    digest, old = own_session(world)
    prove(world, old.operator, command)
    new = bytes.fromhex(command.session)
    require_new(world, new)
    world.stage(SESSIONS, None, digest)
    world.stage(SESSIONS, Session(old.operator, old.began_ms, world.at_ms, world.position, command.way), new)
    return (Event(code=0, what="access.stepped_up", detail={"operator": old.operator, "way": command.way}),)


def own_session(world: World) -> tuple[bytes, Session]:
    """The session that the actor came with."""
    named = credentials.parse(world.actor.credential)
    row = None if named is None or named.kind != "session" else world.get(SESSIONS, named.digest)
    if named is None or row is None:
        raise Refusal("access.no_session", "this is asked for in a session of the back office")
    return named.digest, row
