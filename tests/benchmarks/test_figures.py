"""Figures on paper and in JSON: one that was not measured, or has no end, neither is a number nor ends the report."""

import io
import json

import pytest
from rich.console import Console

from benchmarks.figures import answer, at_most, plain, show


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_figure_that_is_no_number_is_null_in_json_and_empty_in_the_table(value: float) -> None:
    found = answer(
        "Does it come back?", [at_most("until it answers as before", value, "s", 1, "G9"), plain("load", 2, "")]
    )
    paper = io.StringIO()

    show(Console(file=paper, width=120), "overload", found)

    never, load = json.loads(json.dumps(found, allow_nan=False))["figures"]
    assert (None, False) == (never["value"], never["held"])
    assert 2 == load["value"]
    assert "missed" in paper.getvalue()
