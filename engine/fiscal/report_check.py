"""The outcome of a check is sealed: that it was made, what it covered, and, where the journal is broken, that it is."""

from typing import Annotated

from msgspec import Meta

from engine.fiscal.state import BROKEN, CHECKED
from engine.kernel.events import JET_INTEGRITY_FAILURE, Event
from engine.kernel.messages import INTEGER_MAX, Command, Record
from engine.kernel.world import World

PLACES_MAX = 10  # broken places that the event names; the report of the check names all

Count = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]


class ReportCheck(Command, frozen=True, kw_only=True, tag="fiscal.report_check"):
    """A check of the journal ended.

    It began at ``first`` and ended at ``gen``, ``size``, ``root``; what it counted, how many breaks it found, and the
    first of them as ``code gen/seq``.
    """

    gen: Annotated[int, Meta(ge=1, le=31)]
    size: Count
    first: Count
    root: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    entries: Count
    checkpoints: Count
    tickets: Count
    closures: Count
    broken: Count
    places: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=80)], ...], Meta(max_length=PLACES_MAX)] = ()


def decide_report(command: ReportCheck, world: World) -> tuple[Record, ...]:
    """An event of the technical log: code 90 where the journal does not prove itself (journal.md, Checking)."""
    detail = {
        "gen": command.gen,
        "size": command.size,
        "first": command.first,
        "root": command.root,
        "entries": command.entries,
        "checkpoints": command.checkpoints,
        "tickets": command.tickets,
        "closures": command.closures,
        "broken": command.broken,
        "places": list(command.places),
    }
    if command.broken:
        return (Event(code=JET_INTEGRITY_FAILURE, what=BROKEN, detail=detail),)
    return (Event(code=0, what=CHECKED, detail=detail),)
