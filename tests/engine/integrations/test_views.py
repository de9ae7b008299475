"""What the outbox is handed: bodies in both formats, stable ids, pages, and nobody else may ask."""

import json
from typing import Any

import pytest

from engine.kernel.errors import Refusal

MIXED = {
    "lines": [{"product": 1, "quantity": "2", "note": "sans sucre"}, {"department": 2, "price": "12.50"}],
    "discounts": [{"id": 1}],
    "mode": 2,
    "payments": [{"mode": 2}],
}
URL = "https://caisse.example.com"


def bodies(hooked: Any, **asked: Any) -> list[dict[str, Any]]:
    """The bodies that wait."""
    return [json.loads(delivery.body) for delivery in hooked.jobs(**asked).deliveries]


def test_the_reference_format_has_every_field_that_the_reference_names(hooked: Any) -> None:
    hooked.put(format="reference")
    answer = hooked.shop.do("sales.post", MIXED)

    validated, terminated = bodies(hooked, public_url=URL)

    names = "type orderID orderInternalID creationDate validationDate valueDate price clientID client cashBoxID"
    names += " deliveryMethod PDFinvoice items VATs VAT isRefund signatureVerificationURL"
    assert names.split() == list(validated)
    assert ("validated", "terminated") == (validated["type"], terminated["type"])
    assert (1, 1 << 48 | answer.seq) == (validated["orderID"], validated["orderInternalID"])
    assert ("13.95", 1, 2, False) == tuple(
        validated[name] for name in ("price", "cashBoxID", "deliveryMethod", "isRefund")
    )
    proof_path = hooked.shop.ask("sales.ticket", {"seq": answer.seq}).proof_path
    assert f"{URL}{proof_path}" == validated["signatureVerificationURL"]


def test_the_reference_format_lists_items_and_rates_that_add_up(hooked: Any) -> None:
    hooked.put(format="reference")
    hooked.shop.do("sales.post", MIXED)

    body = bodies(hooked)[0]

    assert ["2.70", "11.25"] == [item["price"] for item in body["items"]]
    assert ("Café", "2", "sans sucre") == tuple(body["items"][0][name] for name in ("title", "quantity", "comment"))
    assert [("10", "13.95")] == [(rate["rate"], rate["price"]) for rate in body["VATs"]]
    assert body["VAT"] == body["VATs"][0]["amount"] == "1.27"
    assert body["signatureVerificationURL"] is None


def test_a_refund_is_marked_as_one_in_both_formats(hooked: Any) -> None:
    hooked.shop.do("sales.post", MIXED)
    hooked.hears()
    hooked.shop.do("sales.refund", {"no": 1})

    standard = bodies(hooked)[0]
    hooked.put(format="reference")
    reference = bodies(hooked)[0]

    assert (True, "-13.95") == (reference["isRefund"], reference["price"])
    assert (True, -1395) == (standard["data"]["is_refund"], standard["data"]["ticket"]["total"])


def test_the_standard_format_holds_the_sealed_ticket_and_both_numbers(hooked: Any) -> None:
    answer = hooked.shop.do("sales.post", MIXED)

    body = bodies(hooked, public_url=URL)[0]

    data = body["data"]
    assert ["type", "timestamp", "data"] == list(body)
    assert ("validated", 1, 1 << 48 | answer.seq) == (body["type"], data["fiscal_number"], data["order_id"])
    proof_path = hooked.shop.ask("sales.ticket", {"seq": answer.seq}).proof_path
    assert (answer.leaf, f"{URL}{proof_path}") == (data["leaf"], data["proof_url"])
    assert (1395, [1, 2]) == (data["ticket"]["total"], [line["id"] for line in data["ticket"]["lines"]])


def test_a_later_payment_tells_the_ticket_it_ends_under_the_same_subject(hooked: Any) -> None:
    hooked.shop.do("sales.post", MIXED | {"payments": [], "unpaid": True})
    hooked.shop.do("sales.pay", {"no": 1, "payments": [{"mode": 2}]})

    first, second = hooked.jobs().deliveries

    assert first.subject == second.subject == "ticket:0:1"
    assert first.position < second.position
    assert [1395, 0] == [json.loads(one.body)["data"]["due"] for one in (first, second)]


def test_a_refund_has_the_subject_of_its_sale(hooked: Any) -> None:
    hooked.shop.do("sales.post", MIXED)
    hooked.shop.do("sales.refund", {"no": 1})

    assert {"ticket:0:1"} == {delivery.subject for delivery in hooked.jobs().deliveries}


def test_tills_are_told_as_the_reference_does(hooked: Any) -> None:
    hooked.put(format="reference")
    hooked.shop.do("cash.open", {"float_in": 0}, till=2)
    hooked.shop.do("sales.post", MIXED | {"payments": [{"mode": 1}]}, till=2)
    hooked.shop.do("cash.close", {"counted": [{"mode": 1, "amount": 1395}], "float_out": 0}, till=2)

    opened, _, _, closed = bodies(hooked, public_url=URL)

    assert {"type": "cashBox_open"} == opened
    assert ["type", "Total", "opened", "closed", "signatureVerificationURL"] == list(closed)
    assert ("cashBox_close", "13.95") == (closed["type"], closed["Total"])
    assert opened != closed["opened"] <= closed["closed"]


def test_tills_and_rows_in_the_standard_format(hooked: Any) -> None:
    hooked.shop.do("cash.open", {"float_in": 700}, till=2)
    hooked.shop.do("products.remove", {"id": 4}, till=0, operator=0)

    till, row = bodies(hooked)

    assert ("cashBox_open", 2, 700) == (till["type"], till["data"]["till"], till["data"]["record"]["float_in"])
    assert {"kind": "products", "id": 4, "removed": True}.items() <= row["data"].items()


def test_a_body_is_the_same_whenever_it_is_asked_for(hooked: Any) -> None:
    hooked.shop.do("sales.post", MIXED | {"payments": [], "unpaid": True})
    hooked.shop.configure("products", 9, {"title": "Thé", "price": "2", "department": 1})
    before = [(delivery.id, delivery.body) for delivery in hooked.jobs().deliveries]
    hooked.shop.do("sales.pay", {"no": 1, "payments": [{"mode": 2}]})
    hooked.shop.do("sales.refund", {"no": 1})
    hooked.shop.do("products.remove", {"id": 9}, till=0, operator=0)

    after = [(delivery.id, delivery.body) for delivery in hooked.jobs().deliveries]

    assert before == after[: len(before)]
    assert len({id for id, _ in after}) == len(after)


def test_pages_follow_each_other_without_gap_or_repetition(hooked: Any) -> None:
    for _ in range(5):
        hooked.shop.do("sales.post", MIXED)
    whole = [delivery.id for delivery in hooked.jobs().deliveries]
    paged: list[str] = []
    place: dict[str, int] = {}
    more = True
    while more:
        page = hooked.jobs(limit=3, **place)
        paged += [delivery.id for delivery in page.deliveries]
        place, more = {"position": page.position, "number": page.number}, page.more

    assert 10 == len(whole)
    assert whole == paged


def test_an_id_names_the_shop_so_that_two_shops_never_share_one(hooked: Any) -> None:
    answer = hooked.shop.do("sales.post", MIXED)

    assert f"msg_{hooked.shop.engine.shop}_1_{answer.seq}_0" == hooked.jobs().deliveries[0].id


@pytest.mark.parametrize("query", ["integrations.hooks", "integrations.jobs"])
def test_nobody_but_the_outbox_is_shown_secrets_and_jobs(hooked: Any, query: str) -> None:
    body = {"hook": 1, "position": 0} if query.endswith("jobs") else {}

    with pytest.raises(Refusal) as error:
        hooked.shop.ask(query, body, till=0, operator=1)

    assert "integrations.outbox_only" == error.value.code


def test_an_unknown_endpoint_has_no_status(hooked: Any) -> None:
    with pytest.raises(Refusal) as error:
        hooked.shop.ask("integrations.status", {"id": 9})

    assert "integrations.unknown_webhook" == error.value.code
