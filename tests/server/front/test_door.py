"""The front door against raw bytes: every probe of reliability.md 4.10, with the worker's memory watched."""

import contextlib
import socket
import threading
import time
from pathlib import Path

import pytest
from served_shop import Served, read_all, read_responses

from server.front.door import Door

MEMORY_BYTES_MAX = 64 << 20  # what one probe may make a worker grow by
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


def status_of(answer: bytes) -> int:
    """The status of the first response in some bytes."""
    assert answer.startswith(b"HTTP/1.1 "), answer[:200]
    return int(answer.split(b" ", 2)[1])


def memory(served: Served) -> int:
    """The resident bytes of the worker."""
    status = Path(f"/proc/{served.pids()['worker']}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) << 10


def flood(served: Served, head: bytes, part: bytes, bytes_max: int) -> int:
    """Sends a head and then the same part until the server hangs up; returns how much could be sent."""
    sent = 0
    with served.connect() as made, contextlib.suppress(OSError):
        made.sendall(head)
        while sent < bytes_max:
            sent += made.send(part)
    return sent


@pytest.mark.parametrize(
    ("status", "request_bytes"),
    [
        (400, b"GET /healthz HTTP/1.1\r\n\r\n"),
        (400, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"),
        (400, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"),
        (421, b"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
        (421, b"GET /healthz HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n"),
        (400, b"GET /healthz HTTP/1.1\r\nHost: user@localhost\r\n\r\n"),
        (400, b"GET /healthz HTTP/1.1\r\nHost: \r\n\r\n"),
        (400, b"GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd"),
        (400, b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4, 4\r\n\r\nabcd"),
        (400, b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"),
        (413, b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 400000000\r\n\r\n"),
        (400, b"POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        (400, b"POST /x HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (400, b"GET /a//b HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"GET /a/../b HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"GET /a/%2e%2e/b HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"GET /a%2fb HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"GET /a%5cb HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"GET /a%00b HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"GET /a%zz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"GET /a\\b HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        (400, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nExpect: a miracle\r\n\r\n"),
        (400, b"GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n"),
        (400, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n folded: yes\r\n\r\n"),
        (400, b"GET /healthz HTTP/2.0\r\nHost: localhost\r\n\r\n"),
        (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
        (431, GET + b"X-A: b\r\n" * 64 + b"\r\n"),
        (431, GET + b"X-A: " + b"b" * 20_000 + b"\r\n\r\n"),
        (431, b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ],
)
def test_what_two_readers_could_read_in_two_ways_is_refused(served: Served, status: int, request_bytes: bytes) -> None:
    answer = served.raw(request_bytes)

    assert status == status_of(answer), answer
    assert b"connection: close" in answer.lower()
    assert b"application/problem+json" in answer
    assert b"x-content-type-options: nosniff" in answer


def test_both_lengths_are_refused_and_the_second_request_is_never_served(served: Served) -> None:
    smuggled = GET + b"\r\n"
    answer = served.raw(
        b"POST /api/v1/sales/post HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled
    )

    assert 400 == status_of(answer)
    assert 1 == answer.count(b"HTTP/1.1 ")


@pytest.mark.parametrize(
    "host", [b"localhost", b"LOCALHOST", b"127.0.0.1", b"localhost:1234", b"[::1]:80", b"localhost."]
)
def test_our_own_names_are_served(served: Served, host: bytes) -> None:
    answer = served.raw(b"GET /healthz HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")

    assert 200 == status_of(answer)


def test_an_endless_header_is_cut_off_and_takes_no_memory(served: Served) -> None:
    before = memory(served)
    sent = flood(served, GET + b"X-Endless: ", b"a" * 65536, 80 << 20)

    assert sent < 16 << 20
    assert memory(served) - before < MEMORY_BYTES_MAX


def test_fifty_thousand_headers_are_refused(served: Served) -> None:
    before = memory(served)

    sent = flood(served, GET, b"X-A: b\r\n" * 1000, 50 << 20)

    assert sent < 16 << 20
    assert memory(served) - before < MEMORY_BYTES_MAX


def test_a_body_without_end_is_refused_as_it_arrives_whatever_was_announced(served: Served) -> None:
    before = memory(served)
    head = b"POST /api/v1/batch HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent = flood(served, head, b"10000\r\n" + b"a" * 65536 + b"\r\n", 400 << 20)

    assert sent < 32 << 20
    assert memory(served) - before < MEMORY_BYTES_MAX


def test_a_large_body_that_is_recognised_is_refused_with_413(served: Served) -> None:
    headers = served.headers() | {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    head = "POST /api/v1/batch HTTP/1.1\r\nHost: localhost\r\n" + "".join(f"{a}: {b}\r\n" for a, b in headers.items())
    with served.connect() as made:
        made.sendall(head.encode() + b"\r\n")
        for _ in range(17):
            made.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")
        answer = read_all(made)

    assert 413 == status_of(answer), answer


def test_chunks_of_one_byte_with_long_extensions_end(served: Served) -> None:
    headers = served.headers() | {"Transfer-Encoding": "chunked", "Content-Type": "application/json"}
    head = "POST /api/v1/batch HTTP/1.1\r\nHost: localhost\r\n" + "".join(f"{a}: {b}\r\n" for a, b in headers.items())
    sent = flood(served, head.encode() + b"\r\n", (b"1;" + b"x" * 1000 + b"\r\na\r\n") * 60, 80 << 20)

    assert sent < 32 << 20


def test_one_header_line_a_second_is_ended_by_the_clock(served: Served) -> None:
    started = time.monotonic()
    with served.connect() as made:
        made.sendall(GET)
        stop = threading.Event()

        def drip() -> None:
            while not stop.wait(0.5):
                try:
                    made.sendall(b"X-Slow: yes\r\n")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        answer = read_all(made)
        took = time.monotonic() - started
        stop.set()
        dripping.join()

    assert 408 == status_of(answer)
    assert took < 15


def test_a_connection_that_says_nothing_is_closed(served: Served) -> None:
    with served.connect() as made:
        assert b"" == read_all(made)


def test_requests_in_a_row_are_answered_in_their_order(served: Served) -> None:
    paths = [b"/healthz", b"/nothing", b"/api/openapi.json", b"/api/v1/tills", b"/healthz"]
    with served.connect() as made:
        made.sendall(b"".join(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path for path in paths))
        answers = read_responses(made, len(paths))

    assert [200, 404, 200, 401, 200] == [answer.status for answer in answers]


def test_too_many_requests_in_a_row_end_the_connection(served: Served) -> None:
    answer = served.raw((GET + b"\r\n") * 1000)

    assert 1 <= answer.count(b"HTTP/1.1 ") <= 17


def test_a_refused_request_behind_a_good_one_does_not_take_its_answer(served: Served) -> None:
    answer = served.raw(GET + b"\r\n" + b"GET /a//b HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert 200 == status_of(answer)


def test_a_client_that_waits_for_100_continue_gets_it(served: Served) -> None:
    headers = served.headers() | {"Expect": "100-continue", "Content-Type": "application/json", "Content-Length": "2"}
    head = "POST /api/v1/batch HTTP/1.1\r\nHost: localhost\r\n" + "".join(f"{a}: {b}\r\n" for a, b in headers.items())
    with served.connect() as made:
        made.sendall(head.encode() + b"\r\n")
        assert b"HTTP/1.1 100 Continue\r\n\r\n" == made.recv(100)
        made.sendall(b"{}")
        (answer,) = read_responses(made, 1)

    assert 400 == answer.status


def test_nothing_says_what_the_server_is_made_of(served: Served) -> None:
    answer = served.ask("GET", "/healthz")

    assert "server" not in answer.headers
    assert b'{"status":"ok"}' == answer.body


def test_half_a_request_and_a_hang_up_leave_nothing_behind(served: Served) -> None:
    for _ in range(50):
        with served.connect() as made:
            made.sendall(GET[:20])
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    assert 200 == served.ask("GET", "/healthz").status


@pytest.mark.parametrize(
    ("address", "behind", "peer", "said"),
    [
        ("203.0.113.9", True, "127.0.0.1", "203.0.113.9"),
        ("203.0.113.9", True, "127.0.0.1", "10.0.0.1, 203.0.113.9"),
        ("203.0.113.9", True, "127.0.0.1", "203.0.113.9, 127.0.0.1"),
        ("127.0.0.1", True, "127.0.0.1", " , "),
        ("127.0.0.1", True, "127.0.0.1", None),
        ("127.0.0.1", False, "127.0.0.1", "203.0.113.9"),
        ("198.51.100.7", True, "198.51.100.7", "203.0.113.9"),
    ],
)
def test_where_a_request_comes_from_is_the_proxy_s_word_where_it_may_say_so(
    address: str, behind: bool, peer: str, said: str | None
) -> None:
    door = Door.__new__(Door)
    door.address, door.behind_proxy = peer, behind

    assert address == door.client_address({} if said is None else {b"x-forwarded-for": said.encode()})
