"""The README's example runs as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_example_of_the_readme_sells_and_reads(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"<!-- example -->\n```python\n(.*?)```", text, flags=re.DOTALL)
    code = code.replace('Engine(Path("var/corner"))', 'Engine(Path("var/corner"), unsafe_filesystem=True)')
    code = code.replace(
        'Engine.create(Path("var/corner"))', 'Engine.create(Path("var/corner"), unsafe_filesystem=True)'
    )

    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )

    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("done 240 ")
    assert lines[1] == "c2sp.org/tlog-proof@v1"
    assert lines[-1] == "240"
