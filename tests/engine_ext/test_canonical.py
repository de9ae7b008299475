"""Canonical bytes against their slow twin and ``json``, and everything that has none."""

import enum
import json
import sys
import unicodedata
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import reference_canonical as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_ext import canonical


class Line(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    quantity: int
    note: str | None = None


class Ticket(msgspec.Struct, frozen=True, kw_only=True, tag="sales.posted", tag_field="kind"):
    number: int
    lines: list[Line]
    training: bool = False


class Renamed(msgspec.Struct, frozen=True, kw_only=True, rename={"number": "n°"}, omit_defaults=True):
    number: int = 0
    extra: dict[str, Any] | None = None


class Child(Line, frozen=True, kw_only=True):
    price: int


class Bare(msgspec.Struct, frozen=True, kw_only=True):
    pass


class BareTagged(msgspec.Struct, frozen=True, kw_only=True, tag=7, tag_field="t"):
    pass


class Row(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    number: int


class Hollow(msgspec.Struct, kw_only=True):
    label: str


class Loose(str):
    __slots__ = ()


class Number(int):
    pass


class Colour(enum.StrEnum):
    RED = "red"


LINE = Line(label="ok", quantity=1)
CHARACTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.text(CHARACTERS, max_size=30).map(lambda text: unicodedata.normalize("NFC", text))
SAFE = st.integers(-canonical.INTEGER_MAX, canonical.INTEGER_MAX)
LEAVES = st.none() | st.booleans() | SAFE | TEXTS
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5), max_leaves=25
)
ANYTHING = st.recursive(
    LEAVES | st.floats() | st.integers() | st.text(max_size=5) | st.binary(max_size=3) | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_legal_values_are_what_json_writes(value: object) -> None:
    expected = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    assert expected == canonical.encode(value) == reference.encode(value)
    assert reference.is_canonical(expected)


def outcome(encode: Callable[[object], bytes], refusal: type[Exception], value: object) -> bytes | str:
    """The bytes, or the code of the refusal without its prefix."""
    try:
        return encode(value)
    except refusal as refused:
        return str(refused.args[0]).removeprefix("canonical.")


@settings(max_examples=250, deadline=None)
@given(ANYTHING)
def test_the_core_accepts_and_refuses_what_the_twin_does(value: object) -> None:
    ours = outcome(canonical.encode, canonical.CanonicalError, value)

    assert outcome(reference.encode, reference.Refused, value) == ours


@settings(max_examples=150, deadline=None)
@given(st.lists(st.builds(Line, label=TEXTS, quantity=SAFE, note=st.none() | TEXTS), max_size=6), SAFE, st.booleans())
def test_structs_are_written_as_the_twin_writes_them(lines: list[Line], number: int, training: bool) -> None:
    ticket = Ticket(number=number, lines=lines, training=training)

    assert reference.encode(ticket) == canonical.encode(ticket)
    assert msgspec.json.decode(canonical.encode(ticket), type=Ticket) == ticket


def test_a_struct_has_its_tag_first_then_every_field_in_declared_order() -> None:
    ticket = Ticket(number=12, lines=[Line(label="Café", quantity=-1)])

    lines = '[{"label":"Café","quantity":-1,"note":null}]'
    expected = f'{{"kind":"sales.posted","number":12,"lines":{lines},"training":false}}'

    assert expected.encode() == canonical.encode(ticket)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Renamed(), '{"n°":0,"extra":null}'),
        (Child(label="a", quantity=1, price=2), '{"label":"a","quantity":1,"note":null,"price":2}'),
        (Bare(), "{}"),
        (BareTagged(), '{"t":7}'),
        ([], "[]"),
        ((), "[]"),
        ({}, "{}"),
        ({"b": 1, "a": 2}, '{"b":1,"a":2}'),
        (0, "0"),
        (-canonical.INTEGER_MAX, "-9007199254740991"),
        ("", '""'),
    ],
)
def test_known_values_have_known_bytes(value: object, expected: str) -> None:
    assert expected.encode() == canonical.encode(value)
    assert expected.encode() == reference.encode(value)


def test_every_character_below_u_0100_is_written_as_json_does() -> None:
    for point in range(0x100):
        text = f"a{chr(point)}z"
        assert json.dumps(text, ensure_ascii=False).encode() == canonical.encode(text)


def test_only_the_escapes_of_the_format_are_used() -> None:
    text = '"\\/\b\t\n\f\r\x00\x1f\x7f\u2028é€😀'

    assert b'"\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\x7f' + "\u2028é€😀".encode() + b'"' == canonical.encode(text)


def test_what_is_skipped_when_looking_for_normal_form_is_always_normal() -> None:
    below = [chr(point) for point in range(0x300)]

    assert all(unicodedata.is_normalized("NFC", first + second) for first in below[::7] for second in below)


@pytest.mark.parametrize(
    ("value", "code", "path"),
    [
        (1.0, "float", "$"),
        ({"a": [0, {"b": float("nan")}]}, "float", "$.a[1].b"),
        (2**53, "integer_range", "$"),
        ([-(2**53)], "integer_range", "$[0]"),
        (10**30, "integer_range", "$"),
        ("e\u0301", "not_nfc", "$"),
        ({"e\u0301": 1}, "not_nfc", "$.e\u0301"),
        ("\ud800", "surrogate", "$"),
        ({"\udfff": 1}, "surrogate", "$.\\udfff"),
        ({1: 2}, "key", "$.?"),
        ({Loose("k"): 1}, "key", "$.?"),
        (Loose("text"), "type", "$"),
        (Number(3), "type", "$"),
        (Colour.RED, "type", "$"),
        (b"bytes", "type", "$"),
        ({1, 2}, "type", "$"),
        (object(), "type", "$"),
        (msgspec.UNSET, "type", "$"),
        (Row(number=1), "type", "$"),
        (Ticket(number=1, lines=[LINE, Line(label="e\u0301", quantity=1)]), "not_nfc", "$.lines[1].label"),
        (Renamed(number=2**60), "integer_range", "$.n°"),
        ((1, (2, 3.5)), "float", "$[1][1]"),
    ],
)
def test_a_refusal_says_what_and_where(value: object, code: str, path: str) -> None:
    with pytest.raises(canonical.CanonicalError) as refused:
        canonical.encode(value)

    assert refused.value.code == f"canonical.{code}"
    assert refused.value.path == path
    assert path in str(refused.value)


def test_a_field_that_was_never_set_is_refused() -> None:
    hollow = Hollow(label="there")
    del hollow.label

    with pytest.raises(canonical.CanonicalError) as refused:
        canonical.encode([hollow])

    assert (refused.value.code, refused.value.path) == ("canonical.unset", "$[0].label")


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def test_depth_ends_where_the_limit_says() -> None:
    deepest = nested(canonical.DEPTH_MAX)
    endless: list[Any] = []
    endless.append(endless)

    assert canonical.encode(deepest) == b"[" * canonical.DEPTH_MAX + b"]" * canonical.DEPTH_MAX
    for value in ([deepest], endless):
        with pytest.raises(canonical.CanonicalError) as refused:
            canonical.encode(value)
        assert refused.value.code == "canonical.depth"


@pytest.mark.parametrize("filler", ["a", "é", "€", "😀", "\n", "\x01"])
def test_the_limit_is_exact_to_the_byte(filler: str) -> None:
    for count in (1, 100, 3000):
        data = canonical.encode(filler * count)
        assert canonical.encode(filler * count, len(data)) == data
        with pytest.raises(canonical.CanonicalError) as refused:
            canonical.encode(filler * count, len(data) - 1)
        assert refused.value.code == "canonical.too_large"


def test_an_entry_is_at_most_65_535_bytes_unless_said_otherwise() -> None:
    fits = "a" * 65_533

    assert len(canonical.encode(fits)) == canonical.ENTRY_BYTES_MAX
    with pytest.raises(canonical.CanonicalError, match="65535"):
        canonical.encode(fits + "a")
    assert len(canonical.encode(fits * 4, 1_000_000)) == 4 * 65_533 + 2


@pytest.mark.parametrize("limit", [0, -1, 2**40, 1.5, True, None])
def test_a_limit_is_a_sensible_integer(limit: Any) -> None:
    with pytest.raises(ValueError, match="limit"):
        canonical.encode({}, limit)


def test_encoding_keeps_no_reference_and_can_follow_a_refusal() -> None:
    marker = ["text that is nobody else's"]
    before = sys.getrefcount(marker)
    for _ in range(50):
        canonical.encode({"a": marker, "b": Ticket(number=1, lines=[])})
        with pytest.raises(canonical.CanonicalError):
            canonical.encode({"a": marker, "b": 1.5})

    assert sys.getrefcount(marker) == before
    assert canonical.encode({"a": 1}) == b'{"a":1}'


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}',
        b'{"a":1.0}',
        b'{"a":1,"a":2}',
        b'"\\u00e9"',
        b'"\\/"',
        b'"\\u001F"',
        b"NaN",
        b"\xff",
        b"[1]\n",
        b"1e2",
        b"-0",
    ],
)
def test_the_twin_knows_bytes_that_are_not_canonical(data: bytes) -> None:
    assert not reference.is_canonical(data)
