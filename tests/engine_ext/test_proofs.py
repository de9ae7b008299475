"""Proofs: through tiles as through groups, the verifiers against their twins, tampering, and every published case."""

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import reference_merkle as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_ext import merkle, seal

DATA = Path(__file__).parents[1] / "data/merkle"
CONSTANTS = json.loads((DATA / "rfc6962_constants.json").read_text())
INCLUSION = json.loads((DATA / "inclusion.json").read_text())
CONSISTENCY = json.loads((DATA / "consistency.json").read_text())
PUBLISHED = [seal.leaf_hash(bytes.fromhex(text)) for text in CONSTANTS["leaf_inputs_hex"]]
ROOTS = [bytes.fromhex(text) for text in CONSTANTS["root_hashes_hex_by_size"]]

LEAVES = [hashlib.sha256(number.to_bytes(8, "big")).digest() for number in range(70_000)]
LEVEL1 = [merkle.tile_root(b"".join(LEAVES[n * 256 : (n + 1) * 256])) for n in range(len(LEAVES) // 256)]


def tiles(size: int) -> Callable[[int, int, int], bytes]:
    """Tiles of a tree of LEAVES; level 2 and above from level 1, so that big trees stay cheap."""
    level1 = LEVEL1[: size // 256]
    levels = [LEAVES[:size], level1, [reference.root(level1[:256])] if len(level1) >= 256 else []]

    def tile(level: int, n: int, width: int) -> bytes:
        assert min(256, len(levels[level]) - 256 * n) == width
        return b"".join(levels[level][256 * n : 256 * n + width])

    return tile


def decoded(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def test_all_published_cases_are_here() -> None:
    assert (len(INCLUSION), len(CONSISTENCY)) == (98, 98)


@pytest.mark.parametrize("case", INCLUSION.values(), ids=INCLUSION.keys())
def test_published_inclusion_case(case: dict[str, Any]) -> None:
    proof = [decoded(step) for step in case["proof"] or []]
    arguments = (decoded(case["leafHash"]), case["leafIdx"], case["treeSize"], proof, decoded(case["root"]))

    assert (not case["wantErr"]) == merkle.verify_inclusion(*arguments)
    assert (not case["wantErr"]) == reference.verify_inclusion(*arguments)


@pytest.mark.parametrize("case", CONSISTENCY.values(), ids=CONSISTENCY.keys())
def test_published_consistency_case(case: dict[str, Any]) -> None:
    proof = [decoded(step) for step in case["proof"] or []]
    arguments = (case["size1"], decoded(case["root1"]), case["size2"], decoded(case["root2"]), proof)

    assert (not case["wantErr"]) == merkle.verify_consistency(*arguments)
    assert (not case["wantErr"]) == reference.verify_consistency(*arguments)


@pytest.mark.parametrize("size", range(9))
def test_published_roots_come_out_of_edge_and_tiles(size: int) -> None:
    edge = merkle.Edge()
    edge.append_entries([bytes.fromhex(text) for text in CONSTANTS["leaf_inputs_hex"][:size]])

    assert ROOTS[size] == edge.root()
    assert ROOTS[size] == merkle.root(size, lambda level, n, width: b"".join(PUBLISHED[:width]))


@pytest.mark.parametrize("name", CONSTANTS["derived_inclusion_paths_hex"])
def test_inclusion_paths_over_the_published_leaves(name: str) -> None:
    index, size = map(int, name.split("/"))
    expected = [bytes.fromhex(step) for step in CONSTANTS["derived_inclusion_paths_hex"][name]]

    assert expected == merkle.inclusion(index, size, lambda level, n, width: b"".join(PUBLISHED[:width]))
    assert expected == merkle.Edge().append(PUBLISHED[:size]).inclusion(index)


@pytest.mark.parametrize("name", CONSTANTS["derived_consistency_proofs_hex"])
def test_consistency_proofs_over_the_published_leaves(name: str) -> None:
    size1, size2 = map(int, name.split("->"))
    expected = [bytes.fromhex(step) for step in CONSTANTS["derived_consistency_proofs_hex"][name]]

    assert expected == merkle.consistency(size1, size2, lambda level, n, width: b"".join(PUBLISHED[:width]))
    assert merkle.verify_consistency(size1, ROOTS[size1], size2, ROOTS[size2], expected)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_proofs_through_tiles_are_the_twins(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 1500))
    index = data.draw(st.integers(0, size - 1))
    older = data.draw(st.integers(1, size))

    assert reference.root(LEAVES[:size]) == merkle.root(size, tiles(size))
    assert reference.path(index, LEAVES[:size]) == merkle.inclusion(index, size, tiles(size))
    assert reference.proof(older, LEAVES[:size]) == merkle.consistency(older, size, tiles(size))


@settings(max_examples=25, deadline=None)
@given(st.integers(65_000, 69_900), st.integers(1, 100), st.integers(1, 69_900))
def test_a_proof_through_three_levels_of_tiles_is_the_one_the_group_gave(old: int, more: int, older: int) -> None:
    edge = merkle.Edge()
    edge.append(LEAVES[:old])
    group = edge.append(LEAVES[old : old + more])
    size = old + more
    earlier = merkle.Edge()
    earlier.append(LEAVES[: min(older, size)])

    for i in {0, more // 2, more - 1}:
        assert group.inclusion(i) == merkle.inclusion(old + i, size, tiles(size))
    assert group.root == merkle.root(size, tiles(size))
    proof = merkle.consistency(earlier.size, size, tiles(size))
    assert merkle.verify_consistency(earlier.size, earlier.root(), size, group.root, proof)


def test_a_stored_answer_can_be_repeated_from_any_later_tiles_cut_to_its_size() -> None:
    edge = merkle.Edge()
    edge.append(LEAVES[:900])
    group = edge.append(LEAVES[900:964])
    later = tiles(2000)

    def cut(level: int, n: int, width: int) -> bytes:
        full = min(256, 2000 // 256**level - 256 * n)
        return later(level, n, full)[: 32 * width]

    assert [group.inclusion(i) for i in range(64)] == [merkle.inclusion(900 + i, 964, cut) for i in range(64)]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_tampered_inclusion_proof_fails(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 700))
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion(index, size, tiles(size))
    root = merkle.root(size, tiles(size))
    step = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(proof[step], "big") ^ (1 << bit)).to_bytes(32, "big")
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index))

    assert merkle.verify_inclusion(LEAVES[index], index, size, proof, root)
    assert not merkle.verify_inclusion(LEAVES[index], index, size, [*proof[:step], flipped, *proof[step + 1 :]], root)
    assert not merkle.verify_inclusion(LEAVES[index], index, size, proof[:step] + proof[step + 1 :], root)
    assert not merkle.verify_inclusion(LEAVES[index], index, size, [*proof, root], root)
    assert not merkle.verify_inclusion(LEAVES[other], index, size, proof, root)
    assert not merkle.verify_inclusion(LEAVES[index], other, size, proof, root)
    assert not merkle.verify_inclusion(LEAVES[index], index, size, proof, LEAVES[0])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_tampered_consistency_proof_fails(data: st.DataObject) -> None:
    size2 = data.draw(st.integers(2, 700))
    size1 = data.draw(st.integers(1, size2 - 1))
    proof = merkle.consistency(size1, size2, tiles(size2))
    root1, root2 = merkle.root(size1, tiles(size1)), merkle.root(size2, tiles(size2))
    step = data.draw(st.integers(0, len(proof) - 1))
    flipped = bytes([proof[step][0] ^ 1]) + proof[step][1:]

    assert merkle.verify_consistency(size1, root1, size2, root2, proof)
    assert not merkle.verify_consistency(size1, root1, size2, root2, [*proof[:step], flipped, *proof[step + 1 :]])
    assert not merkle.verify_consistency(size1, root1, size2, root2, proof[:step] + proof[step + 1 :])
    assert not merkle.verify_consistency(size1, root1, size2, root2, [*proof, root2])
    assert not merkle.verify_consistency(size1, root2, size2, root1, proof)
    assert not merkle.verify_consistency(size1, LEAVES[1], size2, root2, proof)
    assert not merkle.verify_consistency(size1, root1, size2, LEAVES[1], proof)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 100])
def test_surplus_steps_are_refused_even_when_the_root_is_made_to_fit(size: int) -> None:
    # Whoever chooses the root too could otherwise pass a tree off under a smaller size.
    root, surplus = merkle.root(size, tiles(size)), LEAVES[9_999]
    proof = merkle.inclusion(size - 1, size, tiles(size))

    for fitted in (seal.node_hash(surplus, root), seal.node_hash(root, surplus)):
        assert not merkle.verify_inclusion(LEAVES[size - 1], size - 1, size, [*proof, surplus], fitted)


@pytest.mark.parametrize(("size1", "size2"), [(1, 2), (2, 3), (3, 5), (4, 8), (7, 100)])
def test_surplus_consistency_steps_are_refused_even_when_both_roots_are_made_to_fit(size1: int, size2: int) -> None:
    surplus = LEAVES[9_999]
    roots = [merkle.root(size, tiles(size)) for size in (size1, size2)]
    proof = [*merkle.consistency(size1, size2, tiles(size2)), surplus]
    left = [seal.node_hash(surplus, root) for root in roots]
    right = [seal.node_hash(root, surplus) for root in roots]

    for first, second in (left, right, (roots[0], right[1])):
        assert not merkle.verify_consistency(size1, first, size2, second, proof)


@settings(max_examples=300, deadline=None)
@given(st.integers(-1, 40), st.integers(-1, 40), st.lists(st.sampled_from([*LEAVES[:3], b"", b"x"]), max_size=6))
def test_the_verifiers_answer_as_their_twins_to_any_nonsense(first: int, second: int, steps: list[bytes]) -> None:
    for root in LEAVES[:2]:
        assert reference.verify_inclusion(LEAVES[0], first, second, steps, root) == merkle.verify_inclusion(
            LEAVES[0], first, second, steps, root
        )
        assert reference.verify_consistency(first, LEAVES[0], second, root, steps) == merkle.verify_consistency(
            first, LEAVES[0], second, root, steps
        )


def test_an_empty_tree_is_never_shown_to_be_the_beginning_of_another() -> None:
    assert not merkle.verify_consistency(0, merkle.EMPTY_ROOT, 0, merkle.EMPTY_ROOT, [])
    assert not merkle.verify_consistency(0, merkle.EMPTY_ROOT, 5, ROOTS[5], [])
    with pytest.raises(merkle.MerkleError) as refused:
        merkle.consistency(0, 5, tiles(5))
    assert refused.value.code == "merkle.size"


def test_equal_sizes_are_consistent_without_a_proof() -> None:
    assert merkle.consistency(300, 300, tiles(300)) == []


@pytest.mark.parametrize("number", [2**48, 2**64, 2**200, True, 1.0, "1"])
def test_a_verifier_says_no_to_numbers_no_tree_has(number: Any) -> None:
    assert not merkle.verify_inclusion(LEAVES[0], number, 5, [], LEAVES[0])
    assert not merkle.verify_inclusion(LEAVES[0], 0, number, [], LEAVES[0])
    assert not merkle.verify_consistency(number, LEAVES[0], 5, LEAVES[0], [])
    assert not merkle.verify_consistency(1, LEAVES[0], number, LEAVES[0], [])


def test_each_tile_is_asked_for_once() -> None:
    asked: list[tuple[int, int]] = []
    source = tiles(69_000)

    def tile(level: int, n: int, width: int) -> bytes:
        asked.append((level, n))
        return source(level, n, width)

    merkle.inclusion(68_000, 69_000, tile)

    assert len(set(asked)) == len(asked)
    assert {level for level, _ in asked} == {0, 1, 2}


def test_a_tile_of_the_wrong_length_is_refused() -> None:
    for length in (0, 31, 32 * 6):
        with pytest.raises(merkle.MerkleError) as refused:
            merkle.root(5, lambda level, n, width: b"x" * length)  # noqa: B023  # called at once, before the next length
        assert refused.value.code == "merkle.tile"
    with pytest.raises(TypeError, match="tile 0/0"):
        merkle.root(5, lambda level, n, width: None)  # type: ignore[arg-type,return-value]  # the point of the test
    with pytest.raises(merkle.MerkleError, match="full tile"):
        merkle.tile_root(b"x" * 32)


def test_a_failing_store_is_heard() -> None:
    def broken(level: int, n: int, width: int) -> bytes:
        raise OSError("read error")

    with pytest.raises(OSError, match="read error"):
        merkle.inclusion(3, 700, broken)


@pytest.mark.parametrize(("index", "size"), [(5, 5), (0, 0), (6, 5)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(merkle.MerkleError) as refused:
        merkle.inclusion(index, size, tiles(size))

    assert refused.value.code == "merkle.index"


def test_a_full_tile_is_the_node_eight_levels_up() -> None:
    assert reference.root(LEAVES[:256]) == LEVEL1[0]
    assert reference.tile(LEAVES[:1024], 1, 0, 4) == b"".join(LEVEL1[:4])
