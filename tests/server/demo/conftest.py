"""The demo shop on a small store, configured and ready to open."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from shop_harness import Shop

from engine.features import FEATURES
from server.demo import catalogue


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
