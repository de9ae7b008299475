"""Puts the slow twins and the rules of the house on the path, and says how many tests were skipped."""

import shutil
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MEMORY = Path("/dev/shm")
MEMORY_BYTES_MIN = 2 << 30
CAMPAIGN = "campaign"
COUNTED = ("cycles", "lost", "doubled", "gaps", "corrupt", "undetected", "leaked")
CAMPAIGN_COLUMNS = ("campaign", "workload", "with", *COUNTED)
"""What test_engine_faults.py leaves of each campaign; those on an engine with a planted bug have to find it."""
sys.path[:0] = [str(HERE / "reference"), str(HERE / "house")]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A skipped test is never silent, and what the fault campaigns counted stands in one table."""
    reports = [report for found in terminalreporter.stats.values() for report in found if hasattr(report, "when")]
    rows = [
        row for report in reports if report.when == "call" for name, row in report.user_properties if name == CAMPAIGN
    ]
    if rows:
        terminalreporter.write_sep("-", "fault campaigns")
        for row in (CAMPAIGN_COLUMNS, *sorted(rows)):
            terminalreporter.write_line("{:10} {:22} {:15}".format(*row) + "".join(f"{cell!s:>11}" for cell in row[3:]))
    skipped = terminalreporter.stats.get("skipped", [])
    terminalreporter.write_line(f"{len(skipped)} tests skipped" + (", for the reasons above" if skipped else ""))


def pytest_configure(config: pytest.Config) -> None:
    """Shops under test live in memory where there is room: hundreds of stores that sync would wait for the disk.

    What needs a real disk (probes, the demo, benchmarks) chooses its own place.
    """
    free = shutil.disk_usage(MEMORY).free if MEMORY.is_dir() else 0
    if config.option.basetemp is None and not hasattr(config, "workerinput") and free > MEMORY_BYTES_MIN:
        made = Path(tempfile.mkdtemp(prefix="guichet-tests-", dir=MEMORY))
        config.option.basetemp = str(made / "run")
        config.add_cleanup(lambda: shutil.rmtree(made, ignore_errors=True))
