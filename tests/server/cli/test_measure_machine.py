"""``guichet bench``: a sheet with every row, on the disk of the shop, and nothing left behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.cli import measure_machine

Guichet = Callable[..., Any]


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure_machine, "IN_FLIGHT", (1, 4))
    monkeypatch.setattr(measure_machine, "GROUPS_MIN", 3)


def test_the_sheet_has_a_row_for_each_number_in_flight(guichet: Guichet, tmp_path: Path) -> None:
    ran = guichet("bench", "--seconds", "1", "--json", "--data", "shops/mine")

    sheet = ran.json
    assert 0 == ran.code
    assert [1, 4] == [row["in_flight"] for row in sheet["rows"]]
    assert all(0 < row["p50_ns"] <= row["p99_ns"] and row["tickets_per_second"] > 0 for row in sheet["rows"])
    assert sheet["sync_ns"] > 0
    assert sheet["sha256_1k_ns"] > 0
    assert 500 < sheet["bytes_per_ticket"] < 100_000
    assert [] == list(tmp_path.iterdir())


def test_people_are_told_what_it_means_in_tills(guichet: Guichet) -> None:
    ran = guichet("bench", "--seconds", "1")

    assert 0 == ran.code
    for words in ("Capacity of this machine", "in flight", "tickets per F", "bytes a ticket", "tills"):
        assert words in ran.out


def test_the_ticket_is_the_one_that_every_bench_sells(tmp_path: Path) -> None:
    from engine.engine import Engine
    from engine.features import FEATURES

    Engine.create(tmp_path / "shop", unsafe_filesystem=True)
    with Engine(tmp_path / "shop", unsafe_filesystem=True) as engine:
        measure_machine._prepare(engine)
        ticket = engine.ask(FEATURES.decode_query("sales.price", measure_machine.SALE), till=1, operator=1)

    assert (5, 2, 1, 1) == (len(ticket.lines), len(ticket.rates), len(ticket.disc), len(ticket.legs))


def test_no_time_at_all_is_wrong_usage(guichet: Guichet) -> None:
    ran = guichet("bench", "--seconds", "0")

    assert 2 == ran.code
    assert "bench.too_short" in ran.err
