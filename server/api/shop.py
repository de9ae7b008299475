"""The shop as a worker sees it: the link to its engine, a reader of its store, the gate that recognises senders and the
reception that lets people in."""

import dataclasses
from pathlib import Path
from typing import Any

from engine.engine import Fault, Reader, Surroundings
from engine.features import FEATURES
from server.api.problems import Problem
from server.auth.askers import Asker
from server.auth.gate import Gate
from server.auth.reception import Reception
from server.wire.link import Link


@dataclasses.dataclass(slots=True)
class Shop:
    """What handlers get; they never see a path or a store."""

    data: Path
    link: Link
    gate: Gate = dataclasses.field(init=False)
    reception: Reception = dataclasses.field(init=False)
    surroundings: Surroundings = dataclasses.field(default_factory=Surroundings)
    closing: bool = False
    _reader: Reader | None = None

    def reader(self) -> Reader:
        """The reader, opened when it is first needed: the engine may still be making the store whole."""
        if self._reader is None:
            try:
                self._reader = Reader(self.data, FEATURES, surroundings=self.surroundings)
            except Fault as fault:
                raise Problem("api.engine_away", f"the shop cannot be read: {fault.code}") from fault
        return self._reader

    def ask(self, query: Any, asker: Asker) -> Any:
        """A query's answer from the last commit, in which the asker's credential has to be live; raises `Refusal`."""
        return self.reader().ask_as(query, asker.actor)

    def begin_to_close(self) -> None:
        """Ends what would last for ever: live connections."""
        self.closing = True
        self.link.wake()

    def close(self) -> None:
        """Lets the store go."""
        self.reception.close()
        if self._reader is not None:
            self._reader.close()
            self._reader = None
