"""How often somebody may guess a PIN: marks that are on disk before a guess is checked (reliability 3.5).

A try counts as wrong until a sign-in says that it was right; then it is given back, so that only wrong ones count
against the operator, the till and the shop.
"""

import msgspec

from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.tables import Table
from engine.kernel.world import World

WRONG_SHORT = 3  # wrong PINs after which each further try waits for the short time
WRONG_LONG = 5  # wrong PINs after which it waits for the long one
WRONG_MAX = 10  # wrong PINs after which a manager has to unlock
WAIT_SHORT_MS = 30_000
WAIT_LONG_MS = 300_000
DEVICE_TRIES_MAX = 20  # wrong tries at one till in an hour
SHOP_TRIES_ALERT = 60  # wrong tries in the whole shop in an hour that raise an alert
HOUR_MS = 3_600_000
TRY_VALID_MS = 60_000  # how long after its try a sign-in may come

UNKNOWN_BADGE = 0
"""The operator of a try whose badge tells who it is only after the try."""


LOANS_MAX = 20  # approvals at one till by one operator that wait for their commands


class Wrong(msgspec.Struct, array_like=True):
    """Wrong PINs of one operator in a row, and when the last one was tried."""

    count: int
    last_ms: int


class Try(msgspec.Struct, array_like=True, frozen=True):
    """One try that nobody has called right."""

    at_ms: int
    till: int
    operator: int


WRONG = Table("staff.wrong", b"pc", ">Q", Wrong, db="marks")
"""operator -> his wrong PINs in a row."""

DEVICE_TRIES = Table("staff.device_tries", b"pd", ">H", list[Try], db="marks")
"""till -> its tries of the last hour, oldest first."""

SHOP_TRIES = Table("staff.shop_tries", b"ps", ">B", list[Try], db="marks")
"""0 -> the shop's last tries, oldest first, at most as many as raise the alert."""

LOANS = Table("staff.loans", b"pl", ">HQ", list[int], db="marks")
"""(till, operator) -> when his PIN was found right there, oldest first, for commands that he lends his rights to."""

ALERTED = Table("staff.alerted", b"pa", ">B", int, db="marks")
"""0 -> when the last alert was sealed."""


def recent(tries: list[Try] | None, now_ms: int, window_ms: int = HOUR_MS) -> list[Try]:
    """Those within the window; a clock that was set back by a manager leaves no try in the future."""
    return [tried for tried in tries or () if 0 <= now_ms - tried.at_ms < window_ms]


def wait_ms(wrong: Wrong | None, now_ms: int) -> int | None:
    """How long the operator's next try has to wait, in milliseconds; None: until a manager unlocks."""
    if wrong is None or wrong.count < WRONG_SHORT:
        return 0
    if wrong.count >= WRONG_MAX:
        return None
    wait = WAIT_LONG_MS if wrong.count >= WRONG_LONG else WAIT_SHORT_MS
    elapsed = now_ms - wrong.last_ms
    return wait - elapsed if 0 <= elapsed < wait else 0


def _locked(operator: int, wait: int | None) -> Refusal:
    event = Event(code=0, what="refused.pin_locked", detail={"operator": operator, "manager": wait is None})
    if wait is None:
        text = f"operator {operator} is locked after {WRONG_MAX} wrong PINs until a manager unlocks him"
        return Refusal("staff.locked", text, data={"operator": operator}, records=(event,))
    text = f"operator {operator} may try again in {-(-wait // 1000)} seconds"
    return Refusal("staff.wait", text, data={"operator": operator, "wait_ms": wait}, records=(event,))


def count_try(world: World, till: int, operator: int, *, known: bool) -> None:
    """Counts a try, or refuses it; an operator who does not exist is counted at the till only."""
    now = world.at_ms
    at_till = recent(world.get(DEVICE_TRIES, till), now)
    if len(at_till) >= DEVICE_TRIES_MAX:
        wait = at_till[0].at_ms + HOUR_MS - now
        event = Event(code=0, what="refused.device_locked", detail={"till": till})
        text = f"till {till} saw {DEVICE_TRIES_MAX} wrong tries in an hour; the next in {-(-wait // 1000)} seconds"
        raise Refusal("staff.device_locked", text, data={"wait_ms": wait}, records=(event,))
    if known:
        wrong = world.get(WRONG, operator)
        left = wait_ms(wrong, now)
        if left != 0:
            raise _locked(operator, left)
        world.stage(WRONG, Wrong(1 if wrong is None else wrong.count + 1, now), operator)
    tried = Try(now, till, operator)
    in_shop = recent(world.get(SHOP_TRIES, 0), now)
    world.stage(DEVICE_TRIES, [*at_till, tried], till)
    world.stage(SHOP_TRIES, [*in_shop, tried][-SHOP_TRIES_ALERT:], 0)


def give_back(world: World, till: int, operator: int) -> None:
    """Takes back the last try of this operator at this till, which was right; refuses where nobody tried."""
    now = world.at_ms
    at_till = recent(world.get(DEVICE_TRIES, till), now)
    found = [tried for tried in recent(at_till, now, TRY_VALID_MS) if tried.operator == operator]
    if not found:
        text = f"nobody tried to sign operator {operator} in at till {till} within the last minute"
        raise Refusal("staff.no_try", text, data={"operator": operator})
    in_shop = recent(world.get(SHOP_TRIES, 0), now)
    world.stage(DEVICE_TRIES, _without(at_till, found[-1]), till)
    world.stage(SHOP_TRIES, _without(in_shop, found[-1]), 0)
    if operator != UNKNOWN_BADGE:
        world.stage(WRONG, None, operator)


def _without(tries: list[Try], gone: Try) -> list[Try]:
    """The list without the last one that equals ``gone``."""
    for place in reversed(range(len(tries))):
        if tries[place] == gone:
            return tries[:place] + tries[place + 1 :]
    return tries


def lend(world: World, till: int, operator: int) -> None:
    """Takes back the last try of this operator at this till, which was right, and notes that he lends his rights to one
    command there within a minute; a loan that nobody takes up goes by itself."""
    give_back(world, till, operator)
    loans = _running(world, till, operator)
    world.stage(LOANS, [*loans, world.at_ms][-LOANS_MAX:], till, operator)


def take_loan(world: World, till: int, operator: int) -> None:
    """Uses one loan up; refuses where there is none."""
    loans = _running(world, till, operator)
    if not loans:
        text = f"operator {operator} lent nothing at till {till} within the last minute"
        raise Refusal("staff.no_try", text, data={"operator": operator})
    world.stage(LOANS, loans[1:] or None, till, operator)


def _running(world: World, till: int, operator: int) -> list[int]:
    return [at for at in world.get(LOANS, till, operator) or () if 0 <= world.at_ms - at < TRY_VALID_MS]
