"""Trying to log in to the back office: counted, durably, before the worker looks at the password."""

from engine.access.state import DAY_MS, LOG_INS, LOG_INS_HARD_MAX, LOG_INS_SOFT_MAX, SOFT_WINDOW_MS, tries_of
from engine.access.views import STRANGER_FIRST
from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.messages import Command, Id
from engine.kernel.world import World
from engine.staff import views as staff


class TryLogIn(Command, frozen=True, kw_only=True, tag="access.try_log_in"):
    """Somebody types a password as ``operator``, to log in or to step up; from `STRANGER_FIRST` on: as nobody."""

    operator: Id


def decide_try_log_in(command: TryLogIn, world: World) -> tuple[()]:
    """At most five wrong ones in 15 minutes and 20 in a day (reliability 3.6); nobody else's account is slowed down."""
    operator, now = command.operator, world.at_ms
    if operator < STRANGER_FIRST and staff.operator(world, operator) is None:
        return ()
    tries = tries_of(world, operator)
    if len(tries) >= LOG_INS_HARD_MAX:
        raise _wait(operator, tries[0] + DAY_MS - now)
    soft = [at for at in tries if now - at < SOFT_WINDOW_MS]
    if len(soft) >= LOG_INS_SOFT_MAX:
        raise _wait(operator, soft[-LOG_INS_SOFT_MAX] + SOFT_WINDOW_MS - now)
    world.stage(LOG_INS, [*tries, now], operator)
    return ()


def _wait(operator: int, wait: int) -> Refusal:
    event = Event(code=0, what="refused.log_in_locked", detail={"operator": operator})
    text = f"too many wrong log-ins; the next may be tried in {-(-wait // 1000)} seconds"
    return Refusal("access.wait", text, data={"wait_ms": wait}, records=(event,))
