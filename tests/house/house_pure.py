"""The rules of purity: no float near money, no clock and no chance inside a decision."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from house_tree import (
    CORE_SUFFIXES,
    Violation,
    capabilities,
    files,
    imports_of,
    nothing,
    parsed,
    relative,
    text_of,
    without_strings,
)

# Files of engine/ and engine_ext/ that may hold floats, each with its reason; an entry that is not needed fails.
FLOAT_EXCEPTIONS: dict[str, str] = {}

# The two doors through which time and chance enter, each as an input that a test can replace.
CLOCK_EXCEPTIONS = {
    "engine/kernel/clock.py": "the one clock: everything else is given a time",
    "engine/kernel/entropy.py": "the one source of chance: everything else is given its bytes",
}
CLOCK_MODULES = frozenset({"time", "random", "uuid", "secrets"})
CLOCK_CALLS = re.compile(
    r"(?:^|\.)(?:(?:datetime|date|DateTime)\.(?:now|utcnow|today)|os\.(?:urandom|getrandom|times)"
    r"|(?:np|numpy)\.random\.\w+|\w*(?:PrivateKey|AESGCM|Poly1305|Fernet)\.generate(?:_key)?)$"
)
CORE_FLOAT = re.compile(
    r"(?<![\w.])(?:\d[\d_]*\.\d*|\.\d+|\d[\d_]*[eE][+-]?\d+)|\bdouble\b|(?<!, )\bfloat\b(?!\s*[,):])"
)


def rule_no_floats(tree: Path, exceptions: dict[str, str] = FLOAT_EXCEPTIONS) -> list[Violation]:
    """No float in the engine and its core: no literal, no ``float(``, and no true division in a capability."""
    python = files(tree, ".py", under="engine") + files(tree, ".py", under="engine_ext")
    core = files(tree, *CORE_SUFFIXES, under="engine_ext")
    dividing = {path for folder in capabilities(tree) for path in files(tree, ".py", under=relative(tree, folder))}
    broken = [
        Violation(relative(tree, path), line, text)
        for path in (*python, *core)
        if relative(tree, path) not in exceptions
        for line, text in (_core_floats(path) if path in core else _python_floats(path, divides=path not in dividing))
    ]
    return broken if python and core else nothing("engine or engine_ext")


def _python_floats(path: Path, *, divides: bool) -> Iterator[tuple[int, str]]:
    for node in ast.walk(parsed(text_of(path))):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield node.lineno, f"a float: {node.value}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"float", "math.fsum", "math.sqrt"}:
            yield node.lineno, f"makes a float: {ast.unparse(node)}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div) and not divides:
            yield node.lineno, "true division makes a float: use the core, or //"


def _core_floats(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(without_strings(text_of(path)).splitlines(), 1):
        if found := CORE_FLOAT.search(line):
            yield number, f"a float: {found[0]}"


def rule_no_clock_no_chance(tree: Path, exceptions: dict[str, str] = CLOCK_EXCEPTIONS) -> list[Violation]:
    """Nothing in the engine or its core reads a clock or draws at random, but the two doors made for it."""
    found = files(tree, ".py", under="engine") + files(tree, ".py", *CORE_SUFFIXES, under="engine_ext")
    broken = [
        Violation(relative(tree, path), line, text)
        for path in found
        if relative(tree, path) not in exceptions
        for line, text in (*_clock_imports(path), *(_clock_calls(path) if path.suffix == ".py" else ()))
    ]
    return broken if found else nothing("engine")


def _clock_imports(path: Path) -> Iterator[tuple[int, str]]:
    for imported in imports_of(path):
        parts = imported.module.split(".")
        if parts[0] in CLOCK_MODULES or parts[:2] == ["libc", "time"] or imported.name in {"urandom", "getrandom"}:
            yield imported.line, f"imports {imported.module}: time and chance are inputs"


def _clock_calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(parsed(text_of(path))):
        if isinstance(node, ast.Call) and CLOCK_CALLS.search(ast.unparse(node.func)):
            yield node.lineno, f"calls {ast.unparse(node.func)}: time and chance are inputs"
