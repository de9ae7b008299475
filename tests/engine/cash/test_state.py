"""The running totals of a session: sums of what was sealed, and never too large to be sealed again."""

import msgspec
import pytest
from shop_harness import Shop

from engine.cash import state
from engine.cash.state import OTHERS, TILLS, TillRow
from engine.cash.views import closing, counts
from engine.kernel.tables import Snapshot
from engine.kernel.world import World


class Nobody:
    def fields(self, kind: int, id: int, version: int) -> None:
        return None


def row(shop: Shop, till: int = 1) -> TillRow:
    with shop.engine.reader().snapshot() as txn:
        stored = txn.get("state", TILLS.pack(till))
    assert stored is not None
    return TILLS.decode(stored)


def test_one_compact_row_per_till_holds_its_session(bar: Shop) -> None:
    bar.do("cash.open", {"float_in": 1_000}, operator=2)
    bar.do(
        "sales.post",
        {
            "lines": [{"product": 1}, {"product": 3}, {"price": "2.00"}],
            "payments": [{"mode": 3, "tendered": 800}, {"mode": 2, "tip": 40}],
            "mode": 2,
        },
        operator=3,
    )
    made = row(bar)

    assert (1, True, False, 2, 1_000, None) == (
        made.session,
        made.open,
        made.training,
        made.operator,
        made.float_in,
        made.left,
    )
    totals = made.totals
    assert {(2, False, 10_000): [650, 59, 591], (1, False, 20_000): [200, 33, 167]} == totals.vat
    assert {1: [1, 150], 2: [1, 500], 0: [1, 200]} == totals.departments
    assert ({2: [1, 850]}, {3: [1, 850]}) == (totals.channels, totals.operators)
    assert {3: (1, 800, 800), 2: (1, 50, 90)} == {
        id: (mode.count, mode.amount, mode.held) for id, mode in totals.modes.items()
    }
    assert len(msgspec.msgpack.encode(made)) < 200


def test_what_is_beyond_the_limits_is_summed_under_others(bar: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEPARTMENTS_MAX", "OPERATORS_MAX", "MODES_MAX", "RATES_MAX"):
        monkeypatch.setattr(state, name, 1)
    bar.do("cash.open", {"float_in": 0})
    for product, mode, operator in ((1, 2, 1), (3, 3, 2), (4, 1, 3), (4, 3, 2)):
        bar.do("sales.post", {"lines": [{"product": product}], "payments": [{"mode": mode}]}, operator=operator)
    closed = bar.do("cash.close", {"counted": [{"mode": 1, "amount": 120}], "float_out": 0}).records[0]

    assert [(OTHERS, 3, 740), (1, 1, 150)] == [(each.id, each.count, each.amount) for each in closed.departments]
    assert [(OTHERS, 3, 740), (1, 1, 150)] == [(each.id, each.count, each.amount) for each in closed.operators]
    assert [(OTHERS, 740), (1, 150)] == [(each.c, each.g) for each in closed.vat]
    assert [(OTHERS, 2, 620), (1, 1, 120), (2, 1, 150)] == [(each.id, each.count, each.amount) for each in closed.modes]
    assert closed.turnover == sum(each.amount for each in closed.modes)


def test_the_largest_closing_fits_its_entry(bar: Shop) -> None:
    """Whatever was sold and however it was paid, the till can be closed (journal.md, Entry: 65 535 bytes)."""
    bar.do("cash.open", {"float_in": 0})
    large, amount = 2**53 - 1_000, 2**52
    full = row(bar)
    modes = range(large, large + state.MODES_MAX + 1)
    full.totals = state.Totals(
        vat={(large + number, False, 20_000): [amount] * 3 for number in range(state.RATES_MAX + 1)},
        modes={id: state.ModeTotal("holiday_voucher", 9**9, amount, amount) for id in modes},
        departments={large + number: [9**9, amount] for number in range(state.DEPARTMENTS_MAX + 1)},
        channels={number: [9**9, amount] for number in range(7)},
        operators={large + number: [9**9, amount] for number in range(state.OPERATORS_MAX + 1)},
    )
    with bar.engine.reader().snapshot() as txn:
        world = World(Snapshot(txn), bar.features.kinds, Nobody())
        world.gen, world.day = 1, 739_576
        size = len(msgspec.json.encode(closing(full, counts(full, {}), world, float_out=0)))

    assert size < 64_000
