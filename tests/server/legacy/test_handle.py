"""Who may call, which services there are, and the one shape of every error."""

from typing import Any

import pytest

from server.legacy.handle import NOT_YET, SERVICES, WITHOUT_KEY, handle

NAMES = sorted({*SERVICES, *NOT_YET} - WITHOUT_KEY)


@pytest.mark.parametrize("name", NAMES)
def test_no_service_answers_without_the_key_and_none_says_why(desk: Any, name: str) -> None:
    before = desk.shop.engine.position
    replies = [
        desk.call(name, key=None),
        desk.call(name, key="autre"),
        desk.call(name, idboutique="4712"),
        desk.call(name, idboutique=None),
    ]

    assert {403} == {reply.status for reply in replies}
    assert 1 == len({reply.body for reply in replies})
    assert before == desk.shop.engine.position


@pytest.mark.parametrize("name", sorted(WITHOUT_KEY))
def test_asking_for_a_key_says_how_to_get_one(desk: Any, name: str) -> None:
    reply = desk.call(name, idboutique=None, key=None, login="a@example.com", password="secret")

    assert (501, False, "legacy.not_yet") == (reply.status, reply.json["success"], reply.json["code"])
    assert "secret" not in reply.body.decode()
    assert [] == desk.asked


@pytest.mark.parametrize("path", ["/workers/nothing.php", "/workers/../etc/passwd", "/workers/webapp.php.bak", ""])
def test_a_service_that_does_not_exist_is_not_found(desk: Any, path: str) -> None:
    status, headers, _ = handle(path, [], {}, desk)

    assert (404, "no-store") == (status, headers["Cache-Control"])


def test_every_error_has_both_shapes_of_the_reference(desk: Any) -> None:
    reply = desk.call("webapp", payment=2)

    assert ["success", "result", "errorMessage", "code"] == list(reply.json)
    assert (False, reply.json["errorMessage"]) == (reply.json["success"], reply.json["result"])


def test_files_are_not_taken_yet(desk: Any) -> None:
    fields = [("idboutique", "4711"), ("key", "cle-du-webservice"), ("data[title]", "x")]

    status, _, _ = handle("/workers/addPlu.php", fields, {"image": b"png"}, desk)

    assert 501 == status


@pytest.mark.parametrize(("retry", "status"), [(True, 503), (False, 500)])
def test_a_fault_of_the_engine_says_whether_to_come_back(desk: Any, retry: bool, status: int) -> None:
    class Broken:
        status, code, text = "fault", "store.failed", "the store failed"

    Broken.retry = retry  # type: ignore[attr-defined]  # made for this test
    desk.submit = lambda name, body, id: Broken

    reply = desk.sale("1", payment=2)

    assert (status, "store.failed") == (reply.status, reply.json["code"])
    assert retry == ("Retry-After" in reply.headers)
