"""Sending again: what an endpoint heard before is handed out once more, under the same ids."""

from typing import Any

CARD = {"lines": [{"product": 1}], "payments": [{"mode": 2}]}


def test_what_came_after_a_place_is_sent_again_with_the_same_ids(hooked: Any) -> None:
    hooked.shop.do("sales.post", CARD)
    second = hooked.shop.do("sales.post", CARD)
    ids = [delivery.id for delivery in hooked.jobs().deliveries]
    hooked.hears()

    hooked.shop.do("integrations.replay", {"id": 1, "seq": second.seq - 1})

    assert ids[2:] == [delivery.id for delivery in hooked.jobs().deliveries]


def test_nobody_hears_what_was_before_him(hooked: Any) -> None:
    hooked.put(2)

    hooked.shop.do("integrations.replay", {"id": 2, "seq": 0})

    assert [] == hooked.events(2)


def test_a_place_that_does_not_exist_yet_is_refused(hooked: Any) -> None:
    answer = hooked.shop.refused("integrations.replay", {"id": 1, "seq": 1 << 40})

    assert ("integrations.bad_place", "seq") == (answer.code, answer.at)


def test_an_unknown_endpoint_is_refused(hooked: Any) -> None:
    answer = hooked.shop.refused("integrations.replay", {"id": 9, "seq": 1})

    assert ("integrations.unknown_webhook", "id") == (answer.code, answer.at)
