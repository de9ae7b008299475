"""Tables joined: every capability's rows as the look-ups that the writer, the readers and the server use."""

import dataclasses
import functools
import json
import math
import operator
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from engine.kernel import rows
from engine.kernel.capability import Capability, CommandRow, Fold, QueryRow
from engine.kernel.clock import Civil
from engine.kernel.credentials import SOURCES
from engine.kernel.errors import Refusal
from engine.kernel.events import Event, Overridden
from engine.kernel.journal import CHAINS
from engine.kernel.kinds import Kind, Secret
from engine.kernel.messages import Actor, Command, Header, Query, Record
from engine.kernel.permissions import PERMISSIONS
from engine.kernel.world import Folding, World


def _admit_all(world: World, actor: Actor, permission: str) -> None:
    """Where no capability keeps credentials, whoever holds the engine answers for all."""


def _fresh_always(world: World, actor: Actor, permission: str) -> bool:
    return True


def _vouch_never(world: World, actor: Actor, by: int) -> None:
    raise Refusal("kernel.not_allowed", "nobody can lend rights here", at="override")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Hooks:
    """What the writer must ask capabilities about, given by whoever joins the tables.

    ``civil(world)`` gives zone and business day; ``till_open(world, till)`` whether the till exists and is active;
    ``allows(world, actor, permission)`` the actor's rights; ``training(world, till)`` whether its session trains;
    ``admit(world, actor, permission)`` refuses a credential that is not live; ``fresh(world, actor, permission)`` says
    whether it was proven lately enough; ``vouch(world, actor, by)`` refuses an operator who may not lend his rights.
    """

    civil: Callable[[World], Civil]
    till_open: Callable[[World, int], bool]
    allows: Callable[[World, Actor, str], bool]
    training: Callable[[World, int], bool]
    admit: Callable[[World, Actor, str], None] = _admit_all
    fresh: Callable[[World, Actor, str], bool] = _fresh_always
    vouch: Callable[[World, Actor, int], None] = _vouch_never


class Joined:
    """THE TABLE: kinds, commands, queries and folds of all capabilities, checked for clashes."""

    def __init__(self, capabilities: tuple[Capability, ...], hooks: Hooks) -> None:
        self.capabilities = capabilities
        self.hooks = hooks
        self.kinds: dict[str, Kind] = {}
        self.commands: dict[str, CommandRow] = {}
        self.queries: dict[str, QueryRow] = {}
        self.folds: dict[type[Record], tuple[Fold, ...]] = {}
        self.refusals: dict[str, str] = {}
        self._listeners: dict[type[Record], list[Fold]] = {
            rows.RowPut: [self._fold_put],
            rows.RowRemoved: [self._fold_removed],
            Event: [],
            Overridden: [],
        }
        for capability in capabilities:
            self._join(capability)
        self._check()
        self.folds = {record: tuple(folds) for record, folds in self._listeners.items()}
        self.by_type: dict[type[Command], CommandRow] = {row.type: row for row in self.commands.values()}
        self.queries_by_type: dict[type[Query], QueryRow] = {row.type: row for row in self.queries.values()}
        self.codes: Mapping[str, int] = {name: kind.code for name, kind in self.kinds.items()}
        self.entry_type = msgspec.defstruct(
            "StoredEntry",
            [("rec", _tuple_of(tuple(self._listeners)))],
            bases=(Header,),
            frozen=True,
            kw_only=True,
        )
        self.decode_entry: Callable[[bytes], Any] = msgspec.json.Decoder(self.entry_type).decode
        self._decoders: dict[str, Any] = {}
        self._secrets: dict[type[Command], tuple[str, ...]] = {}
        for kind in self.kinds.values():
            secret = kind.secrets
            if secret:
                self._secrets[rows.put_type(kind)] = secret

    def decode_answer(self, data: bytes) -> Any:
        """An entry with rows as structs of their kinds, as decisions make them: a repeated answer is the same bytes."""
        entry = self.decode_entry(data)
        if not any(type(record) is rows.RowPut for record in entry.rec):
            return entry
        rec = tuple(self._with_row(record) if type(record) is rows.RowPut else record for record in entry.rec)
        return msgspec.structs.replace(entry, rec=rec)

    def _with_row(self, record: rows.RowPut) -> rows.RowPut:
        return msgspec.structs.replace(record, row=msgspec.convert(record.row, self.kinds[record.kind].row))

    def _join(self, capability: Capability) -> None:
        for kind in capability.kinds:
            _add(self.kinds, kind.name, kind, "kind")
            for row in _kind_commands(kind, capability.name):
                _add(self.commands, _tag(row.type), row, "command")
            for query in _kind_queries(kind, capability.name):
                _add(self.queries, _tag(query.type), query, "query")
        for row in capability.commands:
            _add(self.commands, _tag(row.type), row, "command")
        for query in capability.queries:
            _add(self.queries, _tag(query.type), query, "query")
        for fold in capability.folds:
            self._listeners.setdefault(fold.record, []).append(fold.fold)
        for code, meaning in capability.refusals.items():
            _add(self.refusals, code, meaning, "refusal code")

    def _check(self) -> None:
        codes = [kind.code for kind in self.kinds.values()]
        if len(set(codes)) != len(codes):
            raise ValueError("two kinds have one code")
        for kind in self.kinds.values():
            kind.require_sound()
            for target in kind.references.values():
                if target not in self.kinds:
                    raise ValueError(f"kind {kind.name} refers to {target}, which is no kind")
        tags: set[Any] = set()
        for record in self._listeners:
            tag = record.__struct_config__.tag
            if tag in tags:
                raise ValueError(f"two records are called {tag}")
            tags.add(tag)
            if record.fiscal and record.fiscal not in CHAINS:
                raise ValueError(f"record {tag} belongs to the chain {record.fiscal}, which does not exist")
        rights = {name: row.permission for name, row in self.commands.items()}
        rights |= {name: query.permission for name, query in self.queries.items()}
        for name, permission in rights.items():
            if permission not in PERMISSIONS:
                raise ValueError(f"{name} needs the right {permission}, which does not exist")
        for name, row in self.commands.items():
            if not row.source or not row.source <= SOURCES:
                raise ValueError(f"{name} comes from {sorted(row.source)}, which are not all processes that send")

    def _fold_put(self, record: rows.RowPut, folding: Folding) -> None:
        rows.fold_put(self.kinds[record.kind], record, folding)

    def _fold_removed(self, record: rows.RowRemoved, folding: Folding) -> None:
        rows.fold_removed(self.kinds[record.kind], record, folding)

    def fold(self, record: Record, folding: Folding) -> None:
        """Lets every capability that listens change its tables."""
        for fold in self.folds[type(record)]:
            fold(record, folding)

    def content(self, command: Command) -> Command:
        """What of a command makes its content: a secret by its keyed hash, never by its salted one."""
        secret = self._secrets.get(type(command))
        if secret is None:
            return command
        row = command.row  # type: ignore[attr-defined]  # a put command of a kind has a row
        kept = {name: Secret(hash="-", key=getattr(row, name).key) for name in secret if getattr(row, name) is not None}
        return msgspec.structs.replace(command, row=msgspec.structs.replace(row, **kept))

    def decode_command(self, name: str, body: bytes | Mapping[str, Any]) -> Command:
        """A command from its name and its JSON body; a wrong field is refused by its name (``kernel.bad_request``)."""
        row = self.commands.get(name)
        if row is None:
            raise Refusal("kernel.unknown_command", f"there is no command {name!r}", data={"command": name})
        return self._decode(row.type, name, body)  # type: ignore[no-any-return]  # the decoder is made for this type

    def decode_query(self, name: str, body: bytes | Mapping[str, Any]) -> Query:
        """A query from its name and its JSON body."""
        row = self.queries.get(name)
        if row is None:
            raise Refusal("kernel.unknown_query", f"there is no query {name!r}", data={"query": name})
        return self._decode(row.type, name, body)  # type: ignore[no-any-return]  # the decoder is made for this type

    def _decode(self, wanted: type, name: str, body: bytes | Mapping[str, Any]) -> Any:
        decoder = self._decoders.get(name)
        if decoder is None:
            decoder = self._decoders[name] = msgspec.json.Decoder(wanted)
        data = body if isinstance(body, bytes) else _encoded(body)
        try:
            return decoder.decode(normal_body(data))
        except msgspec.ValidationError as error:
            text, _, place = str(error).partition(" - at `")
            at = place.rstrip("`").removeprefix("$").removeprefix(".") or None
            raise Refusal("kernel.bad_request", text, at=at) from error
        except msgspec.DecodeError as error:
            raise Refusal("kernel.bad_request", f"the body is not JSON: {error}") from error
        except RecursionError as error:
            raise Refusal("kernel.bad_request", "the body is nested too deeply") from error


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        data = msgspec.json.encode(body)
        if b"null" in data and _holds_no_number(body):
            raise ValueError("NaN and infinity are no numbers")
    except (TypeError, ValueError, RecursionError) as error:
        raise Refusal("kernel.bad_request", f"the body has no JSON: {error}") from error
    return data


def _holds_no_number(value: Any) -> bool:
    """msgspec writes NaN as null, and null is often a value: no price, no limit."""
    if isinstance(value, float):
        return not math.isfinite(value)
    if isinstance(value, Mapping):
        return any(map(_holds_no_number, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_holds_no_number, value))


def normal_body(data: bytes) -> bytes:
    """The body with every text in Unicode normal form C: normalising is the edge's job, the journal only checks."""
    if data.isascii() and b"\\u" not in data:
        return data
    try:
        text = data.decode("utf-8")
        if "\\u" not in text and unicodedata.is_normalized("NFC", text):
            return data
        # Text by text: a mark behind an escape such as \\n would join the letter of the escape.
        return json.dumps(_normal(json.loads(text)), ensure_ascii=False).encode("utf-8")
    except (UnicodeError, ValueError, RecursionError) as error:
        raise Refusal("kernel.bad_request", f"the body is not UTF-8 JSON: {error}") from error


def _normal(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [_normal(item) for item in value]
    if isinstance(value, dict):
        return {_normal(key): _normal(item) for key, item in value.items()}
    return value


def _tuple_of(types: tuple[Any, ...]) -> Any:
    return tuple[functools.reduce(operator.or_, types), ...]  # type: ignore[misc]  # a type made at run time


def _add(table: dict[str, Any], name: str, value: Any, what: str) -> None:
    if name in table:
        raise ValueError(f"two capabilities declare the {what} {name}")
    table[name] = value


def _tag(message: type[Command] | type[Query]) -> str:
    tag = message.__struct_config__.tag
    assert isinstance(tag, str)
    return tag


def _kind_commands(kind: Kind, capability: str) -> tuple[CommandRow, ...]:
    example = {"id": 1, "row": dict(kind.example)}
    return (
        CommandRow(
            type=rows.put_type(kind),
            decide=functools.partial(rows.decide_put_asked, kind),
            permission=kind.permission,
            example=example,
        ),
        CommandRow(
            type=rows.remove_type(kind),
            decide=functools.partial(rows.decide_remove, kind),
            permission=kind.permission,
            example={"id": 1},
        ),
    )


def _kind_queries(kind: Kind, capability: str) -> tuple[QueryRow, ...]:
    read = f"{capability}.read"
    return (
        QueryRow(
            type=rows.get_type(kind),
            answer=functools.partial(rows.answer_get, kind),
            permission=read,
            example={"id": 1},
        ),
        QueryRow(
            type=rows.list_type(kind), answer=functools.partial(rows.answer_list, kind), permission=read, example={}
        ),
    )
