"""The growing tree against its slow twin: edges, roots, the proofs of a group, and what is refused."""

import base64
import hashlib
import random

import pytest
import reference_merkle as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_ext import merkle

GROUPS = st.lists(st.sampled_from([0, 1, 1, 2, 3, 5, 7, 8, 16, 33, 64, 100]), max_size=8)


def leaves_of(count: int) -> list[bytes]:
    return [hashlib.sha256(number.to_bytes(8, "big")).digest() for number in range(count)]


@settings(max_examples=60, deadline=None)
@given(GROUPS)
def test_every_proof_of_every_group_is_the_twins(sizes: list[int]) -> None:
    leaves = leaves_of(sum(sizes))
    edge = merkle.Edge()
    size = 0
    for more in sizes:
        group = edge.append(leaves[size : size + more])
        old, size = size, size + more

        assert (old, size, more) == (group.old_size, group.new_size, len(group))
        assert reference.root(leaves[:size]) == group.root == edge.root()
        assert reference.edge(leaves[:size]) == edge.hashes
        for i in range(more):
            proof = group.inclusion(i)
            assert reference.path(old + i, leaves[:size]) == proof
            assert merkle.verify_inclusion(group.leaf(i), old + i, size, proof, group.root)


def test_a_tree_of_thousands_in_random_groups_proves_each_leaf() -> None:
    choice = random.Random(20261121)
    leaves = leaves_of(5000)
    edge = merkle.Edge()
    while edge.size < len(leaves):
        old = edge.size
        group = edge.append(leaves[old : old + choice.randint(1, 400)])
        for i in range(len(group)):
            assert merkle.verify_inclusion(leaves[old + i], old + i, edge.size, group.inclusion(i), edge.root())

    assert reference.root(leaves) == edge.root()


def test_how_leaves_are_grouped_does_not_change_the_tree() -> None:
    leaves = leaves_of(1000)
    one, many = merkle.Edge(), merkle.Edge()
    one.append(leaves)
    for leaf in leaves:
        many.append([leaf])

    assert (one.size, one.hashes, one.root()) == (many.size, many.hashes, many.root())


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 1000])
def test_a_stored_edge_goes_on_where_it_stopped(size: int) -> None:
    leaves = leaves_of(size + 70)
    edge = merkle.Edge()
    edge.append(leaves[:size])

    again = merkle.Edge(edge.size, edge.hashes)
    group = again.append(leaves[size:])

    assert reference.root(leaves) == again.root()
    assert reference.path(size + 33, leaves) == group.inclusion(33)


def test_entries_are_hashed_and_appended_in_one_go() -> None:
    entries = [bytes([number]) * number for number in range(100)]
    leaves = [hashlib.sha256(b"\x00" + entry).digest() for entry in entries]
    edge = merkle.Edge()

    group = edge.append_entries(entries)

    assert reference.root(leaves) == group.root
    assert leaves == [group.leaf(i) for i in range(100)]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 600), st.integers(1, 80))
def test_the_text_of_a_proof_is_its_base64_lines(size: int, more: int) -> None:
    leaves = leaves_of(size + more)
    edge = merkle.Edge()
    edge.append(leaves[:size])
    group = edge.append(leaves[size:])

    for i in {0, more // 2, more - 1}:
        lines = "".join(base64.b64encode(step).decode() + "\n" for step in group.inclusion(i))
        assert lines == group.inclusion_text(i)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 700), st.integers(0, 700), st.integers(0, 10))
def test_a_group_hands_out_the_nodes_it_completed(size: int, more: int, level: int) -> None:
    leaves = leaves_of(size + more)
    edge = merkle.Edge()
    edge.append(leaves[:size])
    group = edge.append(leaves[size:])
    run = 1 << level

    nodes = range(size // run, (size + more) // run)

    assert b"".join(reference.root(leaves[n * run : (n + 1) * run]) for n in nodes) == group.completed(level)


def test_a_proof_near_the_largest_tree_still_verifies() -> None:
    size = merkle.SIZE_MAX - 64
    stored = b"".join(leaves_of(size.bit_count()))
    edge = merkle.Edge(size, stored)
    leaves = leaves_of(64)

    group = edge.append(leaves)

    assert edge.size == merkle.SIZE_MAX
    for i in (0, 31, 63):
        assert merkle.verify_inclusion(leaves[i], size + i, edge.size, group.inclusion(i), edge.root())
    with pytest.raises(merkle.MerkleError, match="largest tree"):
        edge.append([leaves[0]])


def test_a_refused_leaf_leaves_the_edge_as_it_was() -> None:
    edge = merkle.Edge()
    edge.append(leaves_of(5))
    before = (edge.size, edge.hashes)

    with pytest.raises(merkle.MerkleError) as refused:
        edge.append([*leaves_of(3), b"short"])
    with pytest.raises(TypeError, match="leaf 1"):
        edge.append([leaves_of(1)[0], "text"])  # type: ignore[list-item]  # the point of the test
    with pytest.raises(TypeError, match="entry 0"):
        edge.append_entries([bytearray(b"x")])  # type: ignore[list-item]  # the point of the test

    assert refused.value.code == "merkle.hash"
    assert before == (edge.size, edge.hashes)


@pytest.mark.parametrize("size", [-1, 2**48, 2**64, 2**200])
def test_sizes_no_tree_has_are_refused(size: int) -> None:
    with pytest.raises(merkle.MerkleError) as refused:
        merkle.Edge(size)

    assert refused.value.code == "merkle.size"


@pytest.mark.parametrize("size", [3.9, True, "3", None])
def test_sizes_are_integers_and_nothing_that_becomes_one(size: object) -> None:
    with pytest.raises(TypeError):
        merkle.Edge(size)  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize("length", [0, 31, 32, 33, 96])
def test_an_edge_has_one_hash_for_each_bit_of_its_size(length: int) -> None:
    with pytest.raises(merkle.MerkleError) as refused:
        merkle.Edge(3, b"x" * length)

    assert refused.value.code == "merkle.edge"


@pytest.mark.parametrize("index", [-1, 3, 2**64])
def test_a_group_proves_only_its_own_leaves(index: int) -> None:
    group = merkle.Edge().append(leaves_of(3))

    for ask in (group.inclusion, group.inclusion_text, group.leaf):
        with pytest.raises(merkle.MerkleError) as refused:
            ask(index)
        assert refused.value.code == "merkle.index"


def test_an_empty_group_has_a_root_and_no_proof() -> None:
    group = merkle.Edge().append([])

    assert hashlib.sha256(b"").digest() == group.root == merkle.EMPTY_ROOT
    with pytest.raises(merkle.MerkleError, match="empty"):
        group.inclusion(0)
    with pytest.raises(merkle.MerkleError, match="level"):
        group.completed(48)


def test_a_group_is_made_by_an_edge_only() -> None:
    with pytest.raises(TypeError):
        merkle.Group()
