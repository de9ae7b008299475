"""The technical event log: what is sealed besides sales, with the JET codes of NF525."""

from typing import Any, ClassVar

from engine.kernel.messages import Record

JET_STOP = 40
JET_START = 80
JET_INTEGRITY_FAILURE = 90
JET_TILL_ADDED = 126
JET_TILL_REMOVED = 127
JET_DRAWER_COUNT = 170
JET_MAINTENANCE = 240
JET_DATA_INITIALISATION = 260
JET_PARAMETERS = 410


class Event(Record, frozen=True, kw_only=True, tag="kernel.event"):
    """One event of the technical log (JET).

    ``code`` is the NF525 code (tests/data/fr/nf525_jet_codes.csv) or 0 where the list has none; ``what`` is our own
    stable name; ``detail`` holds plain facts, never a person's data.
    """

    fiscal: ClassVar[str] = "event"

    code: int
    what: str
    detail: dict[str, Any]


class Overridden(Record, frozen=True, kw_only=True, tag="kernel.overridden"):
    """The command beside which this stands went through on the rights of a second operator, whose PIN was checked.

    The entry's own ``op`` is who asked; ``by`` is who lent the ``rights`` that were missing.
    """

    by: int
    rights: tuple[str, ...]
