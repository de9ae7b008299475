"""``guichet reprice`` and ``guichet simulate`` on a shop that sold."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import engine.replays
from engine.engine import Reader
from engine.features import FEATURES, Replayed, plain_records

Guichet = Callable[..., Any]


def first_day(shop: Path) -> str:
    """The business day of the shop's first ticket."""
    with Reader(shop, FEATURES) as reader:
        return str(reader.ask_by_name("sales.ticket", {"no": 1}).ticket.day)


def test_every_ticket_of_the_demo_comes_out_the_same(guichet: Guichet, demo: Path) -> None:
    told = guichet("reprice", "--data", demo)
    counted = guichet("reprice", "--data", demo, "--json").json

    assert 0 == told.code, told.out + told.err
    assert "come out the same to the byte, 0 do not." in told.out
    assert (True, 0, 0) == (counted["ok"], counted["different"], counted["unknown"])
    assert counted["same"] == counted["tickets"] >= 40


def test_a_ticket_that_does_not_is_named_with_exit_code_1(
    guichet: Guichet, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = plain_records

    def altered(data: bytes) -> Any:
        records = honest(data)
        for record in records:
            if record.get("no") == 5:
                record["total"] += 1
        return records

    monkeypatch.setattr(engine.replays, "plain_records", altered)

    ran = guichet("reprice", "--data", demo)

    assert 1 == ran.code
    assert "ticket 5 of series 0" in ran.out
    assert "total: sealed" in ran.out


def test_tickets_that_nobody_can_price_again_are_counted_and_no_error(
    guichet: Guichet, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = Replayed(verdict="unknown", why="it was not sealed yet")
    monkeypatch.setattr(engine.replays, "replay_sale", lambda *_: lost)

    ran = guichet("reprice", "--data", demo)

    assert 0 == ran.code
    assert "unknown: it was not sealed yet" in ran.out
    assert "cannot be priced again: what was sealed of them is not enough." in ran.out


def test_a_rule_says_what_it_would_have_changed(guichet: Guichet, demo: Path, tmp_path: Path) -> None:
    change = {"kind": "line-rules", "id": 900, "row": {"title": "Tout à -10 %", "percent": "-10"}}
    (tmp_path / "rule.json").write_text(json.dumps(change), encoding="utf-8")

    told = guichet("simulate", "--rule", "rule.json", "--day", first_day(demo), "--data", demo)
    counted = guichet("simulate", "--rule", "rule.json", "--day", first_day(demo), "--data", demo, "--json").json

    assert 0 == told.code, told.err
    assert "line-rules 900 Tout à -10 %: 0.00 before, -" in told.out
    assert counted["after"] < counted["before"]
    assert 0 < counted["touched"] <= counted["tickets"]
    assert len(counted["largest"]) <= 10


def test_a_row_that_would_be_refused_is_refused(guichet: Guichet, demo: Path, tmp_path: Path) -> None:
    change = {"kind": "line-rules", "id": 900, "row": {"title": "Rien"}}
    (tmp_path / "rule.json").write_text(json.dumps(change), encoding="utf-8")

    ran = guichet("simulate", "--rule", "rule.json", "--day", "2026-11-21", "--data", demo)

    assert 3 == ran.code
    assert "where: rule.row" in ran.err


def test_a_rule_file_has_its_bound(guichet: Guichet, demo: Path, tmp_path: Path) -> None:
    (tmp_path / "rule.json").write_bytes(b" " * ((1 << 20) + 1))

    ran = guichet("simulate", "--rule", "rule.json", "--day", "2026-11-21", "--data", demo)

    assert 2 == ran.code
    assert "simulate.too_large" in ran.err


@pytest.mark.parametrize("command", [("reprice",), ("simulate", "--rule", "x.json", "--day", "2026-11-21")])
def test_without_a_shop_they_say_so(guichet: Guichet, command: tuple[str, ...]) -> None:
    ran = guichet(*command)

    assert 4 == ran.code
    assert "store.missing" in ran.err
