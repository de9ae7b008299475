"""Queries out of a URL: each parameter converted to what the query's type says, a wrong one refused by its name."""

import functools
import unicodedata
import urllib.parse
from typing import Any

import msgspec

from engine.engine import Refusal

PARAMETERS_MAX = 50


@functools.cache
def lists_of(wanted: type) -> frozenset[str]:
    """The fields of a query that are lists: their parameter may be repeated, and alone it is a list of one."""
    kinds = (msgspec.inspect.ListType, msgspec.inspect.VarTupleType, msgspec.inspect.SetType)
    found = msgspec.inspect.type_info(wanted)
    assert isinstance(found, msgspec.inspect.StructType)
    return frozenset(field.encode_name for field in found.fields if isinstance(field.type, kinds))


@functools.cache
def plain_fields(wanted: type) -> frozenset[str]:
    """The fields of a query that a URL can say: texts, numbers and yes or no, alone or in lists."""
    found = msgspec.inspect.type_info(wanted)
    assert isinstance(found, msgspec.inspect.StructType)
    return frozenset(field.encode_name for field in found.fields if _plain(field.type))


@functools.cache
def fits_url(wanted: type) -> bool:
    """Whether a URL can say everything that this query needs."""
    plain = plain_fields(wanted)
    return all(field.encode_name in plain for field in msgspec.structs.fields(wanted) if field.required)


def _plain(kind: msgspec.inspect.Type) -> bool:
    inspect = msgspec.inspect
    if isinstance(kind, inspect.Metadata):
        return _plain(kind.type)
    if isinstance(kind, inspect.UnionType):
        return all(_plain(each) for each in kind.types)
    if isinstance(kind, (inspect.ListType, inspect.VarTupleType, inspect.SetType)):
        return _plain(kind.item_type)
    return isinstance(
        kind,
        (inspect.StrType, inspect.IntType, inspect.BoolType, inspect.NoneType, inspect.LiteralType, inspect.EnumType),
    )


def parse_query(wanted: type, query_string: bytes) -> Any:
    """A query of this type from a URL's query string; raises `Refusal` ``kernel.bad_request``."""
    try:
        given = query_string.decode("ascii")
        pairs = urllib.parse.parse_qsl(
            given, keep_blank_values=True, strict_parsing=bool(given), errors="strict", max_num_fields=PARAMETERS_MAX
        )
    except (UnicodeError, ValueError) as error:
        raise Refusal("kernel.bad_request", f"the query string is not one: {error}") from error
    values: dict[str, Any] = {}
    for name, text in pairs:
        value = unicodedata.normalize("NFC", text)
        if name in lists_of(wanted):
            values.setdefault(name, []).append(value)
        elif name in values:
            raise Refusal("kernel.bad_request", f"{name} is given twice", at=name)
        else:
            values[name] = value
    try:
        return msgspec.convert(values, wanted, strict=False)
    except msgspec.ValidationError as error:
        sentence, _, place = str(error).partition(" - at `")
        at = place.rstrip("`").removeprefix("$").removeprefix(".") or None
        raise Refusal("kernel.bad_request", sentence, at=at) from error
