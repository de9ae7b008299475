"""Reports and orders as the reference asks for them."""

import csv
import io
from typing import Any

import pytest

DAY_MS = 86_400_000


@pytest.fixture
def sold(desk: Any) -> Any:
    """Two sales and a refund on Saturday 21 November 2026, one sale the day after."""
    desk.sale("1_2", payment=2, deliveryMethod=2)
    desk.sale("3", payment=-1, deliveryMethod=0)
    desk.shop.do("sales.refund", {"no": 1, "lines": [{"line": 1, "quantity": 1}]})
    desk.shop.clock.advance(DAY_MS)
    desk.sale("4", payment=1, deliveryMethod=0)
    return desk


def rows(reply: Any) -> list[dict[str, str]]:
    """The lines of a spreadsheet."""
    return list(csv.DictReader(io.StringIO(reply.body.decode(), newline=""), delimiter=";"))


def test_without_a_date_the_report_is_of_yesterday(sold: Any) -> None:
    report = rows(sold.call("getSales", formatExport="CSV"))

    assert ["1", "2", "3", "Total"] == [row["fiscal_number"] for row in report]
    assert ["3.00", "5.00", "-1.50", "6.50"] == [row["price"] for row in report]
    assert ["0", "0", "1"] == [row["isRefund"] for row in report[:3]]
    assert "5.00" == report[-1]["due"]


def test_the_tax_of_a_period_is_the_sum_of_its_tickets(sold: Any) -> None:
    report = rows(sold.call("getSales", formatExport="CSV", m=11, y=2026))

    taxes = [int(row["VAT"].replace(".", "")) for row in report]
    assert 5 == len(report)
    assert sum(taxes[:-1]) == taxes[-1]


@pytest.mark.parametrize(
    ("period", "count"),
    [
        ({"d": 21, "m": 11, "y": 2026}, 3),
        ({"d": 22}, 1),
        ({"m": 11, "y": 2026}, 4),
        ({"m": 11}, 4),
        ({"y": 2026}, 4),
        ({"y": 2025}, 0),
        ({"m": 12, "y": 2026}, 0),
    ],
)
def test_a_day_a_month_or_a_year(sold: Any, period: dict[str, int], count: int) -> None:
    assert count + 1 == len(rows(sold.call("getSales", formatExport="CSV", **period)))


def test_the_standard_report_is_a_page(sold: Any) -> None:
    reply = sold.call("getSales", formatExport="Std")

    assert "text/html; charset=utf-8" == reply.headers["Content-Type"]
    assert 5 == reply.body.decode().count("<tr>")


@pytest.mark.parametrize("format", ["PDF", "XLS", "frafec", "saft"])
def test_other_formats_say_that_they_are_not_there_yet(sold: Any, format: str) -> None:
    reply = sold.call("getSales", formatExport=format)

    assert (501, "legacy.not_yet") == (reply.status, reply.json["code"])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"formatExport": "DOC"}, "legacy.bad_format"),
        ({"d": 31, "m": 2, "y": 2026}, "legacy.bad_day"),
        ({"d": "x"}, "legacy.bad_number"),
        ({"y": 99999}, "legacy.bad_day"),
    ],
)
def test_a_period_or_format_that_is_none_is_refused(sold: Any, fields: dict[str, Any], code: str) -> None:
    assert code == sold.call("getSales", **fields).json["code"]


def test_orders_of_a_period_and_of_a_sales_mode(sold: Any) -> None:
    period = {"from_date_ISO8601": "2026-11-21T00:00:00Z", "to_date_ISO8601": "2026-11-21T23:59:59Z"}

    all_of_it = sold.call("getOrders", validatedOrders="true", **period).json
    inside = sold.call("getOrders", filterDeliveryMethod=2, **period).json
    today = sold.call("getOrders").json

    assert [3, 2, 1] == [order["fiscal_number"] for order in all_of_it]
    assert [True, False, True] == [order["terminated"] for order in all_of_it]
    assert [3, 1] == [order["fiscal_number"] for order in inside]
    assert [4] == [order["fiscal_number"] for order in today]


def test_the_instants_of_a_period_count_and_not_its_days(sold: Any) -> None:
    late = sold.call("getOrders", from_date_ISO8601="2026-11-21T12:00:01+01:00", to_date_ISO8601="2026-11-21T23:00:00Z")

    assert [] == late.json


def test_quotes_and_wrong_dates_and_endless_periods_are_refused(sold: Any) -> None:
    quotes = sold.call("getOrders", validatedOrders="false")
    wrong = sold.call("getOrders", from_date_ISO8601="hier")
    endless = sold.call("getOrders", from_date_ISO8601="1999-01-01T00:00:00Z")

    assert ["legacy.not_yet", "legacy.bad_day", "legacy.too_many"] == [
        one.json["code"] for one in (quotes, wrong, endless)
    ]


def test_one_order_with_lines_rates_and_every_payment(sold: Any) -> None:
    order = sold.call("getOrders", from_date_ISO8601="2026-11-21", to_date_ISO8601="2026-11-22").json[1]["orderID"]
    sold.call("editOrder", orderID=order, payment=2, paymentAmount="1.25")

    shown = sold.call("getOrder", order_id=order).json

    assert (order, 2, "5.00", "3.75", False) == tuple(
        shown[name] for name in ("orderID", "fiscal_number", "price", "due", "terminated")
    )
    assert [("Sandwich", "1", "5", "10")] == [
        (item["title"], item["quantity"], item["unitPrice"], item["vatRate"]) for item in shown["items"]
    ]
    assert [("10", "0.45")] == [(rate["rate"], rate["amount"]) for rate in shown["VATs"]]
    assert [("Carte", "1.25")] == [(leg["title"], leg["amount"]) for leg in shown["payments"]]


@pytest.mark.parametrize(
    ("order", "code"), [("", "legacy.no_order"), ("12", "kernel.bad_request"), (str(1 << 48), "sales.unknown_ticket")]
)
def test_an_order_that_is_none_is_refused(sold: Any, order: str, code: str) -> None:
    assert code == sold.call("getOrder", order_id=order).json["code"]


def test_a_shop_that_sold_nothing_has_an_empty_report(desk: Any) -> None:
    assert ["Total"] == [row["fiscal_number"] for row in rows(desk.call("getSales", formatExport="CSV"))]
    assert [] == desk.call("getOrders").json
