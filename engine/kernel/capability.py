"""How a capability says what it answers to: the row types that THE TABLE (``engine.features``) is made of."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from engine.kernel.credentials import FROM_WORKERS, WORKER
from engine.kernel.kinds import Kind
from engine.kernel.messages import Command, Query, Record
from engine.kernel.world import Folding, World

Decide = Callable[[Any, World], tuple[Record, ...]]
"""A pure decision: reads the world, returns the records, or raises `Refusal`."""

Fold = Callable[[Any, Folding], None]
"""How one record changes tables; the same record gives the same change for ever."""

Ask = Callable[[Any, World], Any]
"""A query's answer: msgspec structs or plain JSON values."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CommandRow:
    """One command: its type, its decision, the right it needs, and a valid body as example.

    ``new_work`` is true where it begins something that can wait: a nearly full disk refuses it, so that what is in
    hand can be finished (S5). ``example`` is shown in the API's document and tried by a test.

    ``source`` names the processes that may send it (credentials.py); only what a worker may send can have a route, and
    with ``route=False`` not even that: workers send it themselves, after a check that no client may skip. An
    ``operational`` command writes marks only (`World.stage`): no records, no entry, no index of its id.
    """

    type: type[Command]
    decide: Decide
    permission: str
    example: Mapping[str, Any]
    new_work: bool = False
    source: frozenset[str] = FROM_WORKERS
    route: bool = True
    operational: bool = False

    @property
    def routed(self) -> bool:
        """Whether clients can ask for it."""
        return self.route and WORKER in self.source


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class QueryRow:
    """One query: its type, who answers it, the right it needs, and an example.

    One that is not ``routed`` is asked by processes of ours beside the engine, and never by clients.
    """

    type: type[Query]
    answer: Ask
    permission: str
    example: Mapping[str, Any]
    routed: bool = True


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FoldRow:
    """A record that a capability listens to, and what it does with it; rows run in the order of THE TABLE."""

    record: type[Record]
    fold: Fold


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Capability:
    """One capability's table: kinds, commands, queries, folds, and every refusal code it can give with its meaning."""

    name: str
    kinds: tuple[Kind, ...] = ()
    commands: tuple[CommandRow, ...] = ()
    queries: tuple[QueryRow, ...] = ()
    folds: tuple[FoldRow, ...] = ()
    refusals: Mapping[str, str] = dataclasses.field(default_factory=dict)
