"""Builds the compiled core: one extension per ``engine_ext/*.pyx``, each stamped with the hash of its sources."""

import hashlib
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

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


def source_hash(pyx: Path) -> str:
    """The same digest as ``engine_ext.source_hash``: the module's own source, then every shared declaration."""
    digest = hashlib.sha256()
    for path in [pyx, *sorted(CORE.glob("*.pxd")), *sorted(CORE.glob("*.pxi"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


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


setup(ext_modules=cythonize(extensions(), build_dir="build/cython", compiler_directives=DIRECTIVES, nthreads=0))
