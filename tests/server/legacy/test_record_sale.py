"""Recording and paying a sale, as the reference's software does, on a real engine."""

from typing import Any

import pytest


def test_the_example_of_the_reference_without_its_client_is_recorded_unpaid(desk: Any) -> None:
    reply = desk.sale("3_2_Pizza 4 fromages_14.50_1002", "-2_9.99_Vente libre", payment=-1, deliveryMethod=0, idUser=1)

    ticket = desk.ticket(reply.json["orderID"])
    assert 200 == reply.status
    assert ("OK", True, 1) == tuple(reply.json[name] for name in ("result", "success", "fiscal_number"))
    assert (4399, 4399, 0) == (ticket.total, ticket.due, ticket.mode)
    assert [("Sandwich", "Pizza 4 fromages", 3400), ("Vente libre", None, 999)] == [
        (line.l, line.n, line.a) for line in ticket.lines
    ]
    assert reply.json["invoice"].startswith("https://caisse.example.com/proof/")
    assert reply.json["paymentLink"] is None


def test_a_sale_paid_by_a_mode_is_paid_in_full(desk: Any) -> None:
    reply = desk.sale("1", "4_3", "Free_0.80_Divers", payment=2, deliveryMethod=2)

    ticket = desk.ticket(reply.json["orderID"])
    assert (590, 0, 2) == (ticket.total, ticket.due, ticket.mode)
    assert [(2, 590)] == [(leg.mode, leg.counted) for leg in ticket.legs]
    assert "paymentLink" not in reply.json


def test_on_site_the_rate_is_the_one_for_eating_in(desk: Any) -> None:
    away = desk.ticket(desk.sale("1", payment=2, deliveryMethod=0).json["orderID"])
    inside = desk.ticket(desk.sale("1", payment=2, deliveryMethod=2).json["orderID"])

    assert [20_000, 10_000] == [ticket.rates[0].r for ticket in (away, inside)]


def test_a_part_may_be_paid_and_the_rest_stays_due(desk: Any) -> None:
    reply = desk.sale("3", payment=2, paymentAmount="2,50")

    ticket = desk.ticket(reply.json["orderID"])
    assert (500, 250, 250) == (ticket.total, ticket.due, ticket.legs[0].counted)
    assert "paymentLink" in reply.json


def test_cash_beyond_the_total_is_given_back(desk: Any) -> None:
    ticket = desk.ticket(desk.sale("3", payment=1, paymentAmount="20").json["orderID"])

    assert (2000, 500, 1500) == (ticket.legs[0].tendered, ticket.legs[0].counted, ticket.legs[0].change)


def test_the_public_comment_stands_on_the_ticket(desk: Any) -> None:
    ticket = desk.ticket(desk.sale("1", payment=2, publicComment="Sonner 2 fois").json["orderID"])

    assert "Sonner 2 fois" == ticket.note


def test_everything_may_stand_in_the_address_under_either_name_of_the_shop(desk: Any) -> None:
    old = desk.sale("1", payment=2)
    new = desk.sale("1", payment=2, idboutique=None, shopID="4711")
    both = desk.sale("1", payment=2, shopID="4711")
    torn = desk.sale("1", payment=2, shopID="4712")

    assert [True, True, True, False] == [reply.json["success"] for reply in (old, new, both, torn)]


@pytest.mark.parametrize("fields", [{"payment": -2}, {}])
def test_a_quote_which_is_also_the_default_is_not_there_yet(desk: Any, fields: dict[str, Any]) -> None:
    reply = desk.sale("1", **fields)

    assert (501, "legacy.not_yet", False) == (reply.status, reply.json["code"], reply.json["success"])
    assert reply.json["result"] == reply.json["errorMessage"] != "OK"


@pytest.mark.parametrize("name", ["idClient", "idtable", "numcouverts", "privateComment", "pagerNum", "dateValeur"])
def test_a_field_that_stands_on_something_missing_is_named_and_nothing_is_recorded(desk: Any, name: str) -> None:
    before = desk.shop.engine.position
    reply = desk.sale("1", payment=2, **{name: "7"})
    empty = desk.sale("1", payment=2, **{name: "0"})

    assert (501, "legacy.not_yet") == (reply.status, reply.json["code"])
    assert name in reply.json["result"]
    assert (200, before[1] + 1) == (empty.status, desk.shop.engine.position[1])


def test_a_new_client_is_not_dropped_silently(desk: Any) -> None:
    reply = desk.call("webapp", ("itemsList[]", "1"), ("client[nom]", "Durand"), payment=2)

    assert (501, "client") == (reply.status, reply.json["result"].split("(")[1].split(")")[0])


@pytest.mark.parametrize(
    ("items", "fields", "words"),
    [
        (["99"], {"payment": 2}, "sales.unknown_product"),
        (["-9_1_x"], {"payment": 2}, "sales.unknown_department"),
        (["1"], {"payment": 77}, "payments.no_mode"),
        (["1_-1"], {"payment": 2}, "sales.bad_quantity"),
        (["3_1___9"], {"payment": 2}, "lines[0].options"),
        ([], {"payment": 2}, "itemsList[]"),
        (["1"], {"payment": 0}, "payment"),
        (["1"], {"payment": "carte"}, "payment"),
        (["1"], {"payment": 2, "deliveryMethod": 7}, "deliveryMethod"),
        (["1"], {"payment": 2, "paymentAmount": "0.001"}, "paymentAmount"),
        (["1"], {"payment": 2, "paymentAmount": "100"}, "payments.excess"),
    ],
)
def test_what_the_shop_declines_is_said_in_the_shape_of_the_reference(
    desk: Any, items: list[str], fields: dict[str, Any], words: str
) -> None:
    before = desk.shop.engine.position
    reply = desk.sale(*items, **fields)

    assert (200, False) == (reply.status, reply.json["success"])
    assert words in reply.json["result"]
    assert before == desk.shop.engine.position


def test_a_closed_till_cannot_record(desk: Any) -> None:
    reply = desk.sale("1", payment=2, idcaisse=2)

    assert "cash.till_closed" == reply.json["code"]


def test_a_key_acts_at_its_tills_and_for_its_operator_only(desk: Any) -> None:
    replies = [desk.sale("1", payment=2, idcaisse=3), desk.sale("1", payment=2, idUser=2)]

    assert ["legacy.not_its_till"] * 2 == [reply.json["code"] for reply in replies]


def test_the_same_idempotency_key_records_one_order_however_often_it_is_sent(desk: Any) -> None:
    replies = [desk.sale("1", payment=2, idempotencyKey="commande-7") for _ in range(3)]
    other = desk.sale("1_2", payment=2, idempotencyKey="commande-7")
    free = [desk.sale("1", payment=2) for _ in range(2)]

    assert 1 == len({reply.body for reply in replies})
    assert (409, "kernel.id_reused") == (other.status, other.json["code"])
    assert 2 == len({reply.json["orderID"] for reply in free})


def test_a_sealed_order_is_paid_by_edit_order(desk: Any) -> None:
    order = desk.sale("3", payment=-1).json["orderID"]

    part = desk.call("editOrder", orderID=order, payment=2, paymentAmount="2")
    rest = desk.call("editOrder", orderID=order, payment=1)
    over = desk.call("editOrder", orderID=order, payment=1)

    assert [True, True] == [part.json["success"], rest.json["success"]]
    assert ("paymentLink" in part.json, "paymentLink" in rest.json) == (True, False)
    assert order == rest.json["orderID"]
    assert (False, "sales.nothing_due") == (over.json["success"], over.json["code"])


def test_validating_what_is_validated_says_how_it_stands(desk: Any) -> None:
    order = desk.sale("3", payment=-1).json["orderID"]
    before = desk.shop.engine.position

    reply = desk.call("editOrder", orderID=order, payment=-1)

    assert (True, order, None) == tuple(reply.json[name] for name in ("success", "orderID", "paymentLink"))
    assert before == desk.shop.engine.position


@pytest.mark.parametrize(
    "pairs",
    [
        [("itemsList[]", "Free_12.99_Item")],
        [("idClient", "123")],
        [("client[nom]", "Durand")],
        [("deliveryMethod", "2")],
        [("publicComment", "autre")],
        [("idtable", "4")],
    ],
)
def test_the_content_of_a_sealed_order_never_changes(desk: Any, pairs: list[tuple[str, str]]) -> None:
    order = desk.sale("3", payment=-1).json["orderID"]
    before = desk.shop.engine.position

    reply = desk.call("editOrder", *pairs, orderID=order, payment=-1)

    assert (200, False, "legacy.sealed") == (reply.status, reply.json["success"], reply.json["code"])
    assert pairs[0][0].split("[")[0] in reply.json["result"]
    assert before == desk.shop.engine.position


def test_a_sealed_order_does_not_become_a_quote_again(desk: Any) -> None:
    order = desk.sale("3", payment=-1).json["orderID"]

    reply = desk.call("editOrder", orderID=order, payment=-2)

    assert "legacy.sealed" == reply.json["code"]


@pytest.mark.parametrize("order", ["", "123456", "-1", "17724460", str(1 << 48), str(2**53 - 1)])
def test_an_order_that_is_none_is_refused(desk: Any, order: str) -> None:
    reply = desk.call("editOrder", orderID=order, payment=2)

    assert (200, False) == (reply.status, reply.json["success"])
    assert "orderID" in reply.json["result"]
