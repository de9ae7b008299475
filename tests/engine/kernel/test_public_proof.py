"""What a public address shows of an entry: everything with the salt's digits, its place alone without, nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shop_harness import Shop

from engine.features import FEATURES
from engine.kernel import public_proof
from engine.kernel.public_proof import parse_place

SALE = {"lines": [{"price": "1.50"}], "payments": [{"mode": 2}]}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop whose till is open."""
    made = Shop(tmp_path / "shop", FEATURES)
    made.configure("vat-rates", 1, {"title": "Taux normal", "percent": "20"})
    made.configure("settings", 1, {"name": "Chez nous", "default_vat": 1})
    made.configure("tills", 1, {"name": "Caisse 1"})
    made.configure("operators", 1, {"alias": "Responsable", "role": "admin"})
    made.configure("payment-modes", 2, {"title": "Carte", "type": "card"})
    made.do("cash.open", {"float_in": 0})
    yield made
    made.close()


def address(shop: Shop, answer: Any) -> tuple[bytes, str]:
    """(leaf, what the address says besides) of a ticket."""
    path = shop.ask("sales.ticket", {"seq": answer.seq}).proof_path
    leaf, _, place = path.removeprefix("/proof/").partition("?e=")
    return bytes.fromhex(leaf), place


def test_the_address_of_a_ticket_opens_the_bytes_that_were_sealed(shop: Shop) -> None:
    answer = shop.do("sales.post", SALE)

    shown = shop.engine.reader().public_proof(*address(shop, answer))

    assert shown is not None
    assert shown.data == shop.engine.reader().entry(1, answer.seq).data
    assert (1, answer.seq, answer.proof) == (shown.gen, shown.seq, shown.proof)
    assert 1 == len(shown.vkeys)


def test_a_leaf_alone_is_proven_to_be_there_and_nothing_of_it_is_shown(shop: Shop) -> None:
    answer = shop.do("sales.post", SALE)

    shown = shop.engine.reader().public_proof(bytes.fromhex(answer.leaf))

    assert shown is not None
    assert (answer.seq, None, answer.proof) == (shown.seq, shown.data, shown.proof)


def test_one_receipt_does_not_open_the_one_before_it(shop: Shop) -> None:
    before, answer = shop.do("sales.post", SALE), shop.do("sales.post", SALE)
    shown = shop.engine.reader().public_proof(*address(shop, answer))
    assert shown is not None
    assert shown.data is not None
    named = bytes.fromhex(json.loads(shown.data)["chain"][0]["prev"])
    _, place = address(shop, answer)

    opener = place.rpartition(".")[2]
    found = shop.engine.reader().public_proof(named, f"1.{before.seq}.{opener}")

    assert bytes.fromhex(before.leaf) == named
    assert found is None


@pytest.mark.parametrize(
    "place",
    [
        *["", "x", "1.{seq}", "1.{seq}.", "1.{seq}.0000000000000000", "1.{seq}.{opener}0", "1.{seq}.{opener}\n"],
        *["2.{seq}.{opener}", "1.99999.{opener}", "1.{before}.{opener}"],
        *["01.{seq}.{opener}", "1.0{seq}.{opener}", "1.-{seq}.{opener}"],
    ],
)
def test_what_is_not_quite_the_address_opens_nothing(shop: Shop, place: str) -> None:
    leaf, whole = address(shop, shop.do("sales.post", SALE))
    _, seq, opener = whole.split(".")

    given = place.format(seq=seq, opener=opener, before=int(seq) - 1)
    shown = shop.engine.reader().public_proof(leaf, given)

    assert shown is None or (given == "" and shown.data is None)


def test_a_leaf_is_found_in_every_tile_and_in_what_is_not_a_tile_yet(shop: Shop) -> None:
    answers = [shop.do("sales.post", SALE) for _ in range(600)]
    reader = shop.engine.reader()

    found = [reader.public_proof(bytes.fromhex(answer.leaf)) for answer in answers]

    assert [answer.seq for answer in answers] == [each.seq for each in found if each is not None]
    assert reader.public_proof(bytes(32)) is None


def test_the_search_has_an_end(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [shop.do("sales.post", SALE) for _ in range(600)]
    monkeypatch.setattr(public_proof, "SEARCH_TILES_MAX", 1)
    reader = shop.engine.reader()

    old, new = (reader.public_proof(bytes.fromhex(answer.leaf)) for answer in (answers[0], answers[-1]))

    assert old is None
    assert new is not None
    assert reader.public_proof(*address(shop, answers[0])) is not None


def test_half_a_hash_is_no_leaf(shop: Shop) -> None:
    answers = [shop.do("sales.post", SALE) for _ in range(300)]
    first, second = (bytes.fromhex(answer.leaf) for answer in answers[:2])

    assert shop.engine.reader().public_proof(first[16:] + second[:16]) is None


def test_a_place_has_one_spelling() -> None:
    assert (1, 0, "0123456789abcdef") == parse_place("1.0.0123456789abcdef")
    assert parse_place("1.٣.0123456789abcdef") is None


def test_the_public_keys_of_a_log_stand_in_the_order_of_their_versions(shop: Shop) -> None:
    first = shop.engine.reader().vkeys(1)
    shop.engine.rotate_key()

    assert first == shop.engine.reader().vkeys(1)[:1]
    assert 2 == len(shop.engine.reader().vkeys(1))
    assert () == shop.engine.reader().vkeys(2)
