"""A head that comes again: what a till sends before every sale is the same bytes, but for the id and the length.

A request that the parser has read and the rules have passed is remembered as its literal bytes around those two values.
The next one that has exactly these bytes, a plain id and a plain length that says where the data ends would be read
in the same way, header by header: so it is not read again.
"""

import re
from typing import Self

from server.front.rules import LENGTH_DIGITS_MAX

HEAD_BYTES_MAX = 4 << 10  # longer ones are read each time, so that a connection keeps little
ID_SIZES = (32, 36)  # hex digits, and the same as a UUID

_HEAD_END = b"\r\n\r\n"
_ID = re.compile(rb"\r\nidempotency-key:[ \t]*([0-9a-f-]{32,36})[ \t]*(?=\r\n)", re.I)
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,15})(?=\r\n)", re.I)


class Again:
    """The literal bytes of a head around its id and its length, and the headers by name that were read from it."""

    __slots__ = ("_after", "_before", "_between", "_id_bytes", "_id_first", "headers")

    def __init__(
        self, head: bytes, id_at: tuple[int, int], length_at: tuple[int, int], headers: dict[bytes, bytes]
    ) -> None:
        first, second = sorted((id_at, length_at))
        self.headers = headers
        self._before, self._between, self._after = head[: first[0]], head[first[1] : second[0]], head[second[1] :]
        self._id_first = first == id_at
        self._id_bytes = id_at[1] - id_at[0]

    @classmethod
    def learn(cls, data: bytes, headers: dict[bytes, bytes], body_bytes: int) -> Self | None:
        """What to remember of a request that was taken; None where ``data`` is not exactly its head and its body."""
        head_bytes = data.find(_HEAD_END) + len(_HEAD_END)
        if head_bytes > HEAD_BYTES_MAX or head_bytes + body_bytes != len(data) or not data.startswith(b"POST /"):
            return None
        head = data[:head_bytes]
        ids, lengths = list(_ID.finditer(head)), list(_LENGTH.finditer(head))
        if len(ids) != 1 or len(lengths) != 1:
            return None
        id, length = ids[0], lengths[0]
        if len(id[1]) not in ID_SIZES or headers.get(b"idempotency-key") != id[1] or int(length[1]) != body_bytes:
            return None
        return cls(head, id.span(1), length.span(1), headers)

    def read(self, data: bytes, body_bytes_max: int) -> tuple[bytes, bytes] | None:
        """(the id as text, the body) of data that is one whole request with this head; None where it is not."""
        if not data.startswith(self._before):
            return None
        at = len(self._before)
        if self._id_first:
            id_at = at
            length_at = id_at + self._id_bytes + len(self._between)
            ends = data.find(b"\r", length_at, length_at + LENGTH_DIGITS_MAX + 1)
            between_at, after_at = id_at + self._id_bytes, ends
        else:
            length_at = at
            ends = data.find(b"\r", length_at, length_at + LENGTH_DIGITS_MAX + 1)
            id_at = ends + len(self._between)
            between_at, after_at = ends, id_at + self._id_bytes
        if ends < 0 or not data.startswith(self._between, between_at) or not data.startswith(self._after, after_at):
            return None
        digits, begins = data[length_at:ends], after_at + len(self._after)
        if not digits.isdigit() or len(data) - begins != int(digits) or len(data) - begins > body_bytes_max:
            return None
        id = data[id_at : id_at + self._id_bytes]
        # Nothing but what ids are made of: another character could end this header and begin a second one.
        if not (id.isalnum() or id.replace(b"-", b"").isalnum()):
            return None
        return id, data[begins:]
