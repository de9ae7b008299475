"""How an answer is written down: figures with their unit and goal, a plan of how much to run, a table for a person."""

import dataclasses
import math
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How much is run: ``directory`` is on the disk under test, ``quick`` shows that it works, ``long`` takes minutes;
    ``s_ns`` and ``f_ns`` are the probes of this run."""

    directory: Path
    s_ns: float
    f_ns: float
    quick: bool = False
    long: bool = False
    rebase: bool = False

    def times(self, rounds: int) -> int:
        """That many rounds, or a tenth of them when it is quick."""
        return max(2, rounds // 10) if self.quick else rounds


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measured figure; ``held`` says whether its goal was reached, None where it has none."""

    name: str
    value: float
    unit: str
    goal: str = ""
    held: bool | None = None


def plain(name: str, value: float, unit: str) -> Figure:
    """A figure without a goal."""
    return Figure(name=name, value=value, unit=unit)


def at_most(name: str, value: float, unit: str, bound: float, goal: str = "") -> Figure:
    """A figure that should not pass a bound; ``goal`` is its number in the list of goals."""
    return Figure(name=name, value=value, unit=unit, goal=f"{goal} <= {bound:g}".strip(), held=value <= bound)


def at_least(name: str, value: float, unit: str, bound: float, goal: str = "") -> Figure:
    """A figure that should reach a bound."""
    return Figure(name=name, value=value, unit=unit, goal=f"{goal} >= {bound:g}".strip(), held=value >= bound)


def answer(question: str, figures: list[Figure], **more: Any) -> dict[str, Any]:
    """What a benchmark's ``run`` returns: JSON values only: a figure not measured, or without end, is null."""
    return {"question": question, "figures": [_finite(dataclasses.asdict(figure)) for figure in figures], **more}


def _finite(figure: dict[str, Any]) -> dict[str, Any]:
    return figure if math.isfinite(figure["value"]) else figure | {"value": None}


def show(console: Console, name: str, found: dict[str, Any]) -> None:
    """One table for one question."""
    table = Table(title=f"{name}: {found['question']}", title_justify="left", title_style="bold", expand=False)
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("unit")
    table.add_column("goal")
    table.add_column("")
    for figure in found["figures"]:
        mark = {None: "", True: "[green]held[/green]", False: "[red]missed[/red]"}[figure["held"]]
        table.add_row(figure["name"], _number(figure["value"]), figure["unit"], figure["goal"], mark)
    console.print(table)


def _number(value: float | None) -> str:
    if value is None:  # nothing was measured, or it never ended: the name says which
        return ""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.3f}" if abs(value) < 10 else f"{value:,.1f}"
