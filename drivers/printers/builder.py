"""python-escpos as a builder of bytes, and nothing else: loaded without what its import does to a process."""

import functools
import logging
import os
import tempfile
from typing import Any

CAPABILITIES_DIR = "ESCPOS_CAPABILITIES_PICKLE_DIR"


@functools.cache
def _library() -> Any:
    """The library's ``printer`` module.

    On import it makes a temporary folder that nobody removes, unpickles what it finds in one that others may write to,
    and gives the root logger a handler: so it is given a private folder for the moment, and the logger is put back.
    """
    root = logging.getLogger()
    handlers, folder, named = root.handlers[:], tempfile.tempdir, os.environ.get(CAPABILITIES_DIR)
    with tempfile.TemporaryDirectory(prefix="guichet-escpos-") as private:
        tempfile.tempdir = os.environ[CAPABILITIES_DIR] = private
        try:
            import escpos.printer  # type: ignore[import-untyped]  # the library has no types
        finally:
            tempfile.tempdir = folder
            root.handlers[:] = handlers
            if named is None:
                del os.environ[CAPABILITIES_DIR]
            else:
                os.environ[CAPABILITIES_DIR] = named
    logging.getLogger("escpos").setLevel(logging.WARNING)
    return escpos.printer


def new_builder(profile: str) -> Any:
    """A builder in the state of a printer that was just switched on; one per job, because it remembers code pages."""
    return _library().Dummy(profile=profile)
