"""Enrolling a device as a till: the right one-time code, and it has a credential."""

import hmac

from engine.access.invite_till import INVITATION_TRIES_MAX, Digest, Till, require_till_in_use
from engine.access.records import TillEnrolled
from engine.access.state import CREDENTIALS, INVITATIONS, TILL_SECRETS, Invitation, TillSecret
from engine.kernel.errors import Refusal
from engine.kernel.events import JET_TILL_ADDED, Event
from engine.kernel.messages import Command, Record
from engine.kernel.world import World


class EnrolTill(Command, frozen=True, kw_only=True, tag="access.enrol_till"):
    """The device that typed ``code`` (the worker's keyed hash) becomes ``till``; ``credential`` is the SHA-256 of the
    token that the worker made for it."""

    till: Till
    code: Digest
    credential: Digest


def decide_enrol(command: EnrolTill, world: World) -> tuple[Record, ...]:
    """The code of an open invitation, or one more of its five tries is gone; no invitation looks like a used up one.

    JET 126: a workstation was added. A device that was this till before is not it any more.
    """
    till = command.till
    open = world.get(INVITATIONS, till)
    if open is None or world.at_ms >= open.expires_ms:
        raise _none(till)
    require_till_in_use(world, till)
    if not hmac.compare_digest(open.code, bytes.fromhex(command.code)):
        raise _wrong(world, till, open)
    before = world.get(CREDENTIALS, till)
    serial = 1 if before is None else before.serial + 1
    world.stage(INVITATIONS, None, till)
    world.stage(TILL_SECRETS, TillSecret(serial, bytes.fromhex(command.credential)), till)
    replaced = before is not None and before.live
    detail = {"till": till, "serial": serial, "by": open.by, "replaced": replaced}
    return TillEnrolled(till=till, serial=serial), Event(code=JET_TILL_ADDED, what="till.enrolled", detail=detail)


def _none(till: int) -> Refusal:
    return Refusal("access.no_invitation", f"no device is invited to become till {till} just now", at="code")


def _wrong(world: World, till: int, open: Invitation) -> Refusal:
    tries = open.tries + 1
    left = INVITATION_TRIES_MAX - tries
    world.stage(INVITATIONS, Invitation(open.code, open.expires_ms, tries, open.by) if left else None, till)
    event = Event(code=0, what="refused.wrong_code", detail={"till": till, "left": left})
    return Refusal("access.wrong_code", "the code is wrong", at="code", records=(event,), keeps=True)
