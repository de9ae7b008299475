"""A manager vouches for the machine's clock after it was in doubt."""

from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.messages import Command, Record
from engine.kernel.world import World

CONFIRMED = "clock.confirmed"
DOUBTED = "clock.doubt"


class ConfirmClock(Command, frozen=True, kw_only=True, tag="kernel.confirm_clock"):
    """Says that the machine's clock is right now; only this event may be followed by an earlier time."""


def decide_confirm_clock(command: ConfirmClock, world: World) -> tuple[Record, ...]:
    """Seals both clocks: the entry's time (last plus boot time) and the machine's."""
    if not world.clock_doubt:
        raise Refusal("kernel.clock_fine", "the clock is not in doubt; there is nothing to confirm")
    detail = {"reason": world.clock_doubt, "machine_ms": world.machine_ms, "entry_ms": world.at_ms}
    return (Event(code=0, what=CONFIRMED, detail=detail),)
