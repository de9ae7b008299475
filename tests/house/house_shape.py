"""The rules of shape: how long things may be, what modules and public names say of themselves, what no source holds."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from house_tree import CORE_SUFFIXES, PACKAGES, Violation, files, nothing, parsed, relative, text_of, without_strings

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
SOURCE_SUFFIXES = (".py", ".pyi", *CORE_SUFFIXES, ".c", ".ts", ".svelte")
DOCUMENTED_FOLDERS = (*PACKAGES, "benchmarks", "tests", ".ci")

# Public names whose name and types say it all; the list may only shrink (test_repository.py holds its length).
DOCSTRING_EXCEPTIONS: dict[str, str] = {}

# Spelled apart, because this file is searched too.
MARKS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
SILENCED = re.compile(r"#\s*(?P<what>" + "no" + r"qa|type:\s*ignore|fmt:\s*(?:off|skip)|pragma:)(?P<rest>.*)")
REASON_WORDS_MIN = 2

CoreBlock = tuple[int, str, list[str]]
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def rule_file_lines(tree: Path) -> list[Violation]:
    """No source file is longer than 500 lines."""
    found = files(tree, *SOURCE_SUFFIXES)
    broken = []
    for path in found:
        lines = text_of(path).count("\n")
        if lines > FILE_LINES_MAX:
            broken.append(Violation(relative(tree, path), 0, f"{lines} lines, {FILE_LINES_MAX} at most"))
    return broken if found else nothing("sources")


def rule_function_lines(tree: Path) -> list[Violation]:
    """No function is longer than 70 lines, in Python, Cython and C."""
    found = [(path, *block) for path in files(tree, ".py", *CORE_SUFFIXES, ".c") for block in _functions(path)]
    return [
        Violation(relative(tree, path), line, f"{name} has {lines} lines, {FUNCTION_LINES_MAX} at most")
        for path, line, name, lines in found
        if lines > FUNCTION_LINES_MAX
    ] or ([] if found else nothing("functions"))


def _functions(path: Path) -> Iterator[tuple[int, str, int]]:
    text = text_of(path)
    if path.suffix == ".py":
        for node in ast.walk(parsed(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.lineno, node.name, (node.end_lineno or node.lineno) - node.lineno + 1
    elif path.suffix == ".c":
        yield from _c_functions(text)
    else:
        for line, name, body in core_blocks(text):
            yield line, name, len(body)


def _c_functions(text: str) -> Iterator[tuple[int, str, int]]:
    """Functions as our C is laid out: the head at column 0, the closing brace alone at column 0."""
    head: tuple[int, str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"[A-Za-z_][\w\s*]*?(\w+)\s*\(", line):
            head = head or (number, found[1])
        if line.rstrip().endswith(";") and re.match(r"\S", line):
            head = None
        if line.startswith("}") and head:
            yield head[0], head[1], number - head[0] + 1
            head = None


_CORE_HEAD = re.compile(
    r"(?P<indent>[ \t]*)(?:(?:def|async\s+def)\s+(?P<plain>\w+)\s*\("
    r"|(?P<c>cdef|cpdef)\s+(?!class\b|struct\b|enum\b|extern\b|union\b|packed\b)[^=\n]*?(?P<typed>\w+)\s*\(|"
    r"(?P<cls>(?:cdef\s+)?class)\s+(?P<class>\w+))"
)


def core_blocks(text: str) -> list[CoreBlock]:
    """Functions of a Cython source: line, name and the lines up to the next text at the same indent."""
    return [(line, name, body) for line, name, body, kind in _core_definitions(text) if kind != "class"]


def _core_definitions(text: str) -> list[tuple[int, str, list[str], str]]:
    original = text.splitlines()
    bare = [line.rstrip() for line in without_strings(text).splitlines()]
    found = []
    for number, line in enumerate(bare):
        head = _CORE_HEAD.match(line)
        if not head or (head["c"] and not _opens_block(bare, number)):
            continue
        end = _block_end(original, bare, number, len(head["indent"]))
        name = head["plain"] or head["typed"] or head["class"]
        kind = "class" if head["cls"] else (head["c"] or "def")
        found.append((number + 1, name, original[number:end], kind))
    return found


def _opens_block(bare: list[str], number: int) -> bool:
    """Whether the head that begins here ends in a colon: a declaration or a call assigned to a C variable does not."""
    depth = 0
    for line in bare[number:]:
        depth += line.count("(") - line.count(")")
        if depth <= 0:
            return line.endswith(":")
    return False


def _block_end(original: list[str], bare: list[str], number: int, indent: int) -> int:
    """The line after the last one of a block; a docstring is blank in ``bare`` but belongs to it by its indent."""
    last = number + 1
    depth = bare[number].count("(") - bare[number].count(")")
    for index in range(number + 1, len(bare)):
        line = bare[index]
        if line.strip() and depth <= 0 and len(line) - len(line.lstrip()) <= indent:
            break
        if line.strip() or len(original[index]) - len(original[index].lstrip()) > indent:
            last = index + 1
        depth += line.count("(") - line.count(")")
    return last


def core_public(text: str) -> dict[str, bool]:
    """The public functions and classes that a Cython source offers Python, and whether each has a docstring."""
    offered: dict[str, bool] = {}
    for _, name, body, kind in _core_definitions(text):
        if kind != "cdef" and not name.startswith("_"):
            offered[name] = offered.get(name, False) or _first_statement_is_text(body)
    return offered


def _first_statement_is_text(body: list[str]) -> bool:
    """Whether a docstring stands right below a head, which may itself take several lines."""
    bare = without_strings("\n".join(body)).splitlines()
    depth = 0
    for number, line in enumerate(bare):
        depth += line.count("(") - line.count(")")
        if depth <= 0 and line.rstrip().endswith(":"):
            following = [text.strip() for text in body[number + 1 :] if text.strip()]
            return bool(following) and following[0].lstrip("rR").startswith(('"', "'"))
    return False


def rule_init_is_one_sentence(tree: Path) -> list[Violation]:
    """Every package has an __init__.py, and it holds one docstring only (the core's also guards its own build, and the
    engine's lets its compiled forms be found)."""
    folders = sorted({path.parent for package in PACKAGES for path in files(tree, ".py", ".pyx", under=package)})
    broken = []
    for folder in folders:
        init = folder / "__init__.py"
        if not init.is_file():
            broken.append(Violation(relative(tree, init), 0, "is missing: the folder would not be installed"))
        elif folder != tree / "engine_ext" and not _is_one_docstring(init):
            broken.append(Violation(relative(tree, init), 1, "holds more or less than one docstring of one sentence"))
    return broken if folders else nothing("packages")


def _is_one_docstring(init: Path) -> bool:
    module = parsed(text_of(init))
    body = [ast.unparse(node) for node in module.body[1:]]
    if init.parent.name == "engine" and body == ["import engine_ext.hot"]:
        body = []
    return bool(module.body) and not body and "\n" not in (ast.get_docstring(module) or "\n")


def rule_no_init_among_tests(tree: Path) -> list[Violation]:
    """Tests are no package: there is no __init__.py among them."""
    found = files(tree, ".py", under="tests")
    return [
        Violation(relative(tree, path), 0, "tests are no package: another distribution owns the name")
        for path in found
        if path.name == "__init__.py"
    ] or ([] if found else nothing("tests"))


def rule_module_docstrings(tree: Path) -> list[Violation]:
    """Every module opens with one sentence, which no other module says."""
    found = [path for folder in DOCUMENTED_FOLDERS for path in files(tree, ".py", ".pyx", under=folder)]
    found += [tree / "setup.py"] if (tree / "setup.py").is_file() else []
    said: dict[str, str] = {}
    broken = []
    for path in found:
        sentence = _opening(path)
        if not sentence.endswith((".", "!", "?")):
            broken.append(Violation(relative(tree, path), 1, "does not open with a sentence saying what it is"))
        elif sentence in said:
            broken.append(Violation(relative(tree, path), 1, f"says of itself what {said[sentence]} says"))
        said.setdefault(sentence, relative(tree, path))
    return broken if found else nothing("modules")


def _opening(path: Path) -> str:
    text = text_of(path)
    if path.suffix == ".pyx":
        found = re.match(r"(?:\s*#[^\n]*\n|\s)*[rR]?(\"\"\"|''')(?P<doc>.*?)\1", text, re.DOTALL)
        docstring = found["doc"] if found else ""
    else:
        docstring = ast.get_docstring(parsed(text)) or ""
    return " ".join(docstring.strip().split("\n\n")[0].split())


def rule_public_docstrings(tree: Path, exceptions: dict[str, str] = DOCSTRING_EXCEPTIONS) -> list[Violation]:
    """Everything public in our packages has a docstring; for the core it may stand in the source or in the stub."""
    found = [
        (path, name, node)
        for package in PACKAGES
        for path in files(tree, ".py", ".pyi", under=package)
        for name, node in _public(parsed(text_of(path)), in_stub=path.suffix == ".pyi")
    ]
    broken = []
    for path, name, node in found:
        documented = ast.get_docstring(node) is not None or core_public(_source_of_stub(path)).get(name.split(".")[-1])
        if not documented and f"{relative(tree, path)}:{name}" not in exceptions:
            broken.append(Violation(relative(tree, path), node.lineno, f"{name} is public and has no docstring"))
    return broken if found else nothing("public names")


def _source_of_stub(path: Path) -> str:
    source = path.with_suffix(".pyx")
    return text_of(source) if path.suffix == ".pyi" and source.is_file() else ""


def _public(node: ast.Module | ast.ClassDef, prefix: str = "", *, in_stub: bool) -> Iterator[tuple[str, Definition]]:
    for child in node.body:
        if not isinstance(child, Definition) or child.name.startswith("_"):
            continue
        if _says_it_elsewhere(child, in_stub=in_stub):
            continue
        yield prefix + child.name, child
        if isinstance(child, ast.ClassDef):
            yield from _public(child, f"{prefix}{child.name}.", in_stub=in_stub)


def _says_it_elsewhere(node: Definition, *, in_stub: bool) -> bool:
    """Overloads, setters and overrides are documented where the name is first said, a stub's fields in its class."""
    marks = {ast.unparse(mark).split(".")[-1] for mark in node.decorator_list}
    return bool(marks & {"overload", "setter", "deleter", "override", *(["property"] if in_stub else [])})


def rule_no_marks(tree: Path) -> list[Violation]:
    """No note to do it later stands in a source: what is not done is an issue."""
    found = [*files(tree, *SOURCE_SUFFIXES), *(path for path in (tree / "Makefile",) if path.is_file())]
    return [
        Violation(relative(tree, path), number, f"{mark[0]}: do it, or write an issue")
        for path in found
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if (mark := MARKS.search(line))
    ] or ([] if found else nothing("sources"))


def rule_exceptions_carry_reasons(tree: Path) -> list[Violation]:
    """A silenced check names its code and its reason on the same line."""
    found = files(tree, ".py", ".pyi", *CORE_SUFFIXES)
    broken = []
    for path in found:
        explained = ""
        for number, line in enumerate(text_of(path).splitlines(), 1):
            silenced = SILENCED.search(line)
            code, reason = _code_and_reason(silenced["what"], silenced["rest"]) if silenced else ("", "")
            if silenced and (not code or (not reason and code != explained)):
                text = "a silenced check names its code and its reason: `# <check>: CODE - why`"
                broken.append(Violation(relative(tree, path), number, text))
            # One reason holds for the lines right below it that silence the same check, as a run of imports does.
            explained = code
    return broken if found else nothing("sources")


def _code_and_reason(what: str, rest: str) -> tuple[str, str]:
    """The code that is silenced and the words that say why; either is empty where it is missing."""
    if what.startswith("type"):
        found = re.match(r"(?P<code>\[[\w, -]+\])(?P<why>.*)", rest)
    elif what == "no" + "qa":
        found = re.match(r":\s*(?P<code>[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)(?P<why>.*)", rest)
    else:
        found = re.match(r"(?P<code>)(?P<why>.*)", f"{rest}")
    if found is None:
        return "", ""
    enough = len(re.findall(r"\w+", found["why"])) >= REASON_WORDS_MIN
    return found["code"] or what, found["why"].strip() if enough else ""
