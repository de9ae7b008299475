"""Reads a source tree for the rules of the house: which files it holds, what they import, where they break a rule."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PACKAGES = ("engine", "engine_ext", "server", "drivers")
OURS = frozenset({*PACKAGES, "benchmarks", "tests"})
SKIPPED_FOLDERS = frozenset(
    {".git", ".venv", "build", "dist", "var", "node_modules", "static", "__pycache__"}
    | {".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".benchmarks"}
)
NOTHING = "nothing to check"
CORE_SUFFIXES = (".pyx", ".pxd", ".pxi")

_STRING_OR_COMMENT = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | [rbfuRBFU]{0,2}(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")""",
    re.VERBOSE | re.DOTALL,
)
_CORE_FROM = re.compile(r"\s*from\s+(?P<module>[.\w]+)\s+c?import\b\s*\(?(?P<names>[^)#;]*)")
_CORE_IMPORT = re.compile(r"\s*c?import\s+(?P<names>[^;#]+)")


@dataclass(frozen=True)
class Violation:
    """One place where a rule is broken: the file, its line (0: the file as a whole) and what is wrong."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}" if self.line else f"{self.path}: {self.text}"


Rule = Callable[[Path], list[Violation]]


@dataclass(frozen=True)
class Import:
    """One imported name as written: ``module`` is what stands after ``from`` or ``import``, ``name`` what is taken."""

    line: int
    module: str
    name: str | None
    level: int = 0


def nothing(what: str) -> list[Violation]:
    """What a rule reports when it found nothing to look at: a rule that checks nothing must not look green."""
    return [Violation(what, 0, NOTHING)]


def files(tree: Path, *suffixes: str, under: str = ".") -> list[Path]:
    """Every file below ``under`` with one of these suffixes, without what tools leave behind and data from outside."""
    return sorted(path for path in _walk(tree / under) if path.suffix in suffixes)


def _walk(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.is_symlink():
            continue
        if path.is_dir():
            foreign = path.parts[-2:] == ("tests", "data") or path.name.endswith(".egg-info")
            if path.name not in SKIPPED_FOLDERS and not foreign:
                yield from _walk(path)
        else:
            yield path


def relative(tree: Path, path: Path) -> str:
    """The path as a violation names it: from the root, with forward slashes."""
    return path.relative_to(tree).as_posix()


def text_of(path: Path) -> str:
    """The text of a source file; all of ours are UTF-8."""
    return _text(path, path.stat().st_mtime_ns, path.stat().st_size)


@lru_cache(maxsize=4096)
def _text(path: Path, _changed_ns: int, _size_bytes: int) -> str:
    return path.read_text(encoding="utf-8")


@lru_cache(maxsize=4096)
def parsed(text: str) -> ast.Module:
    """The syntax tree of a Python text; a file that does not parse breaks the run, as it should."""
    return ast.parse(text)


def without_strings(text: str) -> str:
    """The text with strings and comments blanked but every line kept, for sources that ``ast`` cannot read."""
    return _STRING_OR_COMMENT.sub(lambda found: "\n" * found.group().count("\n") or " ", text)


def imports_of(path: Path) -> list[Import]:
    """Every import of a file wherever it stands: at the top, in a function, under ``TYPE_CHECKING``."""
    text = text_of(path)
    return list(_core_imports(text) if path.suffix in CORE_SUFFIXES else _python_imports(text))


def _python_imports(text: str) -> Iterator[Import]:
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name, None)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield Import(node.lineno, node.module or "", alias.name, node.level)


def _core_imports(text: str) -> Iterator[Import]:
    bare = re.sub(r"\\\n", " \n", without_strings(text))
    offset = 0
    for statement in re.split(r"(?<=[;\n])", _joined_brackets(bare)):
        line = bare.count("\n", 0, offset) + 1
        offset += len(statement)
        if found := _CORE_FROM.match(statement):
            module = found["module"]
            for name in _names(found["names"]):
                yield Import(line, module.lstrip("."), name, len(module) - len(module.lstrip(".")))
        elif found := _CORE_IMPORT.match(statement):
            for name in _names(found["names"]):
                yield Import(line, name, None)


def _joined_brackets(text: str) -> str:
    """Line ends inside round brackets become blanks of the same length, so that one import is one line."""
    return re.sub(r"\([^()]*\)", lambda found: found.group().replace("\n", " "), text)


def _names(listed: str) -> list[str]:
    return [part.split()[0] for part in listed.strip().rstrip(";").split(",") if part.split()]


def module_exists(tree: Path, dotted: str) -> bool:
    """Whether the tree holds a module or package of this dotted name, compiled sources included."""
    path = tree.joinpath(*dotted.split("."))
    return path.is_dir() or any(path.with_name(path.name + suffix).is_file() for suffix in (".py", *CORE_SUFFIXES))


def target_of(tree: Path, imported: Import) -> str:
    """The module that an import reaches: ``from engine.sales import views`` reaches ``engine.sales.views``."""
    if imported.name is not None and module_exists(tree, f"{imported.module}.{imported.name}"):
        return f"{imported.module}.{imported.name}"
    return imported.module


def module_name(tree: Path, path: Path) -> str:
    """The dotted name under which a file is imported from the root."""
    parts = path.relative_to(tree).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def capabilities(tree: Path) -> list[Path]:
    """The folders of the engine's capabilities: all but the kernel and the ports."""
    return sorted(
        folder
        for folder in (tree / "engine").glob("*")
        if folder.is_dir() and folder.name not in {"kernel", "ports", "__pycache__"}
    )
