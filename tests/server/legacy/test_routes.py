"""The thin layer: forms in the address and in the body, methods, bounds."""

import asyncio
import json
import threading
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route as Page

from server.api.routes import ANYONE, PUBLIC
from server.legacy.handle import NOT_YET, SERVICES, WITHOUT_KEY
from server.legacy.routes import BODY_BYTES_MAX, CALLS_MAX, WAITING_MAX, Threads, handler, routes

FORM = "application/x-www-form-urlencoded"
KEY = {"idboutique": "4711", "key": "cle-du-webservice"}


def call(desk: Any, method: str, path: str, query: str = "", body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """One request to the application, without a socket."""

    async def context(request: Request) -> Any:
        return desk

    threads = Threads()
    app = Starlette(
        routes=[Page(each.path, handler(each.path, context, threads), methods=[each.method]) for each in routes()]
    )
    given = {"content-type": FORM, "host": "localhost"} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), text.encode()) for name, text in given.items()],
        "scheme": "https",
        "server": ("localhost", 443),
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    threads.pool.shutdown()
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


def test_a_form_in_the_body_records_a_sale(desk: Any) -> None:
    body = urlencode([*KEY.items(), ("payment", 2), ("itemsList[]", "1"), ("itemsList[]", "Free_9.99_Été")]).encode()

    status, data = call(desk, "POST", "/workers/webapp.php", body=body, content_type=f"{FORM};charset=UTF-8")

    assert 200 == status
    assert ["Café", "Été"] == [line.l for line in desk.ticket(json.loads(data)["orderID"]).lines]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_older_form_puts_everything_in_the_address(desk: Any, method: str) -> None:
    query = urlencode([*KEY.items(), ("payment", 2), ("itemsList[]", "1_2")])

    status, data = call(desk, method, "/workers/webapp.php", query=query)

    assert (200, "OK") == (status, json.loads(data)["result"])


def test_an_idempotency_key_in_the_header_makes_three_calls_one_order(desk: Any) -> None:
    body = urlencode([*KEY.items(), ("payment", 2), ("itemsList[]", "1")]).encode()

    replies = [call(desk, "POST", "/workers/webapp.php", body=body, idempotency_key="k-1") for _ in range(3)]

    assert 1 == len(set(replies))


def test_a_list_is_read_by_get(desk: Any) -> None:
    status, data = call(desk, "GET", "/workers/getPlus.php", query=urlencode(KEY | {"format": "json"}))

    assert (200, 4) == (status, len(json.loads(data)))


def test_what_changes_something_is_not_done_by_get(desk: Any) -> None:
    status, _ = call(desk, "GET", "/workers/delPlu.php", query=urlencode(KEY | {"id": 1}))

    assert 405 == status


@pytest.mark.parametrize(
    ("body", "type", "status"),
    [
        (b"x=" + b"1" * BODY_BYTES_MAX, FORM, 413),
        (b"a=1&" * 1_100, FORM, 400),
        (b"title=%ff", FORM, 400),
        (b"\xff", FORM, 400),
        (b"{}", "application/json", 415),
        (b"--x", "multipart/form-data; boundary=x", 415),
    ],
)
def test_a_body_that_is_no_form_is_refused(desk: Any, body: bytes, type: str, status: int) -> None:
    found, data = call(desk, "POST", "/workers/webapp.php", body=body, content_type=type)

    assert (status, False) == (found, json.loads(data)["success"])
    assert [] == desk.asked


def test_every_service_has_its_route_and_every_route_its_policy() -> None:
    made = routes()

    assert {f"/workers/{name}.php" for name in {*SERVICES, *NOT_YET}} == {route.path for route in made}
    assert set(WITHOUT_KEY) == {route.name for route in made if route.policy == PUBLIC}
    assert {PUBLIC, ANYONE} == {route.policy for route in made}
    assert {"POST"} == {route.method for route in made if route.name.startswith(("add", "edit", "del"))}
    assert {"sale"} == {route.rate for route in made if route.name == "webapp"}


def test_more_calls_than_threads_wait_and_more_than_that_are_told_to_come_again(desk: Any) -> None:
    free = threading.Event()

    class Slow:
        public_url = ""

        def authenticate(self, shop: str, key: str) -> bool:
            return not free.wait(20)

    async def all_of_them() -> list[Any]:
        threads = Threads()
        pairs = list(KEY.items())
        context: Any = Slow()
        calls = [
            asyncio.ensure_future(threads.run("/workers/getPlus.php", pairs, context))
            for _ in range(CALLS_MAX + WAITING_MAX + 3)
        ]
        done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        assert 0 < len(done) <= 3
        free.set()
        replies = await asyncio.gather(*calls)
        threads.pool.shutdown()
        assert 0 == threads.calls
        return replies

    replies = asyncio.run(all_of_them())

    busy = [reply for reply in replies if reply[0] == 503]
    assert ([403] * (CALLS_MAX + WAITING_MAX), 3) == ([reply[0] for reply in replies if reply[0] != 503], len(busy))
    assert ("2", "legacy.busy") == (busy[0][1]["Retry-After"], json.loads(busy[0][2])["code"])
