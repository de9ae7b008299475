"""Clients that break the rules of a conversation: slow, silent, many, deaf, or speaking something else."""

import contextlib
import gzip
import json
import select
import socket
import struct
import threading
import time
import uuid

import pytest
from served_shop import SALE, Served, read_all, read_responses, wait_until

from server.front.door import WAITING_MAX

DRIP_S = 0.2
CUT_WITHIN_S = 15.0  # the quick shop's limits are one and two seconds; the rest is a busy machine
NOBODY_WAITS = struct.pack("ii", 1, 0)  # SO_LINGER: a hang-up that throws away what was not read
DEAF = 60
WATCHERS = 30


def head_of(served: Served, method: str, path: str, **more: str) -> bytes:
    """The head of a request of till 1, without its last empty line."""
    headers = {
        "Host": "localhost",
        **served.headers(),
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return f"{method} {path} HTTP/1.1\r\n".encode() + b"".join(f"{a}: {b}\r\n".encode() for a, b in headers.items())


def sale_of(served: Served, id: str = "", **more: str) -> bytes:
    """The bytes of a sale."""
    body = json.dumps(SALE).encode()
    known = {"Content_Type": "application/json", "Idempotency_Key": id or str(uuid.uuid4())}
    return (
        head_of(served, "POST", "/api/v1/sales/post", **known, **more, Content_Length=str(len(body))) + b"\r\n" + body
    )


def statuses(answer: bytes) -> list[int]:
    """The statuses of the responses in some bytes."""
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def drip(made: socket.socket, part: bytes, stop: threading.Event) -> None:
    """Sends the same part again and again, slowly, until the other end is gone."""
    while not stop.wait(DRIP_S):
        try:
            made.sendall(part)
        except OSError:
            return


def dripped(served: Served, head: bytes, part: bytes) -> tuple[list[int], float]:
    """What comes back to a request that arrives slowly for ever, and after how many seconds."""
    stop = threading.Event()
    began = time.monotonic()
    with served.connect() as made:
        made.sendall(head)
        dripping = threading.Thread(target=drip, args=(made, part, stop))
        dripping.start()
        answer = read_all(made)
        took = time.monotonic() - began
        stop.set()
        dripping.join()
    return statuses(answer), took


def test_a_header_that_comes_byte_by_byte_is_ended_by_the_clock(quick: Served) -> None:
    found, took = dripped(quick, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"a")

    assert [408] == found
    assert took < CUT_WITHIN_S


@pytest.mark.parametrize("path", ["/api/v1/sales/post", "/api/v1/cash/open", "/api/v1/batch", "/api/v1/nothing"])
@pytest.mark.parametrize(
    ("length", "part"), [("Content-Length: 4096", b" "), ("Transfer-Encoding: chunked", b"1\r\n \r\n")]
)
def test_a_body_that_comes_byte_by_byte_is_ended_by_the_clock(
    quick: Served, path: str, length: str, part: bytes
) -> None:
    head = head_of(quick, "POST", path, Content_Type="application/json", Idempotency_Key=str(uuid.uuid4()))
    found, took = dripped(quick, head + length.encode() + b"\r\n\r\n", part)

    assert found in ([408], [404]), found
    assert took < CUT_WITHIN_S


def test_many_slow_clients_do_not_keep_a_till_waiting_and_are_all_cut_off(quick: Served) -> None:
    with contextlib.ExitStack() as open_ones:
        slow = [open_ones.enter_context(quick.connect()) for _ in range(30)]
        for made in slow:
            made.sendall(b"POST /api/v1/batch HTTP/1.1\r\nHost: local")
        sold = quick.do("sales/post", SALE)
        answers = [statuses(read_all(made)) for made in slow]

    assert 200 == sold.status
    assert [[408]] * len(slow) == answers


def test_an_address_has_so_many_connections_and_gets_them_back(quick: Served) -> None:
    with contextlib.ExitStack() as open_ones:
        made = [open_ones.enter_context(quick.connect()) for _ in range(60)]
        wait_until(lambda: 20 <= len(select.select(made, [], [], 0)[0]), "those above the limit are closed")
        for each in made:
            with contextlib.suppress(OSError):
                each.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answers = [statuses(read_all(each)) for each in made]

    assert 40 == answers.count([200])
    assert 20 == answers.count([])
    wait_until(lambda: 200 == quick.ask("GET", "/healthz").status, "connections are given back")


def test_a_client_that_closes_its_half_is_answered_or_left_and_its_id_says_which(probed: Served) -> None:
    id = str(uuid.uuid4())
    with probed.connect() as made:
        made.sendall(sale_of(probed, id))
        made.shutdown(socket.SHUT_WR)
        found = statuses(read_all(made))
    again = probed.do("sales/post", SALE, id=id)
    after = probed.do("sales/post", SALE, id=id)

    assert found in ([], [200])
    assert (200, 200) == (again.status, after.status)
    assert again.json["seq"] == after.json["seq"]


def test_watchers_that_never_read_take_no_memory_and_keep_nobody_waiting(probed: Served) -> None:
    body = {"lines": [{"price": "1.00"} for _ in range(100)], "payments": [{"mode": 2}]}
    with contextlib.ExitStack() as open_ones:
        for _ in range(WATCHERS):
            deaf = open_ones.enter_context(socket.socket())
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect(("127.0.0.1", probed.port))
            deaf.sendall(head_of(probed, "GET", "/api/v1/changes?since=1.0") + b"\r\n")
        sold = [probed.do("sales/post", body, till=1 + turn % 4).status for turn in range(100)]

    assert [200] * 100 == sold


def test_clients_that_never_read_large_answers_take_no_memory_and_keep_nobody_waiting(probed: Served) -> None:
    with contextlib.ExitStack() as open_ones:
        for _ in range(DEAF):
            deaf = open_ones.enter_context(socket.socket())
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            deaf.connect(("127.0.0.1", probed.port))
            deaf.sendall(b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * WAITING_MAX)
        sold = [probed.do("sales/post", SALE, till=1 + turn % 4).status for turn in range(40)]

    assert [200] * 40 == sold


def test_http_1_0_is_answered_and_closed(probed: Served) -> None:
    page = probed.raw(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
    sold = probed.raw(sale_of(probed).replace(b" HTTP/1.1", b" HTTP/1.0", 1))
    nameless = probed.raw(b"GET /healthz HTTP/1.0\r\n\r\n")

    assert ([200], [200], [400]) == (statuses(page), statuses(sold), statuses(nameless))


@pytest.mark.parametrize(
    "wish",
    [
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        b"Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n",
    ],
)
def test_no_other_protocol_is_taken_up_and_nothing_behind_the_wish_is_read(probed: Served, wish: bytes) -> None:
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    page = probed.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + wish + b"\r\n" + smuggled)
    changes = probed.raw(b"GET /api/v1/changes HTTP/1.1\r\nHost: localhost\r\n" + wish + b"\r\n")
    sold = probed.raw(sale_of(probed).replace(b"\r\n", b"\r\n" + wish, 1) + smuggled)

    assert ([200], [401], [400]) == (statuses(page), statuses(changes), statuses(sold))


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500, b"\0" * 70_000, b"\xff" * 70_000]
)
def test_what_is_no_http_at_all_is_refused_at_once(probed: Served, data: bytes) -> None:
    with probed.connect() as made, contextlib.suppress(OSError):
        made.sendall(data)
        answer = read_all(made)

    assert statuses(answer) in ([400], [])


SMUGGLED = b"\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "lengths",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding: \x0bchunked",
        b"Transfer-Encoding : chunked",
        b"Transfer_Encoding: chunked\r\nTransfer-Encoding: gzip",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: +5",
        b"Content-Length: 0x5",
        b"Content-Length: 5 5",
        b"Content-Length: 5,5",
        b"Content-Length: 99999999999999999999999999",
        b"Content-Length:",
        b"Content-Length: \xd9\xa5",
        b"Content\0Length: 5",
        b"X-A: b\rX-C: d",
        b"X-A: b\n c",
        b": empty",
        b"X A: b",
    ],
)
def test_lengths_that_two_readers_read_in_two_ways_are_refused_once(probed: Served, lengths: bytes) -> None:
    answer = probed.raw(b"POST /api/v1/batch HTTP/1.1\r\nHost: localhost\r\n" + lengths + SMUGGLED)

    assert statuses(answer) in ([400], [413]), answer


@pytest.mark.parametrize(
    "chunks",
    [
        b"-1\r\n\r\n",
        b"0x5\r\nabcde\r\n0\r\n\r\n",
        b"ffffffffffffffffff\r\n",
        b"7fffffffffffffff\r\nabc",
        b"5\r\nabcdeX0\r\n\r\n",
        b"5\nabcde\n0\n\n",
        b" 5\r\nabcde\r\n0\r\n\r\n",
        b"5 ;\0\r\nabcde\r\n0\r\n\r\n",
        b"\r\n",
        b"G\r\n",
    ],
)
def test_chunks_that_are_none_are_refused_once(quick: Served, chunks: bytes) -> None:
    head = head_of(quick, "POST", "/api/v1/batch", Content_Type="application/json", Transfer_Encoding="chunked")

    answer = quick.raw(head + b"\r\n" + chunks + SMUGGLED)

    assert statuses(answer) in ([400], [408], [413]), answer


@pytest.mark.parametrize("method", [b"TRACE", b"OPTIONS", b"PATCH", b"PROPFIND", b"M-SEARCH", b"BREW", b"get", b"POST"])
@pytest.mark.parametrize("path", [b"/healthz", b"/api/v1/tills", b"/api/v1/sales/post", b"/nothing"])
def test_methods_that_a_path_does_not_know_are_declined(probed: Served, method: bytes, path: bytes) -> None:
    (status,) = statuses(
        probed.raw(method + b" " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    )

    assert 400 <= status < 500


def test_as_many_sales_in_a_row_as_may_wait_are_answered_in_their_order(probed: Served) -> None:
    ids = [str(uuid.uuid4()) for _ in range(WAITING_MAX)]
    with probed.connect() as made:
        made.sendall(b"".join(sale_of(probed, id) for id in ids))
        answers = read_responses(made, len(ids))

    assert [id.replace("-", "") for id in ids] == [answer.json["id"] for answer in answers]


def test_more_sales_in_a_row_than_may_wait_are_made_once_or_not_at_all(probed: Served) -> None:
    ids = [str(uuid.uuid4()) for _ in range(4 * WAITING_MAX)]
    found = statuses(probed.raw(b"".join(sale_of(probed, id) for id in ids)))
    first = [probed.do("sales/post", SALE, id=id) for id in ids]
    again = [probed.do("sales/post", SALE, id=id) for id in ids]

    assert {200} == set(found)
    assert len(found) < len(ids)
    assert [True] * len(found) == [answer.json["repeated"] for answer in first[: len(found)]]
    assert [answer.json["seq"] for answer in first] == [answer.json["seq"] for answer in again]
    assert len(ids) == len({answer.json["seq"] for answer in first})


def test_a_packed_body_is_not_unpacked(probed: Served) -> None:
    packed = gzip.compress(b" " * (500 << 20 >> 4))
    headers = probed.headers() | {"Content-Encoding": "gzip", "Idempotency-Key": str(uuid.uuid4())}

    assert 400 == probed.ask("POST", "/api/v1/sales/post", packed, headers).status


@pytest.mark.parametrize(
    "position", ["99999.999999999999999", "0.0", "1.999999999999999", "99999.0", "-1.0", "x", "1." + "9" * 16]
)
def test_positions_that_cannot_be_do_no_harm(probed: Served, position: str) -> None:
    with probed.connect() as made:
        made.sendall(head_of(probed, "GET", "/api/v1/changes", Last_Event_ID=position) + b"\r\n")
        status = int(made.recv(4096)[9:12])

    assert status in (200, 400)


def test_clients_that_vanish_leave_nothing_behind(probed: Served) -> None:
    data = sale_of(probed)
    for end in range(0, len(data), 7):
        with probed.connect() as made:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOBODY_WAITS)
            made.sendall(data[:end])

    assert 200 == probed.ask("GET", "/healthz").status
