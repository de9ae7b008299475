"""``guichet demo``: a served day that holds, its figures, and an honest exit code where it does not hold."""

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.engine import Engine, Reader, StoreFault
from engine.features import FEATURES
from server.cli import run_demo
from server.cli.shell import Shell
from server.demo.crowd import Crowd

Guichet = Callable[..., Any]
PAPER_DOTS = 544  # 80 mm paper: 42 characters of 12 dots, and a margin at either side


def test_a_demonstration_sells_over_http_and_tells_the_day(guichet: Guichet, tmp_path: Path) -> None:
    ran = guichet("demo", "--once", "--tickets", "60", "--port", "0", "--picture", tmp_path / "deep" / "receipt.png")

    assert 0 == ran.code, ran.err
    assert "served at http://127.0.0.1:" in ran.out
    for words in ("305 products, 4 tills", "One of the receipts", "TOTAL TTC", "tickets a second", "p99", "verified"):
        assert words in ran.out
    assert re.search(r"its proof, for the customer: http://127\.0\.0\.1:[0-9]+/proof/[0-9a-f]{64}\?e=1\.", ran.out)
    with Image.open(tmp_path / "deep" / "receipt.png") as paper:
        assert paper.width == PAPER_DOTS
        assert paper.height > paper.width
    assert "What to try next:" in ran.out
    assert "" == ran.err


def test_json_gives_the_figures_and_nothing_else(guichet: Guichet) -> None:
    ran = guichet("demo", "--once", "--tickets", "60", "--port", "0", "--json")

    facts = ran.json
    assert (True, []) == (facts["ok"], facts["problems"])
    assert facts["tickets"] >= 60
    assert 0 < facts["answer_p50_ns"] <= facts["answer_p90_ns"] <= facts["answer_p99_ns"]
    assert facts["tickets_per_second"] > 0


def test_a_shop_that_was_named_stays_and_can_be_looked_at(guichet: Guichet, demo: Path) -> None:
    with Reader(demo, FEATURES) as reader:
        closed = [reader.ask_by_name("cash.session", {"till": till}).open for till in range(1, 5)]

    assert [False] * 4 == closed
    assert 0 == guichet("verify", "--data", demo).code
    assert 4 == guichet("demo", "--data", demo).code, "a demonstration never sells in a shop that is there"


def test_nothing_stays_of_a_demonstration_that_was_not_named(
    guichet: Guichet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))

    ran = guichet("demo", "--tickets", "20", "--port", "0")

    assert 0 == ran.code
    assert [] == list(tmp_path.iterdir())


def test_books_that_differ_end_with_1(guichet: Guichet, monkeypatch: pytest.MonkeyPatch) -> None:
    close = Crowd.close_tills

    def close_wrongly(self: Crowd) -> None:
        self._books[1].turnover += 1
        close(self)

    monkeypatch.setattr(Crowd, "close_tills", close_wrongly)

    ran = guichet("demo", "--tickets", "20", "--port", "0")

    assert 1 == ran.code
    assert "till 1, cash.close: turnover" in ran.err
    assert "Not all of it held" in ran.out


def test_where_no_disk_keeps_what_it_wrote_the_demonstration_says_so_and_goes_on(
    guichet: Guichet, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = Engine.create

    def strict(path: Path, *, unsafe_filesystem: bool = False) -> str:
        if not unsafe_filesystem:
            raise StoreFault("store.filesystem", f"{path} lies on overlay")
        return create(path, unsafe_filesystem=True)

    monkeypatch.setattr(Engine, "create", staticmethod(strict))
    shell = Shell(Path("var/shop"))

    with run_demo._place(shell) as (path, unsafe):
        assert (True, True) == (path.exists(), unsafe)

    assert not path.exists()


def test_too_few_tickets_are_wrong_usage(guichet: Guichet) -> None:
    ran = guichet("demo", "--tickets", "3")

    assert 2 == ran.code
    assert "demo.too_few" in ran.err
