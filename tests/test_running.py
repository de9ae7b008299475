"""The first ticket over HTTP, as docs/running.md and the API's own page tell it: their very lines, run by a shell."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.api import docs

ROOT = Path(__file__).parents[1]
WITHIN_S = 120
DOCUMENT = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
(TICKET,) = re.findall(r"<!-- ticket -->\n(.*?)<!-- /ticket -->", DOCUMENT, flags=re.DOTALL)
LINES = "\n".join(re.findall(r"```sh\n(.*?)```", TICKET, flags=re.DOTALL))
FIRST = "\n".join(re.findall(r"```sh\n(.*?)```", TICKET, flags=re.DOTALL)[:1])
PLACE = "/var/lib/guichet/shop"


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


def run(lines: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Runs the lines in a shell whose ``guichet`` is this tree's; what they leave running ends with them."""
    program = tmp_path / "bin" / "guichet"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m server.cli.main --unsafe-filesystem "$@"\n')
    program.chmod(0o755)
    port = free_port()
    lines = lines.replace(PLACE, str(tmp_path / "shop")).replace("127.0.0.1:8420", f"127.0.0.1:{port}")
    environment = os.environ | {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "GUICHET_PORT": str(port),
    }
    with (tmp_path / "out").open("w+") as out, (tmp_path / "err").open("w+") as err:
        shell = subprocess.Popen(
            ["bash", "-eu", "-c", f"{lines}\nkill %1\nwait"],
            cwd=tmp_path,
            env=environment,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            code = shell.wait(WITHIN_S)
        finally:
            # A line that failed leaves the server behind, which is of the shell's group and of no other.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
    texts = [(tmp_path / name).read_text(encoding="utf-8") for name in ("out", "err")]
    return subprocess.CompletedProcess([], code, *texts)


def answers(out: str) -> list[Any]:
    """Every JSON object that was printed."""
    decoder, found, at = json.JSONDecoder(), [], out.find('{"')
    while at >= 0:
        value, end = decoder.raw_decode(out, at)
        found.append(value)
        at = out.find('{"', end)
    return found


@pytest.mark.parametrize(
    "lines",
    [LINES, f"{FIRST}\n{docs.START.replace('DATA', PLACE)}"],
    ids=["docs/running.md", "the page at /api"],
)
def test_the_lines_sell_a_ticket(lines: str, tmp_path: Path) -> None:
    done = run(lines, tmp_path)

    assert 0 == done.returncode, done.stderr
    signed, opened, sold = answers(done.stdout)
    assert ("Léa", 1, "admin") == (signed["alias"], signed["till"], signed["role"])
    assert "cash.opened" == opened["records"][0]["is"]
    assert (150, "c2sp.org/tlog-proof@v1") == (sold["records"][0]["total"], sold["proof"].partition("\n")[0])
    assert "Stopped; everything that was acknowledged is on disk." in done.stdout


def test_the_page_shows_the_lines_that_were_run() -> None:
    shown: dict[str, Any] = {"paths": {}, "info": {"title": "x", "version": "0", "description": ""}, "x-codes": {}}

    page = docs.page({**shown, "components": {"schemas": {}}}).decode()

    assert "/auth/enrol" in page
    assert "guichet invite --data DATA --till 1" in page
