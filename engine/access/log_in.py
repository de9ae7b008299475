"""Logging in to the back office, after the worker found password and code, or the passkey, to be right."""

from typing import Annotated, Literal, Protocol

from msgspec import Meta

from engine.access.invite_till import Digest
from engine.access.kinds import PASSKEYS
from engine.access.state import SESSIONS, Session, give_back_log_in, use_code, use_passkey
from engine.kernel.errors import Refusal
from engine.kernel.events import JET_START, Event
from engine.kernel.kinds import Row
from engine.kernel.messages import INTEGER_MAX, Command, Id, Record
from engine.kernel.world import World
from engine.staff import views as staff

Way = Literal["password", "passkey"]
CodeStep = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]


class PasskeyUse(Row, frozen=True, kw_only=True):
    """The passkey that a worker found to be right: its row, its own count of uses (0: it keeps none), and the SHA-256
    of the challenge that it answered."""

    id: Id
    count: Annotated[int, Meta(ge=0, le=2**32 - 1)]
    challenge: Digest


class LogIn(Command, frozen=True, kw_only=True, tag="access.log_in"):
    """``operator`` begins a session whose id has the SHA-256 ``session``.

    ``code_step`` is the time step of the one-time code that came with a password, ``passkey`` what came in its place.
    """

    operator: Id
    session: Digest
    way: Way
    code_step: CodeStep | None = None
    passkey: PasskeyUse | None = None


def decide_log_in(command: LogIn, world: World) -> tuple[Record, ...]:
    """An operator in use, whose try was counted and whose code is new. JET 80: operator log-in."""
    operator, digest = command.operator, bytes.fromhex(command.session)
    if world.actor.operator not in (0, operator):
        raise Refusal("access.other_operator", "nobody logs another operator in", at="operator")
    found = staff.operator(world, operator)
    if found is None or not found.active:
        raise Refusal("access.unknown_operator", f"there is no operator {operator} in use", at="operator")
    prove(world, operator, command)
    require_new(world, digest)
    now = world.at_ms
    world.stage(SESSIONS, Session(operator, now, now, world.position, command.way), digest)
    return (Event(code=JET_START, what="access.logged_in", detail={"operator": operator, "way": command.way}),)


class _Proven(Protocol):
    """What log-in and step-up have in common."""

    @property
    def way(self) -> str: ...
    @property
    def code_step(self) -> int | None: ...
    @property
    def passkey(self) -> PasskeyUse | None: ...


def prove(world: World, operator: int, proven: _Proven) -> None:
    """Gives the password's try back and uses up its code; a passkey cannot be guessed, and uses up its challenge."""
    if proven.way == "password":
        give_back_log_in(world, operator)
        use_code(world, operator, proven.code_step)
        return
    use = proven.passkey
    row = None if use is None else world.row(PASSKEYS, use.id)
    if use is None or row is None or row.operator != operator:
        raise Refusal("access.unknown_passkey", "this is no passkey of the operator", at="passkey")
    use_passkey(world, use.id, use.count, bytes.fromhex(use.challenge))


def require_new(world: World, digest: bytes) -> None:
    """Refuses a session id that was given before."""
    if world.get(SESSIONS, digest) is not None:
        raise Refusal("access.session_reused", "a session's id is used once", at="session")
