"""A day of a shop from a seed, as one digest: run by ``test_hot`` in a process of its own, compiled and interpreted.

Prints JSON: the digest over everything that the store holds, over the answers, and which modules ran compiled.
"""

import hashlib
import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import ticket
from engine.engine import Engine
from engine.features import FEATURES, check_journal
from engine.kernel.clock import ManualClock
from engine.kernel.disk import SMALL
from engine.kernel.entropy import SeededEntropy
from engine.kernel.messages import Actor, Answer, Envelope
from engine.kernel.store import DATABASES

START_MS = 1_795_258_800_000
SEED = 20261122
GROUPS = 30


class Day:
    """The shop, its clock and its dice."""

    def __init__(self, path: Path) -> None:
        self.dice = random.Random(SEED)
        self.clock = ManualClock(START_MS)
        entropy = SeededEntropy(SEED)
        Engine.create(path, entropy=entropy, limits=SMALL, unsafe_filesystem=True)
        self.engine = Engine(path, clock=self.clock, entropy=entropy, limits=SMALL, unsafe_filesystem=True)
        self.ids = 0
        self.answers: list[Answer] = []
        ticket.new_id = self.new_id  # ids of the shop's configuration count up too
        ticket.configure(self.engine)
        ticket.open_tills(self.engine)

    def new_id(self) -> bytes:
        self.ids += 1
        return b"a seeded" + self.ids.to_bytes(8, "big")

    def envelope(self, name: str, body: dict[str, Any], till: int, operator: int) -> Envelope:
        command = FEATURES.decode_command(name, body)
        return Envelope(id=self.new_id(), actor=Actor(till=till, operator=operator), command=command)

    def command(self) -> Envelope:
        till, dice = self.dice.randint(1, ticket.TILLS + 1), self.dice.random()
        if dice < 0.1:
            return self.envelope("sales.refund", {"no": self.dice.randint(1, 60), "reason": "Erreur"}, till, 2)
        if dice < 0.15:
            return self.envelope("sales.copy", {"no": self.dice.randint(1, 60), "how": "print"}, till, 2)
        return self.envelope("sales.post", self.basket(), till, self.dice.choice([2, 3, 3, 9]))

    def basket(self) -> dict[str, Any]:
        dice = self.dice
        lines: list[dict[str, Any]] = [
            {"product": dice.choice([1, 2, 3, 5, 6]), "quantity": dice.choice([1, 1, 2, "1.5"])}
            for _ in range(dice.randint(1, 6))
        ]
        if dice.random() < 0.3:
            lines.append({"department": 2, "price": "12.50", "note": "Sans oignons"})
        body: dict[str, Any] = {"lines": lines, "mode": dice.choice([0, 2]), "receipt": dice.random() < 0.2}
        if dice.random() < 0.4:
            body["discounts"] = [{"id": 1}]
        body["payments"] = [{"mode": 2, "tendered": 100}, {"mode": 1}] if dice.random() < 0.3 else [{"mode": 1}]
        return body

    def run(self) -> None:
        for number in range(GROUPS):
            self.clock.advance(60_000)
            group = [self.command() for _ in range(self.dice.randint(1, 40))]
            self.answers += self.engine.submit([*group, group[0]])
            if number == GROUPS // 2:
                row = {"title": "Café", "price": "1.60", "department": 1}
                ticket.do(self.engine, "products.put", {"id": 1, "row": row})
        counted = {"counted": [{"mode": 1, "amount": 30_000}], "float_out": 20_000}
        tills = range(1, ticket.TILLS + 1)
        self.answers += self.engine.submit([self.envelope("cash.close", counted, till, 2) for till in tills])

    def digests(self) -> dict[str, Any]:
        stored, answered = hashlib.sha256(), hashlib.sha256()
        with self.engine.store.read() as txn:
            for name in DATABASES:
                for key, value in txn.scan(name, b"", b"\xff" * 40):
                    stored.update(b"%b %d %b %d %b" % (name.encode(), len(key), key, len(value), value))
        for answer in self.answers:
            answered.update(msgspec.json.encode(answer))
        checked = check_journal(self.engine.store, FEATURES)
        return {"stored": stored.hexdigest(), "answers": answered.hexdigest(), "checked": checked}


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        day = Day(Path(directory) / "shop")
        day.run()
        found = day.digests()
        day.engine.abandon()
    found["statuses"] = sorted({answer.status for answer in day.answers})
    found["done"] = sum(answer.status == "done" for answer in day.answers)
    found["compiled"] = sorted(
        name for name, module in sys.modules.items() if name.startswith("engine.") and "_hot" in str(module.__file__)
    )
    sys.stdout.write(json.dumps(msgspec.to_builtins(found)))


if __name__ == "__main__":
    main()
