"""THE TABLE: clashes are found when it is joined, and bodies are read strictly at its edge."""

import dataclasses
import json
import unicodedata
from typing import Annotated, Any, ClassVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shop_harness import Shop

from engine.kernel import table as kernel
from engine.kernel.capability import Capability, CommandRow, FoldRow
from engine.kernel.clock import Civil
from engine.kernel.errors import Refusal
from engine.kernel.joined import Hooks, Joined, normal_body
from engine.kernel.kinds import Kind, Personal, Row
from engine.kernel.messages import Command, Record

HOOKS = Hooks(
    civil=lambda world: Civil("UTC", 0),
    till_open=lambda world, till: True,
    allows=lambda world, actor, permission: True,
    training=lambda world, till: False,
)


class Plain(Row, frozen=True, kw_only=True):
    """A row."""

    title: str
    email: Annotated[str | None, Personal] = None


class Address(Row, frozen=True, kw_only=True):
    """A part with a personal field of its own."""

    street: Annotated[str | None, Personal] = None


class Nested(Row, frozen=True, kw_only=True):
    """A row that hides a personal field in a part."""

    address: Address | None = None
    others: tuple[Address, ...] = ()


class Needed(Row, frozen=True, kw_only=True):
    """A personal field that nobody may leave out."""

    name: Annotated[str, Personal]


class One(Record, frozen=True, kw_only=True, tag="clash.same"):
    """A record."""


class Two(Record, frozen=True, kw_only=True, tag="clash.same"):
    """Another record under its name."""


class Odd(Record, frozen=True, kw_only=True, tag="clash.odd"):
    """A record on a chain that does not exist."""

    fiscal: ClassVar[str] = "tickets"


class Go(Command, frozen=True, kw_only=True, tag="clash.go"):
    """A command."""


def kind(**changes: Any) -> Kind:
    return dataclasses.replace(Kind(name="plains", code=950, row=Plain, permission="catalogue.write"), **changes)


def command(**changes: Any) -> CommandRow:
    row = CommandRow(type=Go, decide=lambda command, world: (), permission="sales.post", example={})
    return dataclasses.replace(row, **changes)


def joined(*capabilities: Capability) -> Joined:
    return Joined((kernel.TABLE, *capabilities), HOOKS)


def listens(record: type[Record]) -> FoldRow:
    return FoldRow(record=record, fold=lambda record, folding: None)


@pytest.mark.parametrize(
    ("capability", "reason"),
    [
        (Capability(name="catalogue", kinds=(kind(), kind(name="others"))), "code"),
        (Capability(name="catalogue", kinds=(kind(), kind(code=951))), "kind"),
        (Capability(name="catalogue", kinds=(kind(references={"title": "nowhere"}),)), "nowhere"),
        (Capability(name="catalogue", kinds=(kind(unique=("email",)),)), "email"),
        (Capability(name="catalogue", kinds=(kind(unique=("colour",)),)), "colour"),
        (Capability(name="catalogue", kinds=(kind(references={"email": "plains"}),)), "email"),
        (Capability(name="catalogue", kinds=(kind(row=Nested),)), "street"),
        (Capability(name="catalogue", kinds=(kind(row=Needed),)), "default"),
        (Capability(name="catalogue", kinds=(kind(code=65_536),)), "code"),
        (Capability(name="catalogue", commands=(command(), command())), "command"),
        (Capability(name="catalogue", commands=(command(permission="sales.everything"),)), "sales.everything"),
        (Capability(name="catalogue", folds=(listens(One), listens(Two))), "clash.same"),
        (Capability(name="catalogue", folds=(listens(Odd),)), "tickets"),
        (Capability(name="catalogue", refusals={"kernel.bad_id": "again"}), "kernel.bad_id"),
    ],
)
def test_what_clashes_or_cannot_work_is_an_error_at_start(capability: Capability, reason: str) -> None:
    with pytest.raises((ValueError, TypeError), match=reason):
        joined(capability)


def test_folds_run_in_the_order_of_the_table() -> None:
    ran: list[str] = []

    def first(record: One, folding: object) -> None:
        ran.append("first")

    def second(record: One, folding: object) -> None:
        ran.append("second")

    rows = [FoldRow(record=One, fold=fold) for fold in (first, second)]
    table = joined(Capability(name="catalogue", folds=tuple(rows)))
    nothing: Any = None

    table.fold(One(), nothing)

    assert ran == ["first", "second"]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def nfc(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [nfc(item) for item in value]
    if isinstance(value, dict):
        return {nfc(key): nfc(item) for key, item in value.items()}
    return value


@settings(max_examples=300, deadline=None)
@given(JSON, st.booleans())
def test_every_text_of_a_body_comes_out_in_normal_form_and_nothing_else_changes(value: Any, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()

    normal = json.loads(normal_body(body))

    assert normal == nfc(value)


def test_a_combining_mark_behind_an_escape_stays_where_it_is() -> None:
    body = '{"count": 1, "how": "a\\n\u0303b"}'.encode()

    assert json.loads(normal_body(body))["how"] == "a\n\u0303b"


@pytest.mark.parametrize(
    "body",
    [
        b'{"count": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"count": 1, "how": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
        b'{"count": 1, "how": "\\u00e9", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"count": ' + b"9" * 5000 + b"}",
        b'{"count": ' + b"9" * 5000 + b', "how": "\\u00e9"}',
        b'{"count": 1e400}',
        b'{"count": NaN}',
        b'{"count": NaN, "how": "\\u00e9"}',
        b'{"count": -Infinity}',
        b'{"count": 1} {"count": 2}',
        b"[]",
        b"",
        b"\xef\xbb\xbf{}",
        {"count": float("nan")},
        {"count": 1, "how": "\ud800"},
        {"count": 1, "how": object()},
        {"count": 2**70},
        {1: 2},
    ],
)
def test_a_hostile_body_is_refused_like_any_other_wrong_one(toy: Shop, body: Any) -> None:
    answer = toy.engine.do("toy.add", body, till=1, operator=1, id=toy.new_id())

    assert answer.status == "refused"
    assert answer.code in ("kernel.bad_request", "journal.not_canonical")


def test_no_number_is_taken_for_nothing(toy: Shop) -> None:
    answer = toy.engine.do(
        "things.put", {"row": {"title": "a", "price": float("nan")}}, till=1, operator=1, id=toy.new_id()
    )

    assert (answer.status, answer.code) == ("refused", "kernel.bad_request")


def test_queries_are_read_as_strictly_as_commands(toy: Shop) -> None:
    for name, body in (
        ("toy.total", {"till": "1"}),
        ("toy.total", {"till": 1, "more": 2}),
        ("things.get", {"id": 0}),
        ("things.get", {"id": 1, "position": -2}),
        ("things.list", {"after": -1}),
        ("things.list", {"after": 2**64}),
        ("things.list", {"updated_since": -1}),
        ("things.list", {"updated_since": 2**63}),
        ("things.list", {"limit": 0}),
        ("things.list", {"limit": 201}),
    ):
        with pytest.raises(Refusal, match=r"kernel\.bad_request"):
            toy.ask(name, body)


def test_a_reference_that_no_row_can_have_is_refused(toy: Shop) -> None:
    for value in (-1, 0, 2**53, 2**64):
        answer = toy.refused("things.put", {"row": {"title": "a", "group": value}})

        assert (answer.code, answer.at) == ("kernel.no_such_row", "row.group")


def test_every_record_in_the_table_is_read_back_as_it_was_sealed() -> None:
    from engine.features import FEATURES

    tags = [str(record.__struct_config__.tag) for record in FEATURES.folds]

    assert len(set(tags)) == len(tags)
    assert all(msgspec.inspect.type_info(record) for record in FEATURES.folds)
