"""Whether an actor may ask for something: where it came from, its till, its credential, its rights, in this order."""

from engine.kernel import credentials, replies
from engine.kernel.capability import CommandRow
from engine.kernel.errors import Refusal
from engine.kernel.events import Overridden
from engine.kernel.joined import Hooks
from engine.kernel.messages import Actor, Envelope, Record
from engine.kernel.permissions import DEVICE
from engine.kernel.world import World


def require_source(envelope: Envelope, row: CommandRow, source: str, *, served: bool) -> None:
    """Refuses a command that this process may not send, and in a served shop a worker's command without credential."""
    if not credentials.may_send(source, row.source):
        text = f"{type(envelope.command).__name__} does not come from {source}"
        raise Refusal("kernel.wrong_source", text, data={"source": source})
    if served and source == credentials.WORKER and not envelope.actor.credential:
        raise Refusal("kernel.no_credential", "a worker's command names the credential of who asks")


def require_may_act(world: World, hooks: Hooks, envelope: Envelope, permission: str) -> None:
    """Refuses an actor whose till, credential or rights do not carry the command, seen from inside the transaction."""
    actor = envelope.actor
    world.override = 0
    world.overridden.clear()
    if actor.till and not hooks.till_open(world, actor.till):
        raise replies.unknown_till(envelope)
    hooks.admit(world, actor, permission)
    if actor.till and not actor.operator and permission not in DEVICE and not _is_key(actor):
        raise Refusal("kernel.no_operator", "a till's command needs an operator")
    if envelope.override:
        hooks.vouch(world, actor, envelope.override)
        world.override = envelope.override
    if not hooks.allows(world, actor, permission):
        raise replies.not_allowed(envelope, permission)
    if not hooks.fresh(world, actor, permission):
        text = "this needs a proof of identity that is not older than five minutes: step up, then ask again"
        raise Refusal("kernel.step_up", text, data={"right": permission})


def require_may_ask(world: World, hooks: Hooks, actor: Actor, permission: str) -> None:
    """The same for a query, as far as a reader can tell: nothing is sealed for it."""
    require_live(world, hooks, actor, permission)
    if not hooks.allows(world, actor, permission):
        text = f"operator {actor.operator} does not hold the right {permission}"
        raise Refusal("kernel.not_allowed", text, data={"right": permission})


def require_live(world: World, hooks: Hooks, actor: Actor, permission: str = "") -> None:
    """Refuses an actor whose till or credential is not live in the snapshot, whatever he wants to see."""
    if actor.credential and actor.till and not hooks.till_open(world, actor.till):
        raise Refusal("kernel.unknown_till", f"there is no active till {actor.till}", data={"till": actor.till})
    hooks.admit(world, actor, permission)


def with_override(world: World, records: tuple[Record, ...]) -> tuple[Record, ...]:
    """The records of a decision, and behind them who lent the rights that it could not have been taken without."""
    if not world.overridden:
        return records
    return (*records, Overridden(by=world.override, rights=tuple(sorted(world.overridden))))


def _is_key(actor: Actor) -> bool:
    return actor.credential.startswith(credentials.KEY_PREFIX)
