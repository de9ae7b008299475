"""Compiled forms of hot modules: used only for the very source they were made from, and the same in every byte."""

import ast
import importlib.machinery
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine_ext import hot

ROOT = Path(__file__).parent.parent.parent
DAY = Path(__file__).parent / "seeded_day.py"
TIMEOUT_S = 120
SUFFIX = importlib.machinery.EXTENSION_SUFFIXES[0]


def listed() -> tuple[str, ...]:
    """The list of hot modules as ``setup.py`` writes it."""
    for node in ast.parse((ROOT / "setup.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "HOT":
            return tuple(ast.literal_eval(node.value))
    raise AssertionError("setup.py has no list of hot modules")


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One program in a process of its own, with the tree on its path."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
    )


@pytest.fixture
def planted(tmp_path: Path) -> hot.HotFinder:
    """A package ``shop`` with one module that was compiled, in name."""
    source = tmp_path / "shop" / "tables.py"
    source.parent.mkdir()
    source.write_bytes(b"PRICE = 1\n")
    form = tmp_path / "built" / "shop" / "tables" / hot.digest(b"PRICE = 1\n") / f"tables{SUFFIX}"
    form.parent.mkdir(parents=True)
    form.write_bytes(b"")
    return hot.HotFinder(tmp_path / "shop", tmp_path / "built")


def test_a_form_made_from_the_source_beside_it_is_found(planted: hot.HotFinder, tmp_path: Path) -> None:
    spec = planted.find_spec("shop.tables", None)

    assert spec is not None
    assert f"tables{SUFFIX}" == Path(spec.origin or "").name
    assert "shop.tables" == spec.name
    assert [] == planted.stale()


def test_an_edited_source_runs_as_it_is_written_and_says_so(
    planted: hot.HotFinder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop" / "tables.py").write_bytes(b"PRICE = 2\n")

    spec = planted.find_spec("shop.tables", None)

    assert spec is None
    assert "shop/tables.py is not what was compiled" in capsys.readouterr().err
    assert ["shop/tables.py"] == planted.stale()


def test_a_source_put_back_with_its_old_date_gets_its_own_form_again(planted: hot.HotFinder, tmp_path: Path) -> None:
    source = tmp_path / "shop" / "tables.py"
    source.write_bytes(b"PRICE = 2\n")
    source.write_bytes(b"PRICE = 1\n")
    os.utime(source, (0, 0))

    assert planted.find_spec("shop.tables", None) is not None


@pytest.mark.parametrize("name", ["shop", "shop.other", "json", "other.tables", "shop.tables.deeper"])
def test_nothing_else_is_answered_for(planted: hot.HotFinder, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    spec = planted.find_spec(name, None)

    assert spec is None
    assert "" == capsys.readouterr().err


def test_a_form_without_its_source_is_not_used(planted: hot.HotFinder, tmp_path: Path) -> None:
    (tmp_path / "shop" / "tables.py").unlink()

    assert planted.find_spec("shop.tables", None) is None


def test_a_form_for_another_python_is_not_used(planted: hot.HotFinder, tmp_path: Path) -> None:
    form = next(tmp_path.glob(f"built/**/tables{SUFFIX}"))
    form.rename(form.with_name("tables.cpython-39-other.so"))

    assert planted.find_spec("shop.tables", None) is None


def test_the_build_names_forms_as_they_are_looked_for() -> None:
    text = (ROOT / "setup.py").read_text(encoding="utf-8")

    assert f'"h" + hashlib.sha256(source.read_bytes()).hexdigest()[:{hot.DIGEST_CHARS}]' in text


def test_every_listed_module_is_there_once() -> None:
    modules = listed()

    assert modules
    assert len(set(modules)) == len(modules)
    assert [] == [module for module in modules if not (ROOT / module).is_file()]


@pytest.fixture(scope="module")
def days() -> dict[str, Any]:
    """The same seeded day compiled and interpreted."""
    compiled = python(str(DAY), **{hot.SWITCH: ""})
    interpreted = python(str(DAY), **{hot.SWITCH: "1"})
    return {"compiled": json.loads(compiled.stdout), "interpreted": json.loads(interpreted.stdout)}


def test_the_switch_runs_every_source_as_it_is(days: dict[str, Any]) -> None:
    assert [] == days["interpreted"]["compiled"]


def test_every_hot_module_runs_compiled_once_it_is_built(days: dict[str, Any]) -> None:
    if not hot.BUILT.is_dir():
        pytest.skip("nothing was compiled here: the sources run")
    modules = sorted(".".join(Path(module).with_suffix("").parts) for module in listed())
    expected = [name for name in modules if name.startswith("engine.")]
    others = [name for name in modules if name not in expected]  # a day in process imports none of them
    code = "import engine.engine, importlib, sys; [print(importlib.import_module(n).__file__) for n in sys.argv[1:]]"
    files = python("-c", code, *others).stdout.split()

    assert [SUFFIX] * len(others) == ["".join(Path(file).suffixes) for file in files]
    assert expected == days["compiled"]["compiled"], "a hot module was edited or listed since the last `make build`"


def test_compiled_and_interpreted_a_seeded_day_is_the_same_in_every_byte(days: dict[str, Any]) -> None:
    compiled, interpreted = days["compiled"], days["interpreted"]

    assert interpreted["stored"] == compiled["stored"]
    assert interpreted["answers"] == compiled["answers"]
    assert interpreted["checked"] == compiled["checked"]


def test_the_seeded_day_is_a_day_worth_comparing(days: dict[str, Any]) -> None:
    day = days["interpreted"]

    assert 0 == day["checked"]["broken"]
    assert day["checked"]["tickets"] > 300
    assert 16 == day["checked"]["closures"]
    assert ["done", "refused"] == day["statuses"]
