"""What others may ask about tables and delivery zones."""

from engine.delivery.kinds import TABLES, ZONES, TableRow, ZoneRow
from engine.kernel.world import World


def table(world: World, id: int) -> TableRow | None:
    """The table, active or not, or None."""
    return world.row(TABLES, id)


def zone(world: World, id: int) -> ZoneRow | None:
    """The delivery zone, active or not, or None."""
    return world.row(ZONES, id)
