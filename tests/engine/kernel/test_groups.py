"""Groups that go wrong at every point: nothing is sealed but answered otherwise, nothing is taken back but kept in mind."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from shop_harness import Shop

from engine.engine import Engine
from engine.kernel.journal import Journal
from engine.kernel.messages import Answer


def events(shop: Shop) -> list[str]:
    reader = shop.engine.reader()
    found = [reader.entry(1, seq).entry for seq in range(reader.position()[1])]
    return [record.what for entry in found for record in entry.rec if hasattr(record, "what")]


def fail_once(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, error: BaseException) -> None:
    """The next call of a method raises; the ones after it do their work."""
    real: Callable[..., Any] = getattr(owner, name)
    left = [error]

    def failing(*args: Any, **named: Any) -> Any:
        if left:
            raise left.pop()
        return real(*args, **named)

    monkeypatch.setattr(owner, name, failing)


def test_a_fold_that_refuses_is_a_fault_and_nothing_is_sealed(toy: Shop) -> None:
    before = toy.engine.position

    answers = toy.engine.submit([toy.envelope("toy.add", {"count": 1, "how": how}) for how in ("", "fold-refuses", "")])

    assert [answer.status for answer in answers] == ["done", "fault", "done"]
    assert answers[1].code == "kernel.fold_refused"
    assert toy.engine.position[1] == before[1] + 2
    assert toy.ask("toy.total", {"till": 1}) == 2


@pytest.mark.parametrize("point", ["decide", "append", "fold", "seal", "flush"])
def test_a_group_taken_back_at_any_point_leaves_the_journal_whole(
    toy: Shop, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    for n in range(300):
        toy.do("toy.add", {"count": n})
    owner, name = {
        "decide": (Engine, "_decide"),
        "append": (Journal, "append"),
        "fold": (type(toy.engine._folding), "begin"),
        "seal": (Journal, "_tiles"),
        "flush": (type(toy.engine._rows), "flush"),
    }[point]
    fail_once(monkeypatch, owner, name, RuntimeError("asked to break"))
    before = toy.engine.position[1]

    answers = toy.engine.submit([toy.envelope("toy.add", {"count": 1}) for _ in range(300)])

    assert {answer.status for answer in answers} == {"done"}
    assert toy.engine.position[1] == before + 300
    toy.reopen()
    assert toy.ask("toy.total", {"till": 1}) == sum(range(300)) + 300


def same(first: Answer, again: Answer) -> bool:
    """Whether a repeated answer holds the same bytes as the first one."""
    return msgspec.json.encode(first) == msgspec.json.encode(msgspec.structs.replace(again, repeated=False))


def _last(shop: Shop) -> tuple[int, int]:
    gen, size = shop.engine.position
    return gen, size - 1
