"""What every kind gets from its declaration: put and remove, get and list, with all the checks a row needs."""

import functools
import hmac
from typing import Annotated, Any, TypeVar, cast

import msgspec
from msgspec import Meta

from engine.kernel.entropy import derived_id
from engine.kernel.errors import Refusal
from engine.kernel.events import JET_PARAMETERS, Event
from engine.kernel.kinds import UNIQUE_VALUES_MAX, Kind, Row, Secret, field_extra
from engine.kernel.messages import INTEGER_MAX, Command, Id, Query, Record
from engine.kernel.money import format_decimal, parse_decimal
from engine.kernel.tables import Table
from engine.kernel.world import CURRENT, VERSIONS, Folding, World
from engine_ext import canonical

M = TypeVar("M", Command, Query)

PAGE_ROWS_MAX = 200
POSITION_MAX = 2**63 - 2  # the largest position (or id) that a query may name and keys still have room behind
SEARCH_SCAN_ROWS_MAX = 10_000  # rows that one page of a search may look at before it hands back a cursor

UNIQUE = Table("kernel.unique", b"ku", ">HB16s", int, db="rows")
"""(kind code, number of the unique field, digest of the value) -> the id of the live row that holds it."""

USES = Table("kernel.uses", b"kr", ">HQ", int, db="rows")
"""(kind code, id) -> how many references of live rows point to it."""


class Counts(msgspec.Struct, array_like=True):
    """Of one kind: live rows, and the highest id ever used."""

    live: int
    highest: int


COUNTS = Table("kernel.counts", b"kn", ">H", Counts, db="rows")

CHANGES = Table("kernel.changes", b"kg", ">HQQ", bool, db="rows")
"""(kind code, position, id): a version of the row was written there; what changed since a position."""


class RowPut(Record, frozen=True, kw_only=True, tag="kernel.row_put"):
    """A row of a kind was added or changed.

    ``row`` holds its plain fields; personal and secret ones stand at their defaults, ``person`` is the salted
    commitment to the personal ones (64 hex digits), ``secrets`` names the secret ones that changed.
    """

    kind: str
    id: int
    row: Any
    person: str | None
    secrets: tuple[str, ...]


class RowRemoved(Record, frozen=True, kw_only=True, tag="kernel.row_removed"):
    """A row of a kind was removed; its versions stay readable."""

    kind: str
    id: int


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a list: the rows with ids and versions, and the cursor of the next page (null at the end)."""

    rows: tuple[dict[str, Any], ...]
    next: int | None


Position = Annotated[int, Meta(ge=0, le=POSITION_MAX)]
IfVersion = Annotated[int, Meta(ge=0, le=INTEGER_MAX)] | None
PageSize = Annotated[int, Meta(ge=1, le=PAGE_ROWS_MAX)]


@functools.cache
def put_type(kind: Kind) -> type[Command]:
    """The command ``<kind>.put``: ``row``, ``id`` (null: the next free one), and ``if_version``: only while the live
    row is this version."""
    fields: list[Any] = [("row", kind.row), ("id", Id | None, None), ("if_version", IfVersion, None)]
    return _define(
        f"Put{_camel(kind.name)}", fields, Command, f"{kind.name}.put", f"Adds or changes a row of {kind.name}."
    )


@functools.cache
def remove_type(kind: Kind) -> type[Command]:
    """The command ``<kind>.remove``; ``if_version`` as in ``put``."""
    fields: list[Any] = [("id", Id), ("if_version", IfVersion, None)]
    return _define(
        f"Remove{_camel(kind.name)}", fields, Command, f"{kind.name}.remove", f"Removes a row of {kind.name}."
    )


@functools.cache
def get_type(kind: Kind) -> type[Query]:
    """The query ``<kind>.get``: one row, live or at a position."""
    fields: list[Any] = [("id", Id), ("position", Position | None, None)]
    return _define(f"Get{_camel(kind.name)}", fields, Query, f"{kind.name}.get", f"One row of {kind.name}.")


@functools.cache
def list_type(kind: Kind) -> type[Query]:
    """The query ``<kind>.list``: a page by id, or of what changed since a position, or of what a text is found in."""
    fields: list[Any] = [
        ("after", Position, 0),
        ("updated_since", Position | None, None),
        ("search", Annotated[str, Meta(max_length=80)], ""),
        ("limit", PageSize, PAGE_ROWS_MAX),
    ]
    return _define(f"List{_camel(kind.name)}", fields, Query, f"{kind.name}.list", f"A page of {kind.name}.")


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def _define(name: str, fields: list[Any], base: type[M], tag: str, doc: str) -> type[M]:
    made: Any = msgspec.defstruct(
        name,
        fields,
        bases=(base,),
        tag=tag,
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
        omit_defaults=True,
        namespace={"__doc__": doc},
        module=__name__,
    )
    return cast(type[M], made)


def _values(row: Any, field: str) -> tuple[Any, ...]:
    name, _, inner = field.partition(".")
    value = getattr(row, name)
    if value is None:
        return ()
    if inner:
        return tuple(found for part in value for found in _values(part, inner))
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _digest(value: Any) -> bytes:
    return derived_id(str(value).encode(), "unique")


def _normal(kind: Kind, row: Row) -> Row:
    """Decimal fields as their shortest string, so that one price has one form in the journal."""
    changes = {}
    for field, places in field_extra(kind.row, "places").items():
        value = getattr(row, field)
        if isinstance(value, (str, int)):
            changes[field] = format_decimal(parse_decimal(value, int(places), f"row.{field}"), int(places))
    return msgspec.structs.replace(row, **changes) if changes else row


def _require_version(kind: Kind, command: Any, world: World) -> None:
    """Refuses a change of a version that is not the live one any more: two people at one form lose nothing unseen."""
    if command.if_version is None:
        return
    version = -1 if command.id is None else world.version(kind, command.id)
    if version != command.if_version:
        now = None if version < 0 else version
        text = f"the row of {kind.name} is not at version {command.if_version}"
        raise Refusal("kernel.row_changed", text, at="if_version", data={"version": now})


def decide_put_asked(kind: Kind, command: Any, world: World) -> tuple[Record, ...]:
    """``<kind>.put`` itself: a client of a served shop hands in no stored form of a secret.

    Who could choose the hash, or bring one that he saw elsewhere, would set a secret past every rule for it.
    """
    if world.by_client and kind.ceremony:
        for field in kind.secrets:
            if getattr(command.row, field) is not None:
                text = f"{field} is set at {kind.ceremony}, never by its stored form"
                raise Refusal("kernel.secret_not_here", text, at=f"row.{field}", data={"way": kind.ceremony})
    return decide_put(kind, command, world)


def decide_put(kind: Kind, command: Any, world: World) -> tuple[Record, ...]:
    """Accepts a row: its own rules, references that exist, values that nobody else holds, room for it."""
    _require_version(kind, command, world)
    row = _normal(kind, command.row)
    counts = world.get(COUNTS, kind.code) or Counts(0, 0)
    id = command.id if command.id is not None else counts.highest + 1
    if kind.only_id is not None and command.id is None:
        id = kind.only_id
    if id > kind.id_max or (kind.only_id is not None and id != kind.only_id):
        limit = kind.only_id or kind.id_max
        raise Refusal(
            "kernel.bad_row_id", f"a row of {kind.name} cannot have the id {id}", at="id", data={"limit": limit}
        )
    if world.version(kind, id) >= 0:
        if kind.guard is not None:
            kind.guard(id, world)
    elif counts.live >= kind.rows_max:
        raise Refusal(
            "kernel.too_many_rows", f"{kind.name} holds {counts.live} rows, the limit", data={"limit": kind.rows_max}
        )
    if kind.check is not None:
        world.putting, world.putting_kind = id, kind.name
        row = kind.check(row, world)
    for field, target in kind.references.items():
        for value in _values(row, field):
            if not 1 <= value <= INTEGER_MAX or world.version(world.kinds[target], value) < 0:
                raise Refusal("kernel.no_such_row", f"there is no row {value} in {target}", at=f"row.{field}")
    for number, field in enumerate(kind.unique):
        values = _values(row, field)
        if len(values) > UNIQUE_VALUES_MAX or len(set(values)) != len(values):
            raise Refusal(
                "kernel.not_unique", f"{field} repeats a value or has over {UNIQUE_VALUES_MAX}", at=f"row.{field}"
            )
        for value in values:
            holder = world.get(UNIQUE, kind.code, number, _digest(value))
            if holder is not None and holder != id:
                text = f"{value!r} is already the {field} of {kind.name} {holder}"
                raise Refusal("kernel.not_unique", text, at=f"row.{field}", data={"id": holder})
    return _records(kind, id, row, world)


def _records(kind: Kind, id: int, row: Row, world: World) -> tuple[Record, ...]:
    marks = field_extra(kind.row, "mark")
    defaults = {field.name: field.default for field in msgspec.structs.fields(kind.row)}
    personal = {name: getattr(row, name) for name, mark in marks.items() if mark == "personal"}
    secret = {name: getattr(row, name) for name, mark in marks.items() if mark == "secret"}
    secret = {name: value for name, value in secret.items() if value is not None}
    person = None
    if any(value != defaults[name] for name, value in personal.items()):
        salt = world.salt(32)
        person = commitment(salt, personal)
        world.attach_person(kind, id, personal, salt)
    if secret:
        world.attach_secrets(kind, id, {name: _kept(value) for name, value in secret.items()})
    plain = msgspec.structs.replace(row, **{name: defaults[name] for name in marks}) if marks else row
    put = RowPut(kind=kind.name, id=id, row=plain, person=person, secrets=tuple(sorted(secret)))
    if kind.fiscal:
        return put, Event(code=JET_PARAMETERS, what=f"{kind.name}.put", detail={"id": id})
    return (put,)


def _kept(value: Any) -> Any:
    return value.hash if isinstance(value, Secret) else value


def commitment(salt: bytes, fields: dict[str, Any]) -> str:
    """The salted commitment to personal fields: without the salt it proves and tells nothing."""
    return hmac.digest(salt, canonical.encode(fields), "sha256").hex()


def unique_holder(kind: Kind, field: str, value: Any, world: World) -> int | None:
    """The id of the live row that holds a value in one of the kind's unique fields, or None."""
    return world.get(UNIQUE, kind.code, kind.unique.index(field), _digest(value))


def decide_remove(kind: Kind, command: Any, world: World) -> tuple[Record, ...]:
    """Accepts a removal, if the row is there and nothing live points to it."""
    _require_version(kind, command, world)
    if world.version(kind, command.id) < 0:
        raise Refusal("kernel.no_such_row", f"there is no row {command.id} in {kind.name}", at="id")
    if kind.only_id is not None:
        raise Refusal("kernel.row_in_use", f"the one row of {kind.name} stays", at="id")
    if kind.guard is not None:
        kind.guard(command.id, world)
    uses = world.get(USES, kind.code, command.id) or 0
    if uses:
        text = f"{kind.name} {command.id} is used by {uses} other rows"
        raise Refusal("kernel.row_in_use", text, at="id", data={"uses": uses})
    removed = RowRemoved(kind=kind.name, id=command.id)
    if kind.fiscal:
        return removed, Event(code=JET_PARAMETERS, what=f"{kind.name}.remove", detail={"id": command.id})
    return (removed,)


def fold_put(kind: Kind, record: RowPut, folding: Folding) -> None:
    """Writes the version, the live pointer, unique values, reference counts and the change list."""
    row = record.row if isinstance(record.row, kind.row) else msgspec.convert(record.row, kind.row)
    before = _before(kind, record.id, folding)
    _unhold(kind, before, folding)
    for number, field in enumerate(kind.unique):
        for value in _values(row, field):
            folding.put(UNIQUE, record.id, kind.code, number, _digest(value))
    _count_uses(kind, row, 1, folding)
    counts = folding.get(COUNTS, kind.code) or Counts(0, 0)
    counts.live += before is None
    counts.highest = max(counts.highest, record.id)
    folding.put(COUNTS, counts, kind.code)
    folding.put(CURRENT, folding.position, kind.code, record.id)
    folding.put(VERSIONS, canonical.encode(row), kind.code, record.id, folding.position)
    folding.put(CHANGES, True, kind.code, folding.position, record.id)


def fold_removed(kind: Kind, record: RowRemoved, folding: Folding) -> None:
    """Writes an empty last version and forgets the live row."""
    before = _before(kind, record.id, folding)
    _unhold(kind, before, folding)
    counts = folding.get(COUNTS, kind.code) or Counts(0, 0)
    counts.live -= before is not None
    folding.put(COUNTS, counts, kind.code)
    folding.delete(CURRENT, kind.code, record.id)
    folding.put(VERSIONS, b"", kind.code, record.id, folding.position)
    folding.put(CHANGES, True, kind.code, folding.position, record.id)


def _before(kind: Kind, id: int, folding: Folding) -> Any:
    current = folding.get(CURRENT, kind.code, id)
    if current is None:
        return None
    return msgspec.json.decode(_stored(folding.get(VERSIONS, kind.code, id, current)), type=kind.row)


def _stored(version: bytes | None) -> bytes:
    return version or b"null"


def _unhold(kind: Kind, row: Any, folding: Folding) -> None:
    if row is None:
        return
    for number, field in enumerate(kind.unique):
        for value in _values(row, field):
            folding.delete(UNIQUE, kind.code, number, _digest(value))
    _count_uses(kind, row, -1, folding)


def _count_uses(kind: Kind, row: Any, step: int, folding: Folding) -> None:
    for field, target in kind.references.items():
        for value in _values(row, field):
            code = folding.codes[target]
            uses = (folding.get(USES, code, value) or 0) + step
            if uses:
                folding.put(USES, uses, code, value)
            else:
                folding.delete(USES, code, value)


def answer_get(kind: Kind, query: Any, world: World) -> dict[str, Any]:
    """One row with its id and version; whoever may change it sees its personal fields too, while they are kept."""
    version = world.version(kind, query.id) if query.position is None else _version_at(kind, query, world)
    if version < 0:
        raise Refusal("kernel.no_such_row", f"there is no row {query.id} in {kind.name}", at="id")
    return _shown(kind, query.id, version, world)


def _version_at(kind: Kind, query: Any, world: World) -> int:
    for (_, _, position), stored in world.scan(
        VERSIONS, kind.code, query.id, after=(kind.code, query.id, query.position + 1), reverse=True, limit=1
    ):
        return position if stored else -1
    return -1


def _shown(kind: Kind, id: int, version: int, world: World) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": id, "version": version}
    shown.update(msgspec.to_builtins(world.row_at(kind, id, version)))
    person = world.people.fields(kind.code, id, version) if world.may(kind.permission) else None
    if person:
        shown.update(person)
    return shown


def answer_list(kind: Kind, query: Any, world: World) -> Listed:
    """A page of live rows by id; with ``updated_since``, of rows changed after that position, oldest change first."""
    rows: list[dict[str, Any]] = []
    needle = query.search.casefold()
    looked = last = 0
    if query.updated_since is not None:
        since = max(query.updated_since, query.after)
        for (_, position, id), _ in world.scan(CHANGES, kind.code, after=(kind.code, since, INTEGER_MAX)):
            if len(rows) >= query.limit and position != looked:
                break  # a page ends between two entries, so that the cursor is a position
            current = world.version(kind, id)
            if current == position:
                rows.append(_shown(kind, id, position, world))
            elif current < 0:
                rows.append({"id": id, "version": position, "removed": True})
            looked = position
        return Listed(rows=tuple(rows), next=looked or None)
    for (_, id), version in world.scan(CURRENT, kind.code, after=(kind.code, query.after), limit=SEARCH_SCAN_ROWS_MAX):
        looked, last = looked + 1, id
        shown = _shown(kind, id, version, world)
        if not needle or any(needle in value.casefold() for value in shown.values() if isinstance(value, str)):
            rows.append(shown)
        if len(rows) == query.limit:
            return Listed(rows=tuple(rows), next=id)
    return Listed(rows=tuple(rows), next=last if looked == SEARCH_SCAN_ROWS_MAX else None)
