"""The two families of errors: what is declined, and what is broken.

::

    Exception
    ├── Refusal            declined: a stable public code, the place, a sentence; nothing was written
    └── Fault              the engine or its machine is broken; ``retry`` says whether asking again can help
        ├── StoreFault     the store: damaged, full, suspect after a failed commit, owned by another process
        ├── KeyFault       no signing key, or not the one the journal names: nothing is sealed unsigned
        └── IntegrityFault what was read does not prove itself (P4): sealing stops, reading goes on (P5)

Codes are ``<capability>.<reason>`` in lower case and never change their meaning.
"""

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """A command that may not happen: expected, explained, and without a trace (unless ``records`` are given).

    ``code`` is public and stable; ``at`` is the path of the field at fault (``lines[2].quantity``); ``data`` holds
    plain JSON values that help a program to react; ``records`` are sealed as an event although the command is
    declined (a missing right, an id used twice); with ``keeps`` the marks that the decision staged are kept as well
    (a one-time code tried once more).
    """

    def __init__(
        self,
        code: str,
        text: str,
        *,
        at: str | None = None,
        data: Mapping[str, Any] | None = None,
        records: tuple[Any, ...] = (),
        keeps: bool = False,
    ) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.at = at
        self.data = dict(data or {})
        self.records = records
        self.keeps = keeps

    def __str__(self) -> str:
        place = f" at {self.at}" if self.at else ""
        return f"{self.code}{place}: {self.text}"


class Fault(Exception):
    """The engine itself, its disk or its key is broken; ``retry`` is true where the same command may be sent again."""

    def __init__(self, code: str, text: str, *, retry: bool = False) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.retry = retry

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


class StoreFault(Fault):
    """The store cannot be opened, written or trusted (rules S1 to S13, docs/journal.md)."""


class KeyFault(Fault):
    """The signing key is missing, unreadable for its owner only, or not the key that the journal names."""


class IntegrityFault(Fault):
    """Stored bytes do not prove themselves: a hash, a link, a number or a signature does not fit."""
