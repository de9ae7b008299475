"""Tokens and codes: their forms, their hashes, and what people make of them."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.auth import tokens


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 65_535))
def test_a_tills_token_names_the_till_and_is_known_by_its_hash(till: int) -> None:
    token = tokens.till_token(till)

    assert tokens.TillToken(till, hashlib.sha256(token.encode()).digest()) == tokens.parse(token)
    assert 43 == len(token.removeprefix(f"tk_till_{till}_"))


def test_an_api_token_names_its_key_and_no_two_are_alike() -> None:
    made = [tokens.api_token() for _ in range(50)]
    parts = [tokens.parse(token) for token in made]

    assert 50 == len({part.key_id for part in parts if isinstance(part, tokens.KeyToken)})
    assert {"tk", "api"} == {piece for token in made for piece in token.split("_")[:2]}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "tk_till_0_" + "a" * 43,
        "tk_till_65536_" + "a" * 43,
        "tk_till_1_" + "a" * 42,
        "tk_till_1_" + "a" * 44,
        "tk_till_1_" + "é" * 43,
        "tk_till_1_" + "a" * 43 + "\n",
        "tk_api_short_" + "a" * 43,
        "TK_TILL_1_" + "a" * 43,
        " tk_till_1_" + "a" * 43,
    ],
)
def test_what_is_no_token_is_none(token: str) -> None:
    assert tokens.parse(token) is None


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 65_535))
def test_a_code_is_read_however_it_is_typed(till: int) -> None:
    shown = tokens.enrolment_code(till)

    code = shown.partition("-")[2]
    misread = code.replace("0", "o").replace("1", "l")
    typed = {shown, shown.lower(), f" {shown} ", f"{till}-{misread}", f"{till}-{code.replace('-', '')}"}

    assert 1 == len({tokens.parse_code(each) for each in typed})
    assert (till, code.replace("-", "")) == tokens.parse_code(shown)


@pytest.mark.parametrize(
    "typed", ["", "3", "3-", "3-ABCD", "3-ABCD-EFGU", "0-ABCD-EFGH", "70000-ABCD-EFGH", "x-ABCD-EFGH"]
)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert tokens.parse_code(typed) is None


def test_a_codes_hash_depends_on_the_till_the_code_and_the_key() -> None:
    made = {
        tokens.code_hash(key, till, code) for key in (b"a" * 32, b"b" * 32) for till in (1, 11) for code in ("1X", "X")
    }

    assert 8 == len(made)
    assert {64} == {len(each) for each in made}
