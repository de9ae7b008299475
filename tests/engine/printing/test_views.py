"""Receipts as the shop wants them: logo, code, what may be left out, and what never is."""

import base64
from typing import Any

import pytest
from shop_harness import Shop

from engine.engine import Surroundings
from engine.features import FEATURES
from engine.kernel.errors import Refusal
from engine.ports.printer import Document, Image, Qr

SALE = {"lines": [{"product": 1, "quantity": 2, "note": "Bien chaud"}], "payments": [{"mode": 2}], "receipt": True}
SHOP = {"name": "Café", "address": ["1 rue"], "phone": "02 98 00 00 00", "default_vat": 1}


def _shown(shop: Shop, **body: Any) -> Any:
    return shop.ask("printing.receipt", {"no": 1, **body})


def _codes(document: Document) -> list[str]:
    return [block.text for block in document.blocks if isinstance(block, Qr)]


def test_a_shop_with_a_public_address_prints_the_way_to_the_proof(cafe: Shop) -> None:
    cafe.configure("settings", 1, SHOP | {"public_address": "https://caisse.example.fr/cafe"})
    answer = cafe.do("sales.post", SALE)

    shown = _shown(cafe)

    proof_path = cafe.ask("sales.ticket", {"seq": answer.seq}).proof_path
    assert [f"https://caisse.example.fr/cafe{proof_path}"] == _codes(shown.document)
    assert proof_path in shown.text.replace("\n", "")


def test_without_one_index_and_leaf_are_printed_and_no_code(cafe: Shop) -> None:
    answer = cafe.do("sales.post", SALE)

    shown = _shown(cafe)

    assert [] == _codes(shown.document)
    assert f"Empreinte : {answer.leaf[:16]}" in shown.text
    assert f"Entrée {answer.gen}-{answer.seq}" in shown.text


def test_the_code_can_be_left_out(cafe: Shop) -> None:
    cafe.configure("settings", 1, SHOP | {"public_address": "https://x.fr", "receipt": {"code": False}})
    cafe.do("sales.post", SALE)

    assert [] == _codes(_shown(cafe).document)


def test_a_public_address_is_a_plain_web_address(cafe: Shop) -> None:
    codes = {
        cafe.refused("settings.put", {"id": 1, "row": SHOP | {"public_address": address}}, till=0, operator=0).code
        for address in ("http://x.fr", "https://x.fr/", "https://x.fr/?a", "https://X y", "javascript:x")
    }

    assert {"kernel.bad_request"} == codes


def test_the_logo_of_its_time_heads_the_receipt(cafe: Shop) -> None:
    first, second = b"\xf0" * 8, b"\x0f" * 8
    cafe.configure("logos", 1, {"title": "x", "width": 8, "bits": base64.b64encode(first).decode()})
    cafe.configure("settings", 1, SHOP | {"logo": 1})
    cafe.do("sales.post", SALE)
    cafe.configure("logos", 1, {"title": "x", "width": 8, "bits": base64.b64encode(second).decode()})

    document = _shown(cafe).document

    assert Image(width=8, bits=first) == document.blocks[0]


def test_everything_that_may_be_left_out_is_and_every_mention_of_the_law_stays(cafe: Shop) -> None:
    off = {"phone": False, "till_name": False, "mode": False, "notes": False, "large_total": False, "code": False}
    cafe.configure("settings", 1, SHOP | {"receipt": off, "public_address": "https://x.fr"})
    cafe.do("sales.post", SALE | {"note": "Table du fond"})

    text = _shown(cafe).text

    for gone in ("02 98", "Comptoir", "Sur place", "À emporter", "Bien chaud", "Table du fond", "/proof/"):
        assert gone not in text
    law = ("Café", "1 rue", "SIRET", "NAF", "TVA", "Ticket n° 1", "21/11/2026 12:00:00", "Caisse 1", "Camille")
    for mention in (*law, "2 x 1,50   20 %", "3,00", "Nombre de lignes : 1", "TOTAL TTC", "20 %", "Carte", "Guichet"):
        assert mention in text
    assert "Signature : " in text


def test_amounts_without_vat_are_added_to_each_line(cafe: Shop) -> None:
    cafe.configure("settings", 1, SHOP | {"receipt": {"net_prices": True}})
    cafe.do("sales.post", SALE)

    text = _shown(cafe).text

    assert [["HT", "2,50"]] == [line.split() for line in text.splitlines() if line.startswith("    HT")]


def test_what_costs_nothing_and_is_marked_stays_off_the_receipt_but_is_counted(cafe: Shop) -> None:
    free = {"department": 1, "price": "0", "label": "/*/* Sans oignons"}
    dear = {"department": 1, "price": "1", "label": "/*/* Caché ?"}
    cafe.do("sales.post", SALE | {"lines": [free, dear]})

    text = _shown(cafe, width=60).text

    assert "Sans oignons" not in text
    assert "/*/* Caché ?" in text
    assert "Nombre de lignes : 2 (dont 1 gratuites, non imprimées)" in text


def test_a_shop_without_an_address_of_its_own_uses_the_server_s_and_nobody_who_asks_names_one(cafe: Shop) -> None:
    no = cafe.do("sales.post", SALE | {"receipt": True}).records[0].no
    query = FEATURES.decode_query("printing.receipt", {"no": no})
    reader = cafe.engine.reader()
    without = reader.ask(query, till=1, operator=1).document

    reader.surroundings = Surroundings(public_url="https://serveur.example.fr")
    document = reader.ask(query, till=1, operator=1).document

    (code,) = _codes(document)
    assert [] == _codes(without)
    assert code.startswith("https://serveur.example.fr/proof/")
    with pytest.raises(Refusal, match=r"kernel\.bad_request"):
        cafe.ask("printing.receipt", {"no": no, "public_url": "https://x.fr"})


def test_the_shop_s_own_address_goes_before_the_server_s(cafe: Shop) -> None:
    cafe.configure("settings", 1, SHOP | {"public_address": "https://caisse.example.fr"})
    no = cafe.do("sales.post", SALE | {"receipt": True}).records[0].no

    reader = cafe.engine.reader()
    reader.surroundings = Surroundings(public_url="https://x.fr")
    shown = reader.ask(FEATURES.decode_query("printing.receipt", {"no": no}))

    (code,) = _codes(shown.document)
    assert code.startswith("https://caisse.example.fr/proof/")


def test_rules_stand_under_their_lines_or_the_subtotal_with_what_was_saved(cafe: Shop) -> None:
    offer = {"title": "Le 2e à -50 %", "type": "nth_percent", "quantity": 2, "percent": "-50", "products": [1]}
    cafe.configure("offers", 1, offer)
    cafe.configure("line-rules", 1, {"title": "Happy hour", "amount": "-0.10", "products": [1]})
    cafe.configure("settings", 1, SHOP | {"receipt": {"saved": True}})
    cafe.do("sales.post", {"lines": [{"product": 1, "quantity": 4}], "payments": [{"mode": 2}]})
    lines = [" ".join(line.split()) for line in _shown(cafe).text.splitlines()]
    ticket = cafe.ask("sales.ticket", {"no": 1}).ticket

    assert [step.l for step in ticket.disc] == ["Happy hour", "Le 2e à -50 %"]
    assert any(line.startswith("Happy hour -0,40") for line in lines)
    assert any(line.startswith("2 x Le 2e à -50 % -") for line in lines)
    saved = -sum(step.granted for step in ticket.disc)
    assert any(line.startswith(f"Vous avez économisé {saved // 100},{saved % 100:02}") for line in lines)


def test_what_was_saved_is_told_only_if_the_shop_wants(cafe: Shop) -> None:
    cafe.configure("line-rules", 1, {"title": "Happy hour", "percent": "-10", "products": [1]})
    cafe.do("sales.post", SALE)

    assert "économisé" not in _shown(cafe).text
