"""The sealing hashes against their slow twin and against published vectors."""

import hashlib
import json
from pathlib import Path

import pytest
import reference_seal
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_ext import seal

CONSTANTS = json.loads((Path(__file__).parents[1] / "data/merkle/rfc6962_constants.json").read_text())
HASHES = {vector["name"]: bytes.fromhex(vector["expected"]) for vector in CONSTANTS["hash_vectors"]}


def test_the_published_leaf_and_node_hashes_come_out() -> None:
    assert HASHES["leaf empty"] == seal.leaf_hash(b"")
    assert HASHES["leaf L123456"] == seal.leaf_hash(b"L123456")
    assert HASHES["node N123 N456"] == hashlib.sha256(b"\x01N123N456").digest()
    # The published node has short sides, which ours refuses; a node over two real hashes is the root of two leaves.
    first, second = (seal.leaf_hash(bytes.fromhex(text)) for text in CONSTANTS["leaf_inputs_hex"][:2])
    assert bytes.fromhex(CONSTANTS["root_hashes_hex_by_size"][2]) == seal.node_hash(first, second)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.binary(min_size=1, max_size=200))
def test_hashes_and_macs_agree_with_the_twin(data: bytes, key: bytes) -> None:
    assert reference_seal.leaf_hash(data) == seal.leaf_hash(data)
    assert reference_seal.content_mac(key, data) == seal.content_mac(key, data)


@pytest.mark.parametrize("size", [55, 56, 63, 64, 65, 1023, 1024, 65_535])
def test_leaves_agree_at_the_block_borders(size: int) -> None:
    entry = bytes(range(256)) * (size // 256 + 1)

    assert reference_seal.leaf_hash(entry[:size]) == seal.leaf_hash(entry[:size])


@pytest.mark.parametrize("size", [1, 63, 64, 65, 131])
def test_macs_agree_for_keys_around_the_block_size(size: int) -> None:
    key = bytes(range(size))

    assert reference_seal.content_mac(key, b"command") == seal.content_mac(key, b"command")


def test_a_list_of_entries_is_hashed_in_order() -> None:
    entries = [b"", b"a", b"b" * 1000]

    assert [reference_seal.leaf_hash(entry) for entry in entries] == seal.leaf_hashes(entries)
    assert seal.leaf_hashes([]) == []


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_the_extract_is_four_characters_of_the_leaf(leaf: bytes) -> None:
    assert reference_seal.extract(leaf) == seal.extract(leaf)


def test_the_extract_of_a_known_leaf_is_pinned() -> None:
    # base64url of the leaf of nothing begins bjQLnP-zepicpUTmu3g: characters 3, 7, 13 and 19.
    assert seal.extract(seal.leaf_hash(b"")) == "Q-pg"


def test_repeating_a_hash_gives_the_hash() -> None:
    assert hashlib.sha256(b"S").digest() == seal.sha256_repeated(b"S", 3)


@pytest.mark.parametrize("wrong", ["text", bytearray(b"x"), memoryview(b"x"), None, 3])
def test_only_bytes_are_hashed(wrong: object) -> None:
    with pytest.raises(TypeError):
        seal.leaf_hash(wrong)  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(TypeError, match="entry 1"):
        seal.leaf_hashes([b"", wrong])  # type: ignore[list-item]  # the point of the test


def test_wrong_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal.extract(b"short")
    with pytest.raises(ValueError, match="32 bytes"):
        seal.node_hash(b"x" * 32, b"x" * 31)
    with pytest.raises(ValueError, match="key"):
        seal.content_mac(b"", b"command")
    with pytest.raises(ValueError, match="round"):
        seal.sha256_repeated(b"", 0)
