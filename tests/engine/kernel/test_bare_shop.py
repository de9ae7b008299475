"""Configuration in memory: rows put and folded, keys in order, rights settled."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.features import FEATURES
from engine.kernel.bare_shop import BareShop, MemoryTransaction, put_all
from engine.kernel.errors import Refusal
from engine.kernel.events import Event
from engine.kernel.messages import Actor
from engine.kernel.world import CURRENT, VERSIONS, World
from engine.staff.views import role_allows

RATE = b'{"title":"Normal","percent":"20"}'
KEYS = st.binary(min_size=1, max_size=3)


def row_of(shop: BareShop, kind: str) -> Any:
    """The live row 1 of a kind."""
    return shop.world.row(FEATURES.kinds[kind], 1)


def put_rate(shop: BareShop, percent: str, id: int = 1) -> None:
    """A VAT rate of that many percent."""
    shop.put(FEATURES.kinds["vat-rates"], id, msgspec.json.encode({"title": "Taux", "percent": percent}))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.booleans(), KEYS, st.binary(max_size=2)), max_size=30), KEYS, KEYS, st.booleans())
def test_a_scan_is_what_a_sorted_dict_says(
    steps: list[tuple[bool, bytes, bytes]], start: bytes, stop: bytes, reverse: bool
) -> None:
    txn = MemoryTransaction()
    model: dict[bytes, bytes] = {}
    for put, key, value in steps:
        if put:
            txn.put_many("rows", [(key, value)])
            model[key] = value
        else:
            txn.delete("rows", key)
            model.pop(key, None)
        list(txn.scan("rows", start, stop))

    found = list(txn.scan("rows", start, stop, reverse=reverse))

    wanted = sorted((key, value) for key, value in model.items() if start <= key < stop)
    assert (wanted[::-1] if reverse else wanted) == found
    assert all(model.get(key) == txn.get("rows", key) for _, key, _ in steps)
    assert [] == list(txn.scan("state", b"", b"\xff" * 4))


def test_a_row_that_is_replaced_leaves_one_version_behind() -> None:
    shop = BareShop(FEATURES)
    for percent in ("20", "10", "5.5"):
        put_rate(shop, percent)

    kind = FEATURES.kinds["vat-rates"]
    versions = list(shop.world.scan(VERSIONS, kind.code))
    assert "5.5" == row_of(shop, "vat-rates").percent
    assert [shop.world.version(kind, 1)] == [key[2] for key, _ in versions]
    assert shop.world.book == shop.world.configuration == shop.world.version(kind, 1)


def test_letting_go_of_what_is_ready_loses_no_row() -> None:
    shop = BareShop(FEATURES)
    put_rate(shop, "20")

    shop.rest()

    assert "20" == row_of(shop, "vat-rates").percent
    assert 1 == len(list(shop.world.scan(CURRENT, FEATURES.kinds["vat-rates"].code)))


def test_rights_are_settled_here_and_in_no_shop() -> None:
    shop = BareShop(FEATURES)
    shop.stand(0, till=3)

    assert World.rights_settled is False
    assert role_allows(shop.world, shop.world.actor, "sales.free_discount")
    shop.world.rights_settled = False
    assert not role_allows(shop.world, shop.world.actor, "sales.free_discount")
    shop.world.rights_settled = True
    assert not role_allows(shop.world, Actor(till=3, credential="nobody"), "sales.free_discount")


def test_it_stands_in_the_zone_and_day_that_it_is_told_else_in_the_shops() -> None:
    shop = BareShop(FEATURES)
    shop.stand(1_795_258_800_000, till=1)
    own = shop.world.day_text(), shop.world.zone

    shop.stand(1_795_258_800_000, till=1, day=739_942, zone="America/Martinique")

    assert ("2026-11-21", "Europe/Paris") == own
    assert ("2026-11-22", "America/Martinique") == (shop.world.day_text(), shop.world.zone)


def test_rows_are_put_behind_those_that_they_refer_to() -> None:
    shop = BareShop(FEATURES)
    rows = {
        "products": {2: b'{"title":"B","department":7}', 1: b'{"title":"A","price":"1","department":7}'},
        "departments": {7: b'{"title":"D","vat":1}'},
        "settings": {1: b'{"name":"S","default_vat":1,"currency":"CHF"}'},
        "vat-rates": {1: RATE},
    }

    put_all(shop, FEATURES.kinds, rows)

    assert "A" == row_of(shop, "products").title
    assert "CHF" == row_of(shop, "settings").currency


@pytest.mark.parametrize(
    ("rows", "code", "at"),
    [
        ({"departments": {7: b'{"title":"D","vat":1}'}}, "kernel.no_such_row", "book.departments[7].vat"),
        ({"vat-rates": {1: b'{"title":"N","percent":"200"}'}}, "catalogue.bad_percent", "book.vat-rates[1].percent"),
        ({"vat-rates": {1: b"7"}}, "kernel.bad_request", "book.vat-rates[1]"),
    ],
)
def test_a_row_that_is_refused_is_named(rows: dict[str, dict[int, bytes]], code: str, at: str) -> None:
    with pytest.raises(Refusal) as refused:
        put_all(BareShop(FEATURES), FEATURES.kinds, rows)

    assert (code, at) == (refused.value.code, refused.value.at)


def test_what_an_entry_says_besides_configuration_is_not_folded() -> None:
    shop = BareShop(FEATURES)
    put_rate(shop, "20")
    before = shop.world.configuration
    header: Any = SimpleNamespace(gen=1, seq=9)

    shop.fold(header, (Event(code=0, what="test", detail={}),))

    assert before == shop.world.configuration
