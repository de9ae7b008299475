"""The API from outside: commands, rows, queries, batches, problems, live changes."""

import uuid
from collections.abc import Callable

import pytest
from served_shop import SALE, Served, headers_at_till

from server.api.routes import PUBLIC, api_routes


def test_nothing_of_the_api_answers_without_a_credential(served: Served) -> None:
    answers = {
        f"{route.method} {route.path}": served.ask(
            route.method, route.path.replace("{id}", "1"), None if route.method in ("GET", "DELETE") else {}
        ).status
        for route in api_routes()
        if route.policy != PUBLIC
    }

    assert {401} == set(answers.values())


def test_pages_for_everyone_show_nothing_of_the_shop(served: Served) -> None:
    for path in ("/healthz", "/api", "/api/docs.css", "/api/openapi.json"):
        answer = served.ask("GET", path)

        assert 200 == answer.status
        assert b"Chez nous" not in answer.body


def test_a_row_is_made_changed_read_and_removed(served: Served) -> None:
    headers = served.headers(0) | {"Idempotency-Key": str(uuid.uuid4())}
    made = served.ask("POST", "/api/v1/departments", {"title": "Divers"}, headers)
    assert 200 == made.status, made.body
    id = made.json["records"][0]["id"]
    path = f"/api/v1/departments/{id}"

    changed = served.ask("PUT", path, made.json["records"][0]["row"] | {"title": "Autres"}, served.headers(0))
    read = served.ask("GET", path, headers=served.headers(0))
    same = served.ask("GET", path, headers=served.headers(0) | {"If-None-Match": read.headers["etag"]})
    removed = served.ask("DELETE", path, headers=served.headers(0))
    gone = served.ask("GET", path, headers=served.headers(0))

    assert [200, 200, 304, 200, 404] == [each.status for each in (changed, read, same, removed, gone)]
    assert "Autres" == read.json["title"]
    assert f'"{read.json["version"]}"' == read.headers["etag"] == same.headers["etag"]
    assert b"" == same.body
    assert "kernel.no_such_row" == gone.json["code"]


def test_the_same_id_is_answered_the_same_and_other_content_is_refused(served: Served) -> None:
    id = str(uuid.uuid4())

    first, again = (served.do("sales/post", SALE, id=each) for each in (id, id.replace("-", "")))
    other = served.do("sales/post", SALE | {"note": "autre"}, id=id)
    inside = served.ask("POST", "/api/v1/sales/post", SALE | {"id": id}, served.headers())

    assert [200, 200, 422, 200] == [each.status for each in (first, again, other, inside)]
    assert first.json | {"repeated": True} == again.json == inside.json
    assert "kernel.id_reused" == other.json["code"]


def test_queries_are_asked_by_url_and_by_body(served: Served) -> None:
    sold = served.do("sales/post", SALE)
    no = sold.json["records"][0]["no"]

    by_url = served.ask("GET", f"/api/v1/sales/ticket?no={no}", headers=served.headers())
    by_body = served.ask("POST", "/api/v1/sales/ticket", {"no": no}, served.headers())
    tickets = served.ask("GET", "/api/v1/sales/tickets?limit=1", headers=served.headers())

    assert [200, 200, 200] == [by_url.status, by_body.status, tickets.status]
    assert by_url.json == by_body.json
    assert 1 == len(tickets.json["tickets"])


@pytest.mark.parametrize(
    ("status", "code", "method", "path", "body"),
    [
        (404, "api.not_found", "GET", "/api/v1/nothing", None),
        (404, "api.not_found", "GET", "/elsewhere", None),
        (405, "api.method", "DELETE", "/api/v1/sales/post", None),
        (405, "api.method", "POST", "/healthz", {}),
        (400, "kernel.bad_request", "GET", "/api/v1/products?limit=0", None),
        (400, "kernel.bad_request", "GET", "/api/v1/products?colour=red", None),
        (404, "kernel.no_such_row", "GET", "/api/v1/products/999", None),
        (404, "sales.unknown_ticket", "GET", "/api/v1/sales/ticket?no=999999", None),
        (400, "api.no_id", "POST", "/api/v1/sales/post", SALE),
        (400, "api.batch_size", "POST", "/api/v1/batch", {"commands": []}),
        (400, "api.bad_request", "POST", "/api/v1/batch", {"orders": []}),
        (400, "api.bad_request", "GET", "/api/v1/changes?since=yesterday", None),
        (400, "kernel.bad_request", "PUT", "/api/v1/products/1", b'{"title":"a"},"id":2,{'),
        (400, "kernel.bad_request", "PUT", "/api/v1/products/1", b""),
    ],
)
def test_what_is_wrong_is_said_with_a_stable_code(
    served: Served, status: int, code: str, method: str, path: str, body: object
) -> None:
    answer = served.ask(method, path, body, served.headers())

    assert (status, code) == (answer.status, answer.json["code"])
    assert "application/problem+json" == answer.headers["content-type"]
    assert status == answer.json["status"]


def test_a_form_of_a_foreign_page_is_no_command(served: Served) -> None:
    headers = served.headers() | {"Content-Type": "text/plain", "Idempotency-Key": str(uuid.uuid4())}

    answer = served.ask("POST", "/api/v1/sales/post", b'{"lines":[]}', headers)

    assert 415 == answer.status


@pytest.mark.parametrize(
    ("method", "path", "header"),
    [
        ("PUT", "/api/v1/tills/4", {"If-Match": "*"}),
        ("PUT", "/api/v1/tills/4", {"If-Match": 'W/"1"'}),
        ("DELETE", "/api/v1/tills/4", {"If-Match": '"1", "2"'}),
        ("PUT", "/api/v1/tills/4", {"If-Unmodified-Since": "Sat, 21 Nov 2026 12:00:00 GMT"}),
        ("POST", "/api/v1/access/revoke_till", {"If-Match": '"1"'}),
    ],
)
def test_a_condition_that_cannot_be_kept_is_not_passed_over(
    served: Served, method: str, path: str, header: dict[str, str]
) -> None:
    headers = served.headers(0) | {"Idempotency-Key": str(uuid.uuid4())} | header

    answer = served.ask(method, path, {"name": "Quatre"}, headers)

    assert (400, "api.condition") == (answer.status, answer.json["code"])


def test_a_row_is_changed_and_removed_only_while_it_is_what_one_has_seen(served: Served) -> None:
    headers = served.headers(0) | {"Idempotency-Key": str(uuid.uuid4())}
    made = served.ask("POST", "/api/v1/departments", {"title": "Vins"}, headers).json["records"][0]["id"]
    path = f"/api/v1/departments/{made}"
    seen = {"If-Match": served.ask("GET", path, headers=served.headers(0)).headers["etag"]}

    first = served.ask("PUT", path, {"title": "Vins rouges"}, served.headers(0) | seen)
    second = served.ask("PUT", path, {"title": "Vins blancs"}, served.headers(0) | seen)
    late = served.ask("DELETE", path, headers=served.headers(0) | seen)
    now = served.ask("GET", path, headers=served.headers(0))
    removed = served.ask("DELETE", path, headers=served.headers(0) | {"If-Match": now.headers["etag"]})
    gone = served.ask("PUT", path, {"title": "Vins"}, served.headers(0) | {"If-Match": now.headers["etag"]})

    assert [200, 412, 412, 200, 412] == [each.status for each in (first, second, late, removed, gone)]
    assert "Vins rouges" == now.json["title"]
    assert ("kernel.row_changed", {"version": now.json["version"]}) == (second.json["code"], second.json["data"])
    assert {"version": None} == gone.json["data"]


def test_a_right_that_is_missing_is_a_403(served: Served) -> None:
    answer = served.ask("PUT", "/api/v1/tills/4", {"name": "Quatre"}, served.headers(0, operator=2))

    assert (403, "kernel.not_allowed") == (answer.status, answer.json["code"])


def test_a_batch_answers_each_command_for_itself_and_in_order(served: Served) -> None:
    commands = [{"id": uuid.uuid4().hex, "do": "sales.post", "body": SALE} for _ in range(50)]
    commands[7]["body"] = {"lines": [{"product": 99}]}

    answer = served.ask("POST", "/api/v1/batch", {"commands": commands}, served.headers(3))
    again = served.ask("POST", "/api/v1/batch", {"commands": commands}, served.headers(3))
    too_many = served.ask("POST", "/api/v1/batch", {"commands": [commands[0]] * 51}, served.headers(3))

    statuses = [each["status"] for each in answer.json["answers"]]
    ids = [each["body"]["id"] for each in answer.json["answers"]]
    assert [200] * 7 + [422] + [200] * 42 == statuses
    assert [command["id"] for command in commands] == ids
    assert all(each["body"].get("repeated", True) for each in again.json["answers"])
    assert (400, "api.batch_size") == (too_many.status, too_many.json["code"])


@pytest.mark.parametrize("ends", ["revoked", "rested"])
def test_live_changes_end_with_the_credential_that_they_were_asked_with(
    serve: Callable[..., Served], ends: str
) -> None:
    served = serve()
    shown = headers_at_till(3, 1, rested_ms=118_000 if ends == "rested" else 0)
    headers = "".join(f"{name}: {value}\r\n" for name, value in shown.items())
    with served.connect() as watching:
        watching.sendall(f"GET /api/v1/changes HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
        assert watching.recv(65536).startswith(b"HTTP/1.1 200 ")
        if ends == "revoked":
            assert 200 == served.do("access/revoke_till", {"till": 3}, till=0).status
        got = b""
        while not got.endswith(b"0\r\n\r\n"):
            received = watching.recv(65536)
            assert received
            got += received

    assert b"access.till_revoked" not in got
    again = served.ask("GET", "/api/v1/changes", headers=headers_at_till(3, 1, rested_ms=120_000))
    assert 401 == again.status


def test_live_changes_go_on_from_a_position_and_show_what_one_may_see(served: Served) -> None:
    first = served.do("sales/post", SALE).json
    headers = "".join(f"{name}: {value}\r\n" for name, value in served.headers().items())
    with served.connect() as watching:
        watching.sendall(
            f"GET /api/v1/changes?since=1.{first['seq']} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()
        )
        got = watching.recv(65536)
        while f'"seq":{first["seq"]},'.encode() not in got:
            got += watching.recv(65536)
        second = served.do("sales/post", SALE, till=2).json
        while f'"seq":{second["seq"]},'.encode() not in got:
            got += watching.recv(65536)

    assert b"content-type: text/event-stream" in got
    assert f"id: 1.{first['seq'] + 1}\nevent: entry\n".encode() in got
    assert b'"records":[{"is":"sales.posted"}]' in got
    assert b"payments" not in got
