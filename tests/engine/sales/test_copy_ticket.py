"""Copies of a ticket are numbered and sealed."""

import pytest
from shop_harness import Shop

from engine.sales.records import Copied


def test_every_copy_has_the_next_number_and_is_listed(open_bar: Shop) -> None:
    """Each reprint after the first is recorded (fiscal.md, FR-26)."""
    open_bar.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 1}]})
    copies = [open_bar.do("sales.copy", {"no": 1, "how": how}, till=2).records[0] for how in ("print", "mail")]
    shown = open_bar.ask("sales.ticket", {"no": 1})

    assert [(copy.copy, copy.how) for copy in copies] == [(1, "print"), (2, "mail")]
    assert copies == [event.record for event in shown.copies]
    assert {2} == {event.till for event in shown.copies}


def test_a_refund_can_be_copied_and_a_closed_till_can_copy(open_bar: Shop) -> None:
    open_bar.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 1}]})
    open_bar.do("sales.refund", {"no": 1})
    copy = open_bar.do("sales.copy", {"no": 2}, till=4).records[0]

    assert isinstance(copy, Copied)
    assert (copy.copy, copy.of.no) == (1, 2)


def test_an_unknown_ticket_cannot_be_copied(open_bar: Shop) -> None:
    assert open_bar.refused("sales.copy", {"no": 1}).code == "sales.unknown_ticket"


@pytest.mark.parametrize("how", ["", "Print", "by mail", "x" * 17])
def test_the_way_of_a_copy_is_one_small_word(open_bar: Shop, how: str) -> None:
    assert (
        (answer := open_bar.refused("sales.copy", {"no": 1, "how": how})).code,
        answer.at,
    ) == ("kernel.bad_request", "how")


def test_a_training_ticket_is_copied_in_training_only(bar: Shop) -> None:
    bar.do("cash.open", {"float_in": 0, "training": True})
    bar.do("sales.post", {"lines": [{"product": 1}], "payments": [{"mode": 1}]})
    outside = bar.refused("sales.copy", {"no": 1, "series": 65_535}, till=2)
    inside = bar.do("sales.copy", {"no": 1}).records[0]

    assert outside.code == "sales.training_mixed"
    assert inside.of.series == 65_535
