"""The outsider's check of a proof: what the engine proves holds, and nothing that was altered does."""

import hashlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel import notes
from engine_ext import merkle
from server.cli.check_proof import ProofError, check_inclusion

SIGNER = notes.Signer.from_seed("guichet/essai", bytes(range(32)))
OTHER = notes.Signer.from_seed("guichet/essai", bytes(32))


def _tree(leaves: list[bytes]) -> bytes:
    """The root by the definition (RFC 6962 section 2.1)."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + _tree(leaves[:half]) + _tree(leaves[half:])).digest()


def _path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return [*_path(index, leaves[:half]), _tree(leaves[half:])]
    return [*_path(index - half, leaves[half:]), _tree(leaves[:half])]


def _proof(index: int, leaves: list[bytes], signer: notes.Signer = SIGNER) -> str:
    text = notes.checkpoint_text("guichet/essai", len(leaves), _tree(leaves))
    return notes.proof_text(index, _path(index, leaves), signer.note(text))


LEAVES = [hashlib.sha256(bytes([number])).digest() for number in range(70)]


@given(st.integers(1, 70), st.data())
@settings(max_examples=150, deadline=None)
def test_every_leaf_of_every_tree_is_proven_and_no_other(size: int, data: st.DataObject) -> None:
    leaves = LEAVES[:size]
    index = data.draw(st.integers(0, size - 1))
    proof = _proof(index, leaves)

    assert size == check_inclusion(leaves[index], index, proof, [str(SIGNER.key)])
    with pytest.raises(ProofError, match="the path"):
        check_inclusion(hashlib.sha256(b"another").digest(), index, proof, [str(SIGNER.key)])


def test_it_agrees_with_the_core() -> None:
    edge = merkle.Edge()
    group = edge.append(LEAVES)
    leaves = LEAVES

    assert _tree(leaves) == group.root


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda proof: proof.replace("index 5", "index 6"), "not one of entry 5"),
        (lambda proof: proof.replace("\n\u2014 ", "\n- "), "no known key"),
        (
            lambda proof: proof.replace("guichet/essai\n9\n", "guichet/essai\n8\n"),
            "signature of guichet/essai is wrong",
        ),
        (lambda proof: proof.replace("tlog-proof@v1", "tlog-proof@v2"), "not one of entry 5"),
        (lambda proof: "\n".join([*proof.split("\n")[:2], *proof.split("\n")[3:]]), "does not lead|too long"),
        (lambda proof: "", "not one of entry 5"),
        (lambda proof: proof.replace("index 5\n", "index 5\n!!!\n"), "not base64"),
    ],
)
def test_what_was_altered_does_not_hold(spoil: Callable[[str], str], message: str) -> None:
    proof = spoil(_proof(5, LEAVES[:9]))

    with pytest.raises(ProofError, match=message):
        check_inclusion(LEAVES[5], 5, proof, [str(SIGNER.key)])


def test_a_checkpoint_signed_by_somebody_else_does_not_hold() -> None:
    proof = _proof(2, LEAVES[:4], OTHER)

    with pytest.raises(ProofError, match="no known key"):
        check_inclusion(LEAVES[2], 2, proof, [str(SIGNER.key)])


def test_an_entry_beyond_the_log_does_not_hold() -> None:
    proof = _proof(2, LEAVES[:3]).replace("index 2", "index 3")

    with pytest.raises(ProofError, match="does not lie in a log of 3"):
        check_inclusion(LEAVES[3], 3, proof, [str(SIGNER.key)])
