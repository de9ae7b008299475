"""Queries out of URLs: converted by type, refused by name."""

import pytest

from engine.engine import Refusal
from engine.features import FEATURES
from server.api.parameters import parse_query, plain_fields

LIST = FEATURES.queries["products.list"].type


def test_texts_become_what_the_query_says() -> None:
    query = parse_query(LIST, b"after=3&limit=20&search=caf%C3%A9&updated_since=7")

    assert (3, 20, "café", 7) == (query.after, query.limit, query.search, query.updated_since)


def test_texts_are_brought_into_normal_form() -> None:
    assert "é" == parse_query(LIST, b"search=e%CC%81").search


@pytest.mark.parametrize(
    ("given", "at"),
    [
        (b"limit=0", "limit"),
        (b"limit=201", "limit"),
        (b"limit=ten", "limit"),
        (b"after=1.5", "after"),
        (b"after=1&after=2", "after"),
        (b"colour=red", None),
        (b"search=%ff", None),
        (b"search", None),
        (b"a=1&" * 60, None),
    ],
)
def test_what_does_not_fit_is_refused_by_its_name(given: bytes, at: str | None) -> None:
    with pytest.raises(Refusal) as caught:
        parse_query(LIST, given)

    assert ("kernel.bad_request", at) == (caught.value.code, caught.value.at)


def test_what_is_made_of_parts_is_no_parameter() -> None:
    fields = plain_fields(FEATURES.queries["sales.price"].type)

    assert "mode" in fields
    assert "lines" not in fields
