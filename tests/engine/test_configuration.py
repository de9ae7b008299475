"""What people configure, seen from outside: examples that the engine takes, refusal codes that are explained."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from shop_harness import Shop

from engine.features import FEATURES
from engine.kernel.kinds import Kind

ENGINE = Path(__file__).parents[2] / "engine"
CAPABILITIES = ("shop", "staff", "access", "catalogue", "discounts", "payments", "printing")
KINDS = [kind for table in FEATURES.capabilities if table.name in CAPABILITIES for kind in table.kinds]


def _read(shop: Shop, name: str, id: int) -> dict[str, Any]:
    """The row as the engine shows it, without its id and version."""
    row: dict[str, Any] = shop.ask(f"{name}.get", {"id": id})
    return {field: value for field, value in row.items() if field not in ("id", "version")}


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_the_example_of_every_kind_is_taken_and_what_is_read_can_be_written_back(bar: Shop, kind: Kind) -> None:
    id = 1 if kind.name == "settings" else 77
    bar.configure(kind.name, id, kind.example)
    first = _read(bar, kind.name, id)

    bar.configure(kind.name, id, first)

    assert first == _read(bar, kind.name, id)
    assert first


def _codes(capability: str) -> set[str]:
    """Every refusal code that the capability's code mentions, outside its table."""
    pattern = re.compile(rf"{capability}\.[a-z_]+")
    queries = {name for name in FEATURES.queries if name.startswith(f"{capability}.")}
    found = set()
    for path in (ENGINE / capability).glob("*.py"):
        if path.stem == "table":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal":
                code = node.args[0]
                assert isinstance(code, ast.Constant), f"{path.name}:{node.lineno} makes a code up as it goes"
                if pattern.fullmatch(str(code.value)):
                    found.add(str(code.value))
    return found - queries


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_every_refusal_code_is_explained_and_none_is_left_over(capability: str) -> None:
    (table,) = [table for table in FEATURES.capabilities if table.name == capability]

    assert _codes(capability) == set(table.refusals)
