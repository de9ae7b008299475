"""How a shop comes into being: its store, its signing key, and the key of its people, in one rename."""

from pathlib import Path

from engine.kernel import keys
from engine.kernel.disk import Limits
from engine.kernel.entropy import Entropy
from engine.kernel.journal import LOG, Log, origin
from engine.kernel.people import make_people_key
from engine.kernel.store import Store

CONTENT_KEY = b"content"


def make_store(path: Path, shop: bytes | None, entropy: Entropy, limits: Limits | None, *, unsafe: bool) -> str:
    """Makes an empty shop at ``path``, with the given id (16 bytes) or a new one; returns the id in hex."""
    shop_id = (shop or entropy.take(16)).hex()

    def prepare(directory: Path) -> None:
        keys.make_key(directory, 1, 1, origin(shop_id, 1), entropy)
        make_people_key(directory, entropy)

    log = Log(shop_id, 1, 0, b"", 0, 0, 0, 1, False)
    rows = {"state": [(LOG.pack(0), LOG.encode(log))], "secrets": [(CONTENT_KEY, entropy.take(32))]}
    Store.create(path, prepare, rows, limits=limits, unsafe=unsafe)
    return shop_id
