"""Signing keys: one per shop and version, in files that only their owner can read; no key, no seal."""

import os
import stat
from pathlib import Path

from engine.kernel import disk
from engine.kernel.entropy import Entropy
from engine.kernel.errors import KeyFault
from engine.kernel.notes import Signer

SEED_BYTES = 32


def key_path(shop: Path, generation: int, version: int) -> Path:
    """Where the key of a generation and version lies."""
    return shop / "keys" / f"seal-{generation}-{version}.key"


def make_key(shop: Path, generation: int, version: int, name: str, entropy: Entropy) -> Signer:
    """Makes a new key, durable before anything is signed with it, mode 0600."""
    path = key_path(shop, generation, version)
    seed = entropy.take(SEED_BYTES)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        disk.write_durably(path, seed.hex().encode() + b"\n", mode=0o600)
    except OSError as error:
        raise KeyFault("seal.key_not_written", f"the new signing key {path} cannot be written: {error}") from error
    return Signer.from_seed(name, seed)


def load_key(shop: Path, generation: int, version: int, name: str) -> Signer:
    """The key, if it is there, whole, and readable for its owner only."""
    path = key_path(shop, generation, version)
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
        text = path.read_text(encoding="ascii")
    except OSError as error:
        raise KeyFault(
            "seal.no_key", f"the signing key {path} cannot be read ({error}); nothing is sealed without it"
        ) from error
    if mode & 0o077:
        raise KeyFault(
            "seal.key_open", f"the signing key {path} has mode {mode:04o}; only its owner may read it (0600)"
        )
    try:
        seed = bytes.fromhex(text)
    except ValueError:
        seed = b""
    if len(seed) != SEED_BYTES:
        raise KeyFault("seal.bad_key", f"the signing key {path} is not 64 hex digits")
    return Signer.from_seed(name, seed)
