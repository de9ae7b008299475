"""Signing keys on disk, and what a crash during a rotation leaves."""

from pathlib import Path

import pytest
from shop_harness import Shop

from engine.kernel import notes
from engine.kernel.entropy import SeededEntropy
from engine.kernel.errors import KeyFault
from engine.kernel.journal import Journal
from engine.kernel.keys import key_path, load_key, make_key


def proves(shop: Shop, answer: object) -> None:
    """The answer's checkpoint is signed by the key in use."""
    proof = notes.parse_proof(answer.proof)  # type: ignore[attr-defined]  # an answer
    notes.open_note(proof.checkpoint, [shop.engine._journal.signer.key])


def test_a_key_is_read_back_by_its_owner_only_and_never_shown(tmp_path: Path) -> None:
    made = make_key(tmp_path, 1, 1, "guichet/x", SeededEntropy(1))

    loaded = load_key(tmp_path, 1, 1, "guichet/x")

    path = key_path(tmp_path, 1, 1)
    assert str(loaded.key) == str(made.key)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    seed = path.read_text().strip()
    assert seed not in repr(loaded) + str(loaded.key)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_key_that_others_may_read_is_not_used(tmp_path: Path, mode: int) -> None:
    make_key(tmp_path, 1, 1, "guichet/x", SeededEntropy(1))
    key_path(tmp_path, 1, 1).chmod(mode)

    with pytest.raises(KeyFault) as fault:
        load_key(tmp_path, 1, 1, "guichet/x")

    assert fault.value.code == "seal.key_open"


def test_a_rotation_cut_before_its_entry_leaves_the_old_key_in_use(toy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    before = str(toy.engine._journal.signer.key)
    monkeypatch.setattr(toy.engine, "write_own", lambda *records, reason: (_ for _ in ()).throw(RuntimeError("cut")))
    with pytest.raises(RuntimeError):
        toy.engine.rotate_key()
    toy.close()
    toy.open()

    answer = toy.do("toy.add", {"count": 1})

    assert key_path(toy.path, 1, 2).exists()
    assert str(toy.engine._journal.signer.key) == before
    proves(toy, answer)
    assert toy.engine.rotate_key() == 2


def test_a_rotation_whose_entry_is_on_disk_is_in_force_after_a_crash(toy: Shop) -> None:
    toy.engine.rotate_key()
    after = str(toy.engine._journal.signer.key)
    toy.close()
    toy.open()

    answer = toy.do("toy.add", {"count": 1})

    assert str(toy.engine._journal.signer.key) == after
    proves(toy, answer)


def test_a_group_taken_back_behind_a_rotation_goes_on_with_the_new_key(toy: Shop) -> None:
    toy.engine.rotate_key()
    sent = [toy.envelope("toy.add", {"count": 1, "how": how}) for how in ("", "bug", "")]

    answers = toy.engine.submit(sent)

    for answer in (answers[0], answers[2]):
        proves(toy, answer)
    again = toy.engine.submit(sent[:1])[0]
    assert again.proof == answers[0].proof


def test_a_rotation_taken_back_with_its_group_is_made_again(toy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Journal.seal_group
    left = [RuntimeError("cut")]

    def failing(self: Journal, txn: object) -> None:
        if left:
            raise left.pop()
        real(self, txn)  # type: ignore[arg-type]  # the group's transaction

    monkeypatch.setattr(Journal, "seal_group", failing)
    with pytest.raises(RuntimeError):
        toy.engine.rotate_key()
    between = toy.do("toy.add", {"count": 1})
    proves(toy, between)

    assert toy.engine.rotate_key() == 2
    toy.reopen()
    proves(toy, toy.do("toy.add", {"count": 2}))
