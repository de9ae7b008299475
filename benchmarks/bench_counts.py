"""How many instructions does each operation take? Counted by callgrind, held against a stored baseline."""

import json
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.counted import OPERATIONS
from benchmarks.figures import Figure, Plan, answer, plain
from engine_ext import hot

QUESTION = "how many instructions per operation, and has that grown by more than 1 %?"
BASELINE = Path(__file__).parent / "baseline.json"
TOLERANCE_PERCENT = 1
MARKS = 3  # per operation: before, between n and 2 n, after
_TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.M)


def run(plan: Plan) -> dict[str, Any]:
    """Counts every operation; ``failed`` names those that grew by more than 1 % on the baseline's own software."""
    if shutil.which("valgrind") is None:
        return answer(QUESTION, [plain("valgrind is not installed: nothing counted", float("nan"), "")], failed=[])
    repeated = {name: operation.repetitions for name, operation in OPERATIONS.items()}
    counts = count(plan.directory, "benchmarks.counted", repeated)
    figures, more = held_against(BASELINE, counts, rebase=plan.rebase)
    return answer(QUESTION, figures, **more)


def held_against(baseline: Path, counts: dict[str, int], *, rebase: bool) -> tuple[list[Figure], dict[str, Any]]:
    """(the counts beside their baseline, what else there is to say): ``failed`` names those that have grown."""
    here = software()
    stored = stored_baseline(baseline)
    if rebase or stored is None:
        baseline.write_text(json.dumps({"software": here, "counts": counts}, indent=1) + "\n", encoding="utf-8")
        stored = {"software": here, "counts": counts}
    comparable = stored["software"] == here
    figures = [judged(name, counts[name], stored["counts"].get(name) if comparable else None) for name in counts]
    failed = [f"{each.name}: {each.value} instructions, {each.goal}" for each in figures if each.held is False]
    more = {"software": here, "comparable": comparable, "failed": failed}
    if not comparable:
        figures.append(plain("the baseline is of other software: not held against it", float("nan"), ""))
    return figures, more


def stored_baseline(baseline: Path = BASELINE) -> dict[str, Any] | None:
    """The counts that the repository promises, and the software that they were counted with."""
    if not baseline.exists():
        return None
    found: dict[str, Any] = json.loads(baseline.read_text(encoding="utf-8"))
    return found


def judged(name: str, count: int, before: int | None) -> Figure:
    """A count beside its baseline; more than 1 % above it is a failure."""
    if before is None:
        return plain(name, count, "instructions")
    growth = count / before - 1
    return Figure(
        name=name,
        value=count,
        unit="instructions",
        goal=f"{before:,} {growth:+.2%}",
        held=100 * count <= (100 + TOLERANCE_PERCENT) * before,
    )


def software() -> dict[str, str]:
    """What instruction counts depend on besides our code: another interpreter or library is another baseline."""
    return {
        "python": f"{platform.python_version()} {platform.python_compiler()}",
        "openssl": ssl.OPENSSL_VERSION,
        "msgspec": str(msgspec.__version__),
        "machine": platform.machine(),
        "engine": "compiled" if hot.FINDER in sys.meta_path and not hot.FINDER.stale() else "interpreted",
    }


def count(directory: Path, program: str, repeated: dict[str, int]) -> dict[str, int]:
    """One run under callgrind, which dumps and clears its counter whenever the program calls ``getppid``.

    Every operation runs ``n`` and then ``2 n`` times; the difference is free of what the marks themselves cost.
    """
    out = f"{program}.out"
    tool = ["valgrind", "--tool=callgrind", "--dump-before=getppid", f"--callgrind-out-file={directory}/{out}"]
    subprocess.run(
        [*tool, sys.executable, "-m", program],
        check=True,
        cwd=Path(__file__).parent.parent,
        env=os.environ | {"PYTHONHASHSEED": "0"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    dumps = sorted(directory.glob(f"{out}.*"), key=lambda path: int(path.suffix[1:]))
    totals = [int(match[1]) for path in dumps if (match := _TOTAL.search(path.read_text(encoding="utf-8")))]
    assert len(totals) == MARKS * len(repeated), f"{len(totals)} dumps for {len(repeated)} operations"
    # A dump ends before each mark; of every three, the first holds the preparation.
    counts = {}
    for number, (name, repetitions) in enumerate(repeated.items()):
        once, twice = totals[3 * number + 1 : 3 * number + 3]
        counts[name] = round((twice - once) / repetitions)
    return counts
