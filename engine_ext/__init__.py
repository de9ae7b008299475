"""The compiled core: verbs on integers and bytes; a module built from older sources refuses to be imported."""

import hashlib
from pathlib import Path

_HERE = Path(__file__).parent


def source_hash(pyx: Path) -> str:
    """SHA-256 over a module's own source and every shared declaration (``.pxd``, ``.pxi``), as ``setup.py`` does it."""
    digest = hashlib.sha256()
    for path in [pyx, *sorted(_HERE.glob("*.pxd")), *sorted(_HERE.glob("*.pxi"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def refuse_stale(module: str, built: str) -> None:
    """Called by each compiled module while it is imported: its sources must be the ones it was built from.

    Old prices without a warning are the worst thing a forgotten rebuild can cause, so this is an error.
    """
    pyx = _HERE / f"{module.rpartition('.')[2]}.pyx"
    if pyx.exists() and built != source_hash(pyx):
        raise ImportError(f"the compiled core is older than engine_ext/{pyx.name}: run `make build` and start again")
