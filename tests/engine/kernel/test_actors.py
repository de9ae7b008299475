"""Operational commands, sources, served shops and lent rights, on the toy capability."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shop_harness import Shop

from engine.engine import Engine
from engine.kernel.capability import Capability, CommandRow
from engine.kernel.disk import SMALL
from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.joined import Joined
from engine.kernel.messages import Actor, Answer, Command, Envelope, Record
from engine.kernel.tables import Table
from engine.kernel.world import World

MARKS = Table("toy.marks", b"zm", ">H", int, db="marks")


class Mark(Command, frozen=True, kw_only=True, tag="toy.mark"):
    """Counts in a mark; the ways to fail are chosen by ``how``."""

    how: str = ""


class Keep(Command, frozen=True, kw_only=True, tag="toy.keep"):
    """Counts in a mark and is refused; ``keeps`` chooses whether the mark stays."""

    keeps: bool


def decide_mark(command: Mark, world: World) -> tuple[Record, ...]:
    world.stage(MARKS, (world.get(MARKS, 1) or 0) + 1, 1)
    if command.how == "refuse":
        raise Refusal("toy.refused", "asked to refuse")
    if command.how == "bug":
        raise ZeroDivisionError("asked to break")
    return (Event(code=0, what="toy", detail={}),) if command.how == "records" else ()


def decide_keep(command: Keep, world: World) -> tuple[Record, ...]:
    world.stage(MARKS, (world.get(MARKS, 1) or 0) + 1, 1)
    raise Refusal("toy.refused", "asked to refuse", keeps=command.keeps)


MARKING = Capability(
    name="marking",
    commands=(
        CommandRow(type=Mark, decide=decide_mark, permission="sales.post", example={}, operational=True),
        CommandRow(
            type=Keep,
            decide=decide_keep,
            permission="sales.post",
            example={"keeps": True},
            source=frozenset({"outbox"}),
        ),
    ),
)


@pytest.fixture
def marking(tmp_path: Path, toy: Shop) -> Shop:
    """A toy shop that can mark."""
    features = Joined((*toy.features.capabilities, MARKING), toy.features.hooks)
    return Shop(tmp_path / "marking", features)


def count(shop: Shop) -> int:
    return shop.engine.reader().look(lambda world: world.get(MARKS, 1) or 0)


def test_marks_and_entries_share_a_group_and_only_entries_are_numbered(marking: Shop) -> None:
    before = marking.engine.position[1]
    names = [("toy.add", {"count": 1}), ("toy.mark", {}), ("toy.add", {"count": 1}), ("toy.mark", {})]

    answers = marking.engine.submit([marking.envelope(name, body) for name, body in names])

    assert [1, 0, 1, 0] == [answer.gen for answer in answers]
    assert ["done"] * 4 == [answer.status for answer in answers]
    assert (before + 2, 2) == (marking.engine.position[1], count(marking))


def test_a_refused_mark_is_not_written_and_does_not_reach_the_next_command(marking: Shop) -> None:
    sent = [marking.envelope("toy.mark", {"how": "refuse"}), marking.envelope("toy.add", {"count": 1})]

    answers = marking.engine.submit(sent)

    assert ["refused", "done"] == [answer.status for answer in answers]
    assert 0 == count(marking)


def test_a_mark_beside_a_bug_is_written_once(marking: Shop) -> None:
    sent = [marking.envelope("toy.mark", body) for body in ({}, {"how": "bug"}, {})]

    answers = marking.engine.submit(sent)

    assert ["done", "fault", "done"] == [answer.status for answer in answers]
    assert 2 == count(marking)


def test_an_operational_command_that_makes_records_is_a_fault(marking: Shop) -> None:
    answer = marking.send("toy.mark", {"how": "records"})

    assert ("fault", "kernel.operational", 0) == (answer.status, answer.code, count(marking))


@pytest.mark.parametrize(("keeps", "kept"), [(True, 1), (False, 0)])
def test_a_refusal_keeps_its_marks_where_it_says_so(marking: Shop, keeps: bool, kept: int) -> None:
    answer = marking.send("toy.keep", {"keeps": keeps}, source="outbox")

    assert ("toy.refused", kept) == (answer.code, count(marking))


@pytest.mark.parametrize("source", ["worker", "chores", "engine", "console", "", "browser"])
def test_a_command_from_elsewhere_is_refused(marking: Shop, source: str) -> None:
    answer = marking.send("toy.keep", {"keeps": True}, source=source)

    assert ("kernel.wrong_source", {"source": source}, 0) == (answer.code, answer.data, count(marking))


def test_a_row_that_comes_from_nowhere_known_stops_the_start(toy: Shop) -> None:
    for source in (frozenset[str](), frozenset({"worker", "browser"})):
        row = replace(MARKING.commands[0], source=source)
        with pytest.raises(ValueError, match=r"toy\.mark comes from"):
            Joined((*toy.features.capabilities, replace(MARKING, commands=(row,))), toy.features.hooks)


def test_only_what_workers_may_send_and_clients_may_ask_has_a_route() -> None:
    mark, keep = MARKING.commands

    assert (True, False, False) == (mark.routed, replace(mark, route=False).routed, keep.routed)


def send(engine: Engine, shop: Shop, actor: Actor, source: str = "worker", **more: Any) -> Answer:
    envelope = shop.envelope("toy.add", {"count": 1})
    return engine.submit([Envelope(id=envelope.id, actor=actor, command=envelope.command, **more)], source)[0]


def test_in_a_served_shop_a_worker_names_a_credential_and_others_need_none(toy: Shop) -> None:
    toy.engine.close()
    engine = Engine(toy.path, features=toy.features, clock=toy.clock, limits=SMALL, unsafe_filesystem=True, served=True)
    toy.engine = engine
    without, named = Actor(till=1, operator=1), Actor(till=1, operator=1, credential="till:1:1:1")

    answers = [send(engine, toy, without), send(engine, toy, Actor(till=0)), send(engine, toy, named)]
    console = send(engine, toy, without, "console")

    assert ["kernel.no_credential", "kernel.no_credential", ""] == [answer.code for answer in answers]
    assert "done" == console.status


@pytest.mark.parametrize("actor", [Actor(till=1, operator=1, credential="boss"), Actor(till=1, credential="till:1:0")])
def test_a_credential_of_no_form_is_refused(toy: Shop, actor: Actor) -> None:
    answer = send(toy.engine, toy, actor)

    assert ("kernel.bad_actor", "credential") == (answer.code, answer.at)


@pytest.mark.parametrize("override", [-1, 2**53, True])
def test_who_overrides_is_a_whole_number(toy: Shop, override: Any) -> None:
    answer = send(toy.engine, toy, Actor(till=1, operator=1), override=override)

    assert ("kernel.bad_actor", "override") == (answer.code, answer.at)


def test_where_nobody_keeps_credentials_nobody_lends_rights(toy: Shop) -> None:
    answer = send(toy.engine, toy, Actor(till=1, operator=1), override=2)

    assert ("kernel.not_allowed", "override") == (answer.code, answer.at)
