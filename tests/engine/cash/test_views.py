"""What others see of tills: sessions as sealed, and live totals."""

import pytest
from shop_harness import Shop

from engine.kernel.errors import Refusal


def test_live_totals_have_the_shape_of_a_closing_and_change_nothing(bar: Shop) -> None:
    bar.do("cash.open", {"float_in": 2_000})
    bar.do("sales.post", {"lines": [{"product": 3}], "payments": [{"mode": 1}]})
    live = bar.ask("cash.x", {"till": 1})
    again = bar.ask("cash.x", {"till": 1})
    closed = bar.do("cash.close", {"counted": [{"mode": 1, "amount": 2_500}], "float_out": 0}).records[0]

    assert live == again == closed


def test_tills_do_not_mix(bar: Shop) -> None:
    """Complaint 17: several tills, each with its own totals."""
    for till in (1, 2):
        bar.do("cash.open", {"float_in": 0}, till=till)
    bar.do("sales.post", {"lines": [{"product": 3}], "payments": [{"mode": 1}]}, till=1)
    bar.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 2}]}, till=2)

    assert [
        (totals.turnover, totals.first, totals.last)
        for totals in (bar.ask("cash.x", {"till": till}) for till in (1, 2))
    ] == [(500, 1, 1), (150, 2, 2)]


def test_every_session_can_be_read_again(bar: Shop) -> None:
    opened = bar.do("cash.open", {"float_in": 100}, operator=2)
    closed = bar.do("cash.close", {"counted": [{"mode": 1, "amount": 90}], "float_out": 90})
    bar.do("cash.open", {"float_in": 90})
    first = bar.ask("cash.session", {"till": 1, "session": 1})
    last = bar.ask("cash.session", {"till": 1})

    assert (opened.records[0], closed.records[0]) == (first.opened, first.closed)
    assert (first.open, first.operator, last.open, last.session) == (False, 2, True, 2)
    assert last.closed is None


@pytest.mark.parametrize(
    ("name", "query", "code"),
    [
        ("cash.session", {"till": 1}, "cash.unknown_session"),
        ("cash.session", {"till": 1, "session": 3}, "cash.unknown_session"),
        ("cash.x", {"till": 1}, "cash.till_closed"),
    ],
)
def test_what_does_not_exist_is_refused(bar: Shop, name: str, query: dict[str, int], code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        bar.ask(name, query)

    assert code == refusal.value.code
