"""Tests of the whole-system campaign: a killed shop loses nothing, and the judge convicts whatever is not so."""

import dataclasses
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fault_drive import Tally
from whole_history import Sale, Told, judge
from whole_liars import PLANTED
from workload import Kind

HERE = Path(__file__).parent
SECONDS_MAX = 550
CYCLES = 30
pytestmark = pytest.mark.timeout(600)  # about a minute of work, and more where others use the machine as well
Run = Callable[..., Tally]


@pytest.fixture
def run(record_property: Callable[[str, object], None]) -> Run:
    """Runs the campaign in a program of its own, and leaves its sums for the table at the end of all tests."""

    def run(cycles: int, *extra: str, seed: int = 1, code: int = 0) -> Tally:
        command = [sys.executable, str(HERE / "whole_system.py"), "--json", "--cycles", str(cycles)]
        done = subprocess.run(
            [*command, "--seed", str(seed), *extra], capture_output=True, check=False, timeout=SECONDS_MAX
        )
        assert code == done.returncode, (done.stdout + done.stderr).decode()
        tally = msgspec.json.decode(done.stdout, type=Tally)
        record_property("campaign", ["whole", "guichet serve", " ".join(extra), tally.cycles, *tally.counts.values()])
        return tally

    return run


def test_a_served_shop_that_is_killed_thirty_times_under_load_loses_nothing_and_sells_nothing_twice(run: Run) -> None:
    tally = run(CYCLES)

    assert (CYCLES, 0) == (tally.cycles, tally.total), tally.failures
    assert tally.acked > 20 * CYCLES
    assert tally.notes["sent again"] > CYCLES
    for role in ("engine", "worker", "supervisor", "everything"):
        assert 0 < sum(count for what, count in tally.notes.items() if f" of {role}" in what), tally.notes


@pytest.mark.parametrize("bug", list(PLANTED))
def test_a_planted_bug_of_the_whole_system_is_found(bug: str, run: Run) -> None:
    tally = run(1, "--planted", bug, code=1)

    assert PLANTED[bug] <= {name for name, number in tally.counts.items() if number}


# --- the judge alone -------------------------------------------------------------------------------------------------


class Book:
    """A small journal of one till, and what its clients know; sound until a test bends it."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.sales: dict[str, Sale] = {}
        self._end: str | None = None

    def sell(self, *cents: int, number: int | None = None, id: str | None = None, **bent: Any) -> Sale:
        """One more sale, acknowledged."""
        number = number or len(self.entries) + 1
        sale = Sale(id or f"{len(self.entries):032x}", 1, cents)
        ticket = {
            "is": "sales.posted",
            "series": 0,
            "no": number,
            "lines": [{"u": each * 100, "q": 1000, "a": each} for each in cents],
            "legs": [{"counted": sum(cents)}],
            "total": sum(cents),
            "due": 0,
            **bent,
        }
        entry = {"seq": len(self.entries), "till": 1, "cmd": sale.id, "rec": [ticket]}
        line = json.dumps(
            {**entry, "chain": [{"of": "ticket", "n": len(self.entries) + 1, "prev": self._end}]}
        ).encode()
        self._end = hashlib.sha256(b"\0" + line).hexdigest()
        sale.answers.append(Told(len(self.entries), self._end, number, sum(cents), "", repeated=False))
        self.entries.append(line)
        self.sales[sale.id] = sale
        return sale

    def kinds(self) -> set[Kind]:
        """What the judge finds."""
        return {found.kind for found in judge(list(self.sales.values()), self.entries, self.sales)}


@pytest.fixture
def book() -> Book:
    """Three sales, all sound."""
    made = Book()
    for cents in ((150, 20), (99,), (1,)):
        made.sell(*cents)
    return made


def test_a_sound_journal_is_acquitted(book: Book) -> None:
    book.sales["unanswered"] = Sale("unanswered", 1, (5,))
    first = next(iter(book.sales.values()))
    first.answers.append(dataclasses.replace(first.answers[0], repeated=True, proof="a later checkpoint"))

    assert set() == book.kinds()


def test_a_sale_that_was_cut_off_is_lost(book: Book) -> None:
    book.entries.pop()

    assert {Kind.LOST} == book.kinds()


def test_a_sale_taken_out_of_the_middle_leaves_a_gap_and_a_broken_chain(book: Book) -> None:
    del book.entries[1]

    assert {Kind.LOST, Kind.GAPS, Kind.CORRUPT} == book.kinds()


def test_a_number_given_twice_is_doubled(book: Book) -> None:
    book.sell(5, number=3)

    assert {Kind.DOUBLED} == book.kinds()


def test_a_number_left_out_is_a_gap(book: Book) -> None:
    book.sell(5, number=5)

    assert {Kind.GAPS} == book.kinds()


def test_one_id_sold_twice_is_doubled(book: Book) -> None:
    book.sell(150, 20, id=next(iter(book.sales)))

    assert Kind.DOUBLED in book.kinds()


def test_two_different_answers_to_one_id_are_doubled(book: Book) -> None:
    sale = book.sell(5)
    sale.answers.append(dataclasses.replace(sale.answers[0], number=9, repeated=True))

    assert {Kind.DOUBLED} == book.kinds()


def test_a_retry_that_is_answered_as_new_is_doubled(book: Book) -> None:
    sale = book.sell(5)
    sale.answers.append(sale.answers[0])

    assert {Kind.DOUBLED} == book.kinds()


def test_another_content_than_was_asked_for_or_told_is_not_left_undetected(book: Book) -> None:
    first, second, _ = book.sales.values()
    first.cents = (151, 19)
    second.answers[0] = dataclasses.replace(second.answers[0], leaf="0" * 64)

    assert {Kind.UNDETECTED} == book.kinds()


@pytest.mark.parametrize("bent", [{"legs": [{"counted": 4}]}, {"due": 5}, {"lines": []}])
def test_half_a_sale_is_corrupt(book: Book, bent: dict[str, Any]) -> None:
    book.sell(5, **bent)

    assert Kind.CORRUPT in book.kinds()


def test_a_sale_that_nobody_sent_is_leaked(book: Book) -> None:
    del book.sales[book.sell(5).id]

    assert {Kind.LEAKED} == book.kinds()


def test_a_sale_that_is_refused_where_it_must_be_taken_is_found(book: Book) -> None:
    book.sell(5).hear(422, b'{"code": "kernel.id_reused"}')

    assert {Kind.CORRUPT} == book.kinds()
