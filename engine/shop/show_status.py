"""``shop.status``: how the shop does, in one look: journal, disk, clock, checks, and what waits to leave."""

import msgspec

from engine.fiscal import views as fiscal
from engine.fiscal.views import CheckShown
from engine.integrations import views as integrations
from engine.kernel.journal import LOG
from engine.kernel.messages import Query
from engine.kernel.version import VERSION
from engine.kernel.world import World
from engine.printing import views_jobs as printing
from engine.shop import views


class AskStatus(Query, frozen=True, kw_only=True, tag="shop.status"):
    """How the shop does."""


class DiskShown(msgspec.Struct, frozen=True, kw_only=True):
    """The disk below the shop: ``safe`` is false on a file system that may lose what was written (tests only); ``low``
    says that nothing new is begun any more, ``warn`` that somebody should make room."""

    filesystem: str
    safe: bool
    free_bytes: int
    low: bool
    warn: bool


class StatusShown(msgspec.Struct, frozen=True, kw_only=True):
    """The shop (id and name), the software, where the journal stands, and what somebody may have to look at.

    ``at_ms`` is the last entry's time, ``clock_doubt`` whether the machine's clock is in doubt until a manager confirms
    it; ``check`` is the last check of the journal, null where there was none; ``prints`` are jobs that wait for paper,
    the oldest asked for at ``prints_since_ms`` (0: none waits), ``webhooks`` deliveries that wait for endpoints.
    """

    shop: str
    name: str
    version: str
    gen: int
    entries: int
    at_ms: int
    disk: DiskShown
    clock_doubt: bool
    check: CheckShown | None
    prints: int
    prints_since_ms: int
    webhooks: int


def answer_status(query: AskStatus, world: World) -> StatusShown:
    """All of it as committed; the disk as it is now."""
    log = world.get(LOG, 0)
    assert log is not None, "a shop has a journal"
    storage = world.storage()
    prints, since_ms = printing.waiting(world)
    return StatusShown(
        shop=log.shop,
        name=views.settings(world).name,
        version=VERSION,
        gen=log.gen,
        entries=log.size,
        at_ms=log.last_ms,
        disk=DiskShown(**storage._asdict()),
        clock_doubt=log.doubt,
        check=fiscal.last_check(world),
        prints=prints,
        prints_since_ms=since_ms,
        webhooks=integrations.waiting(world),
    )
