"""Shops that are really served: one for all tests that leave it as it is, and fresh ones for those that do not."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from served_shop import Served, make_shop

Serve = Callable[..., Served]


@pytest.fixture(scope="session")
def ready_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configured shop with four open tills, to be copied."""
    return make_shop(tmp_path_factory.mktemp("ready") / "shop")


@pytest.fixture(scope="session")
def served(ready_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One served shop that every test may sell in, and that none may stop."""
    running = Served(Path(shutil.copytree(ready_shop, tmp_path_factory.mktemp("served") / "shop")))
    yield running
    running.close()


@pytest.fixture
def serve(ready_shop: Path, tmp_path: Path) -> Iterator[Serve]:
    """Serves a shop of the test's own."""
    running: list[Served] = []

    def begin(*flags: str) -> Served:
        data = tmp_path / f"shop{len(running)}"
        shutil.copytree(ready_shop, data)
        running.append(Served(data, *flags))
        return running[-1]

    yield begin
    for each in running:
        each.close()
