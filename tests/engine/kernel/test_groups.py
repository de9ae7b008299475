"""Groups that go wrong: nothing is sealed but answered otherwise, nothing taken back is kept in mind."""

from collections.abc import Callable
from typing import Any

import lmdb
import msgspec
import pytest
from shop_harness import Shop

from engine.engine import Engine
from engine.kernel.errors import Refusal, StoreFault
from engine.kernel.journal import Journal
from engine.kernel.messages import Actor, Answer, Envelope
from engine.kernel.store import Store, WriteTransaction


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


def test_a_confirmed_clock_whose_group_was_taken_back_is_in_doubt_again(toy: Shop) -> None:
    toy.do("toy.add", {"count": 1})
    toy.clock.step(-3_600_000)
    toy.do("toy.add", {"count": 1})
    sent = [toy.envelope("kernel.confirm_clock", {}), toy.envelope("toy.add", {"count": 1, "how": "bug"})]

    answers = toy.engine.submit(sent)

    assert [answer.status for answer in answers] == ["done", "fault"]
    assert events(toy).count("clock.confirmed") == 1
    assert not toy.engine.clock_doubt


def test_a_confirmation_that_never_reached_the_disk_lets_no_earlier_time_in(
    toy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.do("toy.add", {"count": 1})
    toy.clock.step(-3_600_000)
    doubtful = toy.do("toy.add", {"count": 1})
    fail_once(monkeypatch, WriteTransaction, "commit", lmdb.Error("disk says no"))

    lost = toy.send("kernel.confirm_clock", {})
    after = toy.do("toy.add", {"count": 1})

    assert (lost.status, lost.retry) == ("fault", True)
    assert toy.engine.clock_doubt
    assert after.at_ms >= doubtful.at_ms
    assert toy.do("kernel.confirm_clock", {}).status == "done"


def test_an_interrupt_inside_a_group_leaves_an_engine_that_can_be_closed(
    toy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_once(monkeypatch, Journal, "seal_group", KeyboardInterrupt())

    with pytest.raises(KeyboardInterrupt):
        toy.send("toy.add", {"count": 1})

    assert toy.engine._rows._dirty == {}
    assert toy.do("toy.add", {"count": 2}).status == "done"
    toy.reopen()
    assert toy.ask("toy.total", {"till": 1}) == 2


def test_a_transaction_that_cannot_begin_is_begun_again_on_a_store_opened_again(
    toy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_once(monkeypatch, WriteTransaction, "__init__", lmdb.PanicError("the environment is dead"))

    assert toy.do("toy.add", {"count": 1}).status == "done"


def test_a_failure_between_begin_and_the_first_command_lets_the_transaction_go(
    toy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_once(monkeypatch, Engine, "_look_at_clock", RuntimeError("no zone data"))

    first = toy.send("toy.add", {"count": 1})

    assert (first.status, first.code) == ("fault", "kernel.fault")
    assert toy.do("toy.add", {"count": 1}).status == "done"


def test_what_an_abort_cannot_read_back_is_read_before_the_next_group(
    toy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [toy.envelope("toy.add", {"count": 1, "how": how}) for how in ("", "bug")]
    fail_once(monkeypatch, Store, "read", lmdb.ReadersFullError("no slot left"))
    before = toy.engine.position[1]

    answers = toy.engine.submit(sent)

    assert [answer.status for answer in answers] == ["done", "fault"]
    assert toy.engine.position[1] == before + 1
    assert toy.ask("toy.total", {"till": 1}) == 1


def test_an_entry_of_the_engine_that_fails_opens_the_store_again_before_the_next(
    toy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_once(monkeypatch, WriteTransaction, "commit", lmdb.Error("disk says no"))
    opened: list[Store] = []
    real = Store.reopen

    def reopen(self: Store) -> None:
        opened.append(self)
        real(self)

    monkeypatch.setattr(Store, "reopen", reopen)

    with pytest.raises(StoreFault):
        toy.engine.rotate_key()

    assert toy.engine.rotate_key() == 2
    assert len(opened) == 1
    assert toy.reopen().position[1] > 0


def test_a_store_that_does_not_open_at_the_first_try_is_tried_again(toy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_once(monkeypatch, WriteTransaction, "commit", lmdb.Error("disk says no"))
    fail_once(monkeypatch, Store, "_start", StoreFault("store.open", "too many open files", retry=True))

    answer = toy.send("toy.add", {"count": 1})

    assert (answer.code, answer.retry) == ("store.commit_unknown", True)
    assert toy.do("toy.add", {"count": 1}).status == "done"


def test_what_goes_wrong_after_a_commit_does_not_change_its_answer(toy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def vanished(*_: object) -> None:
        raise OSError(5, "statvfs: input/output error")

    monkeypatch.setattr("engine.kernel.store.ROOM_CHECK_COMMITS", 1)
    monkeypatch.setattr("engine.kernel.disk.room", vanished)

    answer = toy.send("toy.add", {"count": 1})

    assert (answer.status, answer.repeated) == ("done", False)


def test_a_refusal_made_on_what_never_reached_the_disk_is_not_given(toy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.do("toy.take", {"units": -5})
    sent = [toy.envelope("toy.take", {"units": 4}), toy.envelope("toy.take", {"units": 2})]
    fail_once(monkeypatch, WriteTransaction, "commit", lmdb.Error("disk says no"))

    answers = toy.engine.submit(sent)
    later = toy.engine.submit(sent[1:])[0]

    assert [(answer.status, answer.retry) for answer in answers] == [("fault", True)] * 2
    assert later.status == "done"


@pytest.mark.parametrize("ids", [(b"same-id-16-bytes", b"same-id-16-bytes"), (b"", b"another-16-bytes")])
def test_odd_ids_in_a_group_whose_commit_fails_stop_nobody(
    toy: Shop, monkeypatch: pytest.MonkeyPatch, ids: tuple[bytes, bytes]
) -> None:
    commands = [toy.envelope("toy.add", {"count": n}).command for n in (1, 2)]
    actor = Actor(till=1, operator=1)
    sent = [Envelope(id=id, actor=actor, command=command) for id, command in zip(ids, commands, strict=True)]
    fail_once(monkeypatch, WriteTransaction, "commit", lmdb.Error("disk says no"))

    answers = toy.engine.submit(sent)

    assert [answer.status for answer in answers] == ["fault", "fault"]
    assert toy.do("toy.add", {"count": 1}).status == "done"


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


def test_a_repeated_answer_about_a_row_holds_the_same_bytes(toy: Shop) -> None:
    sent = toy.envelope("things.put", {"id": 1, "row": {"title": "a", "price": "2.50", "name": "Zoé"}})

    first, again = toy.engine.submit([sent])[0], toy.engine.submit([sent])[0]

    assert again.repeated
    assert same(first, again)


def test_a_fault_tells_the_till_nothing_of_what_was_in_the_command(toy: Shop, caplog: pytest.LogCaptureFixture) -> None:
    sent = toy.envelope("toy.add", {"count": 1, "how": "bug"})

    answer = toy.engine.submit([sent])[0]

    assert answer.code == "kernel.fault"
    assert "asked to break" not in answer.text
    assert sent.id.hex() in caplog.text


@pytest.mark.parametrize(("till", "operator"), [(-1, 1), (65_536, 1), (1, -1), (1, 2**53), (2**70, 1)])
def test_an_actor_that_cannot_be_is_refused(toy: Shop, till: int, operator: int) -> None:
    before = toy.engine.position

    first = toy.do("toy.add", {"count": 1})
    answers = [
        toy.refused("toy.add", {"count": 1}, till=till, operator=operator),
        toy.refused("toy.add", {"count": 2}, till=till, operator=operator, id=bytes.fromhex(first.id)),
    ]

    assert [answer.code for answer in answers] == ["kernel.bad_actor"] * 2
    assert toy.engine.position[1] == before[1] + 1
    with pytest.raises(Refusal, match="actor"):
        toy.ask("toy.total", {"till": 1}, till=till, operator=operator)


def test_an_id_that_is_no_bytes_is_refused(toy: Shop) -> None:
    command = toy.envelope("toy.add", {"count": 1}).command
    bad: Any = "sixteen-letters!"

    answer = toy.engine.submit([Envelope(id=bad, actor=Actor(till=1, operator=1), command=command)])[0]

    assert (answer.status, answer.code) == ("refused", "kernel.bad_id")


def test_a_till_that_is_unknown_leaves_an_event_on_the_chain_of_the_engine(toy: Shop) -> None:
    answer = toy.refused("toy.add", {"count": 1}, till=100)

    entry = toy.engine.reader().entry(*_last(toy)).entry
    assert answer.code == "kernel.unknown_till"
    assert (entry.till, entry.about, entry.rec[0].what) == (0, answer.id, "refused.unknown_till")
    assert entry.rec[0].detail == {"till": 100}


def _last(shop: Shop) -> tuple[int, int]:
    gen, size = shop.engine.position
    return gen, size - 1


def test_refusals_of_a_group_run_twice_are_counted_once(toy: Shop) -> None:
    sent = [toy.envelope("toy.add", {"count": 1}, operator=9) for _ in range(20)]
    before = toy.engine.position[1]

    answers = toy.engine.submit([*sent, toy.envelope("toy.add", {"count": 1, "how": "bug"})])

    assert {answer.code for answer in answers[:-1]} == {"kernel.not_allowed"}
    assert toy.engine.position[1] == before + 20


def test_a_refusal_whose_event_cannot_be_sealed_is_still_a_refusal(toy: Shop) -> None:
    answer = toy.refused("toy.add", {"count": 1, "how": "refuse-unsealable"})

    assert answer.code == "toy.refused"
