"""Groups: what is answered, what is kept, and what one bad command does to its neighbours."""

import uuid
from typing import Any

import pytest
from shop_harness import Shop

from engine.engine import GROUP_COMMANDS_MAX
from engine.kernel import notes
from engine.kernel.messages import Actor, Envelope
from engine.kernel.refusals import REFUSALS_SEALED_PER_MINUTE_MAX
from engine_ext import merkle, seal


def entries(shop: Shop) -> list[Any]:
    reader = shop.engine.reader()
    return [reader.entry(1, seq).entry for seq in range(reader.position()[1])]


def check_proof(shop: Shop, answer: Any) -> None:
    proof = notes.parse_proof(answer.proof)
    text = notes.open_note(proof.checkpoint, [shop.engine._journal.signer.key])
    checkpoint = notes.parse_checkpoint(text)
    data = shop.engine.reader().entry(answer.gen, answer.seq).data
    assert seal.leaf_hash(data).hex() == answer.leaf
    assert merkle.verify_inclusion(
        bytes.fromhex(answer.leaf), answer.seq, checkpoint.size, proof.hashes, checkpoint.root
    )


def test_an_accepted_command_is_answered_with_its_entry_and_a_proof(toy: Shop) -> None:
    answer = toy.do("toy.add", {"count": 3})

    assert answer.seq == 2
    check_proof(toy, answer)
    assert toy.ask("toy.total", {"till": 1}) == 3


def test_every_answer_of_a_group_proves_itself_against_one_checkpoint(toy: Shop) -> None:
    answers = toy.engine.submit([toy.envelope("toy.add", {"count": 1}, till=1 + n % 7) for n in range(700)])

    assert {answer.status for answer in answers} == {"done"}
    for answer in answers:
        check_proof(toy, answer)
    checkpoints = {notes.parse_proof(answer.proof).checkpoint for answer in answers}
    assert len(checkpoints) == 2, f"700 commands are two groups of at most {GROUP_COMMANDS_MAX}"
    assert sum(toy.ask("toy.total", {"till": till}) for till in range(1, 8)) == 700


def test_the_same_id_and_content_gets_the_same_answer_for_ever(toy: Shop) -> None:
    id = toy.new_id()
    first = toy.do("toy.add", {"count": 3}, id=id)
    for n in range(300):
        toy.do("toy.add", {"count": n})

    again = toy.do("toy.add", {"count": 3}, id=id)
    toy.reopen()
    after = toy.do("toy.add", {"count": 3}, id=id)

    for repeated in (again, after):
        assert repeated.repeated
        assert (repeated.seq, repeated.leaf, repeated.proof) == (first.seq, first.leaf, first.proof)
        assert repeated.records[0].count == 3


def test_the_same_id_with_other_content_is_refused_and_sealed_as_an_event(toy: Shop) -> None:
    id = toy.new_id()
    toy.do("toy.add", {"count": 3}, id=id)
    before = toy.engine.position[1]

    answer = toy.refused("toy.add", {"count": 4}, id=id)

    assert answer.code == "kernel.id_reused"
    assert toy.engine.position[1] == before + 1
    event = entries(toy)[-1]
    assert (event.about, event.rec[0].what) == (id.hex(), "refused.id_reused")


def test_the_same_id_from_another_till_is_other_content(toy: Shop) -> None:
    id = toy.new_id()
    toy.do("toy.add", {"count": 3}, till=1, id=id)

    assert toy.refused("toy.add", {"count": 3}, till=2, id=id).code == "kernel.id_reused"


def test_copies_in_one_group_join_the_first(toy: Shop) -> None:
    envelope = toy.envelope("toy.add", {"count": 5})

    answers = toy.engine.submit([envelope] * 50)

    assert len({(answer.seq, answer.leaf, answer.proof) for answer in answers}) == 1
    assert [answer.repeated for answer in answers] == [False] + [True] * 49
    assert toy.ask("toy.total", {"till": 1}) == 5


def test_a_refusal_leaves_no_trace_and_its_neighbours_alone(toy: Shop) -> None:
    before = toy.engine.position[1]

    answers = toy.engine.submit(
        [toy.envelope("toy.add", {"count": 1, "how": how}) for how in ("", "refuse", "", "huge", "")]
    )

    assert [answer.status for answer in answers] == ["done", "refused", "done", "refused", "done"]
    assert (answers[1].code, answers[1].at) == ("toy.refused", "how")
    assert answers[3].code == "journal.entry_too_large"
    assert toy.engine.position[1] == before + 3
    assert toy.ask("toy.total", {"till": 1}) == 3


def test_a_refused_id_may_be_used_again(toy: Shop) -> None:
    id = toy.new_id()
    toy.refused("toy.add", {"count": 1, "how": "refuse"}, id=id)

    assert toy.do("toy.add", {"count": 1}, id=id).status == "done"


@pytest.mark.parametrize("how", ["bug", "bad-fold", "twice"])
def test_a_bug_gives_the_culprit_alone_a_fault_and_the_others_their_answers(toy: Shop, how: str) -> None:
    before = toy.engine.position[1]

    answers = toy.engine.submit([toy.envelope("toy.add", {"count": 1, "how": each}) for each in ("", how, "", "")])

    assert [answer.status for answer in answers] == ["done", "fault", "done", "done"]
    assert toy.engine.position[1] == before + 3
    assert toy.ask("toy.total", {"till": 1}) == 3
    for answer in (answers[0], answers[2], answers[3]):
        check_proof(toy, answer)


def test_chains_link_each_record_to_the_leaf_before_it_per_till_and_kind(toy: Shop) -> None:
    answers = [toy.do("toy.add", {"count": 1}, till=till) for till in (1, 2, 1, 1, 50)]

    chain = [entry.chain[0] for entry in entries(toy)[-5:]]
    assert [(link.of, link.n) for link in chain] == [("ticket", n) for n in (1, 1, 2, 3, 1)]
    assert [link.prev for link in chain] == [None, None, answers[0].leaf, answers[2].leaf, None]
    assert [entry.training for entry in entries(toy)[-5:]] == [False, False, False, False, True]


def test_a_missing_right_is_refused_and_sealed_but_not_without_limit(toy: Shop) -> None:
    before = toy.engine.position[1]

    for _ in range(REFUSALS_SEALED_PER_MINUTE_MAX + 5):
        assert toy.refused("toy.add", {"count": 1}, operator=9).code == "kernel.not_allowed"

    assert toy.engine.position[1] == before + REFUSALS_SEALED_PER_MINUTE_MAX
    toy.clock.advance(60_000)
    toy.refused("toy.add", {"count": 1}, operator=9)
    assert toy.engine.position[1] == before + REFUSALS_SEALED_PER_MINUTE_MAX + 1


def test_an_unknown_till_and_a_till_without_operator_are_refused(toy: Shop) -> None:
    assert toy.refused("toy.add", {"count": 1}, till=100).code == "kernel.unknown_till"
    assert toy.refused("toy.add", {"count": 1}, operator=0).code == "kernel.no_operator"


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"count": "3"}, "count"),
        ({"count": 3.5}, "count"),
        ({"count": 3, "who": 1}, None),
        ({}, None),
        ({"count": True}, "count"),
    ],
)
def test_a_wrong_body_is_refused_by_its_field(toy: Shop, body: dict[str, Any], at: str | None) -> None:
    answer = toy.refused("toy.add", body)

    assert (answer.code, answer.at) == ("kernel.bad_request", at)


def test_bodies_that_are_not_json_or_not_utf8_are_refused(toy: Shop) -> None:
    for body in (b"{", b'{"count": 1, "how": "\xff"}', b'{"count": 1, "how": "\\ud800"}'):
        answer = toy.engine.do("toy.add", body, till=1, operator=1, id=toy.new_id())
        assert (answer.status, answer.code) == ("refused", "kernel.bad_request")


def test_text_is_normalised_at_the_edge_and_refused_behind_it(toy: Shop) -> None:
    plain = toy.engine.do("toy.add", '{"count": 1, "how": "Cafe\u0301"}'.encode(), till=1, operator=1, id=toy.new_id())
    escaped = toy.engine.do("toy.add", b'{"count": 1, "how": "Cafe\\u0301"}', till=1, operator=1, id=toy.new_id())

    assert [answer.records[0].how for answer in (plain, escaped)] == ["Café", "Café"]
    command = type(toy.envelope("toy.add", {"count": 1}).command)(count=1, how="Cafe\u0301")
    behind = toy.engine.submit([Envelope(id=toy.new_id(), actor=Actor(till=1, operator=1), command=command)])[0]
    assert (behind.status, behind.code) == ("refused", "journal.not_canonical")


def test_an_id_of_another_length_is_refused(toy: Shop) -> None:
    assert toy.refused("toy.add", {"count": 1}, id=b"short").code == "kernel.bad_id"


def test_the_ledger_keeps_its_floor_inside_one_group(toy: Shop) -> None:
    toy.do("toy.take", {"units": -5})

    answers = toy.engine.submit([toy.envelope("toy.take", {"units": 2}, till=n) for n in (1, 2, 3)])

    assert [answer.status for answer in answers] == ["done", "done", "refused"]
    assert (answers[2].code, answers[2].data["left"]) == ("ledger.floor", 1)


def test_a_clock_in_doubt_is_sealed_once_and_confirmed_by_a_command(toy: Shop) -> None:
    toy.do("toy.add", {"count": 1})
    toy.clock.step(-3_600_000)
    doubtful = toy.do("toy.add", {"count": 1})
    toy.do("toy.add", {"count": 1})

    toy.reopen()
    still = toy.engine.clock_doubt
    confirmed = toy.do("kernel.confirm_clock", {})
    after = toy.do("toy.add", {"count": 1})

    events = [record.what for entry in entries(toy) for record in entry.rec if hasattr(record, "what")]
    assert events.count("clock.doubt") == 1
    assert still
    assert after.at_ms == toy.clock.wall_ms() < doubtful.at_ms <= confirmed.at_ms
    assert toy.refused("kernel.confirm_clock", {}).code == "kernel.clock_fine"


def test_a_rotated_key_signs_from_the_next_checkpoint_on(toy: Shop) -> None:
    old = toy.do("toy.add", {"count": 1})
    old_key = toy.engine._journal.signer.key

    assert toy.engine.rotate_key() == 2
    new = toy.do("toy.add", {"count": 1})
    toy.reopen()

    assert toy.engine._journal.signer.key != old_key
    check_proof(toy, new)
    notes.open_note(notes.parse_proof(old.proof).checkpoint, [old_key])
    with pytest.raises(notes.NoteError):
        notes.open_note(notes.parse_proof(new.proof).checkpoint, [old_key])


def test_start_and_stop_are_sealed(toy: Shop) -> None:
    toy.reopen()

    events = [(record.code, record.what) for entry in entries(toy) for record in entry.rec if hasattr(record, "what")]
    assert events == [(260, "shop.created"), (80, "engine.started"), (40, "engine.stopped"), (80, "engine.started")]


def test_a_replica_follows_the_entries_from_any_position(toy: Shop) -> None:
    for n in range(5):
        toy.do("toy.add", {"count": n})
    reader = toy.engine.reader()

    pages = [reader.entries_since(1, at, 3) for at in (0, 3, 6)]

    flat = [item for page in pages for item in page]
    assert [(gen, seq) for gen, seq, _ in flat] == [(1, seq) for seq in range(7)]
    assert [data for _, _, data in flat] == [reader.entry(1, seq).data for seq in range(7)]


def test_ids_made_here_are_uuids_of_version_7_that_rise_with_time(toy: Shop) -> None:
    first = toy.engine.new_id()
    toy.clock.advance(1)
    second = toy.engine.new_id()

    assert [uuid.UUID(bytes=id).version for id in (first, second)] == [7, 7]
    assert first < second
    assert int.from_bytes(first[:6], "big") == toy.clock.wall_ms() - 1
