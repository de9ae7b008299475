"""Command ids at the API's edge: a header or a field of the body, as UUID text or 32 hex digits."""

import re

import msgspec

from server.api.problems import Problem

HEX_DIGITS = 32
_FORM = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError)
"""What decoding a body may raise: no JSON or another type, no UTF-8, nested more deeply than anybody means."""

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode


def parse_id(text: bytes, at: str) -> bytes:
    """The 16 bytes of an id; raises `Problem` ``api.bad_id``."""
    if len(text) == HEX_DIGITS and text.isalnum():
        try:
            return bytes.fromhex(text.decode("ascii"))
        except ValueError as error:
            raise Problem("api.bad_id", at=at) from error
    if _FORM.fullmatch(text) is None:
        raise Problem("api.bad_id", at=at)
    return bytes.fromhex(text.replace(b"-", b"").decode("ascii"))


def take_id(header: bytes | None, body: bytes, *, own: bool = False) -> tuple[bytes | None, bytes]:
    """(the command's id or None, its body without it); ``own``: the command has a field ``id`` itself, only the header
    counts. Raises `Problem` where there are two ids that differ, or one that is none."""
    id = parse_id(header, "Idempotency-Key") if header is not None else None
    if own or b'"id"' not in body:
        return id, body
    try:
        fields = _fields(body)
    except UNREADABLE:
        return id, body  # the engine says what is wrong with it, and where
    given = fields.pop("id", None)
    if given is None:
        return id, body
    try:
        inside = parse_id(_text(given).encode(), "id")
    except UNREADABLE as error:
        raise Problem("api.bad_id", at="id") from error
    if id is not None and inside != id:
        raise Problem("api.ids_differ", at="id")
    return inside, msgspec.json.encode(fields)
