"""How a log begins: its shop, its key, and, after a restore, what it follows."""

import msgspec

from engine.kernel.journal import VKEYS
from engine.kernel.messages import Record
from engine.kernel.world import Folding


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """The log that a new generation follows: generation, size and root that were restored, and every later checkpoint
    (as signed notes) known from receipts, mails or witnesses."""

    gen: int
    size: int
    root: str
    known: tuple[str, ...]


class Genesis(Record, frozen=True, kw_only=True, tag="kernel.genesis"):
    """Entry 0 of a log: the shop's id, the public key (vkey), and what came before from the second generation on."""

    shop: str
    vkey: str
    before: Before | None


class KeyRotated(Record, frozen=True, kw_only=True, tag="kernel.key_rotated"):
    """From the next checkpoint on, this key signs; the checkpoint over this entry is the old key's last."""

    version: int
    vkey: str


def fold_genesis(record: Genesis, folding: Folding) -> None:
    """Keeps the first public key of the generation."""
    folding.put(VKEYS, record.vkey, folding.entry.gen, 1)


def fold_key_rotated(record: KeyRotated, folding: Folding) -> None:
    """Keeps the new public key."""
    folding.put(VKEYS, record.vkey, folding.entry.gen, record.version)
