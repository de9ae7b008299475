"""Slow twin of the log's texts, on bytes and regular expressions, written from the C2SP specifications."""

import base64
import hashlib
import re

NOTE = re.compile(rb"(?s)\A(?P<text>.*\n)\n(?P<signatures>(?:\xe2\x80\x94 [^\n ]+ [A-Za-z0-9+/]+=*\n)+)\Z")


def key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(b"%b\n\x01%b" % (name.encode(), public)).digest()[:4]


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """Without a rule on the length of the root, which the specification leaves to the hash function."""
    return "\n".join([origin, str(size), base64.b64encode(root).decode(), ""])


def proof_text(index: int, hashes: list[bytes], checkpoint: str, extra: bytes | None = None) -> str:
    lines = ["c2sp.org/tlog-proof@v1"]
    if extra is not None:
        lines.append("extra " + base64.b64encode(extra).decode())
    lines.append(f"index {index}")
    lines.extend(base64.b64encode(step).decode() for step in hashes)
    return "\n".join([*lines, "", checkpoint])


def split_note(note: bytes) -> tuple[bytes, list[tuple[str, bytes, bytes]]]:
    """Text and (name, key id, signature) of each line."""
    match = NOTE.match(note)
    assert match is not None
    found = []
    for line in match["signatures"].splitlines():
        _, name, encoded = line.split(b" ")
        data = base64.b64decode(encoded)
        found.append((name.decode(), data[:4], data[4:]))
    return match["text"], found
