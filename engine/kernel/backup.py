"""Copies of a shop, made while it sells, and what a restored copy must do before it may seal again."""

from engine.kernel.errors import StoreFault
from engine.kernel.store import Store

RESTORED = b"restored"


def require_ready(store: Store) -> None:
    """A restored copy is read-only until it was brought up to date or a new log was opened (journal.md, Checking)."""
    with store.read() as txn:
        mark = txn.get("marks", RESTORED)
    if mark is not None:
        raise StoreFault("store.restored", "this is a restored copy: bring back the missing entries, or open a new log")
