"""Builds the compiled core, each extension stamped with the hash of its sources, and the hot modules of the engine."""

import hashlib
import os
import shutil
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CORE = Path("engine_ext")
DIRECTIVES = {
    "language_level": "3",
    "overflowcheck": True,
    "boundscheck": True,
    "wraparound": False,
    "cdivision": False,
    "autotestdict": False,
    "embedsignature": True,
    "binding": True,
}

HOT = (
    "engine/engine.py",  # the way of every command through a group
    "engine/kernel/actors.py",  # its rights
    "engine/kernel/joined.py",  # its folds
    "engine/kernel/journal.py",  # its entry, links and proof
    "engine/kernel/replies.py",  # its answer
    "engine/kernel/tables.py",  # a dozen rows read and written a sale
    "engine/kernel/world.py",  # what decisions look up, and the ledger's postings
    "engine/payments/views.py",  # settling
    "engine/sales/draft_basket.py",  # looking up the lines
    "engine/sales/make_ticket.py",  # the ticket's lines and rates
    "engine/sales/post_sale.py",  # the decision
    "engine/sales/state.py",  # the ticket's row and postings
    "engine/cash/state.py",  # the running totals
    "engine/staff/views.py",  # the operator's rights
    "server/api/ids.py",  # its id at the door
    "server/auth/gate.py",  # its sender
    "server/front/again.py",  # its head
    "server/front/door.py",  # its connection
    "server/front/lane.py",  # its way through a worker
    "server/wire/answers.py",  # its answer as JSON
    "server/wire/frames.py",  # its way between worker and engine
    "server/wire/host.py",  # the engine's loop
    "server/wire/link.py",  # the worker's end of it
    "server/wire/peers.py",  # the engine's end of it
    "server/wire/waiting.py",  # its place in the queue
)
"""The modules that are compiled too, as they are: those that a whole sale spends its time in.

What it brings is measured with and without GUICHET_INTERPRETED=1 (docs/performance.md, Compiled forms); the full check
gained nothing, so its modules are not here. The source is the module: one that leaves this list is interpreted, and
nothing else changes.
"""

# Annotations stay words: Cython would otherwise hold values to them, which Python does not.
HOT_DIRECTIVES = {"language_level": "3", "annotation_typing": False, "autotestdict": False, "binding": True}
# What is won is won by leaving the interpreter's loop; the compiler's higher levels only cost minutes of building.
HOT_ARGUMENTS = ["-O1", "-g0", "-Wno-unreachable-code-fallthrough"]


def source_hash(pyx: Path) -> str:
    """The same digest as ``engine_ext.source_hash``: the module's own source, then every shared declaration."""
    digest = hashlib.sha256()
    for path in [pyx, *sorted(CORE.glob("*.pxd")), *sorted(CORE.glob("*.pxi"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def hot_digest(source: Path) -> str:
    """The same name as ``engine_ext.hot.digest``: which text a compiled form was made from."""
    return "h" + hashlib.sha256(source.read_bytes()).hexdigest()[:32]


def extensions() -> list[Extension]:
    shared = [str(path) for path in [*CORE.glob("*.pxd"), *CORE.glob("*.pxi")]]
    return [
        Extension(
            f"engine_ext.{pyx.stem}",
            [str(pyx)],
            libraries=["crypto"],
            depends=shared,
            define_macros=[("GUICHET_SOURCE_SHA256", f'"{source_hash(pyx)}"')],
            extra_compile_args=["-O3", "-Wno-unreachable-code-fallthrough", "-Wno-deprecated-declarations"],
        )
        for pyx in sorted(CORE.glob("*.pyx"))
    ]


def hot_extension(path: str) -> Extension:
    """One hot module, compiled under its own name, to be put where ``engine_ext.hot`` looks for exactly this text."""
    source = Path(path)
    name = ".".join(source.with_suffix("").parts)
    digest = hot_digest(source)
    # Its C file, too, lies in a folder named by the text: Cython goes by dates, and a restored file has an old one.
    made: Extension = cythonize(
        [Extension(name, [path], extra_compile_args=HOT_ARGUMENTS, extra_link_args=["-s"])],
        build_dir=f"build/hot/{digest}",
        compiler_directives=HOT_DIRECTIVES,
    )[0]
    made.name = f"engine_ext._hot.{name}.{digest}.{source.stem}"
    return made


class BuildExt(build_ext):
    """Takes away what was compiled from former texts of hot modules, where it is built and where it is used."""

    def run(self) -> None:
        kept = {hot_digest(Path(path)) for path in HOT}
        built = Path("build/hot").glob("h*")
        for former in [*built, *Path(self.build_lib, CORE, "_hot").glob("**/h*"), *(CORE / "_hot").glob("**/h*")]:
            if former.is_dir() and former.name not in kept:
                shutil.rmtree(former)
        super().run()

    def copy_extensions_to_source(self) -> None:
        for extension in self.extensions:
            Path(*extension.name.split(".")[:-1]).mkdir(parents=True, exist_ok=True)
        super().copy_extensions_to_source()


# The same switch that runs every source as it is builds nothing but the core.
hot = () if os.environ.get("GUICHET_INTERPRETED") else HOT
core = cythonize(extensions(), build_dir="build/cython", compiler_directives=DIRECTIVES, nthreads=0)
setup(ext_modules=[*core, *map(hot_extension, hot)], cmdclass={"build_ext": BuildExt})
