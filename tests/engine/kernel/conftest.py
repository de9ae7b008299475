"""A toy capability on the real engine: things that can be counted, and commands that fail in every way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from shop_harness import Shop

from engine.kernel import table as kernel
from engine.kernel.capability import Capability, CommandRow, FoldRow, QueryRow
from engine.kernel.clock import Civil
from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.joined import Hooks, Joined
from engine.kernel.kinds import Kind, Personal, Row, Secret, SecretMark, UnitPrice
from engine.kernel.ledger import AccountClass, Posting, require
from engine.kernel.messages import Command, Label, Query, Record
from engine.kernel.tables import Table
from engine.kernel.world import Folding, World

SCARCE = AccountClass("toy.scarce", 900, 0)
OUTSIDE = AccountClass("toy.outside", 901, None)
TOTALS = Table("toy.totals", b"zt", ">H", int)


class Thing(Row, frozen=True, kw_only=True):
    """A thing with every sort of field."""

    title: Label
    price: UnitPrice | None = None
    group: int | None = None
    codes: tuple[str, ...] = ()
    name: Annotated[str | None, Personal] = None
    pin: Annotated[Secret | None, SecretMark] = None


class Group(Row, frozen=True, kw_only=True):
    """Things belong to groups."""

    title: Label


class Add(Command, frozen=True, kw_only=True, tag="toy.add"):
    """Adds to a till's total; the ways to fail are chosen by ``how``."""

    count: int
    how: str = ""


class Take(Command, frozen=True, kw_only=True, tag="toy.take"):
    """Moves units out of a scarce account (or into it, when negative)."""

    units: int


class Total(Query, frozen=True, kw_only=True, tag="toy.total"):
    """A till's total."""

    till: int


class Added(Record, frozen=True, kw_only=True, tag="toy.added"):
    """Something was added."""

    fiscal: ClassVar[str] = "ticket"

    count: int
    how: str


class Taken(Record, frozen=True, kw_only=True, tag="toy.taken"):
    """Units moved."""

    units: int


def decide_add(command: Add, world: World) -> tuple[Record, ...]:
    """Accepts, refuses or breaks."""
    if command.how == "refuse":
        raise Refusal("toy.refused", "asked to refuse", at="how")
    if command.how == "refuse-unsealable":
        event = Event(code=0, what="toy.refused", detail={"share": 0.5})
        raise Refusal("toy.refused", "asked to refuse", at="how", records=(event,))
    if command.how == "bug":
        raise ZeroDivisionError("asked to break")
    note = "x" * 70_000 if command.how == "huge" else command.how
    if command.how == "twice":
        return Added(count=1, how="a"), Added(count=1, how="b")
    return (Added(count=command.count, how=note),)


def fold_added(record: Added, folding: Folding) -> None:
    """Adds up per till; a record may break the fold."""
    if record.how == "bad-fold":
        raise KeyError("asked to break while folding")
    if record.how == "fold-refuses":
        raise Refusal("toy.refused", "a fold may not refuse")
    till = folding.entry.till
    folding.put(TOTALS, (folding.get(TOTALS, till) or 0) + record.count, till)


def decide_take(command: Take, world: World) -> tuple[Record, ...]:
    """Checks the floor."""
    require(world, (Posting(SCARCE, 1, -command.units), Posting(OUTSIDE, 1, command.units)))
    return (Taken(units=command.units),)


def fold_taken(record: Taken, folding: Folding) -> None:
    """Posts."""
    folding.post(Posting(SCARCE, 1, -record.units), Posting(OUTSIDE, 1, record.units))


def answer_total(query: Total, world: World) -> int:
    """What has been added."""
    return world.get(TOTALS, query.till) or 0


THINGS = Kind(
    name="things",
    code=901,
    row=Thing,
    permission="catalogue.write",
    prices=True,
    references={"group": "groups"},
    unique=("codes",),
    rows_max=5,
    example={"title": "x"},
)
GROUPS = Kind(name="groups", code=902, row=Group, permission="catalogue.write", example={"title": "x"})

TOY = Capability(
    name="catalogue",
    kinds=(GROUPS, THINGS),
    commands=(
        CommandRow(type=Add, decide=decide_add, permission="sales.post", example={"count": 1}, new_work=True),
        CommandRow(type=Take, decide=decide_take, permission="sales.post", example={"units": 1}),
    ),
    queries=(QueryRow(type=Total, answer=answer_total, permission="sales.read", example={"till": 1}),),
    folds=(FoldRow(record=Added, fold=fold_added), FoldRow(record=Taken, fold=fold_taken)),
    refusals={"toy.refused": "asked for"},
)

PARIS = Civil("Europe/Paris", 300)


def toy_features() -> Joined:
    """Tills 1 to 99 exist; operator 9 may do nothing."""

    def allows(world: World, actor: Any, permission: str) -> bool:
        return bool(actor.operator != 9)

    return Joined(
        (kernel.TABLE, TOY),
        Hooks(
            civil=lambda world: PARIS,
            till_open=lambda world, till: till < 100,
            allows=allows,
            training=lambda world, till: till == 50,
        ),
    )


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Shop]:
    """A toy shop."""
    made = Shop(tmp_path / "shop", toy_features())
    yield made
    made.close()
