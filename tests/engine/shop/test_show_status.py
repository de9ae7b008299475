"""How the shop does, as one query tells it."""

from typing import Any

import pytest
from shop_harness import Shop

from engine.engine import Reader
from engine.features import FEATURES
from engine.kernel.clock import BACKWARD_MS_MAX
from engine.kernel.version import VERSION

SALE = {"lines": [{"product": 1}], "payments": [{"mode": 2}], "receipt": True}
HOOK = {"title": "x", "url": "https://x.example.com/", "events": ["validated", "terminated"]}
CHECK = {"gen": 1, "size": 5, "first": 0, "root": "0" * 64, "entries": 5, "checkpoints": 1, "tickets": 0, "closures": 0}


@pytest.fixture
def open_bar(bar: Shop) -> Shop:
    """The bar, its till 1 open."""
    bar.do("cash.open", {"float_in": 10_000})
    return bar


def status(shop: Shop) -> Any:
    """The answer."""
    return shop.ask("shop.status", {}, till=0, operator=0)


def test_it_says_where_the_journal_stands_and_on_what(open_bar: Shop) -> None:
    shown = status(open_bar)

    gen, entries = open_bar.engine.position
    assert (open_bar.engine.shop, VERSION, gen, entries) == (shown.shop, shown.version, shown.gen, shown.entries)
    assert (False, None, 0, 0, 0) == (
        shown.clock_doubt,
        shown.check,
        shown.prints,
        shown.prints_since_ms,
        shown.webhooks,
    )
    storage = open_bar.engine.store.storage()
    assert (storage.filesystem, storage.safe) == (shown.disk.filesystem, shown.disk.safe)
    assert shown.disk.free_bytes > 0


def test_what_waits_for_paper_and_for_endpoints_is_counted_until_it_is_gone(open_bar: Shop) -> None:
    open_bar.configure("printers", 1, {"name": "Bar", "family": "memory"})
    open_bar.configure("tills", 1, {"name": "Caisse 1", "printer": 1})
    open_bar.configure("webhooks", 1, HOOK)
    open_bar.configure("webhooks", 2, HOOK | {"active": False})
    first_ms = open_bar.clock.wall_ms()
    sold = open_bar.do("sales.post", SALE)
    open_bar.clock.advance(5_000)
    open_bar.do("sales.post", SALE)

    before = status(open_bar)
    body = {"gen": sold.gen, "seq": sold.seq, "printer": 1, "worker": "0" * 32, "result": "failed"}
    open_bar.send("printing.report_failed", body | {"code": "printer.expired"}, till=0, operator=0, source="outbox")
    after = status(open_bar)

    assert (2, first_ms, 4) == (before.prints, before.prints_since_ms, before.webhooks)
    assert (1, first_ms + 5_000, 4) == (after.prints, after.prints_since_ms, after.webhooks)


def test_the_last_check_and_a_doubted_clock_are_shown(open_bar: Shop) -> None:
    open_bar.send("fiscal.report_check", CHECK | {"broken": 2}, till=0, operator=0, source="chores")
    open_bar.clock.step(-BACKWARD_MS_MAX - 1)
    open_bar.configure("printers", 1, {"name": "Bar", "family": "memory"})

    shown = status(open_bar)

    assert (2, 5) == (shown.check.broken, shown.check.size)
    assert shown.clock_doubt


def test_a_reader_beside_the_writer_says_the_same(open_bar: Shop) -> None:
    inside = status(open_bar)
    open_bar.close()

    with Reader(open_bar.path, FEATURES) as reader:
        beside = reader.ask_by_name("shop.status", {})

    assert (inside.shop, inside.entries) == (beside.shop, beside.entries)
