"""The workers' own key, which is not in the store: a stolen disk alone does not tell a single PIN."""

import hashlib
import hmac
import os
import stat
from pathlib import Path

PEPPER_BYTES = 32
SHOP_BYTES = 16
FOLDER, NAME = "keys", "pepper"


class PepperError(Exception):
    """There is no pepper, or others can read it: nobody can be let in, and nothing is hashed without it."""


class Pepper:
    """The pepper of one shop, as keys for one purpose each."""

    def __init__(self, secret: bytes, shop: str) -> None:
        if len(secret) != PEPPER_BYTES:
            raise PepperError(f"a pepper has {PEPPER_BYTES} bytes, not {len(secret)}")
        self._secret = secret
        self._shop = bytes.fromhex(shop)
        if len(self._shop) != SHOP_BYTES:
            raise PepperError(f"a shop's id has {SHOP_BYTES} bytes, not {len(self._shop)}")

    def __repr__(self) -> str:
        return "Pepper(...)"

    def key(self, purpose: str) -> bytes:
        """A key (32 bytes) for one purpose in this shop."""
        return hmac.new(self._secret, b"guichet\0" + self._shop + purpose.encode(), hashlib.sha256).digest()

    def mixed(self, purpose: str, operator: int, secret: str) -> bytes:
        """HMAC-SHA-256(pepper, shop, operator, secret): what a slow hash is made over (reliability 3.5).

        Every part before the secret has a fixed length or ends in a zero byte, so that no two triples are one text.
        """
        text = purpose.encode() + b"\0" + self._shop + operator.to_bytes(8, "big") + secret.encode()
        return hmac.new(self._secret, text, hashlib.sha256).digest()


def load(path: Path, shop: str) -> Pepper:
    """The pepper in a file of 64 hex digits that only its owner reads (a systemd credential, a mounted secret)."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        secret = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise PepperError(f"the pepper {path} cannot be read: {error}") from error
    if mode & 0o077:
        raise PepperError(f"the pepper {path} has mode {mode:04o}; only its owner may read it (0600 or 0400)")
    return Pepper(secret, shop)


def place(data: Path, chosen: str) -> Path:
    """Where the pepper of a shop lies: where the options say (another disk, a systemd credential), else in ``keys/``,
    where no copy of the store takes it along."""
    return Path(chosen) if chosen else data / FOLDER / NAME


def ensure(data: Path, chosen: str) -> Path:
    """The pepper's place; makes one that is missing in ``keys/``, never one that the options name."""
    path = place(data, chosen)
    if not chosen and not path.exists():
        make(path)
    return path


def make(path: Path) -> None:
    """Writes a new pepper, for its owner only; one that is there stays, since every PIN would be lost with it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(os.urandom(PEPPER_BYTES).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
