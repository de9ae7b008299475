"""Throwing somebody out: every session and sign-in of an operator is over at once."""

from engine.kernel.errors import Refusal
from engine.kernel.events import JET_STOP, Event
from engine.kernel.messages import Command, Id, Record
from engine.kernel.world import World
from engine.staff import views as staff
from engine.staff.records import SessionsEnded


class EndSessions(Command, frozen=True, kw_only=True, tag="access.end_sessions"):
    """``operator`` has to sign in again, wherever he is."""

    operator: Id


def decide_end(command: EndSessions, world: World) -> tuple[Record, ...]:
    """An operator who exists, active or not. JET 40: operator log-off."""
    if staff.operator(world, command.operator) is None:
        raise Refusal("access.unknown_operator", f"there is no operator {command.operator}", at="operator")
    event = Event(code=JET_STOP, what="access.sessions_ended", detail={"operator": command.operator})
    return SessionsEnded(operator=command.operator), event
