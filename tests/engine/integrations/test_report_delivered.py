"""Progress as the outbox reports it: it moves forward, and nobody else may say it."""

from typing import Any

CARD = {"lines": [{"product": 1}], "payments": [{"mode": 2}]}


def report(hooked: Any, **changes: Any) -> Any:
    """Answer to a report that the last waiting event was delivered, with ``changes``."""
    last = hooked.jobs().deliveries[-1]
    heard = {"id": 1, "turn": hooked.hook().turn, "position": last.position, "number": last.number}
    return hooked.shop.send("integrations.report_delivered", {"heard": [heard | changes]}, **hooked.outbox)


def test_what_was_heard_is_not_handed_out_again(hooked: Any) -> None:
    hooked.shop.do("sales.post", CARD)

    answer = report(hooked)

    assert "done" == answer.status
    assert [] == hooked.events()


def test_what_was_heard_beyond_is_passed_over_while_an_earlier_event_waits(hooked: Any) -> None:
    hooked.shop.do("sales.post", CARD)
    hooked.shop.do("sales.post", CARD)
    first, _, third, _ = hooked.jobs().deliveries
    before = hooked.hook()

    answer = report(hooked, position=before.position, number=before.number, beyond=[[third.position, third.number]])

    assert "done" == answer.status
    assert ["validated", "terminated", "terminated"] == hooked.events()
    assert first.id == hooked.jobs().deliveries[0].id


def test_a_report_that_says_nothing_new_is_refused_and_leaves_no_entry(hooked: Any) -> None:
    hooked.shop.do("sales.post", CARD)
    body = hooked.hook()
    report(hooked)
    size = hooked.shop.engine.position

    answers = [
        hooked.shop.refused(
            "integrations.report_delivered",
            {"heard": [{"id": id, "turn": body.turn, "position": body.position, "number": body.number}]},
            **hooked.outbox,
        )
        for id in (1, 77)
    ]

    assert ["integrations.no_progress"] * 2 == [answer.code for answer in answers]
    assert size == hooked.shop.engine.position


def test_a_report_from_before_a_replay_does_not_undo_it(hooked: Any) -> None:
    hooked.shop.do("sales.post", CARD)
    turn = hooked.hook().turn
    hooked.shop.do("integrations.replay", {"id": 1, "seq": 0}, **hooked.engine)

    answer = report(hooked, turn=turn)

    assert "integrations.no_progress" == answer.code


def test_a_report_that_contradicts_itself_or_the_journal_is_refused_by_its_place(hooked: Any) -> None:
    hooked.shop.do("sales.post", CARD)
    last = hooked.jobs().deliveries[-1]

    behind = report(hooked, beyond=[[last.position, last.number]])
    twice = report(hooked, beyond=[[last.position, 9], [last.position, 9]])
    future = report(hooked, position=last.position + 1)

    assert ("integrations.bad_report", "heard[0].beyond") == (behind.code, behind.at)
    assert ("integrations.bad_report", "heard[0].beyond") == (twice.code, twice.at)
    assert ("integrations.bad_report", "heard[0]") == (future.code, future.at)


def test_one_endpoint_is_named_once_in_a_report(hooked: Any) -> None:
    hooked.shop.do("sales.post", CARD)
    last = hooked.jobs().deliveries[-1]
    heard = {"id": 1, "turn": hooked.hook().turn, "position": last.position, "number": last.number}

    answer = hooked.shop.refused("integrations.report_delivered", {"heard": [heard, heard]}, **hooked.outbox)

    assert ("integrations.bad_report", "heard[1].id") == (answer.code, answer.at)


def test_only_the_outbox_reports(hooked: Any) -> None:
    heard = {"id": 1, "turn": 0, "position": 0, "number": 0}

    answer = hooked.shop.refused(
        "integrations.report_delivered", {"heard": [heard]}, till=1, operator=1, source="outbox"
    )

    assert "integrations.outbox_only" == answer.code
