"""The folds of tickets: small rows, runs of days, and the same bytes from the same records."""

from shop_harness import Shop

from engine.sales.state import COUNTERS, DAYS, LATER, TICKETS, due_account

DAY_MS = 86_400_000


def dump(shop: Shop) -> dict[str, list[tuple[bytes, bytes]]]:
    with shop.engine.reader().snapshot() as txn:
        return {db: list(txn.scan(db, b"", b"\xff")) for db in ("tickets", "rows", "state")}


def busy_day(shop: Shop) -> None:
    for till in (1, 2):
        shop.do("cash.open", {"float_in": 5_000}, till=till)
    for number in range(6):
        shop.do(
            "sales.post",
            {
                "lines": [{"product": 1 + number % 4, "quantity": 2}, {"price": "0.80"}],
                "payments": [{"mode": 1 + number % 2}],
            },
            till=1 + number % 2,
        )
    shop.do("sales.post", {"lines": [{"product": 3}], "unpaid": True}, till=2)
    shop.do("sales.pay", {"no": 7, "payments": [{"mode": 2}]}, till=1)
    shop.do("sales.refund", {"no": 2, "lines": [{"line": 1, "quantity": 1}]}, till=2)
    shop.do("sales.copy", {"no": 2}, till=2)


def test_the_same_records_make_the_same_tables_whether_the_engine_stopped_in_between_or_not(bar: Shop) -> None:
    busy_day(bar)
    before = dump(bar)
    bar.reopen()
    bar.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 1}]})
    after = dict(dump(bar)["rows"])

    assert all(after[key] == value for key, value in before["rows"] if key[:2] in (LATER.prefix, DAYS.prefix))
    assert len([key for key, _ in dump(bar)["tickets"] if key[:2] == TICKETS.prefix]) == 9


def test_a_plain_sale_makes_one_row_and_no_later_one(open_bar: Shop) -> None:
    open_bar.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 1}]})
    tables = dump(open_bar)
    tickets = [value for key, value in tables["tickets"] if key[:2] == TICKETS.prefix]

    assert len(tickets) == 1
    assert len(tickets[0]) < 48
    assert [key for key, _ in tables["rows"] if key[:2] == LATER.prefix] == []


def test_a_new_business_day_closes_the_run_of_the_day_before(open_bar: Shop) -> None:
    body = {"lines": [{"product": 1}], "payments": [{"mode": 1}]}
    for _ in range(2):
        open_bar.do("sales.post", body)
    open_bar.clock.advance(DAY_MS)
    open_bar.do("sales.post", body)
    rows = dump(open_bar)
    runs = [(DAYS.unpack(key)[2], DAYS.decode(value)) for key, value in rows["rows"] if key[:2] == DAYS.prefix]
    counter = next(COUNTERS.decode(value) for key, value in rows["state"] if key[:2] == COUNTERS.prefix)

    assert runs == [(1, 2), (3, 0)]
    assert (counter.last, counter.first) == (3, 3)


def test_what_is_due_has_an_account_per_series_and_number() -> None:
    assert due_account(0, 7) == 7
    assert due_account(1, 7) != due_account(0, 7)
