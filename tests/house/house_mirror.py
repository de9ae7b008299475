"""The rules of agreement: code with its tests and stubs, the version with its log, documents with what they name."""

import ast
import re
import sys
from functools import lru_cache
from importlib.metadata import packages_distributions
from pathlib import Path

from house_imports import role_of
from house_shape import core_public
from house_tree import OURS, PACKAGES, Violation, capabilities, files, nothing, parsed, relative, text_of

DISTRIBUTION = "guichet"
VERSION_FILE = "engine/kernel/version.py"
COMMANDS = ("make demo", "make test")


def core_modules(tree: Path) -> list[Path]:
    """The Cython modules that offer anything: one that is still empty needs neither stub nor test."""
    return [path for path in files(tree, ".pyx", under="engine_ext") if core_public(text_of(path))]


def _holds_a_test(path: Path) -> bool:
    return (
        path.is_file()
        and re.search(r"^(?:    )*(?:def test_\w+|class \w+\(.*StateMachine)", text_of(path), re.M) is not None
    )


def rule_verbs_have_tests(tree: Path) -> list[Violation]:
    """Every feature, engine/<capability>/<verb>_<noun>.py, has tests in the same place under tests/."""
    verbs = [
        path
        for folder in capabilities(tree)
        for path in files(tree, ".py", under=relative(tree, folder))
        if role_of(path.stem) == "verb" and path.name != "__init__.py"
    ]
    broken = []
    for path in verbs:
        mirror = tree / "tests" / path.relative_to(tree).with_name(f"test_{path.name}")
        if not _holds_a_test(mirror):
            broken.append(Violation(relative(tree, path), 0, f"a feature without tests: {relative(tree, mirror)}"))
    return broken if verbs else nothing("engine/<capability>/<verb>_<noun>.py")


def rule_core_has_stubs_and_tests(tree: Path) -> list[Violation]:
    """Every Cython module has a stub and a test file; no stub outlives its module."""
    offered = core_modules(tree)
    broken = []
    for path in offered:
        if not path.with_suffix(".pyi").is_file():
            broken.append(Violation(relative(tree, path), 0, "has no stub (.pyi)"))
        mirror = tree / "tests" / "engine_ext" / f"test_{path.stem}.py"
        if not _holds_a_test(mirror):
            broken.append(Violation(relative(tree, path), 0, f"has no tests: {relative(tree, mirror)}"))
    broken += [
        Violation(relative(tree, stub), 0, "is the stub of no module")
        for stub in files(tree, ".pyi", under="engine_ext")
        if not stub.with_suffix(".pyx").is_file()
    ]
    return broken if offered else nothing("engine_ext/*.pyx")


def rule_every_test_asserts(tree: Path) -> list[Violation]:
    """Every test asserts, expects an exception, or hands over to a check by name."""
    found = [
        (path, node)
        for path in files(tree, ".py", under="tests")
        if path.name.startswith("test_")
        for node in ast.walk(parsed(text_of(path)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    return [
        Violation(relative(tree, path), node.lineno, f"{node.name} asserts nothing")
        for path, node in found
        if not any(_asserts(part) for part in ast.walk(node))
    ] or ([] if found else nothing("tests"))


def _asserts(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func).split(".")[-1]
    return (
        name in {"raises", "warns", "fail", "run_state_machine_as_test"}
        or re.match(r"_?(assert|check|expect|must)", name) is not None
    )


def rule_names_are_ours(tree: Path) -> list[Violation]:
    """No other installed distribution owns the name of one of our packages: it would overwrite ours silently."""
    ours = [name for name in (*PACKAGES, "benchmarks") if (tree / name).is_dir()]
    owners = _owners(tuple(sys.path))
    return [
        Violation(name, 0, f"is also a package of {owner}, which would overwrite ours")
        for name in ours
        for owner in sorted(set(owners.get(name, [])) - {DISTRIBUTION})
    ] or ([] if ours and owners else nothing("packages"))


@lru_cache(maxsize=8)
def _owners(_search_path: tuple[str, ...]) -> dict[str, list[str]]:
    return {name: list(owners) for name, owners in packages_distributions().items() if name in OURS or name == "pytest"}


def rule_version_in_one_place(tree: Path) -> list[Violation]:
    """The version stands in one file, the package build reads it there, and the newest entry of the log names it."""
    version = _version(tree)
    if version is None:
        return nothing(VERSION_FILE)
    broken = []
    log = tree / "CHANGELOG.md"
    newest = re.search(r"^## \[?([^\]\s]+)", text_of(log), re.M) if log.is_file() else None
    if newest is None or newest[1] != version:
        broken.append(
            Violation("CHANGELOG.md", 0, f"its newest entry is {newest and newest[1]}, the version {version}")
        )
    project = tree / "pyproject.toml"
    if not project.is_file() or re.search(r'^\s*version\s*=\s*"', text_of(project), re.M):
        broken.append(Violation("pyproject.toml", 0, f"says the version itself; {VERSION_FILE} says it"))
    broken += [
        Violation(relative(tree, path), node.lineno, f"repeats the version of {VERSION_FILE}")
        for package in PACKAGES
        for path in files(tree, ".py", under=package)
        for node in ast.walk(parsed(text_of(path)))
        if isinstance(node, ast.Constant) and node.value == version and relative(tree, path) != VERSION_FILE
    ]
    return broken


def _version(tree: Path) -> str | None:
    path = tree / VERSION_FILE
    found = re.search(r'^VERSION = "([^"]+)"$', text_of(path), re.M) if path.is_file() else None
    return found[1] if found else None


def _prose(path: Path) -> list[tuple[int, str]]:
    """The numbered lines of a markdown file that are not code."""
    fenced = False
    lines = []
    for number, line in enumerate(text_of(path).splitlines(), 1):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced:
            lines.append((number, line))
    return lines


def rule_one_title_each(tree: Path) -> list[Violation]:
    """Every markdown file begins with its one title."""
    found = files(tree, ".md")
    broken = []
    for path in found:
        titles = [number for number, line in _prose(path) if line.startswith("# ")]
        if titles != [1]:
            broken.append(
                Violation(relative(tree, path), 0, f"has titles on lines {titles}; one, on line 1, is the rule")
            )
    return broken if found else nothing("*.md")


def rule_links_resolve(tree: Path) -> list[Violation]:
    """Every relative link of a document leads to a file, and to a heading where it names one."""
    found = [
        (path, number, link)
        for path in files(tree, ".md")
        for number, line in _prose(path)
        for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line))
        if not re.match(r"[a-z]+:", link)
    ]
    broken = []
    for path, number, link in found:
        name, _, anchor = link.partition("#")
        goal = (path.parent / name) if name else path
        if not goal.exists():
            broken.append(Violation(relative(tree, path), number, f"links to {name}, which does not exist"))
        elif anchor and anchor not in _anchors(goal):
            broken.append(
                Violation(relative(tree, path), number, f"links to #{anchor}, which is no heading of its file")
            )
    return broken if found else nothing("links")


def _anchors(path: Path) -> set[str]:
    headings = [line.lstrip("#").strip() for _, line in _prose(path) if line.startswith("#")] if path.is_file() else []
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def rule_commands_exist(tree: Path) -> list[Violation]:
    """README names the two commands; every ``make x`` that a document names exists; .ci/run calls make test."""
    makefile, readme, run = tree / "Makefile", tree / "README.md", tree / ".ci" / "run"
    if not (makefile.is_file() and readme.is_file() and run.is_file()):
        return nothing("Makefile, README.md or .ci/run")
    broken = [
        Violation("README.md", 0, f"does not name the command {command}")
        for command in COMMANDS
        if not re.search(rf"^\s*{command}\b", text_of(readme), re.M)
    ]
    targets = set(re.findall(r"^([a-z][\w-]*):", text_of(makefile), re.M))
    broken += [
        Violation(relative(tree, path), number, f"names make {target}, which does not exist")
        for path in files(tree, ".md")
        for number, line in enumerate(text_of(path).splitlines(), 1)
        for target in re.findall(r"(?:`|^\s*)make (?:[A-Z]+=\S+ )*([a-z][\w-]*)", line)
        if target not in targets
    ]
    commands = [line for line in text_of(run).splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if commands[0] != "set -euo pipefail" or sum("make test" in line for line in commands) != 1:
        broken.append(Violation(".ci/run", 0, "stops at the first error and calls make test, once"))
    return broken
