"""Finds the compiled form of a hot module of the engine, if it was made from exactly the source that stands beside it.

The source is the module; what Cython makes of it is a faster form of the same text. It is kept apart, in a folder that
is named by the SHA-256 of that text (``engine_ext/_hot/engine/kernel/tables/<digest>/tables.<abi>.so``), and Python is
led there only while the source hashes to that very name. So a source that was edited runs as it is written,
interpreted, a line on standard error says so until the next build, and a former text can never run in its place.

``GUICHET_INTERPRETED=1`` in the environment runs every source as it is: for debuggers, coverage and comparisons.
"""

import hashlib
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

SWITCH = "GUICHET_INTERPRETED"
DIGEST_CHARS = 32  # of the SHA-256 in hex: nobody finds two texts that share them by accident
BUILT = Path(__file__).parent / "_hot"


def digest(source: bytes) -> str:
    """The name of the folder that holds what was compiled from this source; ``setup.py`` gives it the same."""
    return "h" + hashlib.sha256(source).hexdigest()[:DIGEST_CHARS]


class HotFinder(importlib.abc.MetaPathFinder):
    """Answers for the modules of one package (its folder is ``root``) that have a compiled form under ``built``."""

    def __init__(self, root: Path, built: Path) -> None:
        self._root = root
        self._built = built

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The compiled form, or None: then Python goes on to the source."""
        parts = fullname.split(".")
        forms = self._built.joinpath(*parts)
        if parts[0] != self._root.name or not forms.is_dir():
            return None
        source = self._root.joinpath(*parts[1:]).with_suffix(".py")
        if not source.is_file():
            return None
        compiled = forms / digest(source.read_bytes()) / (parts[-1] + importlib.machinery.EXTENSION_SUFFIXES[0])
        if not compiled.is_file():
            if any(forms.glob("h*")):
                where = source.relative_to(self._root.parent)
                sys.stderr.write(f"guichet: {where} is not what was compiled: it runs interpreted until `make build`\n")
            return None
        loader = importlib.machinery.ExtensionFileLoader(fullname, str(compiled))
        return importlib.machinery.ModuleSpec(fullname, loader, origin=str(compiled))

    def stale(self) -> list[str]:
        """The sources, by their path, whose compiled forms were all made from other texts."""
        found = []
        for forms in sorted({folder.parent for folder in self._built.glob("**/h*") if folder.is_dir()}):
            source = self._root.parent / forms.relative_to(self._built).with_suffix(".py")
            if source.is_file() and not (forms / digest(source.read_bytes())).is_dir():
                found.append(str(source.relative_to(self._root.parent)))
        return found


FINDER, OF_SERVER = (HotFinder(Path(__file__).parent.parent / package, BUILT) for package in ("engine", "server"))

if not os.environ.get(SWITCH) and BUILT.is_dir() and FINDER not in sys.meta_path:
    sys.meta_path[:0] = (FINDER, OF_SERVER)
