"""``guichet invite`` and ``guichet enrol``: a code through whatever holds the shop, and a token for it."""

from collections.abc import Callable
from typing import Any

import pytest

Guichet = Callable[..., Any]


def test_a_code_is_alone_on_standard_output(guichet: Guichet) -> None:
    guichet("init")

    ran = guichet("invite", "--till", "1")

    assert (0, "1-") == (ran.code, ran.out[:2])
    assert 12 == len(ran.out)
    assert "ten minutes" in ran.err


def test_a_till_that_is_not_there_is_refused(guichet: Guichet) -> None:
    guichet("init")

    ran = guichet("invite", "--till", "9", "--json")

    assert (3, "access.unknown_till") == (ran.code, ran.json["code"])


@pytest.mark.parametrize("url", ["ftp://example.net", "nowhere", "http://127.0.0.1:1"])
def test_where_no_server_answers_it_says_so(guichet: Guichet, url: str) -> None:
    ran = guichet("enrol", "1-AAAA-AAAA", "--url", url, "--json")

    assert ran.json["code"] in {"enrol.url", "enrol.unreachable"}
    assert ran.json["hint"]
