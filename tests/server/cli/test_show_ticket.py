"""``guichet ticket show``: receipt, facts, leaf and proof, of tickets that exist."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.engine import Engine, Reader

Guichet = Callable[..., Any]


def test_a_ticket_is_shown_with_its_receipt_entry_and_proof(guichet: Guichet, demo: Path) -> None:
    ran = guichet("ticket", "show", "7", "--data", demo)

    assert 0 == ran.code
    assert "Ticket n° 7 " in ran.out
    assert "SIRET : 73282932000074" in ran.out
    assert "proof  holds: the leaf is number" in ran.out


def test_json_holds_the_sealed_ticket_and_the_proof_text(guichet: Guichet, demo: Path) -> None:
    ran = guichet("ticket", "show", "7", "--data", demo, "--json", "--language", "en", "--width", "48")

    shown = ran.json
    assert (True, 7) == (shown["ok"], shown["ticket"]["ticket"]["no"])
    assert shown["proof"].startswith("c2sp.org/tlog-proof@v1\nindex ")
    assert "Receipt no. 7" in shown["text"]
    assert ran.out.isascii()


def test_a_number_that_was_never_given_is_refused(guichet: Guichet, demo: Path) -> None:
    ran = guichet("ticket", "show", "99999", "--data", demo)

    assert 3 == ran.code
    assert "sales.unknown_ticket" in ran.err
    assert "what to do:" in ran.err
    assert "" == ran.out


def test_a_width_out_of_bounds_names_its_field(guichet: Guichet, demo: Path) -> None:
    ran = guichet("ticket", "show", "7", "--width", "3", "--data", demo)

    assert 3 == ran.code
    assert "where: width" in ran.err


def test_a_proof_that_does_not_hold_is_said_with_exit_code_1(
    guichet: Guichet, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Reader.proof
    monkeypatch.setattr(Reader, "proof", lambda self, gen, seq: honest(self, gen, seq - 1))

    ran = guichet("ticket", "show", "7", "--data", demo)

    assert 1 == ran.code
    assert "proof  does not hold: the proof is not one of entry" in ran.out


def test_a_key_that_replaced_the_first_proves_what_it_signed(guichet: Guichet, demo: Path) -> None:
    with Engine(demo, unsafe_filesystem=True) as engine:
        engine.rotate_key()
        engine.do("cash.open", {"float_in": 0}, till=1, operator=1, id=bytes(16))
        sale = {"lines": [{"product": 1}], "payments": [{"mode": 2}]}
        no = engine.do("sales.post", sale, till=1, operator=1, id=bytes([1] * 16)).records[0].no

    ran = guichet("ticket", "show", no, "--data", demo)

    assert 0 == ran.code
    assert "proof  holds: the leaf is number" in ran.out


def test_a_proof_by_a_key_that_the_journal_does_not_name_is_said_with_exit_code_1(
    guichet: Guichet, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reader, "vkeys", lambda self, gen: ())

    ran = guichet("ticket", "show", "7", "--data", demo)

    assert 1 == ran.code
    assert "proof  not checked: none of the keys that the journal names signed it" in ran.out
