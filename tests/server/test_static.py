"""Files under the hash of their content: who keeps them, and who is not sent them twice."""

import asyncio

import pytest
from starlette.requests import Request

from server.static import KEEP, StaticFile

FILE = StaticFile("/a.css", b"b{}", "text/css")


def ask(query: str = "", known: str = "") -> tuple[int, str, bytes]:
    """(status, what caches are told, body) of one request."""
    headers = [(b"if-none-match", known.encode())] if known else []
    scope = {"type": "http", "method": "GET", "path": "/a.css", "query_string": query.encode(), "headers": headers}
    answer = asyncio.run(FILE.answer(Request(scope)))
    assert f'"{FILE.address[-16:]}"' == answer.headers["etag"]
    return answer.status_code, answer.headers.get("cache-control", ""), bytes(answer.body)


def test_only_its_own_hash_is_kept() -> None:
    hashed = FILE.address.partition("?")[2]

    assert (200, KEEP, b"b{}") == ask(hashed)
    assert (200, "", b"b{}") == ask("v=0123456789abcdef") == ask()
    assert FILE.address != StaticFile("/a.css", b"b{ }", "text/css").address


@pytest.mark.parametrize(("status", "known"), [(304, "{}"), (304, "W/{}"), (304, '"x", {}'), (304, "*"), (200, '"x"')])
def test_who_has_it_is_not_sent_it_again(status: int, known: str) -> None:
    tag = f'"{FILE.address[-16:]}"'

    assert status == ask(known=known.format(tag))[0]
