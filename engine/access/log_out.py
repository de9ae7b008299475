"""Logging out of the back office, here or everywhere."""

from engine.access.state import SESSIONS
from engine.access.step_up import own_session
from engine.kernel.events import JET_STOP, Event
from engine.kernel.messages import Command, Record
from engine.kernel.world import World
from engine.staff.records import SessionsEnded


class LogOut(Command, frozen=True, kw_only=True, tag="access.log_out"):
    """The actor's session is over; with ``everywhere`` every session and every sign-in of his at a till."""

    everywhere: bool = False


def decide_log_out(command: LogOut, world: World) -> tuple[Record, ...]:
    """JET 40: operator log-off."""
    digest, row = own_session(world)
    world.stage(SESSIONS, None, digest)
    detail = {"operator": row.operator, "everywhere": command.everywhere}
    event = Event(code=JET_STOP, what="access.logged_out", detail=detail)
    return (SessionsEnded(operator=row.operator), event) if command.everywhere else (event,)
