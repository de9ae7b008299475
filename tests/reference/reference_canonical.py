"""Slow twin of the canonical encoding: turn all into builtins, refuse what is not legal, let ``json`` write it."""

import json
import unicodedata
from typing import NoReturn

import msgspec

LIMIT_BYTES = 65_535
DEPTH = 32
SAFE_INTEGER = 2**53 - 1


class Refused(Exception):
    """A value without canonical bytes; the argument is the code after ``canonical.``."""


def text(value: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise Refused("surrogate")
    if unicodedata.normalize("NFC", value) != value:
        raise Refused("not_nfc")
    return value


def tagged(value: msgspec.Struct) -> dict[str, object]:
    config = value.__struct_config__
    head: dict[str, object] = {} if config.tag is None else {config.tag_field or "": config.tag}
    fields = zip(value.__struct_encode_fields__, value.__struct_fields__, strict=True)
    return head | {encoded: getattr(value, name) for encoded, name in fields}


def builtins(value: object, depth: int = 0) -> object:
    if isinstance(value, msgspec.Struct) and not value.__struct_config__.array_like:
        value = tagged(value)
    if type(value) in (dict, list, tuple) and depth == DEPTH:
        raise Refused("depth")
    if type(value) is dict:
        plain = {}
        for key, element in value.items():
            if type(key) is not str:
                raise Refused("key")
            plain[text(key)] = builtins(element, depth + 1)
        return plain
    if type(value) in (list, tuple):
        return [builtins(element, depth + 1) for element in value]  # type: ignore[attr-defined]  # a list or a tuple
    if type(value) is str:
        return text(value)
    if type(value) is int and not -SAFE_INTEGER <= value <= SAFE_INTEGER:
        raise Refused("integer_range")
    if type(value) in (int, bool, type(None)):
        return value
    raise Refused("float" if isinstance(value, float) else "type")


def encode(value: object, limit: int = LIMIT_BYTES) -> bytes:
    data = json.dumps(builtins(value), ensure_ascii=False, separators=(",", ":")).encode()
    if len(data) > limit:
        raise Refused("too_large")
    return data


def _refuse(_: str) -> NoReturn:
    raise Refused("float")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise Refused("key")
    return dict(pairs)


def is_canonical(data: bytes) -> bool:
    """Are these bytes what ``encode`` gives for the value that they say?"""
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_float=_refuse, parse_constant=_refuse)
        return encode(value) == data
    except (Refused, ValueError, RecursionError):
        return False
