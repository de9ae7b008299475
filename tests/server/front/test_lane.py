"""The fast lane against the ASGI route: the same requests, the same bytes."""

import functools
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from served_shop import SALE, Served, headers_at_till, read_responses


def sale(served: Served, path: str, body: bytes, headers: dict[str, str], *, drop: str = "") -> bytes:
    """A request for a sale as bytes; the content type decides which way it goes."""
    whole = {"Host": "localhost", "Content-Length": str(len(body)), **served.headers(2), **headers}
    whole.pop(drop, None)
    head = "".join(f"{name}: {value}\r\n" for name, value in whole.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


def without_date(answer: bytes) -> bytes:
    """The bytes without the line that the clock writes."""
    return b"\r\n".join(line for line in answer.split(b"\r\n") if not line.lower().startswith(b"date:"))


LANE, ROUTE = "application/json", "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("status", "body", "headers", "drop"),
    [
        (200, SALE, {}, ""),
        (200, {"lines": [{"price": "1.20", "quantity": "1.5"}], "payments": [{"mode": 1}]}, {}, ""),
        (422, {"lines": [{"product": 99}], "payments": [{"mode": 1}]}, {}, ""),
        (400, {"lines": "none"}, {}, ""),
        (400, {"wrong": 1}, {}, ""),
        (400, b"{", {}, ""),
        (400, b"", {}, ""),
        (400, SALE, {"Idempotency-Key": "not an id"}, ""),
        (400, SALE, {}, "Idempotency-Key"),
        (400, SALE | {"id": "00000000000000000000000000000001"}, {}, ""),
        (401, SALE, {"Authorization": "Bearer tk_till_1_wrong"}, ""),
        (401, SALE, {}, "Authorization"),
        (403, SALE, {}, "Cookie"),
        (403, SALE, {"Cookie": "__Host-shift=forged"}, ""),
        (401, SALE, functools.partial(headers_at_till, 2, 2, sign_in=9), ""),
        (401, SALE, functools.partial(headers_at_till, 2, 1, rested_ms=120_000), ""),
        (200, SALE, functools.partial(headers_at_till, 2, 1, rested_ms=60_000), ""),
        (403, SALE, {"X-Override": "forged"}, ""),
        (200, SALE, {"Connection": "close"}, ""),
    ],
)
def test_the_lane_answers_byte_for_byte_what_the_route_answers(
    served: Served, status: int, body: Any, headers: dict[str, str] | Callable[[], dict[str, str]], drop: str
) -> None:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    own = headers() if callable(headers) else headers  # a cookie is sealed when it is sent: it counts the seconds
    sent = {"Idempotency-Key": uuid.uuid4().hex, "Connection": "keep-alive", **own}
    answers = []
    for content_type in (LANE, LANE, ROUTE):  # the first is not compared: only the others are repeated ones
        request = sale(served, "/api/v1/sales/post", data, sent | {"Content-Type": content_type}, drop=drop)
        if sent["Connection"] != "close":
            request += b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        answers.append(without_date(served.raw(request)))

    assert f"HTTP/1.1 {status} ".encode() == answers[0][:13], answers[0]
    assert answers[1] == answers[2]


def test_repeated_sales_are_the_same_bytes_on_both_ways(served: Served) -> None:
    data = json.dumps(SALE).encode()
    id = {"Idempotency-Key": uuid.uuid4().hex, "Connection": "close"}
    first = served.raw(sale(served, "/api/v1/sales/post", data, id | {"Content-Type": LANE}))
    lane = served.raw(sale(served, "/api/v1/sales/post", data, id | {"Content-Type": LANE}))
    route = served.raw(sale(served, "/api/v1/sales/post", data, id | {"Content-Type": ROUTE}))

    assert b'"repeated":false' in first
    assert b'"repeated":true' in lane
    assert without_date(lane) == without_date(route)
    assert lane.split(b"\r\n\r\n")[1] == first.split(b"\r\n\r\n")[1].replace(b'"repeated":false', b'"repeated":true')


def test_sales_and_other_requests_in_a_row_keep_their_order(served: Served) -> None:
    data = json.dumps(SALE).encode()
    requests = b""
    for _ in range(4):
        requests += sale(
            served, "/api/v1/sales/post", data, {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": LANE}
        )
        requests += b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with served.connect() as made:
        made.sendall(requests)
        answers = read_responses(made, 8)

    assert [200, 404] * 4 == [answer.status for answer in answers]
    numbers_of = [answer.json["records"][0]["no"] for answer in answers[::2]]
    assert sorted(numbers_of) == numbers_of


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {}),
        (400, {"Idempotency-Key": "0" * 31 + "x"}),
        (400, {"Content-Length": "+1"}),
        (401, {"Authorization": "Bearer tk_till_1_wrong"}),
        (421, {"Host": "elsewhere"}),
    ],
)
def test_a_second_sale_of_a_connection_is_answered_as_if_it_were_the_first(
    served: Served, status: int, headers: dict[str, str]
) -> None:
    data = json.dumps(SALE).encode()
    plain = {"Content-Type": LANE}
    own = {"Idempotency-Key": uuid.uuid4().hex} | headers
    second = sale(served, "/api/v1/sales/post", data, plain | own)
    bodies = []
    for before in (0, 1, 3):
        with served.connect() as made:
            for _ in range(before):
                made.sendall(sale(served, "/api/v1/sales/post", data, plain | {"Idempotency-Key": uuid.uuid4().hex}))
                assert [200] == [answer.status for answer in read_responses(made, 1)]
            made.sendall(second)
            (answer,) = read_responses(made, 1)
        bodies.append((answer.status, answer.json | {"repeated": True}))

    assert status == bodies[0][0]
    assert bodies[0] == bodies[1] == bodies[2]


def test_a_sale_in_pieces_behind_a_whole_one_is_sold(served: Served) -> None:
    data = json.dumps(SALE).encode()
    with served.connect() as made:
        for cut in (None, 1, 30, -len(data), -1, None):
            request = sale(
                served, "/api/v1/sales/post", data, {"Content-Type": LANE, "Idempotency-Key": uuid.uuid4().hex}
            )
            made.sendall(request[:cut])
            if cut is not None:
                made.sendall(request[cut:])
            (answer,) = read_responses(made, 1)

            assert (200, False) == (answer.status, answer.json["repeated"])


def test_a_client_that_hangs_up_leaves_its_sale_to_be_asked_for_again(served: Served) -> None:
    data = json.dumps(SALE).encode()
    id = uuid.uuid4().hex
    request = sale(served, "/api/v1/sales/post", data, {"Idempotency-Key": id, "Content-Type": LANE})
    with served.connect() as made:
        made.sendall(request)

    answer = served.do("sales/post", SALE, till=2, id=id)

    assert 200 == answer.status
    assert answer.json["id"] == id


def test_a_shift_is_renewed_on_both_ways(served: Served) -> None:
    data = json.dumps(SALE).encode()
    found = []
    for till, content_type in ((3, LANE), (4, ROUTE)):
        sent = headers_at_till(till, 1, rested_ms=20_000) | {"Content-Type": content_type, "Connection": "close"}
        answer = served.raw(sale(served, "/api/v1/sales/post", data, sent | {"Idempotency-Key": uuid.uuid4().hex}))
        (line,) = [line for line in answer.split(b"\r\n") if line.lower().startswith(b"set-cookie: ")]
        name, _, value = line.partition(b"=")
        found.append((name, value.partition(b";")[2]))
        taken = sent | {"Cookie": line.partition(b" ")[2].partition(b";")[0].decode()}
        again = served.raw(sale(served, "/api/v1/sales/post", data, taken | {"Idempotency-Key": uuid.uuid4().hex}))
        assert again.startswith(b"HTTP/1.1 200 ")
        assert b"set-cookie" not in again.lower()

    assert found[0] == found[1] == (b"set-cookie: __Host-shift", b" Path=/; Secure; HttpOnly; SameSite=Lax")
