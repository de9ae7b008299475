"""Bodies made to hurt whoever reads them: nested for ever, enormous numbers, names twice, texts that are none."""

import asyncio
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from served_shop import SALE, Served
from uvicorn.server import ServerState

from server.front.lane import SALE_PATH, Lane

ID = "0193b5c87d1e7a439c025f1d3a6b8e01"
SOLD = b'{"lines":[{"price":"1.00"}],"payments":[{"mode":2}]%b}'
JSON = b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
PATHS = ("sales/post", "cash/open", "tills", "batch", "sales/price")


def nested(depth: int) -> bytes:
    """So many lists in each other."""
    return b"[" * depth + b"]" * depth


def in_a_batch(body: bytes) -> bytes:
    """A body as that of the one command of a batch."""
    return b'{"commands":[{"id":"%b","do":"sales.post","body":%b}]}' % (uuid.uuid4().hex.encode(), body)


BOMBS = {
    "lists without end": b"[" * 500_000,
    "lists": nested(200_000),
    "objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "lists in a field": b'{"lines":%b}' % nested(50_000),
    "lists in a field nobody knows": b'{"zzz":%b}' % nested(50_000),
    "lists as the id": b'{"id":%b}' % nested(5_000),
    "lists beside the id": b'{"id":"%b","lines":%b}' % (ID.encode(), nested(5_000)),
    "lists in a line": b'{"lines":[{"price":%b}]}' % nested(5_000),
    "as deep as one reader goes": b'{"id":"%b","zzz":%b}' % (ID.encode(), nested(940)),
    "a product of fifty thousand digits": b'{"lines":[{"price":"1.00","product":%b}]}' % (b"9" * 50_000),
    "a price of fifty thousand digits": b'{"lines":[{"price":"%b"}]}' % (b"9" * 50_000),
    "a number beyond all floats": b'{"lines":[{"price":"1.00","quantity":1e400}]}',
    "NaN": b'{"lines":[{"price":NaN}]}',
    "infinity": b'{"lines":[{"price":-Infinity}]}',
    "digits of another script": b'{"lines":[{"price":"\xd9\xa1.00"}]}',
    "half a surrogate, escaped": SOLD % b',"note":"\\ud800"',
    "half a surrogate, as bytes": SOLD % b',"note":"\xed\xa0\x80"',
    "half a surrogate as a name": b'{"\\ud800":1}',
    "half a surrogate beside the id": b'{"id":"%b","\xed\xa0\x80":1}' % ID.encode(),
    "an id that is no text": b'{"id":"\xff\xfe"}',
    "no UTF-8": b'{"note":"\xc3\x28"}',
    "an overlong slash": b'{"note":"\xc0\xaf"}',
    "a byte order mark": b"\xef\xbb\xbf" + SOLD % b"",
    "UTF-16": (SOLD % b"").decode().encode("utf-16"),
    "twenty thousand lines": b'{"lines":[%b{"price":"1.00"}]}' % (b'{"price":"1.00"},' * 20_000),
    "a megabyte of one text": b'{"note":"%b"}' % (b"a" * 1_000_000),
    "a hundred thousand names": b"{%b}" % b",".join(b'"n%d":1' % number for number in range(90_000)),
    "something behind": SOLD % b"" + b"x",
    "two values": SOLD % b"" + SOLD % b"",
    "null": b"null",
    "nothing": b"",
    "a zero byte": b"\0",
    "comments": b"/* sold */ " + SOLD % b"",
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", list(BOMBS))
def test_a_bomb_is_a_bad_request_and_nothing_more(probed: Served, name: str, path: str) -> None:
    headers = probed.headers() | ({} if path == "batch" else {"Idempotency-Key": ID})
    alone = probed.ask("POST", f"/api/v1/{path}", BOMBS[name], headers)

    assert (400, "application/problem+json") == (alone.status, alone.headers["content-type"]), alone
    assert alone.json["code"] in ("kernel.bad_request", "api.bad_id", "api.bad_request", "api.ids_differ")


@pytest.mark.parametrize("name", list(BOMBS))
def test_a_bomb_in_a_batch_is_a_bad_request_and_nothing_more(probed: Served, name: str) -> None:
    answer = probed.ask("POST", "/api/v1/batch", in_a_batch(BOMBS[name]), probed.headers())

    assert {400} == ({answer.status} if answer.status != 200 else {each["status"] for each in answer.json["answers"]})


def test_a_name_said_twice_counts_once_for_everybody(probed: Served) -> None:
    """The first reader of a body and the second must not understand two things."""
    twice = b'{"lines":[{"price":"1.00"}],"lines":[{"price":"2.00"}],"payments":[{"mode":2}]%b}'
    plain = probed.ask(
        "POST", "/api/v1/sales/post", twice % b"", probed.headers() | {"Idempotency-Key": str(uuid.uuid4())}
    )
    inside = probed.ask(
        "POST", "/api/v1/sales/post", twice % b',"id":"%b"' % uuid.uuid4().hex.encode(), probed.headers()
    )

    assert (plain.status, inside.status) in ((400, 400), (200, 200))
    if plain.status == 200:
        assert plain.json["records"][0]["total"] == inside.json["records"][0]["total"]


def test_two_ids_in_one_body_are_one_or_refused(probed: Served) -> None:
    first, second = uuid.uuid4().hex, uuid.uuid4().hex
    body = SOLD % b',"id":"%b","id":"%b"' % (first.encode(), second.encode())

    answer = probed.ask("POST", "/api/v1/sales/post", body, probed.headers())

    assert answer.status in (200, 400)
    assert answer.status == 400 or answer.json["id"] == second


def test_a_bug_of_ours_in_the_lane_is_said_and_the_connection_ends() -> None:
    """Without this a client would wait until it gave up, and its connection would stay for ever."""

    def fails(headers: Any, address: str) -> None:
        raise KeyError("a bug")

    async def never(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("a sale never reaches the application")

    async def ask() -> bytes:
        loop = asyncio.get_running_loop()
        config = uvicorn.Config(never, log_config=None, ws="none", lifespan="off")
        shop = SimpleNamespace(gate=SimpleNamespace(authenticate=fails))
        protocol = type("Broken", (Lane,), {"shop": shop})
        server = await loop.create_server(lambda: protocol(config, ServerState(), {}, loop), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        head = b"POST %b HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n" + JSON
        writer.write(head % SALE_PATH)
        answer = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        server.close()
        await server.wait_closed()
        return answer

    answer = asyncio.run(ask())

    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b'"code":"api.fault"' in answer
    assert b"connection: close" in answer


def test_what_follows_a_bomb_on_its_connection_is_answered(probed: Served) -> None:
    for name in ("lists", "objects", "NaN"):
        probed.ask("POST", "/api/v1/sales/post", BOMBS[name], probed.headers() | {"Idempotency-Key": ID})

    assert 200 == probed.do("sales/post", SALE).status
