"""Opening a till: one session at a time, the float against what was left."""

import pytest
from shop_harness import Shop

from engine.cash.records import DIFFERENCE, DRAWER, FLOAT_SOURCE
from engine.kernel.ledger import BALANCES


def balances(shop: Shop, till: int) -> list[int]:
    with shop.engine.reader().snapshot() as txn:
        stored = [txn.get("state", BALANCES.pack(kind.code, till)) for kind in (DRAWER, FLOAT_SOURCE, DIFFERENCE)]
    return [0 if value is None else BALANCES.decode(value).amount for value in stored]


def test_the_first_float_comes_from_outside_and_differs_from_nothing(bar: Shop) -> None:
    opened = bar.do("cash.open", {"float_in": 15_000}).records[0]
    shown = bar.ask("cash.session", {"till": 1})

    assert (
        opened.session,
        opened.float_in,
        opened.left,
        opened.training,
        opened.day,
    ) == (1, 15_000, 15_000, False, "2026-11-21")
    assert balances(bar, 1) == [15_000, -15_000, 0]
    assert (shown.open, shown.difference, shown.closed) == (True, 0, None)


def test_a_float_that_is_not_what_was_left_is_a_difference(bar: Shop) -> None:
    """The reference: 0 typed instead of 60 shows -60; complaint 17: the gap is counted once."""
    bar.do("cash.open", {"float_in": 6_000})
    bar.do("cash.close", {"counted": [{"mode": 1, "amount": 6_000}], "float_out": 6_000})
    opened = bar.do("cash.open", {"float_in": 0}).records[0]

    assert (opened.session, opened.float_in, opened.left) == (2, 0, 6_000)
    assert bar.ask("cash.session", {"till": 1}).difference == -6_000
    assert balances(bar, 1) == [0, -6_000, 6_000]


def test_a_till_has_one_open_session(bar: Shop) -> None:
    bar.do("cash.open", {"float_in": 0})
    answer = bar.refused("cash.open", {"float_in": 0})

    assert (answer.code, answer.data) == ("cash.already_open", {"session": 1})


def test_of_two_openings_in_one_group_one_wins(bar: Shop) -> None:
    answers = bar.engine.submit([bar.envelope("cash.open", {"float_in": amount}) for amount in (100, 200)])

    assert [answer.code for answer in answers] == ["", "cash.already_open"]


def test_the_back_office_has_no_drawer(bar: Shop) -> None:
    assert bar.refused("cash.open", {"float_in": 0}, till=0, operator=0).code == "cash.unknown_till"


def test_training_needs_its_right_and_moves_no_money(bar: Shop) -> None:
    body = {"float_in": 5_000, "training": True}
    refused = bar.refused("cash.open", body, operator=3)
    opened = bar.do("cash.open", body, operator=2).records[0]
    bar.do("cash.close", {"counted": [{"mode": 1, "amount": 5_000}], "float_out": 1_000})
    real = bar.do("cash.open", {"float_in": 7_000}).records[0]

    assert (refused.code, refused.at) == ("kernel.not_allowed", "training")
    assert opened.training
    assert (real.session, real.left) == (2, 7_000)
    assert balances(bar, 1) == [7_000, -7_000, 0]


@pytest.mark.parametrize("float_in", [-1, 2**53, 1.5, "100"])
def test_a_float_is_a_whole_number_of_minor_units(bar: Shop, float_in: object) -> None:
    answer = bar.refused("cash.open", {"float_in": float_in})

    assert (answer.code, answer.at) == ("kernel.bad_request", "float_in")


def test_every_entry_of_a_training_session_is_marked_and_chained_apart(bar: Shop) -> None:
    """A separate chain and separate counters (fiscal.md, FR-28)."""
    answers = [
        bar.do("cash.open", {"float_in": 0, "training": True}),
        bar.do("sales.post", {"lines": [{"product": 3}], "unpaid": True}),
        bar.do("sales.pay", {"no": 1, "payments": [{"mode": 1}]}),
        bar.do("sales.refund", {"no": 1}),
        bar.do("sales.copy", {"no": 2}),
        bar.do("cash.close", {"counted": [{"mode": 1, "amount": 0}], "float_out": 0}),
    ]
    real = bar.do("cash.open", {"float_in": 0})
    entries = [bar.engine.reader().entry(answer.gen, answer.seq).entry for answer in (*answers, real)]

    assert [entry.training for entry in entries] == [True] * 6 + [False]
    assert [(link.of, link.n) for entry in entries for link in entry.chain] == [
        ("cash", 1),
        ("ticket", 1),
        ("payment", 1),
        ("ticket", 2),
        ("copy", 1),
        ("closure", 1),
        ("cash", 1),
    ]
    assert answers[-1].records[0].training
