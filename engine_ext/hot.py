"""Finds the compiled form of a hot ``engine`` module, if it was built from exactly the source that stands beside it.

The source is the module; what Cython makes of it is a faster form of the same text, kept apart in a folder that is
named by the SHA-256 of that text: ``engine_ext/_hot/engine/kernel/tables/<digest>/tables.<abi>.so``. Python is told to
use it only while the source hashes to that very name. An edited source therefore runs as it is written, interpreted,
and a line on standard error says so until the next build; old code cannot run by name of new.

``GUICHET_INTERPRETED=1`` in the environment runs every source as it is: for debuggers, coverage, and comparison.
"""

import hashlib
import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

_HERE = Path(__file__).parent
HOT = _HERE / "_hot"
SWITCH = "GUICHET_INTERPRETED"
DIGEST_CHARS = 32  # of a SHA-256 in hex: enough that no two texts of one module ever share a folder


def digest(source: bytes) -> str:
    """The name of the folder that holds what was compiled from this source; ``setup.py`` gives it the same."""
    return "h" + hashlib.sha256(source).hexdigest()[:DIGEST_CHARS]


class HotFinder(importlib.abc.MetaPathFinder):
    """Answers for modules of ``root`` (a package folder) that have a compiled form under ``built``."""

    def __init__(self, root: Path, built: Path) -> None:
        self._root = root
        self._built = built
        self._suffix = importlib.machinery.EXTENSION_SUFFIXES[0]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The compiled module, or None: then Python goes on to the source."""
        if not fullname.startswith(self._root.name + "."):
            return None
        parts = fullname.split(".")
        folder = self._built.joinpath(*parts)
        if not folder.is_dir():
            return None
        source = self._root.joinpath(*parts[1:]).with_suffix(".py")
        try:
            wanted = digest(source.read_bytes())
        except OSError:
            return None
        compiled = folder / wanted / (parts[-1] + self._suffix)
        if not compiled.is_file():
            where = source.relative_to(self._root.parent)
            sys.stderr.write(f"guichet: {where} is not what was compiled; it runs interpreted: `make build`\n")
            return None
        loader = importlib.machinery.ExtensionFileLoader(fullname, str(compiled))
        return importlib.machinery.ModuleSpec(fullname, loader, origin=str(compiled))


def use() -> None:
    """Lets this process use compiled forms from now on; once, before the first module of ``engine`` is imported."""
    if os.environ.get(SWITCH) or any(isinstance(finder, HotFinder) for finder in sys.meta_path):
        return
    if HOT.is_dir():
        sys.meta_path.insert(0, HotFinder(_HERE.parent / "engine", HOT))


use()
