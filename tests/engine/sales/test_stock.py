"""Selling what is counted: a capability of the test receives goods, tills sell them down to the floor."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from shop_harness import Shop

from engine.features import FEATURES
from engine.kernel.capability import Capability, CommandRow, FoldRow
from engine.kernel.joined import Joined
from engine.kernel.ledger import Posting
from engine.kernel.messages import Command, Record
from engine.kernel.world import Folding, World
from engine.sales.records import STOCK_ITEM, STOCK_OUTSIDE


class Receive(Command, frozen=True, kw_only=True, tag="goods.receive"):
    """Goods arrive."""

    product: int
    quantity: int


class Received(Record, frozen=True, kw_only=True, tag="goods.received"):
    """Goods arrived."""

    product: int
    quantity: int


def decide(command: Receive, world: World) -> tuple[Received]:
    return (Received(product=command.product, quantity=command.quantity),)


def fold(record: Received, folding: Folding) -> None:
    folding.post(Posting(STOCK_ITEM, record.product, record.quantity), Posting(STOCK_OUTSIDE, 0, -record.quantity))


GOODS = Capability(
    name="goods",
    commands=(CommandRow(type=Receive, decide=decide, permission="catalogue.write", example={}),),
    folds=(FoldRow(record=Received, fold=fold),),
)


@pytest.fixture
def stocked(tmp_path: Path) -> Iterator[Shop]:
    """Two open tills and three posters."""
    shop = Shop(tmp_path / "stocked", Joined((*FEATURES.capabilities, GOODS), FEATURES.hooks))
    shop.configure("vat-rates", 1, {"title": "Taux normal", "percent": "20"})
    shop.configure("settings", 1, {"name": "Boutique", "default_vat": 1})
    shop.configure("products", 5, {"title": "Affiche", "price": "3.00", "stock_tracked": True, "stock_blocks": True})
    shop.configure("payment-modes", 1, {"title": "Espèces", "type": "cash"})
    shop.configure("operators", 1, {"alias": "op1", "role": "admin"})
    for till in (1, 2):
        shop.configure("tills", till, {"name": f"Caisse {till}"})
        shop.do("cash.open", {"float_in": 0}, till=till)
    shop.do("goods.receive", {"product": 5, "quantity": 3_000})
    yield shop
    shop.close()


def sale(quantity: int) -> dict[str, object]:
    return {"lines": [{"product": 5, "quantity": quantity}], "payments": [{"mode": 1}]}


def test_of_two_tills_that_want_the_last_units_in_one_group_one_gets_them(stocked: Shop) -> None:
    """Complaint 40: no read-then-write, so nothing is sold twice, whatever the rush."""
    answers = stocked.engine.submit([stocked.envelope("sales.post", sale(2), till=till) for till in (1, 2)])

    assert [(answer.status, answer.code) for answer in answers] == [("done", ""), ("refused", "sales.out_of_stock")]
    assert answers[1].data == {"product": 5, "left": 1_000, "asked": 2_000}


def test_the_last_unit_can_be_sold_and_a_refund_puts_it_back(stocked: Shop) -> None:
    stocked.do("sales.post", sale(3))
    empty = stocked.refused("sales.post", sale(1))
    stocked.do("sales.refund", {"no": 1, "lines": [{"line": 1, "quantity": 1}]})
    again = stocked.do("sales.post", sale(1), till=2)

    assert empty.data["left"] == 0
    assert again.records[0].lines[0].s


def test_training_takes_nothing_out_of_stock(stocked: Shop) -> None:
    stocked.configure("tills", 3, {"name": "Caisse 3"})
    stocked.do("cash.open", {"float_in": 0, "training": True}, till=3)
    stocked.do("sales.post", sale(9), till=3)

    assert stocked.do("sales.post", sale(3)).status == "done"
