"""What others may ask about checks of the journal: the last ones, and the checkpoint that the next can begin behind."""

import msgspec

from engine.fiscal.state import CHECKS, LAST, LAST_BROKEN, LAST_FULL
from engine.kernel.journal import LOG, VKEYS, checkpoint_note, read_checkpoint
from engine.kernel.messages import Query
from engine.kernel.world import World


class AskChecks(Query, frozen=True, kw_only=True, tag="fiscal.checks"):
    """When the journal was checked last, and what came of it."""


class CheckShown(msgspec.Struct, frozen=True, kw_only=True):
    """One check: the journal ended at ``gen`` and ``size`` with ``root``; it began at entry ``first`` (0: with the
    first of all), found ``broken`` breaks, and was sealed at ``at_ms`` (milliseconds since 1970 UTC)."""

    gen: int
    size: int
    first: int
    root: str
    broken: int
    at_ms: int


class ChecksShown(msgspec.Struct, frozen=True, kw_only=True):
    """The ``last`` check, the last ``full`` one and the last that found it ``broken``, null where there was none.

    ``checkpoint`` is the signed note of where the last one ended, for the next to begin behind; empty where none is
    stored with the root that was sealed: then the next begins with the first entry.
    """

    last: CheckShown | None
    full: CheckShown | None
    broken: CheckShown | None
    checkpoint: str


def answer_checks(query: AskChecks, world: World) -> ChecksShown:
    """The checks as sealed."""
    return ChecksShown(
        last=_shown(world, LAST),
        full=_shown(world, LAST_FULL),
        broken=_shown(world, LAST_BROKEN),
        checkpoint=_checkpoint(world),
    )


def last_check(world: World) -> CheckShown | None:
    """The last check, or None where there was none."""
    return _shown(world, LAST)


def _shown(world: World, which: int) -> CheckShown | None:
    row = world.get(CHECKS, which)
    if row is None:
        return None
    return CheckShown(gen=row.gen, size=row.size, first=row.first, root=row.root, broken=row.broken, at_ms=row.at_ms)


def _checkpoint(world: World) -> str:
    row, log = world.get(CHECKS, LAST), world.get(LOG, 0)
    if row is None or log is None:
        return ""
    checkpoint = read_checkpoint(world.rows.txn, row.gen, row.size)
    if checkpoint is None or checkpoint.size != row.size or checkpoint.root.hex() != row.root:
        return ""
    vkey = world.get(VKEYS, row.gen, checkpoint.key)
    return "" if vkey is None else checkpoint_note(log.shop, row.gen, checkpoint, vkey)
