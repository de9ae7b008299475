"""What a sealed ticket says of the basket that it came from, and how two tickets are compared."""

from typing import Any

import msgspec
import pytest
from shop_harness import Shop

from engine.kernel.world import World, join_position
from engine.sales import replay_ticket
from engine.sales.records import Posted
from engine.sales.replay_ticket import (
    DIFFERENCES_MAX,
    DIFFERENT,
    SAME,
    UNKNOWN,
    NotEnough,
    basket_of,
    plain_records,
    replay_refund,
    replay_sale,
)

LATER_FIELDS = ("k", "n", "u", "g")


@pytest.fixture
def sold(open_bar: Shop) -> Any:
    """Sells a basket and gives (the sealed ticket, its record as plain values, the world now)."""

    def sell(body: dict[str, Any]) -> tuple[Posted, dict[str, Any], World]:
        answer = open_bar.do("sales.post", {"payments": [{"mode": 2}], **body})
        reader = open_bar.engine.reader()
        plain = plain_records(reader.entry(answer.gen, answer.seq).data)[0]
        return answer.records[0], plain, _world(open_bar, answer)

    return sell


def _world(shop: Shop, answer: Any) -> World:
    """The shop as committed, as a ticket's replay may see it; open until the shop goes."""
    world: World = shop.engine.reader().look(lambda found: found)
    txn = shop.engine.store.read()
    world.rows.txn = txn
    world.actor = msgspec.structs.replace(world.actor, till=1)
    world.rights_settled = True
    return world


def test_a_basket_is_the_one_that_was_asked_for(sold: Any) -> None:
    body = {
        "lines": [
            {"product": 1, "quantity": "2", "note": "serré"},
            {"product": 2, "quantity": "1", "price": "1.8"},
            {"department": 2, "quantity": "1.5", "price": "4", "label": "Buffet"},
            {"quantity": "1", "price": "0.9", "label": "Vente libre", "discount": {"percent": "-10", "label": "Geste"}},
        ],
        "discounts": [
            {"id": 1, "lines": [1, 2]},
            {"amount": -5, "lines": [], "label": "Arrondi"},
            {"fixed": 800, "lines": [], "label": "Forfait"},
        ],
        "mode": 2,
        "note": "terrasse",
        "receipt": True,
    }
    _, plain, world = sold(body)

    assert body == basket_of(plain, world).body


def test_it_comes_out_the_same(sold: Any) -> None:
    ticket, plain, world = sold({"lines": [{"product": 3, "quantity": 3}], "discounts": [{"percent": "-7"}]})

    again = replay_sale(ticket, plain, world)

    assert (SAME, ticket.total, ()) == (again.verdict, again.total, again.differences)
    assert ticket == again.now


def test_each_difference_is_told_by_its_place(sold: Any) -> None:
    ticket, plain, world = sold({"lines": [{"product": 3}, {"product": 2}]})
    plain["lines"][0]["a"] += 1
    plain["rates"][0]["v"] -= 1

    again = replay_sale(ticket, plain, world)

    line = plain["lines"][0]
    assert DIFFERENT == again.verdict
    assert [(f"lines[{line['id']}].a", line["a"], line["a"] - 1), ("rates[0].v", plain["rates"][0]["v"])] == [
        (one.at, one.sealed, one.now) if one.at.endswith(".a") else (one.at, one.sealed) for one in again.differences
    ]


def test_what_one_ticket_tells_is_bounded(sold: Any) -> None:
    ticket, plain, world = sold({"lines": [{"product": 3}] * 30})
    for line in plain["lines"]:
        line["a"] += 1

    again = replay_sale(ticket, plain, world)

    assert DIFFERENCES_MAX == len(again.differences)


def test_a_line_that_is_gone_is_a_difference(sold: Any) -> None:
    ticket, plain, world = sold({"lines": [{"product": 3}, {"product": 2}]})
    plain["lines"] = [line for line in plain["lines"] if line["id"] == 1]

    again = replay_sale(ticket, plain, world)

    assert DIFFERENT == again.verdict


def _old(plain: dict[str, Any]) -> dict[str, Any]:
    """The ticket as it was sealed before what operators type was."""
    for step in plain["disc"]:
        for name in LATER_FIELDS:
            step.pop(name)
    for name in ("wo", "srch", "auto", "cust", "table", "covers", "zone"):
        plain.pop(name)
    return plain


def test_an_old_ticket_is_compared_in_what_it_has(sold: Any) -> None:
    ticket, plain, world = sold({"lines": [{"product": 3}, {"product": 2}], "discounts": [{"id": 1, "lines": [1]}]})

    again = replay_sale(ticket, _old(plain), world)

    assert (SAME, ticket.total) == (again.verdict, again.total)


def test_an_old_ticket_with_a_configured_line_discount_finds_its_line(sold: Any) -> None:
    ticket, plain, world = sold({"lines": [{"product": 3}, {"product": 2, "discount": {"id": 1}}]})

    assert SAME == replay_sale(ticket, _old(plain), world).verdict


def test_an_old_ticket_with_a_typed_discount_is_unknown_and_says_so(sold: Any) -> None:
    ticket, plain, world = sold({"lines": [{"product": 3}], "discounts": [{"percent": "-7", "label": "Ami"}]})

    again = replay_sale(ticket, _old(plain), world)

    assert (UNKNOWN, None) == (again.verdict, again.total)
    assert "'Ami'" in again.why


def test_an_old_ticket_that_was_guessed_wrong_is_unknown_and_never_different(sold: Any) -> None:
    ticket, plain, world = sold({"lines": [{"product": 3}, {"product": 2}], "discounts": [{"id": 1}]})
    plain["total"] += 1

    again = replay_sale(ticket, _old(plain), world)

    assert UNKNOWN == again.verdict


def test_a_sale_that_is_refused_now_is_different(sold: Any, open_bar: Shop) -> None:
    ticket, plain, world = sold({"lines": [{"product": 3}]})
    plain["lines"][0]["p"] = 99

    again = replay_sale(ticket, plain, world)

    assert DIFFERENT == again.verdict
    assert "sales.unknown_product" in again.differences[0].now


def test_lines_with_a_gap_are_no_basket(sold: Any) -> None:
    _, plain, world = sold({"lines": [{"product": 3}, {"product": 2}]})
    plain["lines"] = plain["lines"][:1]
    plain["lines"][0]["id"] = 2

    with pytest.raises(NotEnough, match="numbered"):
        basket_of(plain, world)


def test_choices_of_one_menu_fall_apart_again() -> None:
    step = {"k": "menus", "id": 4, "n": 2, "l": "Menu"}

    choices = replay_ticket._choices(step, {"at": 0, "lines": [1, 2, 4, 3]})

    assert [{"menu": 4, "lines": [1, 2]}, {"menu": 4, "lines": [4, 3]}] == choices
    with pytest.raises(NotEnough, match="do not fall"):
        replay_ticket._choices(step, {"at": 0, "lines": [1, 2, 3]})


def test_a_refund_comes_out_of_its_sale_and_what_went_back_before(open_bar: Shop) -> None:
    sale = open_bar.do("sales.post", {"lines": [{"product": 1, "quantity": 3}], "payments": [{"mode": 2}]}).records[0]
    backs = [open_bar.do("sales.refund", {"no": sale.no, "lines": [{"line": 1, "quantity": 1}]}) for _ in range(3)]
    reader = open_bar.engine.reader()

    verdicts = []
    for answer in backs:
        world = _world(open_bar, answer)
        plain = plain_records(reader.entry(answer.gen, answer.seq).data)[0]
        position = join_position(answer.gen, answer.seq)
        verdicts.append(replay_refund(answer.records[0], plain, position, world, world).verdict)

    assert [SAME] * 3 == verdicts
