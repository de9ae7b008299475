"""Revoking a till's credential, at once: a lost or stolen device."""

from engine.access.invite_till import Till
from engine.access.records import TillRevoked
from engine.access.state import CREDENTIALS, INVITATIONS, TILL_SECRETS
from engine.kernel.errors import Refusal
from engine.kernel.events import JET_TILL_REMOVED, Event
from engine.kernel.messages import Command, Record
from engine.kernel.world import World


class RevokeTill(Command, frozen=True, kw_only=True, tag="access.revoke_till"):
    """Whatever the device of ``till`` sends after this is refused; an open invitation is taken back too."""

    till: Till


def decide_revoke(command: RevokeTill, world: World) -> tuple[Record, ...]:
    """A till with a live credential or an open invitation. JET 127: a workstation was removed."""
    till = command.till
    row, invited = world.get(CREDENTIALS, till), world.get(INVITATIONS, till)
    live = row is not None and row.live
    if not live and invited is None:
        raise Refusal("access.not_enrolled", f"till {till} has no credential and no invitation", at="till")
    world.stage(INVITATIONS, None, till)
    if row is None or not live:
        return (Event(code=0, what="till.invitation_revoked", detail={"till": till}),)
    world.stage(TILL_SECRETS, None, till)
    event = Event(code=JET_TILL_REMOVED, what="till.revoked", detail={"till": till, "serial": row.serial})
    return TillRevoked(till=till, serial=row.serial), event
