"""Frames between workers and engine: length-prefixed, strict, with every limit named.

::

    frame     length u32 (of what follows), kind u8, payload
    CALL      number u64, actor (u16 + JSON), one command
    BATCH     number u64, actor (u16 + JSON), count u8, commands
    command   id 16 bytes, override u64, name (u8 + ASCII), body (u32 + JSON)
    ANSWER    number u64, HTTP status u16, Retry-After in seconds u16, body (JSON, to the end)
    POSITION  generation u64, entries u64
    HELLO     version of the program (ASCII, to the end)

All integers are little-endian. ``number`` is the sender's own and comes back with the answer; answers may overtake each
other. A frame that is not exactly one of these closes the connection: both ends are one release of one program.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

CALL, BATCH, ANSWER, POSITION, HELLO = 1, 2, 3, 4, 5

REQUEST_BYTES_MAX = 2 << 20  # a body of 1 MiB, its actor, and room for the heads of a batch
ANSWER_BYTES_MAX = 16 << 20  # fifty answers with an entry of 64 KiB and its proof each
BATCH_COMMANDS_MAX = 50
ID_BYTES = 16

_LENGTH = struct.Struct("<I")
_HEAD = struct.Struct("<BQH")
_CALL = struct.Struct("<IBQH")
_BYTE = tuple(bytes((value,)) for value in range(256))
_ANSWER = struct.Struct("<IBQHH")
_ANSWER_HEAD = struct.Struct("<BQHH")
_POSITION = struct.Struct("<IBQQ")
_BODY = struct.Struct("<I")
_OVERRIDE = struct.Struct("<Q")
_ANSWER_HEAD_BYTES = _ANSWER.size - _LENGTH.size


class FrameError(Exception):
    """The other end does not speak this protocol; the connection cannot be used any more."""


class Wish(NamedTuple):
    """One command as it travels: its id (16 bytes), its name in THE TABLE, its JSON body as the client sent it, and the
    operator who lends his rights to it (0: nobody), whose approval the worker has checked."""

    id: bytes
    name: str
    body: bytes
    override: int = 0


class Call(NamedTuple):
    """What a worker asks: the actor as JSON bytes, and one command, or a batch whose answers stay together."""

    number: int
    actor: bytes
    wishes: tuple[Wish, ...]
    batch: bool


class Reply(NamedTuple):
    """What the engine answers: an HTTP status, seconds to wait before asking again (0: none), and the JSON body."""

    number: int
    status: int
    retry_after_s: int
    body: bytes


class Splitter:
    """Cuts a byte stream into frames; what is not whole yet stays, never more than one frame of it."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole now (kind and payload); raises `FrameError` at a length that cannot be."""
        data = self._rest + data if self._rest else data
        frames = []
        at, end = 0, len(data)
        while end - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(data, at)
            if not 1 <= length <= self._bytes_max:
                raise FrameError(f"a frame of {length} bytes; 1 to {self._bytes_max} are allowed")
            if end - at - _LENGTH.size < length:
                break
            at += _LENGTH.size
            frames.append(data[at : at + length])
            at += length
        self._rest = data[at:]
        return frames


def encode_call(number: int, actor: bytes, wishes: Sequence[Wish], *, batch: bool = False) -> bytes:
    """A CALL or BATCH frame with its length."""
    if not batch and len(wishes) == 1:
        return _encode_one(number, actor, wishes[0])
    parts = [b"", _HEAD.pack(BATCH if batch else CALL, number, len(actor)), actor]
    if batch:
        if not 1 <= len(wishes) <= BATCH_COMMANDS_MAX:
            raise FrameError(f"a batch has 1 to {BATCH_COMMANDS_MAX} commands")
        parts.append(bytes((len(wishes),)))
    for wish in wishes:
        name = wish.name.encode("ascii")
        head = wish.id + _OVERRIDE.pack(wish.override) + bytes((len(name),)) + name
        parts += [head, _BODY.pack(len(wish.body)), wish.body]
    length = sum(map(len, parts))
    if length > REQUEST_BYTES_MAX:
        raise FrameError(f"a request of {length} bytes; {REQUEST_BYTES_MAX} are allowed")
    parts[0] = _LENGTH.pack(length)
    return b"".join(parts)


def _encode_one(number: int, actor: bytes, wish: Wish) -> bytes:
    """A CALL, which is what nearly every frame is, in one piece."""
    id, name, body, override = wish
    length = _HEAD.size + len(actor) + ID_BYTES + _OVERRIDE.size + 1 + len(name) + _BODY.size + len(body)
    if length > REQUEST_BYTES_MAX:
        raise FrameError(f"a request of {length} bytes; {REQUEST_BYTES_MAX} are allowed")
    return b"".join(
        (
            _CALL.pack(length, CALL, number, len(actor)),
            actor,
            id,
            _OVERRIDE.pack(override),
            _BYTE[len(name)],
            name.encode("ascii"),
            _BODY.pack(len(body)),
            body,
        )
    )


def decode_call(frame: bytes) -> Call:
    """The call in a frame; raises `FrameError` where a length does not fit or something is left over."""
    try:
        kind, number, actor_bytes = _HEAD.unpack_from(frame)
        at = _HEAD.size + actor_bytes
        if kind == CALL:
            wish, end = _wish(frame, at)
            if end != len(frame):
                raise FrameError(f"{len(frame) - end} bytes behind a call")
            return Call(number, frame[_HEAD.size : at], (wish,), False)
        if kind != BATCH:
            raise FrameError(f"a frame of kind {kind} is no call")
        count = frame[at]
        at += 1
        if not 1 <= count <= BATCH_COMMANDS_MAX:
            raise FrameError(f"a batch of {count} commands")
        wishes = []
        for _ in range(count):
            wish, at = _wish(frame, at)
            wishes.append(wish)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise FrameError(f"a call that is cut short or garbled: {error}") from error
    if at != len(frame):
        raise FrameError(f"{len(frame) - at} bytes behind a call")
    return Call(number, frame[_HEAD.size : _HEAD.size + actor_bytes], tuple(wishes), True)


def _wish(frame: bytes, at: int) -> tuple[Wish, int]:
    """The command that begins there, and where it ends: as its end is inside the frame, so is everything before it."""
    (override,) = _OVERRIDE.unpack_from(frame, at + ID_BYTES)
    named = at + ID_BYTES + _OVERRIDE.size + 1
    begins = named + frame[named - 1]
    (body_bytes,) = _BODY.unpack_from(frame, begins)
    begins += _BODY.size
    ends = begins + body_bytes
    if ends > len(frame):
        raise FrameError("a call is cut short")
    name = frame[named : begins - _BODY.size].decode("ascii")
    return Wish(frame[at : at + ID_BYTES], name, frame[begins:ends], override), ends


def encode_reply(number: int, status: int, body: bytes, retry_after_s: int = 0) -> bytes:
    """An ANSWER frame with its length."""
    return _ANSWER.pack(_ANSWER_HEAD_BYTES + len(body), ANSWER, number, status, retry_after_s) + body


def decode_reply(frame: bytes) -> Reply:
    """The answer in a frame that `kind_of` calls ANSWER."""
    try:
        _, number, status, retry_after_s = _ANSWER_HEAD.unpack_from(frame)
    except struct.error as error:
        raise FrameError(f"an answer that is cut short: {error}") from error
    return Reply(number, status, retry_after_s, frame[_ANSWER_HEAD_BYTES:])


def encode_position(position: tuple[int, int]) -> bytes:
    """A POSITION frame with its length."""
    return _POSITION.pack(_POSITION.size - _LENGTH.size, POSITION, *position)


def decode_position(frame: bytes) -> tuple[int, int]:
    """The (generation, entries) in a frame that `kind_of` calls POSITION."""
    if len(frame) != _POSITION.size - _LENGTH.size:
        raise FrameError("a position has 17 bytes")
    generation, entries = struct.unpack_from("<QQ", frame, 1)
    return generation, entries


def encode_hello(version: str) -> bytes:
    """A HELLO frame with its length."""
    text = version.encode("ascii")
    return _LENGTH.pack(1 + len(text)) + bytes((HELLO,)) + text


def decode_hello(frame: bytes) -> str:
    """The version in a frame that `kind_of` calls HELLO."""
    try:
        return frame[1:].decode("ascii")
    except UnicodeDecodeError as error:
        raise FrameError("a greeting that is no text") from error


def kind_of(frame: bytes) -> int:
    """The kind of a frame that a `Splitter` gave."""
    return frame[0]
