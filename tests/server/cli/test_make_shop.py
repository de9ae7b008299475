"""``guichet init`` makes a shop that sells the next minute, and never touches one that is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.engine import Engine, Reader
from engine.features import FEATURES

Guichet = Callable[..., Any]


def test_a_new_shop_sells_its_first_ticket(guichet: Guichet, tmp_path: Path) -> None:
    ran = guichet("init", "--name", "Chez Léa", "--siret", "73282932000074")

    assert 0 == ran.code
    assert "is ready in var/shop" in ran.out
    with Engine(tmp_path / "var" / "shop", unsafe_filesystem=True) as engine:
        engine.do("cash.open", {"float_in": 0}, till=1, operator=1, id=bytes(16))
        sale = {"lines": [{"price": "12.00"}], "payments": [{"mode": 2}]}
        answer = engine.do("sales.post", sale, till=1, operator=1, id=bytes([1] * 16))
    assert ("done", 1_200) == (answer.status, answer.records[0].total)


def test_what_is_there_is_left_alone(guichet: Guichet, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")

    ran = guichet("init", "--data", "mine")

    assert 4 == ran.code
    assert "store.exists: mine exists already" in ran.err
    assert ["letter.txt"] == [path.name for path in (tmp_path / "mine").iterdir()]


def test_an_empty_shop_holds_its_genesis_and_nothing_configured(guichet: Guichet, tmp_path: Path) -> None:
    ran = guichet("init", "--empty", "--json", "--data", "bare")

    assert 0 == ran.code
    assert {"ok": True, "data": "bare", "generation": 1, "entries": 3}.items() <= ran.json.items()
    with Reader(tmp_path / "bare", FEATURES) as reader:
        assert () == reader.ask_by_name("operators.list", {}).rows


def test_a_wrong_siret_is_refused_with_its_place(guichet: Guichet) -> None:
    ran = guichet("init", "--siret", "73282932000075")

    assert 3 == ran.code
    assert "shop.bad_siret" in ran.err
    assert "row.siret" in ran.err


def test_the_directory_may_come_from_the_environment(
    guichet: Guichet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUICHET_DATA", str(tmp_path / "elsewhere"))

    ran = guichet("init")

    assert 0 == ran.code
    assert (tmp_path / "elsewhere" / "store" / "data.mdb").exists()
