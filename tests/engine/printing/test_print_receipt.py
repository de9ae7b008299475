"""Receipts through the public face: golden texts, originals, duplicates, refunds, training, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from shop_harness import Shop

Golden = Callable[[str, str], None]

BASKET: dict[str, Any] = {
    "lines": [
        {"product": 1, "quantity": 2},
        {"product": 5, "options": [1002], "note": "Bien chaud", "discount": {"id": 1}},
        {"product": 3},
        {"product": 6, "quantity": "0.535"},
        {"department": 1, "price": "1250", "label": "Location de la salle"},
    ],
    "discounts": [{"percent": "-5", "label": "Geste commercial", "lines": [1, 3]}],
    "payments": [
        {"mode": 3, "tendered": 1_100},
        {"mode": 2, "tendered": 120_300, "tip": 300},
        {"mode": 1, "tendered": 10_000},
    ],
    "note": "Salon du premier",
    "receipt": True,
}


def _sell(shop: Shop, **changes: Any) -> int:
    answer = shop.do("sales.post", BASKET | changes)
    number = answer.records[0].no
    assert isinstance(number, int)
    return number


def _text(shop: Shop, no: int, **more: Any) -> str:
    return str(shop.ask("printing.receipt", {"no": no, **more}).text)


@pytest.mark.parametrize("width", [32, 42, 48])
def test_a_sale_is_printed_with_every_mention(cafe: Shop, check_golden: Golden, width: int) -> None:
    no = _sell(cafe)

    text = _text(cafe, no, width=width)

    check_golden(f"sale_{width}", text)


@pytest.mark.parametrize("language", ["en", "nl", "de"])
def test_the_same_sale_is_printed_in_other_languages(cafe: Shop, check_golden: Golden, language: str) -> None:
    no = _sell(cafe)

    text = _text(cafe, no, language=language)

    check_golden(f"sale_{language}", text)


def test_a_refund_says_so_and_names_its_ticket(cafe: Shop, check_golden: Golden) -> None:
    no = _sell(cafe, payments=[{"mode": 2}])
    body = {"no": no, "lines": [{"line": 2}, {"line": 1, "quantity": 1}], "reason": "Erreur", "receipt": True}
    refund = cafe.do("sales.refund", body).records[0].no

    text = _text(cafe, refund)

    check_golden("refund", text)


def test_training_is_marked_above_and_below(cafe: Shop, check_golden: Golden) -> None:
    answer = cafe.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 1}], "receipt": True}, till=2)
    ticket = answer.records[0]

    text = _text(cafe, ticket.no, series=ticket.series)

    check_golden("training", text)
    assert 2 == text.count("FACTICE - FORMATION")


def test_a_duplicate_is_the_original_with_its_number_and_what_was_paid_since(cafe: Shop, check_golden: Golden) -> None:
    no = _sell(cafe, payments=[{"mode": 1, "tendered": 1_000}], unpaid=True)
    original = _text(cafe, no)
    cafe.clock.advance(3_600_000)
    cafe.do("sales.copy", {"no": no})
    first = _text(cafe, no)
    cafe.do("sales.pay", {"no": no, "payments": [{"mode": 2}]})
    cafe.do("sales.copy", {"no": no})

    second = _text(cafe, no)

    check_golden("duplicate", second)
    assert original.replace("       ORIGINAL", "    DUPLICATA n° 1") == first.replace("  DUPLICATA", "  DUPLICATA")
    assert first == _text(cafe, no, copy=1)
    assert original == _text(cafe, no, copy=0)


def test_a_ticket_nobody_asked_a_receipt_of_is_shown_as_a_preview_and_has_no_original(cafe: Shop) -> None:
    no = _sell(cafe, receipt=False)

    shown = cafe.ask("printing.receipt", {"no": no})

    assert ("preview", 0) == (shown.issue, shown.copy)
    assert "APERÇU" in shown.text
    assert "ORIGINAL" not in shown.text
    with pytest.raises(Exception, match=r"printing\.not_asked at copy"):
        cafe.ask("printing.receipt", {"no": no, "copy": 0})


def test_a_copy_that_was_not_sealed_is_refused(cafe: Shop) -> None:
    no = _sell(cafe)

    with pytest.raises(Exception, match=r"printing\.no_such_copy at copy: copy 1 of ticket 1 was not sealed"):
        cafe.ask("printing.receipt", {"no": no, "copy": 1})


def test_a_receipt_keeps_the_names_of_its_time(cafe: Shop) -> None:
    no = _sell(cafe)
    before = _text(cafe, no)
    cafe.configure("settings", 1, {"name": "Une autre enseigne", "default_vat": 1})
    cafe.configure("tills", 1, {"name": "Autre caisse"})
    cafe.configure("operators", 1, {"alias": "Autre", "role": "admin"})
    cafe.configure("products", 6, {"title": "Vrac", "price": "9.90", "department": 3, "unit": "sac"})

    after = _text(cafe, no)

    assert before == after


def test_a_shop_without_an_identity_says_what_is_missing(bar: Shop) -> None:
    bar.do("cash.open", {"float_in": 0})
    no = bar.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 2}], "receipt": True}).records[0].no

    text = _text(bar, no)

    for mention in ("Adresse : ", "SIRET : ", "NAF : ", "TVA : "):
        assert f"{mention}non renseigné" in text


def test_names_that_command_reach_neither_terminal_nor_printer(cafe: Shop) -> None:
    evil = "Caf\x1b[31mé\u202e\u200b\u0007 \x9b2J\u2028A"
    cafe.configure("products", 1, {"title": evil, "price": "1.50", "department": 1})
    cafe.configure("tills", 1, {"name": "Caisse\x1b@\x0c"})
    cafe.configure("operators", 1, {"alias": "Bo\x00b\ufeff", "role": "admin"})
    no = _sell(cafe, note="\x1b]0;titre\x07 note")

    text = _text(cafe, no)

    assert not [char for char in text if char != "\n" and not char.isprintable()]
    assert "Caf[31mé 2J A" in text
    assert "Opérateur : Bob" in text


def test_a_net_basis_shows_net_lines_and_the_total_with_vat(shop: Shop, check_golden: Golden) -> None:
    shop.configure("vat-rates", 1, {"title": "Taux normal", "percent": "20"})
    shop.configure("settings", 1, {"name": "Grossiste", "basis": "net", "default_vat": 1})
    shop.configure("tills", 1, {"name": "Comptoir"})
    shop.configure("operators", 1, {"alias": "Ali", "role": "admin"})
    shop.configure("payment-modes", 1, {"title": "Virement", "type": "transfer"})
    shop.do("cash.open", {"float_in": 0})
    lines = [{"price": "100", "quantity": 3, "label": "Carton"}]
    no = shop.do("sales.post", {"lines": lines, "payments": [{"mode": 1}], "receipt": True}).records[0].no

    text = _text(shop, no)

    check_golden("net", text)


def test_reading_receipts_needs_the_right(cafe: Shop) -> None:
    no = _sell(cafe)
    cafe.configure("operators", 3, {"alias": "Parti", "role": "employee", "active": False})

    with pytest.raises(Exception, match=r"kernel\.not_allowed"):
        cafe.ask("printing.receipt", {"no": no}, till=1, operator=3)
