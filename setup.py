"""Builds the compiled core, each extension stamped with the hash of its sources, and the hot modules of the engine."""

import hashlib
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
    "engine/engine.py",
    "engine/kernel/actors.py",
    "engine/kernel/attachments.py",
    "engine/kernel/joined.py",
    "engine/kernel/journal.py",
    "engine/kernel/notes.py",
    "engine/kernel/replies.py",
    "engine/kernel/store.py",
    "engine/kernel/tables.py",
    "engine/kernel/world.py",
    "engine/access/views.py",
    "engine/cash/state.py",
    "engine/cash/views.py",
    "engine/integrations/state.py",
    "engine/payments/views.py",
    "engine/printing/state.py",
    "engine/sales/draft_basket.py",
    "engine/sales/make_ticket.py",
    "engine/sales/post_sale.py",
    "engine/sales/state.py",
    "engine/sales/views.py",
    "engine/staff/views.py",
)
HOT_DIRECTIVES = {
    "language_level": "3",
    "annotation_typing": False,
    "binding": True,
    "autotestdict": False,
    "embedsignature": False,
}


def source_hash(pyx: Path) -> str:
    """The same digest as ``engine_ext.source_hash``: the module's own source, then every shared declaration."""
    digest = hashlib.sha256()
    for path in [pyx, *sorted(CORE.glob("*.pxd")), *sorted(CORE.glob("*.pxi"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def hot_digest(source: Path) -> str:
    """The same name as ``engine_ext.hot.digest``: it says which text a compiled form was made from."""
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
    """One hot module, compiled under its own name and put where ``engine_ext.hot`` looks for exactly this text."""
    source = Path(path)
    name = ".".join(source.with_suffix("").parts)
    digest = hot_digest(source)
    # The C file lies in a folder named by the text too: Cython goes by dates, and a restored file has an old one.
    made: Extension = cythonize(
        [Extension(name, [path], extra_compile_args=["-O1", "-g0", "-Wno-unreachable-code-fallthrough"])],
        build_dir=f"build/hot/{digest}",
        compiler_directives=HOT_DIRECTIVES,
    )[0]
    made.name = f"engine_ext._hot.{name}.{digest}.{source.stem}"
    return made


class BuildExt(build_ext):
    """Puts compiled forms of hot modules in place, and takes those of older texts away."""

    def copy_extensions_to_source(self) -> None:
        shutil.rmtree(CORE / "_hot", ignore_errors=True)
        for extension in self.extensions:
            Path(*extension.name.split(".")[:-1]).mkdir(parents=True, exist_ok=True)
        super().copy_extensions_to_source()


core = cythonize(extensions(), build_dir="build/cython", compiler_directives=DIRECTIVES, nthreads=0)
setup(ext_modules=[*core, *map(hot_extension, HOT)], cmdclass={"build_ext": BuildExt})
