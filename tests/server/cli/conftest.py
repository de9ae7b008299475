"""The command line as a person uses it: arguments in, text, JSON and an exit code out."""

import contextlib
import dataclasses
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.cli.main import main


@dataclasses.dataclass(frozen=True)
class Ran:
    """What one run of ``guichet`` left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON object on stdout."""
        assert self.out.count("\n") == 1, f"more than one line on stdout: {self.out!r}"
        return json.loads(self.out)


Guichet = Callable[..., Ran]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def guichet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Guichet:
    """Runs ``guichet`` in an empty directory; the disk of a test may be of any kind."""
    monkeypatch.chdir(tmp_path)
    # What a server starts is this tree's as well, wherever it is started from.
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("GUICHET_DATA", raising=False)

    def run(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        try:
            code = main(["--unsafe-filesystem", *[str(each) for each in arguments]])
        except SystemExit as exit:
            code = exit.code if isinstance(exit.code, int) else 1
        captured = capsys.readouterr()
        return Ran(int(code), captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo shop after a short day, made once; its ballast, zeros only, is not worth copying."""
    data = tmp_path_factory.mktemp("template") / "demo"
    with contextlib.redirect_stdout(io.StringIO()):
        code = main(["demo", "--once", "--tickets", "40", "--port", "0", "--unsafe-filesystem", "--data", str(data)])
    assert 0 == code
    (data / "ballast").unlink()
    shutil.rmtree(data / "run")  # sockets of the server that is gone cannot be copied
    return data


@pytest.fixture
def demo(template: Path, tmp_path: Path) -> Path:
    """A demo shop of this test's own, after a short day."""
    return Path(shutil.copytree(template, tmp_path / "demo"))
