"""Things that people configure, declared in one row: a frozen struct, its number, its references and its marks."""

import dataclasses
import functools
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Meta

from engine.kernel.messages import INTEGER_MAX, Decimal

ROWS_MAX = 1_000_000  # live rows of one kind, unless the kind says less
CODE_MAX = 65_535  # kind codes have two bytes in keys
UNIQUE_VALUES_MAX = 20  # values of one unique list field (barcodes of a product)

Personal = Meta(extra={"mark": "personal"})
"""Marks a field as personal: it lives in the people store, the entry holds a commitment (docs/journal.md)."""

SecretMark = Meta(extra={"mark": "secret"})
"""Marks a field as secret: it lives in the secret table, the entry says only that it changed."""

UnitPrice = Annotated[Decimal, Meta(extra={"places": 4})]
"""A unit price as people write it, kept as its shortest decimal string."""

Quantity = Annotated[Decimal, Meta(extra={"places": 3})]
"""A quantity as people write it, kept as its shortest decimal string."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The base of every row that people configure, and of the parts inside rows and commands."""


class Secret(Row, frozen=True, kw_only=True):
    """A secret as a worker hands it over: ``hash``, salted, is kept; ``key``, a keyed hash, enters the id's HMAC.

    The engine never sees the secret itself (architecture.md, Processes).
    """

    hash: Annotated[str, Meta(min_length=1, max_length=256)]
    key: Annotated[str, Meta(min_length=1, max_length=128)]


Check = Callable[[Any, Any], Any]
"""``check(row, world) -> row``: a kind's own rules at save time; may refuse, may return a normalised row."""


Guard = Callable[[int, Any], None]
"""``guard(id, world)``: whether the actor may change or remove the live row with this id at all; refuses if not."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Kind:
    """One kind: what THE TABLE needs to give it commands, queries, checks, a resource, a schema and a form.

    ``name`` is the plural used in URLs and tags; ``code`` is its number in keys, given once and never again;
    ``references`` maps a field (or a list field, or one in a list of parts: "slots.products") to the name of the kind
    it points to; ``unique`` names fields whose values no two live rows share; ``prices`` is true where a change makes
    a new book (pricing.md, Replay); ``fiscal`` where it is a setting with fiscal effect, which the technical event log
    names too; ``only_id`` where there is one row with one id, which is never removed; ``id_max`` where ids must fit
    something smaller; ``ceremony`` is the path at which people set the kind's secret fields, where no client may hand
    in their stored forms: what a served shop's workers put holds none.
    """

    name: str
    code: int
    row: type[Row]
    permission: str
    prices: bool = False
    fiscal: bool = False
    references: Mapping[str, str] = dataclasses.field(default_factory=dict)
    unique: tuple[str, ...] = ()
    rows_max: int = ROWS_MAX
    id_max: int = INTEGER_MAX
    only_id: int | None = None
    ceremony: str = ""
    guard: Guard | None = None
    check: Check | None = None
    example: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of its secret fields, in the order of its row."""
        return tuple(name for name, mark in field_extra(self.row, "mark").items() if mark == "secret")

    def require_sound(self) -> None:
        """`ValueError` where the declaration promises what cannot be kept.

        A marked field leaves the row before it is sealed, so it needs a default to leave behind, nothing that is read
        back from the row (references, unique values) can depend on it, and a mark inside a part would not be seen.
        """
        if not 1 <= self.code <= CODE_MAX:
            raise ValueError(f"the code of kind {self.name} does not fit its keys: 1 to {CODE_MAX}")
        fields = {field.name: field for field in msgspec.structs.fields(self.row)}
        marks = field_extra(self.row, "mark")
        for name in (*self.references, *self.unique):
            if name.partition(".")[0] not in fields:
                raise ValueError(f"kind {self.name} declares {name}, which is no field of it")
            if name in marks:
                raise ValueError(f"field {name} of kind {self.name} is {marks[name]}: no other row can depend on it")
        if self.ceremony and "secret" not in marks.values():
            raise ValueError(f"kind {self.name} has a ceremony for secrets and no secret")
        for name in marks:
            if fields[name].default is msgspec.NODEFAULT:
                raise ValueError(
                    f"field {name} of kind {self.name} is {marks[name]} and has no default to leave behind"
                )
        for part in _parts(self.row):
            for name, mark in field_extra(part, "mark").items():
                raise ValueError(
                    f"field {name} of {part.__name__}, a part of kind {self.name}, is {mark}: only rows are"
                )


def _metas(annotation: Any) -> list[Meta]:
    found = [item for item in getattr(annotation, "__metadata__", ()) if isinstance(item, Meta)]
    for argument in typing.get_args(annotation):
        if not isinstance(argument, Meta):
            found.extend(_metas(argument))
    return found


def _parts(annotation: Any) -> set[type[Row]]:
    """The row types inside a row type, at any depth."""
    found: set[type[Row]] = set()
    waiting = list(get_type_hints(annotation, include_extras=True).values())
    while waiting:
        inner = waiting.pop()
        waiting.extend(typing.get_args(inner))
        if isinstance(inner, type) and issubclass(inner, Row) and inner not in found:
            found.add(inner)
            waiting.extend(get_type_hints(inner, include_extras=True).values())
    return found


@functools.cache
def field_extra(row: type[Row], name: str) -> Mapping[str, Any]:
    """For every field of a row type that carries the extra ``name`` ("mark", "places"): its value."""
    values: dict[str, Any] = {}
    for field, annotation in get_type_hints(row, include_extras=True).items():
        for meta in _metas(annotation):
            if meta.extra and name in meta.extra:
                values[field] = meta.extra[name]
    return values
