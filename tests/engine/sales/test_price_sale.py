"""Pricing a basket without selling it."""

import msgspec
from shop_harness import Shop

LINES = [{"product": 1, "quantity": 2}, {"product": 3, "discount": {"id": 1}}]


def test_the_price_is_the_ticket_that_the_sale_would_seal(open_bar: Shop) -> None:
    """Complaint 26: what the till shows and what is sold come from one arithmetic."""
    body = {"lines": LINES, "discounts": [{"id": 2}], "payments": [{"mode": 1, "tendered": 1000}], "mode": 2}
    priced = open_bar.ask("sales.price", body)
    sold = open_bar.do("sales.post", body).records[0]

    assert msgspec.to_builtins(sold) | {"hints": ()} == msgspec.to_builtins(msgspec.structs.replace(priced, no=1))


def test_without_payments_the_whole_ticket_is_due_and_nothing_is_written(open_bar: Shop) -> None:
    before = open_bar.engine.position
    priced = open_bar.ask("sales.price", {"lines": LINES})

    assert (priced.total, priced.due, priced.legs) == (750, 750, ())
    assert before == open_bar.engine.position


def test_a_closed_till_can_price(bar: Shop) -> None:
    assert bar.ask("sales.price", {"lines": LINES}).total == 750


def test_the_order_of_entry_changes_no_amount(open_bar: Shop) -> None:
    """Complaint 32: the path of entry cannot matter."""
    lines = [{"product": 3}, {"product": 1, "quantity": 3}, {"price": "0.99"}, {"product": 4}]
    there, back = (
        open_bar.ask("sales.price", {"lines": order, "discounts": [{"id": 1}, {"id": 2}]})
        for order in (lines, lines[::-1])
    )

    assert there.rates == back.rates
    assert [(line.l, line.a, line.t) for line in there.lines] == [(line.l, line.a, line.t) for line in back.lines]
