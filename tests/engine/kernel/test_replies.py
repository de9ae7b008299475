"""Answers: the first one and every repeated one are the same bytes, whatever was answered."""

import msgspec
import pytest
from shop_harness import Shop

from engine.kernel import replies
from engine.kernel.errors import Fault, IntegrityFault, Refusal
from engine.kernel.journal import position_key
from engine.kernel.messages import Actor, Answer, Envelope


def same_bytes(first: Answer, again: Answer) -> bool:
    return msgspec.json.encode(first) == msgspec.json.encode(msgspec.structs.replace(again, repeated=False))


def test_every_sort_of_answer_is_repeated_byte_for_byte_across_tiles_and_starts(bar: Shop) -> None:
    sent = [
        bar.envelope("cash.open", {"float_in": 5000}),
        bar.envelope("sales.post", {"lines": [{"product": 1, "quantity": "2"}], "payments": [{"mode": 1}]}),
        bar.envelope("departments.put", {"id": 9, "row": {"title": "Café", "vat": 1}}, operator=1),
        bar.envelope("departments.remove", {"id": 9}),
        bar.envelope("operators.put", {"id": 3, "row": {"alias": "op3", "name": "Élodie Martin"}}),
    ]
    first = [bar.engine.submit([envelope])[0] for envelope in sent]
    accepted = [(envelope, answer) for envelope, answer in zip(sent, first, strict=True) if answer.status == "done"]
    for n in range(300):
        bar.configure("departments", 9, {"title": f"Café {n}", "vat": 1})
    bar.reopen()

    again = [bar.engine.submit([envelope])[0] for envelope, _ in accepted]

    assert len(accepted) >= 4, [answer.text for answer in first]
    for (_, answer), repeated in zip(accepted, again, strict=True):
        assert repeated.repeated
        assert same_bytes(answer, repeated)


def test_an_entry_that_is_indexed_but_not_there_is_an_integrity_fault(toy: Shop) -> None:
    with toy.engine.store.read() as txn, pytest.raises(IntegrityFault) as fault:
        replies.read_entry(txn, position_key(1, 99), toy.features.decode_entry)

    assert fault.value.code == "journal.entry_missing"


def test_faults_keep_their_code_and_whether_to_send_again() -> None:
    envelope = Envelope(id=b"x" * 16, actor=Actor(till=1), command=None)  # type: ignore[arg-type]  # not looked at

    kept = replies.faulted(envelope, Fault("store.lost", "the disk is gone", retry=True))
    hidden = replies.faulted(envelope, KeyError("Élodie Martin"))

    assert (kept.code, kept.text, kept.retry) == ("store.lost", "the disk is gone", True)
    assert (hidden.code, hidden.retry) == ("kernel.fault", False)
    assert "Martin" not in hidden.text


def test_a_refusal_is_answered_with_everything_it_says() -> None:
    answer = replies.refused(b"x" * 16, Refusal("a.b", "no", at="lines[2]", data={"left": 1}))

    assert (answer.status, answer.code, answer.text, answer.at, answer.data) == (
        "refused",
        "a.b",
        "no",
        "lines[2]",
        {"left": 1},
    )
