"""Heads that come again: read without a parser only where a parser would read the very same."""

import re
from typing import Any

import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.front.again import HEAD_BYTES_MAX, Again

ID = b"0190f6c8a3b27c1d8e4f5a6b7c8d9e0f"
OTHER = b"0190f6c8a3b27c1d8e4f5a6b7c8d9e10"
LINES = (b"Host: localhost", b"Authorization: Bearer tk_till_1_x", b"Content-Type: application/json")
BODY_MAX = 1_000


class Read:
    """What the parser makes of data: one whole request, or ``whole`` stays false."""

    def __init__(self, data: bytes) -> None:
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.begun = 0
        self.whole = False
        parser = httptools.HttpRequestParser(self)
        try:
            parser.feed_data(data)
        except httptools.HttpParserError:
            self.whole = False

    def on_message_begin(self) -> None:
        self.begun += 1
        self.whole = False

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.whole = self.begun == 1


def request(id: bytes, body: bytes, *, id_first: bool = True, length: bytes | None = None) -> bytes:
    """A sale as its bytes."""
    both = [b"Idempotency-Key: " + id, b"Content-Length: " + (b"%d" % len(body) if length is None else length)]
    lines = [LINES[0], both[not id_first], LINES[1], both[id_first], LINES[2]]
    return b"\r\n".join([b"POST /api/v1/sales/post HTTP/1.1", *lines]) + b"\r\n\r\n" + body


def learnt(data: bytes, body: bytes) -> Again:
    """What is remembered of a request that the parser has read."""
    found = Again.learn(data, dict(Read(data).headers), len(body))
    assert found is not None
    return found


@pytest.mark.parametrize("id_first", [True, False])
@pytest.mark.parametrize("body", [b"", b"{}", b"{" + b" " * 500 + b"}"])
def test_the_next_request_under_the_same_head_is_read(id_first: bool, body: bytes) -> None:
    again = learnt(request(ID, b'{"first":1}', id_first=id_first), b'{"first":1}')

    found = again.read(request(OTHER, body, id_first=id_first), BODY_MAX)

    assert found == (OTHER, body)


def test_ids_are_read_in_the_form_that_the_first_had() -> None:
    dashed = b"0190f6c8-a3b2-7c1d-8e4f-5a6b7c8d9e0f"
    again = learnt(request(dashed, b"{}"), b"{}")

    assert again.read(request(dashed[:-1] + b"e", b"{}"), BODY_MAX) == (dashed[:-1] + b"e", b"{}")
    assert again.read(request(ID, b"{}"), BODY_MAX) is None


@pytest.mark.parametrize(
    "data",
    [
        request(OTHER, b"{}")[:-1],
        request(OTHER, b"{}") + b" ",
        request(OTHER, b"{}") + request(ID, b"{}"),
        b"\r\n" + request(OTHER, b"{}"),
        request(OTHER, b"{}", length=b"+2"),
        request(OTHER, b"{}", length=b" 2"),
        request(OTHER, b"{}", length=b"2 "),
        request(OTHER, b"{}", length=b"2, 2"),
        request(OTHER, b"{}", length=b""),
        request(OTHER, b"{}", length=b"0x2"),
        request(OTHER, b"{}", length="\u0662".encode()),
        request(OTHER, b"{}", length=b"2\r\nX: y"),
        request(OTHER, b"{}", length=b"0" * 15 + b"2"),
        request(OTHER, b" " * (BODY_MAX + 1)),
        request(b"x\r\nTransfer-Encoding: chunked\r\ny", b"{}"),
        request(b"0190f6c8a3b27c1d\r\nX: a3b27c1d8e4"[:32], b"{}"),
        request(OTHER[:-1] + b" ", b"{}"),
        request(OTHER[:-1] + b"\0", b"{}"),
        request(OTHER, b"{}").replace(b"Bearer tk_till_1_x", b"Bearer tk_till_1_y"),
        request(OTHER, b"{}").replace(b"post HTTP", b"POST HTTP"),
        request(OTHER, b"{}").replace(b"HTTP/1.1", b"HTTP/1.0"),
        request(OTHER, b"{}").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        request(OTHER, b"{}").replace(b"Host: localhost\r\n", b""),
        b"",
    ],
)
def test_whatever_differs_goes_to_the_parser(data: bytes) -> None:
    again = learnt(request(ID, b"{}"), b"{}")

    assert again.read(data, BODY_MAX) is None


@pytest.mark.parametrize("id_first", [True, False])
@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 400), cut=st.integers(0, 3), put=st.binary(max_size=4), body=st.binary(max_size=20))
def test_what_is_read_is_what_the_parser_reads(id_first: bool, at: int, cut: int, put: bytes, body: bytes) -> None:
    again = learnt(request(ID, b"{}", id_first=id_first), b"{}")
    whole = request(OTHER, body, id_first=id_first)
    data = whole[: at % len(whole)] + put + whole[at % len(whole) + cut :]

    found = again.read(data, BODY_MAX)

    if found is not None:
        parsed = Read(data)
        headers: dict[bytes, Any] = dict(parsed.headers)
        assert parsed.whole
        assert (headers[b"idempotency-key"], parsed.body, int(headers[b"content-length"])) == (*found, len(found[1]))
        assert len(parsed.headers) == len(headers)
        unchanged = {name: value for name, value in headers.items() if name in again.headers}
        kept = again.headers | {name: headers[name] for name in (b"idempotency-key", b"content-length")}
        assert (parsed.url, unchanged) == (b"/api/v1/sales/post", kept)


@pytest.mark.parametrize(
    "data",
    [
        request(b"no id", b"{}"),
        request(ID, b"{}") + b"\r\n",
        b"\r\n" + request(ID, b"{}"),
        re.sub(rb"Idempotency-Key: [0-9a-f]+\r\n", b"", request(ID, b"{}")),
        re.sub(rb"Content-Length: 2\r\n", b"", request(ID, b"{}")),
        request(ID, b"{}").replace(b"\r\n\r\n", b"\r\nidempotency-key: " + OTHER + b"\r\n\r\n"),
        request(ID, b"{}").replace(b"\r\n\r\n", b"\r\nX: " + b"y" * HEAD_BYTES_MAX + b"\r\n\r\n"),
        request(ID, b"{}").replace(b"POST", b"PUT"),
    ],
)
def test_nothing_is_remembered_of_other_requests(data: bytes) -> None:
    found = Again.learn(data, {b"idempotency-key": ID}, 2)

    assert found is None
