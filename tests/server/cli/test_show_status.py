"""``guichet status``, beside a server and without one."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from served_shop import Served

from engine.engine import CONSOLE, Engine

Guichet = Callable[..., Any]


def test_without_a_server_it_reads_the_shop(guichet: Guichet, demo: Path) -> None:
    shown, said = guichet("status", "--data", demo, "--json"), guichet("status", "--data", demo)

    found = shown.json
    assert (0, True, False, 1) == (shown.code, found["ok"], found["served"], found["gen"])
    assert (0, False) == (found["check"]["broken"], found["clock_doubt"])
    assert found["entries"] > found["check"]["size"] > 100
    assert found["disk"]["filesystem"] in said.out
    assert ("UNSAFE" in said.out) == (not found["disk"]["safe"])
    assert "served            no" in said.out
    assert ": whole" in said.out


def test_a_broken_journal_is_said_and_is_an_exit_code(guichet: Guichet, demo: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(demo, tmp_path / "shop"))
    counted = dict.fromkeys(("first", "entries", "checkpoints", "tickets", "closures"), 1)
    with Engine(data, unsafe_filesystem=True) as engine:
        body = {"gen": 1, "size": 2, "root": "0" * 64, "broken": 3, **counted}
        engine.do("fiscal.report_check", body, id=engine.new_id(), source=CONSOLE)

    ran = guichet("status", "--data", data)

    assert 1 == ran.code
    assert "BROKEN in 3 places" in ran.out


def test_beside_a_server_it_says_that_it_is_served(guichet: Guichet, demo: Path, tmp_path: Path) -> None:
    served = Served(Path(shutil.copytree(demo, tmp_path / "shop")))
    try:
        shown = guichet("status", "--data", served.data, "--json")
    finally:
        served.close()

    assert (True, True) == (shown.json["served"], shown.json["ok"])


def test_where_there_is_no_shop_it_says_so(guichet: Guichet, tmp_path: Path) -> None:
    ran = guichet("status", "--data", tmp_path / "nothing", "--json")

    assert (4, "store.missing") == (ran.code, ran.json["code"])
