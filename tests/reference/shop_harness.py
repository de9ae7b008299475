"""A shop under test: the real engine on a small store, a clock that tests move, ids that count up."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.engine import Engine
from engine.kernel.clock import ManualClock
from engine.kernel.disk import SMALL
from engine.kernel.entropy import SeededEntropy
from engine.kernel.joined import Joined
from engine.kernel.messages import Actor, Answer, Envelope

START_MS = 1_795_258_800_000  # 2026-11-21T12:00:00+01:00, a Saturday


class Shop:
    """Drives one engine through its public face: names, JSON bodies, answers."""

    def __init__(self, path: Path, features: Joined, *, seed: int = 1) -> None:
        self.path = path
        self.features = features
        self.clock = ManualClock(START_MS)
        self.entropy = SeededEntropy(seed)
        self._ids = 0
        Engine.create(path, entropy=self.entropy, limits=SMALL, unsafe_filesystem=True)
        self.engine = self.open()

    def open(self) -> Engine:
        """Opens the engine (again)."""
        self.engine = Engine(
            self.path,
            features=self.features,
            clock=self.clock,
            entropy=self.entropy,
            limits=SMALL,
            unsafe_filesystem=True,
        )
        return self.engine

    def reopen(self) -> Engine:
        """Closes and opens the engine."""
        self.engine.close()
        return self.open()

    def new_id(self) -> bytes:
        """The next command id."""
        self._ids += 1
        return b"test-id-" + self._ids.to_bytes(8, "big")

    def envelope(self, name: str, body: Mapping[str, Any], *, till: int = 1, operator: int = 1) -> Envelope:
        """A command on its way, for groups given to ``engine.submit``."""
        command = self.features.decode_command(name, body)
        return Envelope(id=self.new_id(), actor=Actor(till=till, operator=operator), command=command)

    def send(
        self,
        name: str,
        body: Mapping[str, Any],
        *,
        till: int = 1,
        operator: int = 1,
        id: bytes | None = None,
        source: str = "worker",
    ) -> Answer:
        """Whatever the engine answers to one command."""
        return self.engine.do(name, body, till=till, operator=operator, id=id or self.new_id(), source=source)

    def do(
        self,
        name: str,
        body: Mapping[str, Any],
        *,
        till: int = 1,
        operator: int = 1,
        id: bytes | None = None,
        source: str = "worker",
    ) -> Answer:
        """One command that must be accepted."""
        answer = self.send(name, body, till=till, operator=operator, id=id, source=source)
        assert answer.status == "done", f"{name}: {answer.code} at {answer.at}: {answer.text}"
        return answer

    def refused(
        self,
        name: str,
        body: Mapping[str, Any],
        *,
        till: int = 1,
        operator: int = 1,
        id: bytes | None = None,
        source: str = "worker",
    ) -> Answer:
        """One command that must be refused; the journal's end is the same afterwards, but for a sealed event."""
        answer = self.send(name, body, till=till, operator=operator, id=id, source=source)
        assert answer.status == "refused", f"{name} was {answer.status}: {answer.code} {answer.text}"
        return answer

    def configure(self, name: str, id: int, row: Mapping[str, Any]) -> Answer:
        """Puts a row of a kind as the back office does (till 0, the engine's own right)."""
        return self.do(f"{name}.put", {"id": id, "row": row}, till=0, operator=0)

    def ask(self, name: str, body: Mapping[str, Any] | None = None, *, till: int = 1, operator: int = 1) -> Any:
        """A query's answer from the last commit."""
        return self.engine.reader().ask_by_name(name, body or {}, till=till, operator=operator)

    def close(self) -> None:
        """Lets the store go."""
        self.engine.abandon()
