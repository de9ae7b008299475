"""What is remembered of checks: the last, the last whole one, the last that found something, and where to go on."""

from typing import Any

from shop_harness import Shop

from engine.chores import check

COUNTED = ("gen", "size", "first", "root", "entries", "checkpoints", "tickets", "closures", "broken")


def report(bar: Shop, outcome: Any, **changes: Any) -> None:
    """The outcome of a check, sealed as the chores do."""
    body = {name: getattr(outcome, name) for name in COUNTED} | changes
    bar.do("fiscal.report_check", body, till=0, operator=0, source="chores")


def test_a_shop_that_was_never_checked_says_so(bar: Shop) -> None:
    shown = bar.ask("fiscal.checks", till=0, operator=0)

    assert (None, None, None, "") == (shown.last, shown.full, shown.broken, shown.checkpoint)


def test_the_next_check_begins_behind_the_last_and_the_last_whole_one_is_remembered_apart(bar: Shop) -> None:
    first = check(bar.engine)
    report(bar, first)
    bar.do("cash.open", {"float_in": 0})
    note = bar.ask("fiscal.checks", till=0, operator=0).checkpoint

    second = check(bar.engine, since=note)
    report(bar, second)

    shown = bar.ask("fiscal.checks", till=0, operator=0)
    assert (first.size, 2, True) == (second.first, second.entries, second.whole)
    assert (second.size, second.first, first.size) == (shown.last.size, shown.last.first, shown.full.size)
    assert check(bar.engine, since=shown.checkpoint).whole


def test_an_outcome_whose_root_is_not_stored_is_nothing_to_go_on_from(bar: Shop) -> None:
    outcome = check(bar.engine)

    report(bar, outcome, root="ab" * 32, broken=2)

    shown = bar.ask("fiscal.checks", till=0, operator=0)
    assert "" == shown.checkpoint
    assert 2 == shown.broken.broken


def test_what_is_remembered_comes_back_byte_for_byte_from_the_entries(bar: Shop) -> None:
    report(bar, check(bar.engine), broken=1)

    outcome = check(bar.engine, tables=True)

    assert outcome.whole
