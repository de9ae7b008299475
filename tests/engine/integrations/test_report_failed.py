"""An event that nobody took: the endpoint is switched off, once, with an event, and can be switched on again."""

from typing import Any

import pytest

CARD = {"lines": [{"product": 1}], "payments": [{"mode": 2}]}


def failure(hooked: Any, **changes: Any) -> dict[str, Any]:
    """What the outbox says of the first waiting event."""
    job = hooked.jobs().deliveries[0]
    body = {"id": 1, "turn": hooked.hook().turn, "position": job.position, "number": job.number}
    return body | {"reason": "status", "status": 503, "attempts": 9} | changes


@pytest.fixture
def failed(hooked: Any) -> Any:
    """The answer to the report of a failure."""
    hooked.shop.do("sales.post", CARD)
    return hooked.shop.do("integrations.report_failed", failure(hooked), **hooked.outbox)


def test_the_endpoint_is_switched_off_with_an_event(hooked: Any, failed: Any) -> None:
    record, row, event = failed.records

    assert (1, "status", 503, 9) == (record.id, record.reason, record.status, record.attempts)
    assert not hooked.hook().active
    assert not row.row.active
    assert ("webhooks.switched_off", {"id": 1, "reason": "status", "status": 503}) == (event.what, event.detail)


def test_its_secret_stays(hooked: Any, failed: Any) -> None:
    secrets = [secret.text for secret in hooked.hook().secrets]

    assert [hooked.secrets[0]["hash"]] == secrets
    assert failed.status == "done"


def test_the_failure_is_shown(hooked: Any, failed: Any) -> None:
    status = hooked.shop.ask("integrations.status", {"id": 1})

    assert (False, True) == (status.active, status.signed)
    assert [("status", 503, 9)] == [(one.reason, one.status, one.attempts) for one in status.failed]
    assert [failed.seq - 1] == [one.seq for one in status.failed]


def test_while_it_is_off_nothing_is_kept_for_it_and_switched_on_it_hears_what_waited(hooked: Any, failed: Any) -> None:
    hooked.shop.do("sales.post", CARD)
    hooked.put()

    assert ["validated", "terminated"] == hooked.events()
    assert {failed.seq - 1} == {delivery.position & (1 << 48) - 1 for delivery in hooked.jobs().deliveries}


def test_the_same_outcome_is_not_sealed_twice(hooked: Any, failed: Any) -> None:
    answer = hooked.shop.refused("integrations.report_failed", failure(hooked), **hooked.outbox)

    assert "integrations.no_progress" == answer.code
    assert failed.status == "done"


def test_a_failure_of_the_future_or_of_nobody_is_refused(hooked: Any) -> None:
    hooked.shop.do("sales.post", CARD)
    future = failure(hooked, position=1 << 49)

    codes = [
        hooked.shop.refused("integrations.report_failed", body, **hooked.outbox).code
        for body in (future, failure(hooked, id=9), failure(hooked, turn=1))
    ]

    assert ["integrations.bad_report", "integrations.unknown_webhook", "integrations.no_progress"] == codes


def test_only_the_outbox_gives_up(hooked: Any) -> None:
    hooked.shop.do("sales.post", CARD)

    answer = hooked.shop.refused("integrations.report_failed", failure(hooked), till=1, operator=1, source="outbox")

    assert "integrations.outbox_only" == answer.code
