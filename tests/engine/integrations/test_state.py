"""Which events become jobs, and for whom."""

from typing import Any

from engine.features import FEATURES
from engine.kernel.refold import refold

CARD = {"lines": [{"product": 1}], "payments": [{"mode": 2}]}
UNPAID = {"lines": [{"product": 1, "quantity": 2}], "unpaid": True}


def test_a_paid_sale_is_told_twice(hooked: Any) -> None:
    hooked.shop.do("sales.post", CARD)

    assert ["validated", "terminated"] == hooked.events()


def test_a_sale_left_unpaid_is_terminated_by_the_payment_that_ends_it(hooked: Any) -> None:
    hooked.shop.do("sales.post", UNPAID)
    hooked.shop.do("sales.pay", {"no": 1, "payments": [{"mode": 2, "tendered": 100}]})
    before = hooked.events()

    hooked.shop.do("sales.pay", {"no": 1, "payments": [{"mode": 2}]})

    assert ["validated"] == before
    assert ["validated", "terminated"] == hooked.events()


def test_a_refund_is_told_as_a_ticket_of_its_own(hooked: Any) -> None:
    hooked.shop.do("sales.post", CARD)
    hooked.hears()

    hooked.shop.do("sales.refund", {"no": 1})

    assert ["validated", "terminated", "refunded"] == hooked.events()


def test_a_refund_that_takes_off_all_that_was_due_ends_its_sale(hooked: Any) -> None:
    hooked.shop.do("sales.post", UNPAID)
    hooked.hears()
    hooked.shop.do("sales.refund", {"no": 1, "lines": [{"line": 1, "quantity": 1}]})
    half = hooked.events()
    hooked.hears()

    hooked.shop.do("sales.refund", {"no": 1})

    assert ["validated", "terminated", "refunded"] == half
    assert ["validated", "terminated", "refunded", "terminated"] == hooked.events()


def test_tills_and_the_catalogue_are_told_of(hooked: Any) -> None:
    hooked.shop.do("cash.close", {"counted": [{"mode": 1, "amount": 10_000}], "float_out": 0})
    hooked.shop.configure("products", 9, {"title": "Thé", "price": "2", "department": 1})
    hooked.shop.do("products.remove", {"id": 9}, till=0, operator=0)

    assert ["cashBox_close", "changed", "changed"] == hooked.events()


def test_people_and_settings_are_nobody_elses_business(hooked: Any) -> None:
    hooked.shop.configure("operators", 9, {"alias": "op9", "role": "employee"})
    hooked.shop.configure("settings", 1, {"name": "Bar", "default_vat": 1})
    hooked.shop.configure("tills", 9, {"name": "Neuf"})

    assert [] == hooked.events()


def test_training_is_told_to_nobody(hooked: Any) -> None:
    hooked.shop.do("cash.open", {"float_in": 0, "training": True}, till=2)
    hooked.shop.do("sales.post", CARD, till=2)
    hooked.shop.do("sales.refund", {"no": 1}, till=2)
    hooked.shop.do("cash.close", {"float_out": 0}, till=2)

    assert [] == hooked.events()


def test_each_endpoint_hears_what_it_wants_and_only_while_it_is_active(hooked: Any) -> None:
    hooked.put(2, events=["refunded"])
    hooked.put(3, active=False)

    hooked.shop.do("sales.post", CARD)
    hooked.shop.do("sales.refund", {"no": 1})

    assert ["refunded"] == hooked.events(2)
    assert [] == hooked.events(3)


def test_a_new_endpoint_hears_neither_what_was_before_it_nor_what_its_predecessor_was_to_hear(
    hooked: Any,
) -> None:
    hooked.shop.do("sales.post", CARD)
    hooked.shop.do("webhooks.remove", {"id": 1}, till=0, operator=0)
    hooked.put(1, url="https://elsewhere.example.com/")
    later = hooked.shop.do("sales.post", CARD)

    found = hooked.jobs(position=0, number=0).deliveries

    assert {later.seq} == {delivery.position & (1 << 48) - 1 for delivery in found}


def test_without_endpoints_no_job_is_written(bar: Any) -> None:
    bar.do("cash.open", {"float_in": 0})
    bar.do("sales.post", CARD)

    with bar.engine.store.read() as txn:
        assert [] == list(txn.scan("outbox", b"", b"\xff" * 20))


def test_every_table_comes_back_byte_for_byte_from_the_entries(hooked: Any) -> None:
    shop = hooked.shop
    shop.do("sales.post", CARD)
    hooked.hears(1)
    shop.do("integrations.rotate_secret", {"id": 1, "secret": hooked.secrets[1]}, till=0, operator=0)
    shop.do("integrations.replay", {"id": 1, "seq": 5}, till=0, operator=0)
    hook, job = hooked.hook(), hooked.jobs().deliveries[0]
    failed = {"id": 1, "turn": hook.turn, "position": job.position, "number": job.number, "reason": "status"}
    shop.do("integrations.report_failed", failed | {"attempts": 9, "status": 500}, **hooked.outbox)

    outcome = refold(shop.engine.store, FEATURES, apply=False)

    assert () == outcome.differences
