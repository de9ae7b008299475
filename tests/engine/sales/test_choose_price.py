"""Phase 0 at the till: which price a sale takes, and what the ticket says of it."""

import datetime

import pytest
from shop_harness import START_MS, Shop

HOUR_MS = 3_600_000


def line_of(shop: Shop, body: dict[str, object]) -> tuple[int, int | None]:
    """(unit price in 1/10 000, price row) of the first line of a sale, now."""
    ticket = shop.do("sales.post", {"payments": [{"mode": 2}], **body}).records[0]
    line = next(line for line in ticket.lines if line.id == 1)
    return line.u, dict(ticket.pr).get(1)


@pytest.fixture
def listed(open_bar: Shop) -> Shop:
    """Coffee (1.50) with a price for each level of phase 0; customer 1 has a contract, group 2 another."""
    open_bar.configure("customer-groups", 2, {"title": "Écoles"})
    open_bar.configure("customers", 1, {"title": "Mairie"})
    open_bar.configure("customers", 2, {"title": "Lycée", "group": 2})
    rows = {
        11: {"price": "0.70", "customer": 1},
        12: {"price": "0.80", "group": 2},
        13: {"price": "1.00", "from_minute": 17 * 60, "until_minute": 19 * 60, "title": "Happy hour"},
        14: {"price": "0.90", "from_minute": 18 * 60, "until_minute": 19 * 60, "weekdays": [6]},
        15: {"price": "1.20", "from_quantity": 5},
        16: {"price": "1.10", "from_quantity": 10},
        17: {"price": "1.40", "mode": 2},
    }
    for id, row in rows.items():
        open_bar.configure("prices", id, {"product": 1, **row})
    return open_bar


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"lines": [{"product": 1}]}, (15_000, None)),
        ({"lines": [{"product": 1}], "mode": 2}, (14_000, 17)),
        ({"lines": [{"product": 1, "quantity": 5}], "mode": 2}, (12_000, 15)),
        ({"lines": [{"product": 1, "quantity": 4}, {"product": 1, "note": "sans sucre"}]}, (12_000, 15)),
        ({"lines": [{"product": 1, "quantity": 10}]}, (11_000, 16)),
        ({"lines": [{"product": 1, "quantity": 10}], "customer": 1}, (7_000, 11)),
        ({"lines": [{"product": 1}], "customer": 2}, (8_000, 12)),
        ({"lines": [{"product": 1, "price": "3", "quantity": 10}], "customer": 1}, (30_000, None)),
        ({"lines": [{"product": 2, "quantity": 10}], "customer": 1, "mode": 2}, (20_000, None)),
    ],
)
def test_the_first_level_that_holds_gives_the_price(
    body: dict[str, object], expected: tuple[int, int | None], listed: Shop
) -> None:
    assert line_of(listed, body) == expected


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(4.99, (15_000, None)), (5, (10_000, 13)), (6, (9_000, 14)), (7, (15_000, None)), (24 + 6, (10_000, 13))],
)
def test_happy_hour_goes_by_the_shops_clock(hours: float, expected: tuple[int, int | None], listed: Shop) -> None:
    """It is Saturday noon in Paris at first."""
    listed.clock.advance(int(hours * HOUR_MS))

    assert line_of(listed, {"lines": [{"product": 1}]}) == expected


def test_a_price_is_shown_as_of_now_however_long_nobody_sold(listed: Shop) -> None:
    listed.do("sales.post", {"lines": [{"product": 2}], "payments": [{"mode": 2}]})
    listed.clock.advance(5 * HOUR_MS)

    shown = listed.ask("sales.price", {"lines": [{"product": 1}]})

    assert shown.lines[0].u == 10_000


def test_the_weekday_of_a_night_is_that_of_its_business_day(open_bar: Shop) -> None:
    """Saturday night ends on Sunday at five, where the shop's day begins then."""
    settings = {"name": "Bar du Port", "default_vat": 1, "day_starts_minute": 300}
    open_bar.configure("settings", 1, settings)
    row = {"product": 1, "price": "1", "weekdays": [6], "from_minute": 22 * 60, "until_minute": 2 * 60}
    open_bar.configure("prices", 1, row)
    prices = {}
    for hours in (9, 10, 13, 14, 34, 37):  # from 12:00 on Saturday
        open_bar.clock.advance(START_MS + hours * HOUR_MS - open_bar.clock.wall_ms())
        prices[hours] = line_of(open_bar, {"lines": [{"product": 1}]})[0]

    assert prices == {9: 15_000, 10: 10_000, 13: 10_000, 14: 15_000, 34: 15_000, 37: 15_000}
    assert datetime.datetime.fromtimestamp(START_MS / 1000, datetime.UTC).isoweekday() == 6


def test_a_new_price_row_holds_from_the_next_sale_and_makes_a_new_book(listed: Shop) -> None:
    before = listed.ask("sales.price", {"lines": [{"product": 1}], "mode": 2})
    listed.configure("prices", 18, {"product": 1, "price": "1.30", "mode": 2})
    after = listed.ask("sales.price", {"lines": [{"product": 1}], "mode": 2})

    assert (before.total, after.total) == (140, 130)
    assert after.book > before.book


def test_a_price_from_a_list_is_sealed_with_its_row_and_a_refund_keeps_it(listed: Shop) -> None:
    sold = listed.do("sales.post", {"lines": [{"product": 1}], "mode": 2, "payments": [{"mode": 1}]}).records[0]
    back = listed.do("sales.refund", {"no": sold.no}).records[0]

    assert (sold.pr, sold.lines[0].u, sold.total) == (((1, 17),), 14_000, 140)
    assert (back.pr, back.total) == (((1, 17),), -140)


def test_a_price_row_prices_what_has_no_price_of_its_own(listed: Shop) -> None:
    listed.configure("products", 9, {"title": "Arrivage", "department": 1})
    refused = listed.refused("sales.post", {"lines": [{"product": 9}], "mode": 2, "payments": [{"mode": 1}]})
    listed.configure("prices", 20, {"product": 9, "price": "4", "mode": 2})

    assert refused.code == "sales.price_missing"
    assert line_of(listed, {"lines": [{"product": 9}], "mode": 2}) == (40_000, 20)


def test_a_typed_price_needs_its_right_where_a_list_gives_one(listed: Shop) -> None:
    listed.configure("products", 9, {"title": "Arrivage", "department": 1})
    listed.configure("prices", 20, {"product": 9, "price": "4", "mode": 2})
    body = {"lines": [{"product": 9, "price": "1"}], "mode": 2, "payments": [{"mode": 1}]}

    assert listed.refused("sales.post", body, operator=3).code == "kernel.not_allowed"
    assert listed.do("sales.post", body, operator=2).records[0].total == 100
