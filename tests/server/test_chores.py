"""The chores: the journal is checked from where the last sealed check ended, and what is broken is sealed and said."""

import json
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from served_shop import SALE, Served, wait_until

from engine.engine import Answer, Engine, Fault, Reader, check
from engine.features import FEATURES
from server import chores
from server.chores import BROKEN_EACH_MS, FULL_EACH_MS, JournalChecks, Stopped, be_last

NOW_MS = 1_900_000_000_000
MINUTE_MS = 60_000


class Asks:
    """The engine of the same process, asked as the chores ask."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.bodies: list[dict[str, Any]] = []

    def ask(self, name: str, body: dict[str, Any]) -> Any:
        """A query."""
        return self.engine.reader().ask_by_name(name, body)

    def submit(self, name: str, body: dict[str, Any], id: bytes) -> Answer:
        """A command."""
        self.bodies.append(body)
        return self.engine.do(name, body, id=id, source="chores")

    def reader(self) -> Reader:
        """The reader."""
        return self.engine.reader()


@pytest.fixture
def asks(ready_shop: Path, tmp_path: Path) -> Any:
    """A shop of the test's own."""
    data = Path(shutil.copytree(ready_shop, tmp_path / "shop"))
    with Engine(data, unsafe_filesystem=True) as engine:
        yield Asks(engine)


def checks(asks: Asks, now_ms: int = 0, rests: list[float] | None = None) -> JournalChecks:
    """Checks that wait for nothing; ``now_ms`` is added to the time of the last sealed check of everything."""
    shown = asks.ask("fiscal.checks", {})
    base = shown.full.at_ms if shown.full is not None else NOW_MS
    waited: list[float] = [] if rests is None else rests
    return JournalChecks(asks, lambda: base + now_ms, waited.append)


def sell(asks: Asks) -> None:
    """A sale."""
    answer = asks.engine.do("sales.post", SALE, till=1, operator=1, id=os.urandom(16))
    assert "done" == answer.status, answer


def test_the_first_check_is_of_everything_the_next_of_what_is_new_and_then_of_nothing(asks: Asks) -> None:
    heard = [checks(asks).turn(), checks(asks).turn()]
    sell(asks)
    heard += [checks(asks).turn(), checks(asks).turn()]

    assert ["whole", "nothing new", "whole", "nothing new"] == heard
    assert [0, asks.bodies[0]["size"]] == [body["first"] for body in asks.bodies]
    assert [asks.bodies[0]["size"], 2] == [body["entries"] for body in asks.bodies]


def test_the_whole_journal_is_looked_at_again_after_a_week(asks: Asks) -> None:
    checks(asks).turn()

    heard = [checks(asks, FULL_EACH_MS - 1).turn(), checks(asks, FULL_EACH_MS).turn()]

    assert ["nothing new", "whole"] == heard
    assert [0, 0] == [body["first"] for body in asks.bodies]


def test_what_is_broken_is_sealed_and_said_at_once_and_then_once_a_day(
    asks: Asks, caplog: pytest.LogCaptureFixture
) -> None:
    checks(asks).turn()
    sell(asks)
    _alter_last(asks)

    with caplog.at_level(logging.INFO):
        heard = checks(asks).turn()

    sell(asks)
    again = [checks(asks).turn(), checks(asks, BROKEN_EACH_MS + MINUTE_MS).turn()]
    shown = asks.ask("fiscal.checks", {})
    assert ("broken", ["known broken", "broken"]) == (heard, again)
    assert "THE JOURNAL IS BROKEN: check." in caplog.text
    assert asks.bodies[1]["places"][0].startswith("check.")
    assert asks.bodies[2]["broken"] == shown.broken.broken == shown.last.broken


def _alter_last(asks: Asks) -> None:
    """Changes a letter in the last entry's bytes, as a bad disk or a bad person does."""
    gen, size = asks.engine.position
    with asks.engine.store.read() as txn:
        data = txn.get("entries", (gen << 48 | size - 1).to_bytes(8, "big"))
    assert data is not None
    txn = asks.engine.store.begin()
    txn.put_many("entries", [((gen << 48 | size - 1).to_bytes(8, "big"), data.replace(b'"total":150', b'"total":151'))])
    asks.engine.store.commit(txn)


def test_an_outcome_that_is_not_sealed_is_a_fault_and_is_tried_again(
    asks: Asks, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Answer(id="", status="refused", code="store.read_only", text="no")
    monkeypatch.setattr(asks, "submit", lambda name, body, id: refused)

    with pytest.raises(Fault, match="not sealed"):
        checks(asks).turn()


def test_a_check_rests_between_its_snapshots_and_stops_there_when_it_is_asked_to(asks: Asks) -> None:
    rests: list[float] = []
    checks(asks, rests=rests).turn()

    def stop(wait_s: float) -> None:
        raise Stopped

    sell(asks)
    with pytest.raises(Stopped):
        JournalChecks(asks, lambda: NOW_MS, stop).turn()

    assert [chores.REST_S] == rests
    assert 1 == len(asks.bodies)


def test_the_chores_stand_behind_everything_that_sells(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[str, int]] = []
    monkeypatch.setattr(os, "nice", lambda by: taken.append(("nice", by)))
    monkeypatch.setattr(os, "sched_setscheduler", lambda pid, policy, param: taken.append(("policy", policy)))

    be_last()

    assert [("nice", 10), ("policy", os.SCHED_BATCH)] == taken


def test_a_served_shop_is_checked_at_each_start_from_where_the_last_check_ended(serve: Any) -> None:
    served = serve()
    wait_until(lambda: 1 == len(sealed(served.data)), "the first check is sealed")
    served.stop()

    again = Served(served.data)
    wait_until(lambda: 2 == len(sealed(served.data)), "the second check is sealed")
    code = again.stop()

    first, second = sealed(served.data)
    assert (0, first["size"], 0, 0) == (first["first"], second["first"], first["broken"], second["broken"])
    assert 0 == code
    assert check(served.data).whole


def sealed(data: Path) -> list[dict[str, Any]]:
    """What was sealed of checks, in order."""
    with Reader(data, FEATURES) as reader:
        records = [json.loads(raw)["rec"][0] for _, _, raw in reader.entries_since(1, 0)]
    return [record["detail"] for record in records if record.get("what") == "journal.checked"]
