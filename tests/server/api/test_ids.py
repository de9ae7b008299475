"""Command ids at the edge: every form of one id, and no other."""

import uuid

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from server.api.ids import parse_id, take_id
from server.api.problems import Problem


@given(some.uuids())
@settings(max_examples=100, deadline=None)
def test_every_spelling_of_an_id_is_the_same_id(id: uuid.UUID) -> None:
    spellings = [str(id), id.hex, str(id).upper(), id.hex.upper()]

    assert {id.bytes} == {parse_id(each.encode(), "id") for each in spellings}
    assert {id.bytes} == {take_id(None, msgspec.json.encode({"id": each, "a": 1}))[0] for each in spellings}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"1",
        b"g" * 32,
        b"0" * 31,
        b"0" * 33,
        b"{" + b"0" * 30 + b"}",
        b"0" * 16 + b"-" + b"0" * 15,
        b"\xd9\xa0" * 16,
    ],
)
def test_what_is_no_id_is_refused(text: bytes) -> None:
    with pytest.raises(Problem) as caught:
        parse_id(text, "Idempotency-Key")

    assert ("api.bad_id", 400) == (caught.value.code, caught.value.status)


def test_the_id_leaves_the_body_and_the_rest_stays() -> None:
    id, body = take_id(None, b'{"lines":[{"id":7}],"id":"' + b"0" * 31 + b'1","note":"\\u00e9"}')

    assert (bytes(15) + b"\x01", {"lines": [{"id": 7}], "note": "é"}) == (id, msgspec.json.decode(body))


def test_two_ids_that_agree_are_one_and_two_that_differ_are_refused() -> None:
    body = b'{"id":"' + b"0" * 32 + b'"}'

    assert bytes(16) == take_id(b"0" * 32, body)[0]
    with pytest.raises(Problem) as caught:
        take_id(b"1" * 32, body)
    assert ("api.ids_differ", 400) == (caught.value.code, caught.value.status)


def test_a_command_s_own_id_is_left_alone_and_so_is_what_is_no_object() -> None:
    assert (None, b'{"id":5}') == take_id(None, b'{"id":5}', own=True)
    assert (None, b'["id"]') == take_id(None, b'["id"]')
    assert (None, b'{"a":{"id":5}}') == take_id(None, b'{"a":{"id":5}}')
    with pytest.raises(Problem):
        take_id(None, b'{"id":5}')


@pytest.mark.parametrize("body", [b'{"id":%b}' % (b"[" * 5000 + b"]" * 5000), b'{"a":%b,"id":"x"}' % (b"[" * 5000)])
def test_a_body_that_is_nested_for_ever_is_left_to_the_engine(body: bytes) -> None:
    assert (None, body) == take_id(None, body)


def test_an_id_that_is_no_text_is_a_bad_id() -> None:
    with pytest.raises(Problem) as caught:
        take_id(None, b'{"id":"\xff"}')

    assert "api.bad_id" == caught.value.code
