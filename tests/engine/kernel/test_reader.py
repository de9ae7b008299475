"""Readers beside the writer: what they see, what they refuse, and that they see it whole."""

import subprocess
import sys
from typing import Any

import lmdb
import pytest
from shop_harness import Shop

from engine.kernel.disk import SMALL
from engine.kernel.errors import Refusal, StoreFault
from engine.kernel.reader import ENTRIES_PAGE_MAX, Reader


@pytest.mark.parametrize(("gen", "seq"), [(1, 3), (1, -1), (1, 2**48), (1, 2**80), (0, 0), (2, 0), (2**20, 0), (-1, 0)])
def test_an_entry_that_is_not_there_is_a_refusal_and_no_alarm(toy: Shop, gen: int, seq: int) -> None:
    toy.do("toy.add", {"count": 1})
    reader = toy.engine.reader()

    for ask in (reader.entry, reader.proof):
        with pytest.raises(Refusal) as refused:
            ask(gen, seq)
        assert refused.value.code == "journal.no_such_entry"


def test_pages_of_entries_have_a_limit_and_none_is_negative(toy: Shop) -> None:
    toy.do("toy.add", {"count": 1})
    reader = toy.engine.reader()

    assert [len(reader.entries_since(1, 0, limit)) for limit in (-1, 0, 2, ENTRIES_PAGE_MAX + 1)] == [0, 0, 2, 3]
    assert len(reader.entries_since(-1, -1)) == 3
    assert reader.entries_since(1, 3) == []


def test_a_query_needs_its_right_and_leaves_no_trace(toy: Shop) -> None:
    before = toy.engine.position

    with pytest.raises(Refusal) as refused:
        toy.ask("toy.total", {"till": 1}, operator=9)

    assert (refused.value.code, refused.value.data) == ("kernel.not_allowed", {"right": "sales.read"})
    assert toy.engine.position == before


def test_a_reader_sees_whole_groups_while_another_process_writes(toy: Shop) -> None:
    toy.do("toy.add", {"count": 1})
    script = (
        "import sys; from pathlib import Path\n"
        "sys.path[:0] = sys.argv[2:]\n"
        "import conftest\n"
        "from engine.kernel.disk import SMALL\n"
        "from engine.kernel.reader import Reader\n"
        "reader = Reader(Path(sys.argv[1]), conftest.toy_features(), limits=SMALL)\n"
        "print('ready', flush=True)\n"
        "for line in sys.stdin:\n"
        "    totals = [reader.ask_by_name('toy.total', {'till': 1}, till=1, operator=1), reader.position()[1]]\n"
        "    print(*totals, flush=True)\n"
    )
    paths = ["tests/engine/kernel", "tests/reference"]
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(toy.path), *paths],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    with child:
        assert child.stdout.readline() == "ready\n"
        seen = []
        for _ in range(5):
            toy.engine.submit([toy.envelope("toy.add", {"count": 1}) for _ in range(100)])
            child.stdin.write("\n")
            child.stdin.flush()
            seen.append(child.stdout.readline().split())
        child.stdin.close()

    assert seen == [[str(1 + 100 * n), str(3 + 100 * n)] for n in range(1, 6)]


def test_a_reader_that_finds_the_map_resized_reads_again(toy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = toy.engine.reader()
    left = [lmdb.MapResizedError("grown by another process")]
    resized: list[int] = []

    class Env:
        """The environment, once in the state of one whose file has outgrown its map."""

        def __init__(self, inner: lmdb.Environment) -> None:
            self.inner = inner

        def begin(self, **named: Any) -> object:
            if left:
                raise left.pop()
            return self.inner.begin(**named)

        def set_mapsize(self, size: int) -> None:
            resized.append(size)

    monkeypatch.setattr(reader.store, "_env", Env(reader.store.env))

    position = reader.position()
    monkeypatch.undo()

    assert (position, resized) == ((1, 2), [0])


def test_a_store_that_cannot_be_read_says_so_in_the_family_of_faults(
    toy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(*_: object) -> None:
        raise lmdb.ReadersFullError("no slot left")

    monkeypatch.setattr("engine.kernel.store.ReadTransaction.__init__", none_left)

    with pytest.raises(StoreFault) as fault:
        toy.engine.reader().position()

    assert (fault.value.code, fault.value.retry) == ("store.read", True)


def test_a_reader_needs_no_key_of_the_people_store(toy: Shop) -> None:
    toy.do("things.put", {"id": 1, "row": {"title": "a", "name": "Zoé"}})
    (toy.path / "keys" / "people.key").unlink()
    toy.close()

    reader = Reader(toy.path, toy.features, limits=SMALL)
    shown = reader.ask_by_name("things.get", {"id": 1}, till=1, operator=1)
    reader.close()

    assert (shown["title"], shown.get("name")) == ("a", None)


def test_a_snapshot_that_is_over_holds_no_reader_s_slot_whatever_still_knows_it(toy: Shop) -> None:
    reader = toy.engine.reader()

    def slots() -> int:
        return str(toy.engine.store.env.readers()).count("\n")

    reader.look(id)
    before = slots()
    kept = [reader.look(lambda world: world) for _ in range(50)]

    assert 50 == len(kept)
    assert before == slots()
