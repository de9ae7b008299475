"""Batches: up to fifty commands in one request, each with its own id and answer, taken in their order."""

from typing import Annotated

import msgspec

from engine.features import FEATURES
from server.api.ids import UNREADABLE, parse_id
from server.api.problems import Problem
from server.auth.askers import Asker
from server.auth.gate import Gate
from server.wire.frames import BATCH_COMMANDS_MAX, Wish


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One command of a batch: its id, its name (``sales.post``), its body, and where a second operator lends his rights
    to it, what ``X-Override`` says alone."""

    id: str
    do: str
    body: msgspec.Raw
    override: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class Batch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``POST /api/v1/batch`` takes."""

    commands: tuple[Item, ...]


_decode = msgspec.json.Decoder(Batch).decode
NAME_CHARS_MAX = 100


def wishes_of(body: bytes, gate: Gate, asker: Asker) -> tuple[Wish, ...]:
    """The commands of a batch; raises `Problem`. What a command's own body says is the engine's business."""
    try:
        commands = _decode(body).commands
    except UNREADABLE as error:
        raise Problem("api.bad_request", f"this is no batch: {error}") from error
    if not 1 <= len(commands) <= BATCH_COMMANDS_MAX:
        raise Problem("api.batch_size", at="commands")
    wishes = []
    for number, item in enumerate(commands):
        if not item.do.isascii() or not 1 <= len(item.do) <= NAME_CHARS_MAX:
            raise Problem("api.bad_request", "a command's name is plain text", at=f"commands[{number}].do")
        known = FEATURES.commands.get(item.do)
        if known is not None and not known.routed:
            # What has no route has none by way of a batch: workers send it themselves, behind a check.
            raise Problem("api.bad_request", "no client sends this command", at=f"commands[{number}].do")
        # A Raw is a view of the whole body: its own bytes are what travels.
        id = parse_id(item.id.encode(), f"commands[{number}].id")
        override = 0
        if item.override is not None:
            override = gate.approved(item.override, asker, id, f"commands[{number}].override")
        wishes.append(Wish(id, item.do, bytes(item.body), override))
    return tuple(wishes)
