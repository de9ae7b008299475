"""A proof checked as an outsider would: RFC 6962 hashes and an Ed25519 signature, sharing no code with the engine."""

import base64
import binascii
import hashlib
from collections.abc import Sequence

HEADER = "c2sp.org/tlog-proof@v1"
SIGNATURE_MARK = "\u2014 "
ED25519 = b"\x01"


class ProofError(ValueError):
    """A proof that is malformed or does not prove what it should."""


class UnknownKey(ProofError):
    """No key that is trusted signed the checkpoint: it proves nothing, and refutes nothing."""


def check_inclusion(leaf: bytes, index: int, proof: str, vkeys: Sequence[str]) -> int:
    """Checks that a signed checkpoint holds ``leaf`` at ``index``; returns the size of the log that was signed.

    ``proof`` is a C2SP tlog-proof text, ``vkeys`` the public keys that are trusted. Raises `ProofError`, and
    `UnknownKey` where none of them signed.
    """
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != HEADER or lines[1:2] != [f"index {index}"]:
        raise ProofError(f"the proof is not one of entry {index}")
    body = _signed(note, vkeys)
    try:
        _, size, root = body.split("\n")[:3]
        return _include(leaf, index, int(size), [_unbase64(line) for line in lines[2:]], _unbase64(root))
    except ValueError as error:
        raise error if isinstance(error, ProofError) else ProofError(f"the checkpoint is malformed: {error}") from error


def _signed(note: str, vkeys: Sequence[str]) -> str:
    """The text of a signed note, if one of the keys signed it (C2SP signed-note)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    text, _, signatures = note.rpartition("\n\n")
    text += "\n"
    for vkey in vkeys:
        name, _, encoded = vkey.split("+", 2)
        public = _unbase64(encoded)[1:]
        key_id = hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]
        for line in signatures.splitlines():
            mark = f"{SIGNATURE_MARK}{name} "
            signature = _unbase64(line.removeprefix(mark)) if line.startswith(mark) else b""
            if signature[:4] != key_id:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], text.encode())
            except InvalidSignature:
                raise ProofError(f"the signature of {name} is wrong") from None
            return text
    raise UnknownKey("no known key signed the checkpoint")


def _include(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> int:
    """RFC 9162 section 2.1.3.2: the path from the leaf must lead to the root, and use all of its hashes."""
    if index >= size:
        raise ProofError(f"entry {index} does not lie in a log of {size}")
    node, first, last = leaf, index, size - 1
    for sibling in path:
        if not last:
            raise ProofError("the path is too long")
        if first & 1 or first == last:
            node = _node(sibling, node)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            node = _node(node, sibling)
        first, last = first >> 1, last >> 1
    if last or node != root:
        raise ProofError("the path does not lead from the leaf to the signed root")
    return size


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ProofError(f"{text[:20]!r} is not base64") from None
