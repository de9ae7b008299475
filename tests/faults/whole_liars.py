"""Planted bugs of the whole system: what a campaign that finds nothing has to find when it is there.

Three are clients' libraries (or proxies) that lie; one is a disk that forgets what it confirmed.
"""

from __future__ import annotations

import json
import shutil
import uuid
from typing import TYPE_CHECKING

import whole_clients
from whole_clients import Line
from workload import Kind

if TYPE_CHECKING:
    from pathlib import Path

EACH = 15
"""One request in so many meets the bug."""
STORE = "store/data.mdb"
ROLLED_BACK = "rolled-back"


class _Liar(Line):
    """A line that counts its requests."""

    count = 0

    def _turn(self) -> bool:
        type(self).count += 1
        return type(self).count % EACH == 0


class AcksUnsent(_Liar):
    """Acknowledges a sale that it never sent, with the answer of the sale before."""

    _told: tuple[int, bytes] | None = None
    _invented: tuple[int, bytes] | None = None

    def send(self, data: bytes) -> None:
        """Sends, or pretends to."""
        if self._told is not None and self._turn():
            id = data.partition(b"Idempotency-Key: ")[2][:32].decode()
            said = json.loads(self._told[1])
            said["id"] = id
            self._invented = 200, json.dumps(said).encode()
        else:
            super().send(data)

    def read(self) -> tuple[int, bytes]:
        """The answer, or the invented one."""
        invented, self._invented = self._invented, None
        if invented is not None:
            return invented
        answer = super().read()
        if answer[0] == 200:
            self._told = answer
        return answer


class SellsTwice(_Liar):
    """Sends a sale again under an id of its own, as a library does that retries without the client's id."""

    def send(self, data: bytes) -> None:
        """Sends, now and then twice."""
        if self._turn():
            head, _, rest = data.partition(b"Idempotency-Key: ")
            super().send(head + b"Idempotency-Key: " + uuid.uuid4().hex.encode() + rest[32:])
            self.read()
        super().send(data)


class Alters(_Liar):
    """Changes the first digit of a price on its way."""

    def send(self, data: bytes) -> None:
        """Sends, now and then something else of the same length."""
        place = data.find(b'"price": "') + len(b'"price": "')
        if place > len(b'"price": "') and self._turn():
            data = data[:place] + (b"7" if data[place : place + 1] != b"7" else b"8") + data[place + 1 :]
        super().send(data)


LINES: dict[str, type[Line]] = {"acks-unsent": AcksUnsent, "sells-twice": SellsTwice, "alters": Alters}
PLANTED: dict[str, frozenset[Kind]] = {
    "acks-unsent": frozenset({Kind.LOST}),
    "sells-twice": frozenset({Kind.LEAKED}),
    "alters": frozenset({Kind.UNDETECTED}),
    ROLLED_BACK: frozenset({Kind.LOST}),
}
"""Every planted bug with what it must at least be found as."""


def plant(name: str | None) -> None:
    """Gives every client the line of this bug, or an honest one."""
    whole_clients.Line = LINES.get(name or "", Line)  # type: ignore[misc]  # the bug is planted where clients look


def forget(data: Path, kept: Path) -> None:
    """Puts the store back as it was when ``kept`` was copied: a disk that confirmed what it did not write."""
    shutil.copyfile(kept, data / STORE)
