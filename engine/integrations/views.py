"""What others may ask of endpoints: the outbox its work, and people how it goes."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from engine.integrations import views_bodies
from engine.integrations.kinds import WEBHOOKS, WebhookRow
from engine.integrations.state import FAILED, HOOKS, NUMBER_MAX, HookRow, Job
from engine.kernel.attachments import secret_key
from engine.kernel.errors import Refusal
from engine.kernel.messages import ENGINE, INTEGER_MAX, Id, Query
from engine.kernel.world import CURRENT, OUTBOX, World, split_position
from engine.shop import views as shop

JOBS_PAGE_MAX = 200
JOBS_LOOKED_MAX = 5_000  # jobs of every sort that one page looks at before it hands back a cursor
FAILED_SHOWN_MAX = 50

PositionIn = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
NumberIn = Annotated[int, Meta(ge=0, le=NUMBER_MAX)]

_JOB = msgspec.msgpack.Decoder(Job)


def require_outbox(world: World) -> None:
    """Refuses everybody but the outbox, which acts for the engine: what follows holds secrets, or is said only by who
    delivers."""
    if world.actor != ENGINE:
        raise Refusal("integrations.outbox_only", "only the outbox of this shop may ask or say this")


def hook_row(world: World, id: int) -> HookRow:
    """The state of an endpoint; refuses one that is not there."""
    row = world.get(HOOKS, id)
    if row is None or world.version(WEBHOOKS, id) < 0:
        raise Refusal("integrations.unknown_webhook", f"there is no endpoint {id}", at="id")
    return row


def secrets(world: World, id: int) -> dict[str, Any]:
    """The stored secrets of an endpoint: ``secret`` and, after a rotation, ``before``."""
    stored = world.rows.txn.get("secrets", secret_key(WEBHOOKS.code, id))
    kept: dict[str, Any] = {} if stored is None else msgspec.msgpack.decode(stored)
    return kept


class SigningSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that signs, until a time (milliseconds since 1970 UTC; null: for good)."""

    text: str
    until_ms: int | None


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint as the outbox needs it; ``turn`` is to be named in what is reported about it."""

    id: int
    version: int
    turn: int
    url: str
    format: str
    active: bool
    secrets: tuple[SigningSecret, ...]
    position: int
    number: int
    beyond: tuple[tuple[int, int], ...]


class AskHooks(Query, frozen=True, kw_only=True, tag="integrations.hooks"):
    """Every endpoint with its secrets, for the outbox alone."""


def answer_hooks(query: AskHooks, world: World) -> tuple[Hook, ...]:
    """The endpoints by id."""
    require_outbox(world)
    return tuple(_hook(world, key[1], version) for key, version in world.scan(CURRENT, WEBHOOKS.code))


def _hook(world: World, id: int, version: int) -> Hook:
    row: WebhookRow = world.row_at(WEBHOOKS, id, version)
    state = hook_row(world, id)
    kept = secrets(world, id)
    signing = [SigningSecret(text=kept["secret"], until_ms=None)] if kept.get("secret") else []
    if kept.get("before") and state.before_until_ms > world.at_ms:
        signing.append(SigningSecret(text=kept["before"], until_ms=state.before_until_ms))
    return Hook(
        id=id,
        version=version,
        turn=state.turn,
        url=row.url,
        format=row.format,
        active=row.active,
        secrets=tuple(signing),
        position=state.position,
        number=state.number,
        beyond=tuple(state.beyond),
    )


class AskJobs(Query, frozen=True, kw_only=True, tag="integrations.jobs"):
    """What endpoint ``hook`` is to hear of after (``position``, ``number``), for the outbox alone.

    ``public_url`` is the server's public address (https, without a slash at its end), for links in bodies where the
    shop's settings name none.
    """

    hook: Id
    position: PositionIn
    number: NumberIn = NUMBER_MAX
    limit: Annotated[int, Meta(ge=1, le=JOBS_PAGE_MAX)] = JOBS_PAGE_MAX
    public_url: Annotated[str, Meta(max_length=200)] = ""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One event for one endpoint: ``id`` is the same for every try, ``subject`` what it is about."""

    id: str
    position: int
    number: int
    event: str
    subject: str
    body: str


class JobsPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of deliveries, and (``position``, ``number``) to go on after; ``more`` says that there is some now."""

    deliveries: tuple[Delivery, ...]
    position: int
    number: int
    more: bool


def answer_jobs(query: AskJobs, world: World) -> JobsPage:
    """The deliveries after the cursor, in the order of the journal; other workers' jobs are passed over."""
    require_outbox(world)
    state = hook_row(world, query.hook)
    row: WebhookRow | None = world.row(WEBHOOKS, query.hook)
    assert row is not None, "an endpoint has a state and no row"
    public_url = shop.settings(world).public_address or query.public_url
    place = max((query.position, query.number), (state.since, NUMBER_MAX))
    beyond = set(state.beyond)
    found: list[Delivery] = []
    looked = 0
    for key, raw in world.scan(OUTBOX, after=place, limit=JOBS_LOOKED_MAX):
        looked += 1
        place = key
        job = _job(raw)
        if job is None or query.hook not in job.hooks or key in beyond:
            continue
        if views_bodies.ends_here(world, job, key[0]):
            found.append(_delivery(world, job, key, row.format, public_url))
        if len(found) == query.limit:
            break
    more = len(found) == query.limit or looked == JOBS_LOOKED_MAX
    return JobsPage(deliveries=tuple(found), position=place[0], number=place[1], more=more)


def waiting(world: World) -> int:
    """How many deliveries wait for endpoints that are switched on, of the first thousands behind where each stands."""
    count = 0
    for (_, id), version in world.scan(CURRENT, WEBHOOKS.code):
        row: WebhookRow = world.row_at(WEBHOOKS, id, version)
        if not row.active:
            continue
        state = hook_row(world, id)
        place = max((state.position, state.number), (state.since, NUMBER_MAX))
        beyond = set(state.beyond)
        for key, raw in world.scan(OUTBOX, after=place, limit=JOBS_LOOKED_MAX):
            job = _job(raw)
            if job is not None and id in job.hooks and key not in beyond:
                count += views_bodies.ends_here(world, job, key[0])
    return count


def _job(raw: msgspec.Raw) -> Job | None:
    try:
        return _JOB.decode(raw)
    except msgspec.ValidationError:
        return None  # a printer's, or a mail


def _delivery(world: World, job: Job, key: tuple[int, ...], format: str, public_url: str) -> Delivery:
    position, number = key
    gen, seq = split_position(position)
    made = views_bodies.told(world, job, position, format, public_url)
    shop = views_bodies.shop_of(world, position)
    id = f"msg_{shop}_{gen}_{seq}_{number}"
    return Delivery(id=id, position=position, number=number, event=job.event, subject=made.subject, body=made.body)


class AskStatus(Query, frozen=True, kw_only=True, tag="integrations.status"):
    """How an endpoint does: what it has heard, and what it could not be told."""

    id: Id


class FailedShown(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was given up: where it happened, when that was, why, the last HTTP status, the tries."""

    gen: int
    seq: int
    number: int
    at_ms: int
    reason: str
    status: int
    attempts: int


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """``gen`` and ``seq`` say up to where it has heard everything, ``beyond`` how many later ones as well; ``signed``
    whether there is a secret; ``failed`` the last events that were given up."""

    id: int
    active: bool
    signed: bool
    gen: int
    seq: int
    beyond: int
    failed: tuple[FailedShown, ...]


def answer_status(query: AskStatus, world: World) -> Status:
    """The state of one endpoint."""
    state = hook_row(world, query.id)
    row: WebhookRow | None = world.row(WEBHOOKS, query.id)
    assert row is not None, "an endpoint has a state and no row"
    gen, seq = split_position(state.position)
    rows = world.scan(FAILED, query.id, reverse=True, limit=FAILED_SHOWN_MAX)
    shown = []
    for (_, position, number), failed in rows:
        if position < state.since:
            break  # of an endpoint that had this id before
        place = split_position(position)
        shown.append(
            FailedShown(
                gen=place[0],
                seq=place[1],
                number=number,
                at_ms=failed.at_ms,
                reason=failed.reason,
                status=failed.status,
                attempts=failed.attempts,
            )
        )
    return Status(
        id=query.id,
        active=row.active,
        signed=bool(secrets(world, query.id).get("secret")),
        gen=gen,
        seq=seq,
        beyond=len(state.beyond),
        failed=tuple(shown),
    )
