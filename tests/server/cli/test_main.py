"""The door of the command line: help, usage, errors with their way out, exit codes, output for programs."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.kernel.version import VERSION
from server.cli.shell import Exit, Shell

Guichet = Callable[..., Any]
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "arguments", [(), ("bogus",), ("ticket",), ("ticket", "show"), ("ticket", "show", "seven"), ("verify", "--nope")]
)
def test_wrong_usage_ends_with_2_and_says_what_is_expected(guichet: Guichet, arguments: tuple[str, ...]) -> None:
    ran = guichet(*arguments)

    assert 2 == ran.code
    assert ran.err.startswith("usage: guichet")


def test_help_names_every_command_and_the_exit_codes(guichet: Guichet) -> None:
    ran = guichet("--help")

    assert 0 == ran.code
    for word in ("init", "demo", "verify", "backup", "restore", "refold", "export", "ticket", "bench", "130"):
        assert word in ran.out


def test_the_version_is_the_engines(guichet: Guichet) -> None:
    ran = guichet("--version")

    assert f"guichet {VERSION}\n" == ran.out


READING = (("verify",), ("ticket", "show", "1"), ("refold",), ("export", "journal", "out"), ("backup", "copy"))


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_where_there_is_no_shop_every_command_says_so_and_how_to_make_one(
    guichet: Guichet, command: tuple[str, ...]
) -> None:
    ran = guichet(*command, "--data", "nowhere")

    assert 4 == ran.code
    assert "guichet: store.missing: there is no shop in nowhere" in ran.err
    assert "guichet init" in ran.err


@pytest.mark.parametrize("place", ["before", "behind"])
def test_json_of_an_error_is_one_object_on_stdout(guichet: Guichet, place: str) -> None:
    command = ("--json", "verify") if place == "before" else ("verify", "--json")

    ran = guichet(*command, "--data", "nowhere")

    error = ran.json
    assert (4, False, "store.missing") == (ran.code, error["ok"], error["code"])
    assert "guichet init" in error["hint"]


OWNER = """import sys
from pathlib import Path
from engine.engine import Engine
with Engine(Path(sys.argv[1]), unsafe_filesystem=True):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def owner(demo: Path) -> Iterator[int]:
    """Another process that has the demo shop open for writing: its number."""
    command = [sys.executable, "-c", OWNER, str(demo)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "open\n" == process.stdout.readline()
        yield process.pid
        process.communicate("")
    assert 0 == process.returncode


def test_a_shop_that_a_running_engine_owns_is_read_but_not_written(guichet: Guichet, demo: Path, owner: int) -> None:
    written = guichet("refold", "--apply", "--data", demo)
    read = guichet("ticket", "show", "3", "--data", demo)
    verified = guichet("verify", "--data", demo)

    assert (4, 0, 0) == (written.code, read.code, verified.code), written.err + read.err + verified.err
    assert f"The outcome was not sealed: store.owned: {demo} is open for writing in process {owner}" in verified.out
    assert f"store.owned: {demo} is open for writing in process {owner}" in written.err
    assert "what to do: A shop has one writer." in written.err


def test_an_interrupt_ends_with_130(guichet: Guichet, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Shell) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Shell, "require_shop", interrupted)

    ran = guichet("verify")

    assert Exit.INTERRUPTED == ran.code
    assert "interrupted" in ran.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_program_that_is_stopped_takes_its_temporary_shop_along(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "server.cli.main", "demo", "--unsafe-filesystem", "--tickets", "100000"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert any("305 products" in line for line in process.stdout)
        process.send_signal(number)
        _, errors = process.communicate()

    assert (130, "\nguichet: interrupted\n") == (process.returncode, errors)
    assert [] == list(tmp_path.iterdir())


def test_a_directory_that_may_not_be_read_is_a_fault_that_names_it(
    guichet: Guichet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(self: Shell) -> None:
        raise PermissionError(13, "Permission denied", "/shops/mine")

    monkeypatch.setattr(Shell, "require_shop", denied)

    ran = guichet("verify")

    assert 4 == ran.code
    assert "system.permission" in ran.err
    assert "where: /shops/mine" in ran.err


def test_a_reader_who_has_had_enough_is_no_error(demo: Path) -> None:
    command = [sys.executable, "-m", "server.cli.main", "ticket", "show", "7", "--data", str(demo)]
    read, write = os.pipe()
    os.close(read)
    with contextlib.closing(os.fdopen(write, "w")) as pipe:
        done = subprocess.run(command, cwd=ROOT, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)


def test_the_command_runs_as_a_program(demo: Path) -> None:
    command = [sys.executable, "-m", "server.cli.main", "verify", "--data", str(demo)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stderr
    assert "is whole" in done.stdout
    assert "" == done.stderr, "progress is for terminals"


def test_every_error_has_an_exit_code_that_the_document_names() -> None:
    document = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    missing = [code for code in Exit if f"| {code.value} |" not in document]

    assert [] == missing
