"""The table of the capability agrees with its code: every refusal explained, every example a command or a query."""

import ast
from pathlib import Path

from engine.features import FEATURES
from engine.integrations.table import TABLE

HERE = Path(__file__).parents[3] / "engine" / "integrations"


def test_every_refusal_code_is_explained_and_none_is_left_over() -> None:
    codes = {
        node.args[0].value
        for path in HERE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal"
        if isinstance(node.args[0], ast.Constant)
    }

    assert set(TABLE.refusals) == codes


def test_every_example_is_what_its_type_takes() -> None:
    commands = [FEATURES.decode_command(_tag(row.type), row.example) for row in TABLE.commands]
    queries = [FEATURES.decode_query(_tag(query.type), query.example) for query in TABLE.queries]

    assert [row.type for row in TABLE.commands] == [type(command) for command in commands]
    assert [query.type for query in TABLE.queries] == [type(query) for query in queries]


def _tag(message: type) -> str:
    tag: str = message.__struct_config__.tag  # type: ignore[attr-defined]  # every message is a struct
    return tag
