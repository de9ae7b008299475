"""Puts the slow twins and the rules of the house on the path, and says how many tests were skipped."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "reference"), str(HERE / "house")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A skipped test is never silent: the number is said even when it is nought."""
    skipped = terminalreporter.stats.get("skipped", [])
    terminalreporter.write_line(f"{len(skipped)} tests skipped" + (", for the reasons above" if skipped else ""))
