"""The demo shop on a small store, configured and ready to open."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from shop_harness import Shop

from engine.engine import Actor, Envelope
from engine.features import FEATURES
from server.demo import catalogue
from server.demo.crowd import Heard, Wish


class InProcess:
    """The shop as its tills reach it, without a network: what they send together is one group."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def ask(self, name: str, body: dict[str, Any], till: int, operator: int) -> Any:
        """A query's answer."""
        return self._shop.engine.ask(FEATURES.decode_query(name, body), till=till, operator=operator)

    def send(self, wishes: Sequence[Wish]) -> list[Heard]:
        """One group."""
        envelopes = [
            Envelope(
                id=wish.id,
                actor=Actor(till=wish.place.till, operator=wish.operator),
                command=FEATURES.decode_command(wish.name, wish.body),
            )
            for wish in wishes
        ]
        return [
            Heard(done=True, repeated=answer.repeated, record=answer.records[0])
            if answer.status == "done"
            else Heard(done=False, why=f"{answer.code}: {answer.text}")
            for answer in self._shop.engine.submit(envelopes)
        ]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[Shop]:
    """The demo shop; every row of its configuration was accepted."""
    made = Shop(tmp_path / "shop", FEATURES)
    named = list(catalogue.commands())
    answers = made.engine.submit([made.envelope(name, body, till=0, operator=0) for name, body in named])
    declined = [(name, body, answer) for (name, body), answer in zip(named, answers, strict=True) if answer.code]
    assert [] == declined
    yield made
    made.close()


@pytest.fixture
def in_process() -> type[InProcess]:
    """The way to a shop without a network."""
    return InProcess
