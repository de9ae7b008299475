"""Signed notes, checkpoints and proof texts of the log, in the formats of C2SP."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from engine_ext.merkle import SIZE_MAX

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HASH_BYTES = 32
KEY_ID_BYTES = 4
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
ED25519_TYPE = b"\x01"

# The specification asks for at least 16 signatures; post-quantum ones may reach 5 kB each.
SIGNATURES_MAX = 64
NOTE_CHARS_MAX = 512 * 1024
NAME_CHARS_MAX = 256
PROOF_HASHES_MAX = 48
EXTRA_BYTES_MAX = 64 * 1024
KEYS_KNOWN = 64  # key ids kept ready: a log signs with one key for years, and every checkpoint names it
PROOF_CHARS_MAX = NOTE_CHARS_MAX + 2 * EXTRA_BYTES_MAX

PROOF_HEADER = "c2sp.org/tlog-proof@v1"
SIGNATURE_PREFIX = "\u2014 "


class NoteError(ValueError):
    """A text that is malformed, or not signed by whom it should be; ``code`` is stable (``notes.signature`` ...)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class VerifierKey(msgspec.Struct, frozen=True, kw_only=True):
    """An Ed25519 public key (32 bytes) under its name, as a ``vkey`` text carries it."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public) != PUBLIC_KEY_BYTES:
            raise NoteError("notes.vkey", f"an Ed25519 public key has {PUBLIC_KEY_BYTES} bytes, not {len(self.public)}")

    @property
    def id(self) -> bytes:
        """The four bytes that a signature line names the key by."""
        return key_id(self.name, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(ED25519_TYPE + self.public)}"


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a log: its origin, its number of entries and the 32-byte root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What a ``tlog-proof`` text carries: the checkpoint is a note still to be opened, ``extra`` is unauthenticated."""

    index: int
    hashes: list[bytes]
    checkpoint: str
    extra: bytes | None = None


class Signer:
    """An Ed25519 signing key with its name; the private part stays inside and is never printed."""

    __slots__ = ("_private", "_sign", "key")

    def __init__(self, name: str, private_key: Ed25519PrivateKey) -> None:
        self._private = private_key
        self._sign = private_key.sign
        self.key = VerifierKey(name=name, public=private_key.public_key().public_bytes_raw())

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Signer:
        """From the 32 secret bytes of RFC 8032."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature over a message."""
        return self._sign(message)

    def note(self, text: str) -> str:
        """The text, a blank line and this key's signature line (see ``sign_note``)."""
        return join_note(text, self.key, self.sign(_note_text(text)))

    def __repr__(self) -> str:
        return f"Signer({self.key})"


def join_note(text: str, key: VerifierKey, signature: bytes) -> str:
    """The note of a text that ``key`` has signed: what was stored apart, put together again."""
    return f"{text}\n{SIGNATURE_PREFIX}{key.name} {_base64(key.id + signature)}\n"


@functools.lru_cache(maxsize=KEYS_KNOWN)
def key_id(name: str, public: bytes) -> bytes:
    """The first four bytes of SHA-256(name, newline, signature type 0x01, public key): signed-note, Signatures."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519_TYPE + public).digest()[:KEY_ID_BYTES]


def encode_vkey(name: str, public: bytes) -> str:
    """The text of a public key: ``name+key id in hex+base64(type, key)``.

    Raises ``NoteError``: ``notes.name``, ``notes.vkey``.
    """
    return str(VerifierKey(name=name, public=public))


def parse_vkey(text: str) -> VerifierKey:
    """Read the text of an Ed25519 public key; its key id must be the right one. ``notes.vkey``, ``notes.name``."""
    # Only the base64 part may hold a plus sign; a name never does.
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise NoteError("notes.vkey", "a vkey is name+id+key")
    name, written_id, encoded = parts
    data = _unbase64(encoded, "notes.vkey")
    if data[:1] != ED25519_TYPE:
        raise NoteError("notes.vkey", "only Ed25519 keys (type 1) are known")
    key = VerifierKey(name=name, public=data[1:])
    if written_id != key.id.hex():
        raise NoteError("notes.vkey", f"the key id is {key.id.hex()}, not {written_id!r}")
    return key


def sign_note(text: str, name: str, private_key: Ed25519PrivateKey) -> str:
    """A signed note: the text (which ends in a newline), a blank line, one signature line.

    Raises ``NoteError``: ``notes.text`` (no final newline, control characters, half surrogates), ``notes.name``,
    ``notes.too_large``.
    """
    return Signer(name, private_key).note(text)


def open_note(note: str, vkeys: Iterable[VerifierKey]) -> str:
    """The text of a note that at least one of these keys signed.

    Signatures of unknown keys are ignored; one of a known key that does not verify condemns the note.

    Raises ``NoteError``: ``notes.too_large``, ``notes.text``, ``notes.malformed``, ``notes.name``, ``notes.signature``
    (wrong), ``notes.unsigned`` (none of a known key).
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    text, signatures = split_note(note)
    known = {(key.name, key.id): key for key in vkeys}
    verified = 0
    for name, identifier, signature in signatures:
        key = known.get((name, identifier))
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
        except InvalidSignature:
            raise NoteError("notes.signature", f"the signature of {name} is wrong") from None
        verified += 1
    if not verified:
        raise NoteError("notes.unsigned", "no signature of a known key")
    return text


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The text that a checkpoint signs: origin, size, base64 of the 32-byte root, a line each.

    Raises ``NoteError``: ``notes.origin``, ``notes.size``, ``notes.root``.
    """
    if not origin or len(origin) > NAME_CHARS_MAX or not _is_clean(origin) or "\n" in origin:
        raise NoteError("notes.origin", f"an origin is one line of 1 to {NAME_CHARS_MAX} characters")
    if type(size) is not int or not 0 <= size <= SIZE_MAX:
        raise NoteError("notes.size", f"a log has 0 to {SIZE_MAX} entries, not {size!r}")
    if len(root) != HASH_BYTES:
        raise NoteError("notes.root", f"a root has {HASH_BYTES} bytes, not {len(root)}")
    return f"{origin}\n{size}\n{_base64(root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of an opened checkpoint.

    Raises ``NoteError``: ``notes.malformed`` and those of ``checkpoint_text``.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or "" in lines:
        raise NoteError("notes.malformed", "a checkpoint has three lines or more, none of them empty, each ended")
    size = _decimal(lines[1], "notes.size")
    root = _unbase64(lines[2], "notes.root")
    checkpoint_text(lines[0], size, root)
    if not _is_clean(text):
        raise NoteError("notes.malformed", "a checkpoint holds a control character or half a surrogate pair")
    return Checkpoint(origin=lines[0], size=size, root=root, extensions=tuple(lines[3:]))


def proof_text(index: int, hashes: Sequence[bytes], checkpoint: str, extra: bytes | None = None) -> str:
    """The ``tlog-proof`` text of an inclusion proof (hashes from the leaf upwards) with its signed checkpoint.

    Raises ``NoteError``: ``notes.index``, ``notes.hash``, ``notes.extra``, ``notes.too_large``.
    """
    if len(hashes) > PROOF_HASHES_MAX or any(len(step) != HASH_BYTES for step in hashes):
        raise NoteError("notes.hash", f"a proof has at most {PROOF_HASHES_MAX} hashes of {HASH_BYTES} bytes")
    return proof_text_of_lines(index, "".join(f"{_base64(step)}\n" for step in hashes), checkpoint, extra)


def proof_text_of_lines(index: int, lines: str, checkpoint: str, extra: bytes | None = None) -> str:
    """The same from ``Group.inclusion_text``, whose lines are ready: the way of a sale."""
    if type(index) is not int or not 0 <= index < SIZE_MAX:
        raise NoteError("notes.index", f"an index lies between 0 and {SIZE_MAX - 1}, not {index!r}")
    if len(checkpoint) > NOTE_CHARS_MAX:
        raise NoteError("notes.too_large", f"a checkpoint has at most {NOTE_CHARS_MAX} characters")
    if extra is not None and len(extra) > EXTRA_BYTES_MAX:
        raise NoteError("notes.extra", f"extra data has at most {EXTRA_BYTES_MAX} bytes")
    middle = "" if extra is None else f"extra {_base64(extra)}\n"
    return f"{PROOF_HEADER}\n{middle}index {index}\n{lines}\n{checkpoint}"


def parse_proof(text: str) -> Proof:
    """Read a ``tlog-proof`` text; nothing in it is verified yet.

    Raises ``NoteError``: ``notes.too_large``, ``notes.malformed``, ``notes.extra``, ``notes.index``, ``notes.hash``.
    """
    if len(text) > PROOF_CHARS_MAX:
        raise NoteError("notes.too_large", f"a proof has at most {PROOF_CHARS_MAX} characters")
    head, blank, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or not checkpoint or lines.pop(0) != PROOF_HEADER:
        raise NoteError(
            "notes.malformed", f"a proof begins with {PROOF_HEADER} and carries a checkpoint after an empty line"
        )
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = _unbase64(lines.pop(0).removeprefix("extra "), "notes.extra")
        if len(extra) > EXTRA_BYTES_MAX:
            raise NoteError("notes.extra", f"extra data has at most {EXTRA_BYTES_MAX} bytes")
    if not lines or not lines[0].startswith("index "):
        raise NoteError("notes.malformed", "the line with the index is missing")
    index = _decimal(lines.pop(0).removeprefix("index "), "notes.index")
    hashes = [_unbase64(line, "notes.hash") for line in lines]
    if index >= SIZE_MAX:
        raise NoteError("notes.index", f"an index lies between 0 and {SIZE_MAX - 1}, not {index}")
    if len(hashes) > PROOF_HASHES_MAX or any(len(step) != HASH_BYTES for step in hashes):
        raise NoteError("notes.hash", f"a proof has at most {PROOF_HASHES_MAX} hashes of {HASH_BYTES} bytes")
    return Proof(index=index, hashes=hashes, checkpoint=checkpoint, extra=extra)


def split_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text of a note and its signature lines as (name, key id, signature)."""
    if len(note) > NOTE_CHARS_MAX:
        raise NoteError("notes.too_large", f"a note has at most {NOTE_CHARS_MAX} characters")
    text, blank, below = note.rpartition("\n\n")
    if not blank or not below.endswith("\n"):
        raise NoteError("notes.malformed", "a note is a text, an empty line and signature lines, each ended")
    text += "\n"
    _note_text(text)
    lines = below[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise NoteError("notes.too_large", f"a note has at most {SIGNATURES_MAX} signatures")
    return text, [_split_signature(line) for line in lines]


def _split_signature(line: str) -> tuple[str, bytes, bytes]:
    parts = line.removeprefix(SIGNATURE_PREFIX).split(" ")
    if not line.startswith(SIGNATURE_PREFIX) or len(parts) != 2:
        raise NoteError("notes.malformed", "a signature line is a dash, a name and a signature")
    _check_name(parts[0])
    data = _unbase64(parts[1], "notes.malformed")
    if len(data) <= KEY_ID_BYTES:
        raise NoteError("notes.malformed", "a signature holds a key id and at least one byte")
    return parts[0], data[:KEY_ID_BYTES], data[KEY_ID_BYTES:]


def _note_text(text: str) -> bytes:
    if not text.endswith("\n") or not _is_clean(text):
        raise NoteError(
            "notes.text", "a note's text ends in a newline and holds no other control character, no half surrogate"
        )
    if len(text) > NOTE_CHARS_MAX:
        raise NoteError("notes.too_large", f"a note has at most {NOTE_CHARS_MAX} characters")
    return text.encode()


def _check_name(name: str) -> None:
    if (
        not name
        or len(name) > NAME_CHARS_MAX
        or "+" in name
        or any(char.isspace() for char in name)
        or not _is_clean(name)
    ):
        raise NoteError("notes.name", f"a key name has 1 to {NAME_CHARS_MAX} characters, no spaces and no plus")


_UNCLEAN = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")


def _is_clean(text: str) -> bool:
    """No control character below U+0020 but newline, and nothing that UTF-8 cannot say."""
    return _UNCLEAN.search(text) is None


def _decimal(text: str, code: str) -> int:
    # int() would also take spaces, signs, underscores and the digits of other scripts.
    if not (text.isascii() and text.isdigit()) or (text[0] == "0" and text != "0") or len(text) > len(str(SIZE_MAX)):
        raise NoteError(code, f"not a decimal number without leading zeros: {text[:20]!r}")
    return int(text)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unbase64(text: str, code: str) -> bytes:
    # Written again and compared, so that every value has one spelling.
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError(code, "not base64") from None
    if _base64(data) != text:
        raise NoteError(code, "base64 with bits to spare")
    return data
