"""Notes, checkpoints and proof texts: round trips, strictness, and the published texts of other logs."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import reference_notes as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel import notes
from engine_ext import merkle, seal

DATA = Path(__file__).parents[2] / "data/merkle"
FORMATS = json.loads((DATA / "c2sp/formats.json").read_text())
TESSERA = json.loads((DATA / "tessera_log.json").read_text())
LOG = DATA / "tessera_log/log"

SIGNER = notes.Signer.from_seed("guichet/shop", bytes(range(32)))
OTHER = notes.Signer.from_seed("guichet/shop", bytes(range(1, 33)))
TEXT = notes.checkpoint_text("guichet/shop", 7, b"\x01" * 32)
NOTE = SIGNER.note(TEXT)
NAMES = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs", "Z"]), min_size=1
).filter(lambda name: len(name) <= 30 and "+" not in name and not any(char.isspace() for char in name))
HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=48)


def code_of(action: Any, *arguments: Any) -> str:
    with pytest.raises(notes.NoteError) as refused:
        action(*arguments)
    assert refused.value.code in str(refused.value)
    return refused.value.code


def tessera_signer() -> notes.Signer:
    encoded = TESSERA["private_skey_TEST_ONLY"].removeprefix("PRIVATE+KEY+").split("+", 2)[2]
    data = base64.b64decode(encoded)
    assert data[:1] == notes.ED25519_TYPE
    return notes.Signer.from_seed(TESSERA["origin"], data[1:])


@pytest.mark.parametrize("size", range(16))
def test_a_tessera_checkpoint_opens_and_is_reproduced_byte_for_byte(size: int) -> None:
    note = (LOG / f"checkpoint.{size}").read_text()
    expected = base64.b64decode(TESSERA["checkpoints"][size]["root_b64"])
    edge = merkle.Edge()
    edge.append_entries([entry.encode() for entry in TESSERA["entries"][:size]])

    checkpoint = notes.parse_checkpoint(notes.open_note(note, [notes.parse_vkey(TESSERA["public_vkey"])]))

    assert checkpoint == notes.Checkpoint(origin=TESSERA["origin"], size=size, root=expected)
    assert edge.root() == expected
    assert tessera_signer().note(notes.checkpoint_text(TESSERA["origin"], size, edge.root())) == note


def test_the_newest_tessera_checkpoint_is_the_one_of_its_size() -> None:
    assert (LOG / "checkpoint").read_bytes() == (LOG / "checkpoint.15").read_bytes()


def test_the_tessera_keys_belong_together() -> None:
    assert str(tessera_signer().key) == TESSERA["public_vkey"]
    assert notes.encode_vkey(TESSERA["origin"], tessera_signer().key.public) == TESSERA["public_vkey"]


@pytest.mark.parametrize("size", range(1, 16))
def test_the_tessera_tiles_follow_from_its_entries_and_prove_them(size: int) -> None:
    bundle = (LOG / f"tile/entries/000.p/{size}").read_bytes()
    tile = (LOG / f"tile/0/000.p/{size}").read_bytes()
    entries = [entry.encode() for entry in TESSERA["entries"][:size]]
    group = merkle.Edge().append_entries(entries)

    assert b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries) == bundle
    assert group.completed(0) == tile
    assert merkle.root(size, lambda level, n, width: tile) == group.root
    for index, entry in enumerate(entries):
        proof = merkle.inclusion(index, size, lambda level, n, width: tile)
        assert proof == group.inclusion(index)
        assert merkle.verify_inclusion(seal.leaf_hash(entry), index, size, proof, group.root)
    for older in range(1, size + 1):
        earlier = merkle.Edge()
        earlier.append_entries(entries[:older])
        proof = merkle.consistency(older, size, lambda level, n, width: tile)
        assert merkle.verify_consistency(older, earlier.root(), size, group.root, proof)


@pytest.mark.parametrize("case", FORMATS["tlog_proof"])
def test_a_published_proof_text_is_written_and_read(case: dict[str, Any]) -> None:
    hashes = [base64.b64decode(step) for step in case["hashes"]]
    extra = base64.b64decode(case["extra"]) if "extra" in case else None

    assert notes.proof_text(case["index"], hashes, case["checkpoint"], extra) == case["expected"]
    assert reference.proof_text(case["index"], hashes, case["checkpoint"], extra) == case["expected"]
    assert notes.parse_proof(case["expected"]) == notes.Proof(
        index=case["index"], hashes=hashes, checkpoint=case["checkpoint"], extra=extra
    )


@pytest.mark.parametrize("text", FORMATS["invalid_tlog_proof"])
def test_a_published_invalid_proof_text_is_refused(text: str) -> None:
    assert code_of(notes.parse_proof, text).startswith("notes.")


@pytest.mark.parametrize("case", FORMATS["checkpoint_marshal"])
def test_published_checkpoint_lines_come_out_but_a_root_is_32_bytes_for_us(case: dict[str, Any]) -> None:
    # These two texts carry jokes as roots; the log is SHA-256 only, so a root of another length is refused both ways.
    root = case["hash_ascii"].encode()
    real = root.ljust(32, b".")[:32]

    assert reference.checkpoint_text(case["origin"], case["size"], root) == case["expected"]
    assert code_of(notes.checkpoint_text, case["origin"], case["size"], root) == "notes.root"
    assert code_of(notes.parse_checkpoint, case["expected"]) == "notes.root"
    written = notes.checkpoint_text(case["origin"], case["size"], real)
    assert written == reference.checkpoint_text(case["origin"], case["size"], real)
    assert written.splitlines()[:2] == case["expected"].splitlines()[:2]


@settings(max_examples=60, deadline=None)
@given(NAMES, st.binary(min_size=32, max_size=32), st.integers(0, merkle.SIZE_MAX), st.binary(min_size=32, max_size=32))
def test_a_signed_checkpoint_opens_again(name: str, seed: bytes, size: int, root: bytes) -> None:
    signer = notes.Signer.from_seed(name, seed)
    text = notes.checkpoint_text(name, size, root)

    note = signer.note(text)

    assert text == reference.checkpoint_text(name, size, root)
    assert notes.open_note(note, [notes.parse_vkey(str(signer.key))]) == text
    assert notes.parse_checkpoint(text) == notes.Checkpoint(origin=name, size=size, root=root)
    split_text, signatures = reference.split_note(note.encode())
    assert split_text == text.encode()
    assert signatures == [(name, reference.key_id(name, signer.key.public), signer.sign(text.encode()))]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, merkle.SIZE_MAX - 1), HASHES, st.none() | st.binary(max_size=40))
def test_a_proof_text_is_read_back(index: int, hashes: list[bytes], extra: bytes | None) -> None:
    text = notes.proof_text(index, hashes, NOTE, extra)

    assert text == reference.proof_text(index, hashes, NOTE, extra)
    assert notes.parse_proof(text) == notes.Proof(index=index, hashes=hashes, checkpoint=NOTE, extra=extra)


def test_the_answer_to_a_sale_can_be_checked_by_its_text_alone() -> None:
    entries = [f"entry {number}".encode() for number in range(100)]
    edge = merkle.Edge()
    edge.append_entries(entries[:70])
    group = edge.append_entries(entries[70:])
    checkpoint = SIGNER.note(notes.checkpoint_text("guichet/shop", edge.size, group.root))
    answer = notes.proof_text_of_lines(75, group.inclusion_text(5), checkpoint)

    proof = notes.parse_proof(answer)
    head = notes.parse_checkpoint(notes.open_note(proof.checkpoint, [SIGNER.key]))

    assert answer == notes.proof_text(75, group.inclusion(5), checkpoint)
    assert merkle.verify_inclusion(seal.leaf_hash(entries[75]), proof.index, head.size, proof.hashes, head.root)
    assert not merkle.verify_inclusion(seal.leaf_hash(entries[74]), proof.index, head.size, proof.hashes, head.root)


def test_signing_by_function_is_signing_by_signer() -> None:
    assert notes.sign_note(TEXT, SIGNER.key.name, SIGNER._private) == NOTE


def test_a_signer_does_not_show_its_secret() -> None:
    shown = repr(SIGNER) + str(SIGNER)

    assert bytes(range(32)).hex() not in shown
    assert base64.b64encode(bytes(range(32))).decode() not in shown


def test_every_changed_character_of_a_note_is_noticed() -> None:
    for place in range(len(NOTE)):
        changed = NOTE[:place] + ("A" if NOTE[place] != "A" else "B") + NOTE[place + 1 :]
        with pytest.raises(notes.NoteError):
            notes.open_note(changed, [SIGNER.key])


def test_unknown_signatures_are_ignored_and_rotation_works() -> None:
    both = NOTE + OTHER.note(TEXT).rpartition("\n\n")[2]

    assert notes.open_note(both, [OTHER.key]) == TEXT
    assert notes.open_note(both, [SIGNER.key, OTHER.key]) == TEXT
    assert code_of(notes.open_note, NOTE, [OTHER.key]) == "notes.unsigned"
    assert code_of(notes.open_note, NOTE, []) == "notes.unsigned"


def test_one_wrong_signature_of_a_known_key_condemns_the_note() -> None:
    data = base64.b64encode(OTHER.key.id + b"\0" * 64).decode()
    forged = f"{NOTE}\u2014 {OTHER.key.name} {data}\n"

    assert notes.open_note(forged, [SIGNER.key]) == TEXT
    assert code_of(notes.open_note, forged, [SIGNER.key, OTHER.key]) == "notes.signature"


def test_a_text_may_hold_empty_lines_since_the_last_one_divides() -> None:
    text = "first\n\nsecond\n\n"

    assert notes.open_note(SIGNER.note(text), [SIGNER.key]) == text


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        TEXT,
        TEXT + "\n",
        NOTE.rstrip("\n"),
        NOTE + "\n",
        NOTE + "trailing\n",
        NOTE.replace("\u2014 ", "- "),
        NOTE.replace("\u2014 ", "\u2014  "),
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("7", "7\t", 1),
        NOTE[:-1] + " \n",
        TEXT + "\n\u2014 name AAAA\n",
        TEXT + "\n\u2014 na+me AAAAAAA=\n",
        TEXT + "\n\u2014 na\u00a0me AAAAAAA=\n",
        TEXT + "\n\u2014 name AAAAAAB=\n",
        TEXT + "\n\u2014 name AAAA AAA=\n",
        "\ud800\n" + NOTE,
    ],
)
def test_a_malformed_note_is_refused(note: str) -> None:
    assert code_of(notes.open_note, note, [SIGNER.key]) in {"notes.malformed", "notes.text", "notes.name"}


def test_a_note_has_room_for_sixteen_signatures_and_an_end() -> None:
    line = NOTE.rpartition("\n\n")[2]

    assert notes.open_note(TEXT + "\n" + line * notes.SIGNATURES_MAX, [SIGNER.key]) == TEXT
    assert notes.SIGNATURES_MAX >= 16
    assert code_of(notes.open_note, TEXT + "\n" + line * (notes.SIGNATURES_MAX + 1), []) == "notes.too_large"
    assert code_of(notes.open_note, "a" * notes.NOTE_CHARS_MAX + NOTE, [SIGNER.key]) == "notes.too_large"
    assert code_of(SIGNER.note, "a" * notes.NOTE_CHARS_MAX + "\n") == "notes.too_large"


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "nul\0\n", "\ud800\n"])
def test_what_a_note_cannot_hold_is_not_signed(text: str) -> None:
    assert code_of(SIGNER.note, text) == "notes.text"


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb", "x" * 257, "\ud800"])
def test_bad_key_names_are_refused(name: str) -> None:
    assert code_of(notes.encode_vkey, name, b"k" * 32) == "notes.name"


VKEY = str(SIGNER.key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+id",
        VKEY + "A",
        VKEY.replace("guichet", "autre"),
        VKEY.replace(SIGNER.key.id.hex(), SIGNER.key.id.hex().upper()),
        VKEY.replace(SIGNER.key.id.hex(), "00000000"),
        f"n+00000000+{base64.b64encode(bytes([4]) + b'k' * 32).decode()}",
        f"n+00000000+{base64.b64encode(bytes([1]) + b'k' * 31).decode()}",
    ],
)
def test_bad_vkeys_are_refused(text: str) -> None:
    assert code_of(notes.parse_vkey, text) == "notes.vkey"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "notes.malformed"),
        ("o\n1\n", "notes.malformed"),
        (TEXT[:-1], "notes.malformed"),
        (TEXT + "\n", "notes.malformed"),
        ("\n" + TEXT, "notes.malformed"),
        (TEXT + "ext\0\n", "notes.malformed"),
        (TEXT.replace("\n7\n", "\n07\n"), "notes.size"),
        (TEXT.replace("\n7\n", "\n-7\n"), "notes.size"),
        (TEXT.replace("\n7\n", "\n+7\n"), "notes.size"),
        (TEXT.replace("\n7\n", "\n7_0\n"), "notes.size"),
        (TEXT.replace("\n7\n", "\n\u0667\n"), "notes.size"),
        (TEXT.replace("\n7\n", "\n\u00b2\n"), "notes.size"),
        (TEXT.replace("\n7\n", f"\n{2**48}\n"), "notes.size"),
        (TEXT.replace("\n7\n", "\n" + "9" * 5000 + "\n"), "notes.size"),
        (TEXT.replace("AQE=", "AQF="), "notes.root"),
        (TEXT.replace("AQE=", "AQE"), "notes.root"),
        (TEXT.replace("AQE=", "AQ=="), "notes.root"),
        (TEXT.replace("AQE=", "AQ-="), "notes.root"),
    ],
)
def test_a_malformed_checkpoint_is_refused(text: str, code: str) -> None:
    assert code_of(notes.parse_checkpoint, text) == code


def test_extension_lines_are_handed_on() -> None:
    assert notes.parse_checkpoint(TEXT + "more\nand more\n").extensions == ("more", "and more")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("", 1, b"r" * 32), "notes.origin"),
        (("a\nb", 1, b"r" * 32), "notes.origin"),
        (("o" * 257, 1, b"r" * 32), "notes.origin"),
        (("o", -1, b"r" * 32), "notes.size"),
        (("o", True, b"r" * 32), "notes.size"),
        (("o", 1.0, b"r" * 32), "notes.size"),
        (("o", 2**48, b"r" * 32), "notes.size"),
        (("o", 1, b"r" * 31), "notes.root"),
    ],
)
def test_a_checkpoint_no_log_has_is_not_written(arguments: tuple[Any, ...], code: str) -> None:
    assert code_of(notes.checkpoint_text, *arguments) == code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((-1, [], NOTE), "notes.index"),
        ((True, [], NOTE), "notes.index"),
        ((merkle.SIZE_MAX, [], NOTE), "notes.index"),
        ((0, [b"short"], NOTE), "notes.hash"),
        ((0, [b"x" * 32] * 49, NOTE), "notes.hash"),
        ((0, [], NOTE, b"x" * (notes.EXTRA_BYTES_MAX + 1)), "notes.extra"),
        ((0, [], "x" * (notes.NOTE_CHARS_MAX + 1)), "notes.too_large"),
    ],
)
def test_a_proof_no_log_gives_is_not_written(arguments: tuple[Any, ...], code: str) -> None:
    assert code_of(notes.proof_text, *arguments) == code


LINE = base64.b64encode(b"x" * 32).decode() + "\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{notes.PROOF_HEADER}\nindex 0\n", "notes.malformed"),
        (f"{notes.PROOF_HEADER}\nindex 0\n\n", "notes.malformed"),
        (f"{notes.PROOF_HEADER}\nindex 00\n\nc\n", "notes.index"),
        (f"{notes.PROOF_HEADER}\nindex {merkle.SIZE_MAX}\n\nc\n", "notes.index"),
        (f"{notes.PROOF_HEADER}\nindex 0\nAAAA\n\nc\n", "notes.hash"),
        (f"{notes.PROOF_HEADER}\nindex 0\n{LINE * 49}\nc\n", "notes.hash"),
        (f"{notes.PROOF_HEADER}\nindex 0\nextra AAAA\n\nc\n", "notes.hash"),
        (f"{notes.PROOF_HEADER}\nextra AAAA\nextra AAAA\nindex 0\n\nc\n", "notes.malformed"),
        (f"{notes.PROOF_HEADER}\nextra AAB=\nindex 0\n\nc\n", "notes.extra"),
        (f"{notes.PROOF_HEADER}\r\nindex 0\n\nc\n", "notes.malformed"),
        ("x" * (notes.PROOF_CHARS_MAX + 1), "notes.too_large"),
    ],
)
def test_a_malformed_proof_is_refused(text: str, code: str) -> None:
    assert code_of(notes.parse_proof, text) == code
