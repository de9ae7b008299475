"""The folds of tickets: small rows, runs of days, and the same bytes from the same records."""

from collections.abc import Iterator

import pytest
from shop_harness import Shop

from engine.kernel.clock import Civil, parse_ms
from engine.kernel.ledger import BALANCES
from engine.kernel.tables import Working
from engine.kernel.world import Folding
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


class Bytes:
    """A transaction over nothing but a dict, for tables that are made again."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[bytes, bytes]] = {}

    def get(self, db: str, key: bytes) -> bytes | None:
        return self.rows.get(db, {}).get(key)

    def put_many(self, db: str, items: list[tuple[bytes, bytes]], *, append: bool = False) -> None:
        self.rows.setdefault(db, {}).update(items)

    def delete(self, db: str, key: bytes) -> None:
        self.rows.get(db, {}).pop(key, None)

    def scan(self, db: str, start: bytes, stop: bytes, *, reverse: bool = False) -> Iterator[tuple[bytes, bytes]]:
        found = sorted((key, value) for key, value in self.rows.get(db, {}).items() if start <= key < stop)
        yield from reversed(found) if reverse else found


def fold_again(shop: Shop, group: int) -> dict[str, dict[bytes, bytes]]:
    """Every table that the entries alone make, written and read again after each ``group`` entries."""
    txn = Bytes()
    civil = Civil("Europe/Paris", 0)
    with shop.engine.reader().snapshot() as snapshot:
        entries = [value for _, value in snapshot.scan("entries", b"", b"\xff")]
    for first in range(0, len(entries), group):
        rows = Working()
        rows.begin(txn)
        folding = Folding(rows, shop.features.codes)
        for data in entries[first : first + group]:
            entry = shop.features.decode_entry(data)
            at_ms = parse_ms(entry.at)
            folding.begin(entry, b"", at_ms, civil.day(at_ms))
            for record in entry.rec:
                shop.features.fold(record, folding)
        rows.flush()
    return txn.rows


@pytest.mark.parametrize("group", [1, 3, 1000])
def test_the_same_records_make_the_same_bytes_in_groups_of_any_size(bar: Shop, group: int) -> None:
    """Tables are folds of the journal (journal.md, Checking): tickets, days, totals and balances come out alike."""
    busy_day(bar)
    bar.clock.advance(DAY_MS)
    bar.do("cash.close", {"counted": [{"mode": 1, "amount": 9_000}], "float_out": 500})
    bar.do("cash.open", {"float_in": 400})
    bar.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 1}]})
    again = fold_again(bar, group)

    for db, kept in dump(bar).items():
        mine = {key: value for key, value in kept if key[:1] in b"th" or key[:2] == BALANCES.prefix}
        assert {key: value for key, value in again[db].items() if key in mine or key[:1] in b"th"} == mine
        assert mine


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
