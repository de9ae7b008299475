"""What the machine around a shop is like: said by whoever serves it, never by who asks something of it."""

from collections.abc import Callable
from typing import Any, NamedTuple


def _nothing(thing: Any) -> str:
    return ""


class Storage(NamedTuple):
    """Where a store lies: the kind of file system, whether that survived our fault tests, and the room left there
    (``low``: nothing new is begun, ``warn``: somebody should look)."""

    filesystem: str
    safe: bool
    free_bytes: int
    low: bool
    warn: bool


class Surroundings(NamedTuple):
    """The machine's side of a shop.

    ``public_url`` is where anybody reaches its server (https, no slash at the end; empty: nowhere), for links where the
    shop's settings name no address of their own. ``refuses(setup)`` says why this machine drives no such device (empty:
    it does), so that who configures it learns that at once.
    """

    public_url: str = ""
    refuses: Callable[[Any], str] = _nothing
