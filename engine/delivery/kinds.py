"""What people configure about handing goods over: tables, and the zones that deliveries go to."""

from typing import Annotated

from msgspec import Meta

from engine.kernel.kinds import Kind, Row
from engine.kernel.messages import Label

SEATS_MAX = 999
POSITION_MAX = 1_000_000

Position = Annotated[int, Meta(ge=0, le=POSITION_MAX)]


class TableRow(Row, frozen=True, kw_only=True):
    """A table (features.md, ``eatin``): ``seats`` is how many covers it is laid for (0: unknown); one that is not
    ``active`` takes no new sale."""

    title: Label
    seats: Annotated[int, Meta(ge=0, le=SEATS_MAX)] = 0
    position: Position = 0
    active: bool = True


class ZoneRow(Row, frozen=True, kw_only=True):
    """A delivery zone (features.md, ``deliver``), chosen by whoever takes the order; ``active`` as for a table."""

    title: Label
    position: Position = 0
    active: bool = True


TABLES = Kind(
    name="tables",
    code=60,
    row=TableRow,
    permission="delivery.write",
    unique=("title",),
    rows_max=10_000,
    example={"title": "Terrasse 4", "seats": 4},
)

ZONES = Kind(
    name="zones",
    code=61,
    row=ZoneRow,
    permission="delivery.write",
    unique=("title",),
    rows_max=1_000,
    example={"title": "Centre-ville", "position": 1},
)
