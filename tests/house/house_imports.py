"""The import rules: what each room of the house may see, and in which order the files of a capability stand."""

import ast
from pathlib import Path

from house_tree import (
    CORE_SUFFIXES,
    OURS,
    Import,
    Violation,
    capabilities,
    files,
    imports_of,
    module_name,
    nothing,
    parsed,
    relative,
    target_of,
    text_of,
)

# A module may import what stands below it or beside it, never what stands above.
RANKS = {"kernel": 0, "ports": 1, "records": 2, "kinds": 2, "state": 3, "views": 4, "verb": 5, "table": 6}
FEATURES_RANK = 7
ENGINE_RANK = 8
SHARED_ROLES = frozenset({"records", "kinds", "views"})
STATE_READERS = frozenset({"state", "views", "verb", "table"})
DRIVERS_SEE = ("engine.ports", "engine.kernel.errors", "engine.kernel.money", "engine_ext.money")
SERVER_SEES = ("engine.features", "engine.engine", "engine.ports", "engine.kernel.version")
DYNAMIC_IMPORT_EXCEPTIONS = {
    "drivers/printers/registry.py": "chooses a driver by its written name, so that an unused one costs nothing",
}

Found = tuple[Path, Import, str]


def role_of(module: str) -> str:
    """What a module of a capability is: the word its name begins with, or ``verb`` for ``<verb>_<noun>``."""
    head, _, rest = module.rpartition(".")[2].partition("_")
    if head in {"records", "kinds", "state", "views", "table"}:
        return head
    return "verb" if rest else "unknown"


def rank_of(module: str) -> int | None:
    """The rank of a module of the engine, or None for a name that has no place in a capability."""
    parts = module.split(".")
    if parts[1] in {"kernel", "ports"}:
        return RANKS[parts[1]]
    if len(parts) == 2:
        return FEATURES_RANK if parts[1] == "features" else ENGINE_RANK
    return RANKS.get(role_of(module))


def _imports(tree: Path, folder: str, *suffixes: str) -> list[Found]:
    """Every import of ours made below a folder: the file, the import and the module it reaches."""
    return [
        (path, imported, target_of(tree, imported))
        for path in files(tree, *suffixes, under=folder)
        for imported in imports_of(path)
        if imported.level == 0 and imported.module.split(".")[0] in OURS
    ]


def _within(target: str, allowed: tuple[str, ...]) -> bool:
    return any(target == name or target.startswith(f"{name}.") for name in allowed)


def _is_package(tree: Path, target: str) -> bool:
    return target != "engine_ext" and tree.joinpath(*target.split(".")).is_dir()


def rule_engine_ranks(tree: Path) -> list[Violation]:
    """Inside the engine: kernel < ports < records, kinds < state < views < verbs < table < features < engine."""
    found = _imports(tree, "engine", ".py", ".pyi")
    broken = []
    for path, imported, target in found:
        text = _rank_problem(tree, module_name(tree, path), target)
        if text:
            broken.append(Violation(relative(tree, path), imported.line, text))
    return broken if found else nothing("engine")


def _rank_problem(tree: Path, importer: str, target: str) -> str | None:
    top = target.partition(".")[0]
    if top not in {"engine", "engine_ext"}:
        return f"the engine imports {target}: it knows only itself and the core"
    if top == "engine_ext":
        return None
    if _is_package(tree, target):
        return f"imports the package {target}, which holds nothing: name the module"
    mine, theirs = rank_of(importer), rank_of(target)
    if mine is not None and theirs is not None and theirs > mine:
        return f"imports {target}, which stands above it"
    return None


def rule_capability_privacy(tree: Path) -> list[Violation]:
    """Across capabilities only records, kinds and views; a table only from the features; a state only at home."""
    found = [item for item in _imports(tree, "engine", ".py", ".pyi") if _capability(item[2])]
    broken = []
    for path, imported, target in found:
        text = _privacy_problem(module_name(tree, path), target)
        if text:
            broken.append(Violation(relative(tree, path), imported.line, text))
    return broken if found else nothing("engine/<capability>")


def _capability(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 2 and parts[0] == "engine" and parts[1] not in {"kernel", "ports"} else None


def _privacy_problem(importer: str, target: str) -> str | None:
    role = role_of(target)
    if _capability(importer) == _capability(target):
        if role == "state" and role_of(importer) not in STATE_READERS:
            return f"imports {target}: a state is seen only by its own views, verbs and table"
        return None
    if role in SHARED_ROLES or (role == "table" and importer == "engine.features"):
        return None
    return f"imports {target}: others may import only records, kinds and views"


def rule_capability_files(tree: Path) -> list[Violation]:
    """A capability holds records, kinds, state, views, table and verb_noun files (or role_noun), and no folder."""
    found = [path for folder in capabilities(tree) for path in files(tree, ".py", under=relative(tree, folder))]
    broken = []
    for path in found:
        if path.name == "__init__.py":
            continue
        if path.parent.parent != tree / "engine":
            broken.append(Violation(relative(tree, path), 0, "a capability holds files, not folders"))
        elif role_of(path.stem) == "unknown":
            text = "no such role: records, kinds, state, views, table (alone or role_noun), or <verb>_<noun>"
            broken.append(Violation(relative(tree, path), 0, text))
    return broken if found else nothing("engine/<capability>")


def rule_core_sees_nothing(tree: Path) -> list[Violation]:
    """The compiled core imports nothing of ours but itself, read in .py, .pyi and Cython sources."""
    if not files(tree, *CORE_SUFFIXES, under="engine_ext"):
        return nothing("engine_ext")
    return [
        Violation(relative(tree, path), imported.line, f"the core imports {target}: it sees nothing of ours")
        for path, imported, target in _imports(tree, "engine_ext", ".py", ".pyi", *CORE_SUFFIXES)
        if target.split(".")[0] != "engine_ext"
    ]


def rule_drivers_see_ports(tree: Path) -> list[Violation]:
    """Drivers see ports, the kernel's errors and money, and each other."""
    found = _imports(tree, "drivers", ".py", ".pyi")
    return [
        Violation(relative(tree, path), imported.line, f"imports {target}: drivers see ports, errors and money only")
        for path, imported, target in found
        if not _within(target, (*DRIVERS_SEE, "drivers"))
    ] or ([] if found else nothing("drivers"))


def rule_server_sees_the_door(tree: Path) -> list[Violation]:
    """The server imports the features, the engine's door, the ports, the version, the drivers and itself; no more."""
    found = _imports(tree, "server", ".py", ".pyi")
    return [
        Violation(relative(tree, path), imported.line, f"imports {target}: the server sees engine.features and engine")
        for path, imported, target in found
        if not _within(target, (*SERVER_SEES, "server", "drivers"))
    ] or ([] if found else nothing("server"))


def rule_no_relative_imports(tree: Path) -> list[Violation]:
    """Every import names its module from the root."""
    found = [(path, imported) for path in files(tree, ".py", ".pyi", *CORE_SUFFIXES) for imported in imports_of(path)]
    return [
        Violation(relative(tree, path), imported.line, "a relative import: name the module from the root")
        for path, imported in found
        if imported.level
    ] or ([] if found else nothing("imports"))


def rule_no_import_of_tests(tree: Path) -> list[Violation]:
    """Nobody imports ``tests`` or ``docs``: a package that we depend on owns these names."""
    found = [(path, imported) for path in files(tree, ".py", ".pyi", *CORE_SUFFIXES) for imported in imports_of(path)]
    return [
        Violation(relative(tree, path), imported.line, f"imports {imported.module}: another distribution owns it")
        for path, imported in found
        if imported.level == 0 and imported.module.split(".")[0] in {"tests", "docs"}
    ] or ([] if found else nothing("imports"))


def rule_no_hidden_imports(tree: Path, exceptions: dict[str, str] = DYNAMIC_IMPORT_EXCEPTIONS) -> list[Violation]:
    """No import by a computed name in our packages: these rules could not see it."""
    checked = [
        path for folder in ("engine", "engine_ext", "server", "drivers") for path in files(tree, ".py", under=folder)
    ]
    broken = []
    for path in checked:
        for node in ast.walk(parsed(text_of(path))):
            called = ast.unparse(node.func).split(".")[-1] if isinstance(node, ast.Call) else ""
            if called in {"import_module", "__import__"} and relative(tree, path) not in exceptions:
                text = "imports by a computed name: the import rules cannot see it"
                broken.append(Violation(relative(tree, path), getattr(node, "lineno", 0), text))
    return broken if checked else nothing("packages")
