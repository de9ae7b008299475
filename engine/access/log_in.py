"""Logging in to the back office, after the worker found password and code, or the passkey, to be right."""

from typing import Annotated, Literal

from msgspec import Meta

from engine.access.invite_till import Digest
from engine.access.state import SESSIONS, Session, give_back_log_in, use_code
from engine.kernel.errors import Refusal
from engine.kernel.events import JET_START, Event
from engine.kernel.messages import INTEGER_MAX, Command, Id, Record
from engine.kernel.world import World
from engine.staff import views as staff

Way = Literal["password", "passkey"]
CodeStep = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]


class LogIn(Command, frozen=True, kw_only=True, tag="access.log_in"):
    """``operator`` begins a session whose id has the SHA-256 ``session``.

    ``code_step`` is the time step of the one-time code that came with a password.
    """

    operator: Id
    session: Digest
    way: Way
    code_step: CodeStep | None = None


def decide_log_in(command: LogIn, world: World) -> tuple[Record, ...]:
    """An operator in use, whose try was counted and whose code is new. JET 80: operator log-in."""
    operator, digest = command.operator, bytes.fromhex(command.session)
    if world.actor.operator not in (0, operator):
        raise Refusal("access.other_operator", "nobody logs another operator in", at="operator")
    found = staff.operator(world, operator)
    if found is None or not found.active:
        raise Refusal("access.unknown_operator", f"there is no operator {operator} in use", at="operator")
    prove(world, operator, command.way, command.code_step)
    require_new(world, digest)
    now = world.at_ms
    world.stage(SESSIONS, Session(operator, now, now, world.position, command.way), digest)
    return (Event(code=JET_START, what="access.logged_in", detail={"operator": operator, "way": command.way}),)


def prove(world: World, operator: int, way: str, code_step: int | None) -> None:
    """Gives the password's try back and uses up its code; a passkey cannot be guessed and needs neither."""
    if way == "password":
        give_back_log_in(world, operator)
        use_code(world, operator, code_step)


def require_new(world: World, digest: bytes) -> None:
    """Refuses a session id that was given before."""
    if world.get(SESSIONS, digest) is not None:
        raise Refusal("access.session_reused", "a session's id is used once", at="session")
