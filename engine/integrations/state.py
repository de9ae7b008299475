"""Tables and folds of endpoints: who wants which event, how far each has heard, and the jobs that events become."""

import msgspec

from engine.cash.records import Closed, Opened
from engine.integrations.kinds import WEBHOOKS, WebhookRow
from engine.integrations.records import Delivered, Failed, Replayed, SecretRotated
from engine.kernel.rows import RowPut, RowRemoved
from engine.kernel.tables import Table
from engine.kernel.world import Folding, join_position
from engine.sales.records import Paid, Posted, Refunded

CHANGED_KINDS = frozenset(
    {"products", "departments", "department-groups", "option-sets", "vat-rates", "discounts", "payment-modes"}
)
"""The kinds whose changes an endpoint can hear of: what is sold and how it is paid; never people or settings."""

NUMBER_MAX = 65_535  # of a job in its entry
JOB_TAG = "integrations.webhook"


class Job(msgspec.Struct, frozen=True, kw_only=True, tag_field="job", tag=JOB_TAG):
    """An event that endpoints want: its name, and their ids; everything else is read from the entry when it is sent.

    ``of`` is the position of the ticket's own entry (0: this one); ``kind`` and ``id`` name a row that changed, or was
    ``removed``.
    """

    event: str
    hooks: tuple[int, ...]
    of: int = 0
    kind: str = ""
    id: int = 0
    removed: bool = False


class Wanted(msgspec.Struct, array_like=True):
    """Event -> the ids of the active endpoints that want it, ascending."""

    hooks: dict[str, list[int]]


class HookRow(msgspec.Struct, array_like=True):
    """One endpoint: how far it has heard and what beyond, and when its former secret ceases to sign.

    ``since`` is where it was made: nothing before it is its business. ``turn`` is where somebody last set its place by
    hand (made it, or took it back): a report of what was delivered before that says nothing any more.
    """

    since: int
    turn: int
    position: int
    number: int
    beyond: list[tuple[int, int]] = msgspec.field(default_factory=list)
    before_until_ms: int = 0


class FailedRow(msgspec.Struct, array_like=True):
    """An event that could not be delivered."""

    at_ms: int
    reason: str
    status: int
    attempts: int


WANTED = Table("integrations.wanted", b"iw", ">B", Wanted)
"""0 -> who wants what: one look on the way of a sale."""

HOOKS = Table("integrations.hooks", b"ih", ">Q", HookRow)
"""id of the endpoint -> how far it has heard."""

FAILED = Table("integrations.failed", b"if", ">QQH", FailedRow, db="rows")
"""(endpoint, position, number) -> an event that was given up."""


def _tell(event: str, folding: Folding, of: int = 0) -> None:
    hooks = _hooks(event, folding)
    if hooks:
        folding.enqueue(Job(event=event, hooks=hooks, of=of))


def _hooks(event: str, folding: Folding) -> tuple[int, ...]:
    wanted = folding.get(WANTED, 0)
    return () if wanted is None else tuple(wanted.hooks.get(event, ()))


def _tell_changed(record: RowPut | RowRemoved, folding: Folding, *, removed: bool) -> None:
    hooks = _hooks("changed", folding)
    if hooks:
        folding.enqueue(Job(event="changed", hooks=hooks, kind=record.kind, id=record.id, removed=removed))


def fold_posted(record: Posted, folding: Folding) -> None:
    """A sale is validated, and terminated at once where nothing stays due; training is nobody else's business."""
    if folding.entry.training:
        return
    _tell("validated", folding)
    if not record.due:
        _tell("terminated", folding)


def fold_refunded(record: Refunded, folding: Folding) -> None:
    """A refund is a ticket of its own; where it takes something off the due of its sale, that may end the sale."""
    if folding.entry.training:
        return
    _tell("validated", folding)
    _tell("terminated", folding)
    _tell("refunded", folding)
    if record.due:
        _tell("terminated", folding, of=_position(record))


def fold_paid(record: Paid, folding: Folding) -> None:
    """A later payment terminates its ticket when nothing is due any more."""
    if not folding.entry.training and not record.due:
        _tell("terminated", folding, of=_position(record))


def _position(record: Refunded | Paid) -> int:
    return join_position(record.of.gen, record.of.seq)


def fold_opened(record: Opened, folding: Folding) -> None:
    """A till was opened."""
    if not record.training:
        _tell("cashBox_open", folding)


def fold_closed(record: Closed, folding: Folding) -> None:
    """A till was closed."""
    if not record.training:
        _tell("cashBox_close", folding)


def fold_row_put(record: RowPut, folding: Folding) -> None:
    """The catalogue changed, or an endpoint did: a new one hears of what comes after it."""
    if record.kind == WEBHOOKS.name:
        row = record.row if isinstance(record.row, WebhookRow) else msgspec.convert(record.row, WebhookRow)
        _want(record.id, row.events if row.active else (), folding)
        if folding.get(HOOKS, record.id) is None:
            folding.put(HOOKS, HookRow(folding.position, folding.position, folding.position, NUMBER_MAX), record.id)
    elif record.kind in CHANGED_KINDS:
        _tell_changed(record, folding, removed=False)


def fold_row_removed(record: RowRemoved, folding: Folding) -> None:
    """The catalogue changed, or an endpoint is gone: who gets its id next must not hear what was meant for it."""
    if record.kind == WEBHOOKS.name:
        _want(record.id, (), folding)
        folding.delete(HOOKS, record.id)
    elif record.kind in CHANGED_KINDS:
        _tell_changed(record, folding, removed=True)


def _want(id: int, events: tuple[str, ...], folding: Folding) -> None:
    wanted = folding.get(WANTED, 0) or Wanted({})
    hooks = {event: [hook for hook in listed if hook != id] for event, listed in wanted.hooks.items()}
    for event in events:
        hooks[event] = sorted([*hooks.get(event, []), id])
    folding.put(WANTED, Wanted({event: hooks[event] for event in sorted(hooks) if hooks[event]}), 0)


def fold_delivered(record: Delivered, folding: Folding) -> None:
    """Endpoints have heard more."""
    for heard in record.heard:
        row = folding.get(HOOKS, heard.id)
        assert row is not None, "a decision let an endpoint hear that is not there"
        row.position, row.number, row.beyond = heard.position, heard.number, list(heard.beyond)
        folding.put(HOOKS, row, heard.id)


def fold_failed(record: Failed, folding: Folding) -> None:
    """An event was given up; it stays in the list, and is sent again when the endpoint is switched on again."""
    row = FailedRow(folding.at_ms, record.reason, record.status, record.attempts)
    folding.put(FAILED, row, record.id, record.position, record.number)


def fold_rotated(record: SecretRotated, folding: Folding) -> None:
    """The former secret goes on signing for a while."""
    row = folding.get(HOOKS, record.id)
    assert row is not None, "a decision let an endpoint have a secret that is not there"
    row.before_until_ms = record.until_ms
    folding.put(HOOKS, row, record.id)


def fold_replayed(record: Replayed, folding: Folding) -> None:
    """The endpoint is taken back to an earlier position."""
    row = folding.get(HOOKS, record.id)
    assert row is not None, "a decision let an endpoint hear again that is not there"
    row.turn = folding.position
    row.position, row.number, row.beyond = record.position, NUMBER_MAX, []
    folding.put(HOOKS, row, record.id)
