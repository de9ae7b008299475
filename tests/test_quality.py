"""Lint, format, types and stubs, run as tests, so that one command checks everything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from house_mirror import core_modules

ROOT = Path(__file__).parent.parent
TYPED = ("engine", "engine_ext", "server", "drivers", "benchmarks")
# Tests are no package; each folder of shared helpers is a root of its own, as it is on the path when they run.
TEST_ROOTS = (".", "tests/reference", "tests/house", "tests/faults")
STUB_EXCEPTIONS = ROOT / "tests" / "house" / "stubtest_exceptions.txt"
TOOL_TIMEOUT_S = 240


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """One tool of this environment, run from the root; its output is the message when it fails."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": os.pathsep.join(TEST_ROOTS), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=TOOL_TIMEOUT_S,
        check=False,
    )


def _output(done: subprocess.CompletedProcess[str]) -> str:
    return f"\n{done.stdout}{done.stderr}"


def _mypy(*paths: str) -> subprocess.CompletedProcess[str]:
    return _run("mypy", "--strict", "--explicit-package-bases", "--namespace-packages", "--no-error-summary", *paths)


def test_ruff_finds_nothing_to_say() -> None:
    done = _run("ruff", "check", "--output-format", "concise", ".")

    assert done.returncode == 0, _output(done)


def test_every_file_is_formatted() -> None:
    done = _run("ruff", "format", "--check", ".")

    assert done.returncode == 0, _output(done) + "mend it with: .venv/bin/ruff format"


def test_types_hold_everywhere() -> None:
    holding_python = [name for name in (*TYPED, "tests") if any((ROOT / name).rglob("*.py"))]

    done = _mypy(*holding_python)

    assert {"engine", "engine_ext", "server", "tests"} <= set(holding_python)
    assert done.returncode == 0, _output(done)


def test_stubs_say_what_the_compiled_core_is() -> None:
    modules = [f"engine_ext.{path.stem}" for path in core_modules(ROOT)]
    if not modules:
        pytest.skip("nothing to check before the core offers its first function")

    done = _run("mypy.stubtest", "--concise", "--allowlist", str(STUB_EXCEPTIONS), *modules)

    assert done.returncode == 0, _output(done)


def test_every_exception_to_the_stubs_has_its_reason() -> None:
    entries = [line for line in STUB_EXCEPTIONS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]

    assert entries
    assert all(reason.strip() for _, _, reason in (entry.partition("#") for entry in entries)), entries
