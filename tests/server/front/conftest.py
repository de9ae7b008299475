"""A served shop under abuse: after every probe it sells as before, in the same processes, with little more memory."""

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_shop import SALE, Served

GROWTH_BYTES_MAX = 64 << 20  # what one probe may make a process grow by, at its highest
RESIDENT_BYTES_MAX = 300 << 20  # what a process may have at any moment (reliability.md 5.2)
PEAK_FORGOTTEN = "5"  # proc(5), clear_refs: the highest resident size begins again

QUICK = """
head_within_s = 1
request_within_s = 2
address_connections = 40
sales_per_second = 100000
sales_burst = 100000
"""


@dataclasses.dataclass(frozen=True)
class Health:
    """Processes by role, and their resident bytes."""

    pids: dict[str, int]
    resident: dict[str, int]


def health_of(served: Served, field: str) -> Health:
    """Which processes there are, and their size: VmRSS now, or VmHWM at its highest."""
    pids = served.pids()
    sizes = {
        role: Path(f"/proc/{pid}/status").read_text().split(f"{field}:")[1].split()[0] for role, pid in pids.items()
    }
    return Health(pids, {role: int(size) << 10 for role, size in sizes.items()})


def _begin(served: Served) -> Health:
    for pid in served.pids().values():
        Path(f"/proc/{pid}/clear_refs").write_text(PEAK_FORGOTTEN, encoding="ascii")
    return health_of(served, "VmRSS")


def _expect_unharmed(served: Served, before: Health) -> None:
    after = health_of(served, "VmHWM")
    sold = served.do("sales/post", SALE, till=4)
    assert before.pids == after.pids, served.said()
    for role, highest in after.resident.items():
        assert highest - before.resident[role] < GROWTH_BYTES_MAX, role
        assert highest < RESIDENT_BYTES_MAX, role
    assert 200 == sold.status, sold


@pytest.fixture
def probed(served: Served) -> Iterator[Served]:
    """The shop of all tests; at the end of the test it is as sound as before."""
    before = _begin(served)
    yield served
    _expect_unharmed(served, before)


@pytest.fixture(scope="module")
def quick_shop(ready_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A shop whose connections have small limits, so that a test needs no patience."""
    folder = tmp_path_factory.mktemp("quick")
    (folder / "limits.toml").write_text(QUICK, encoding="utf-8")
    running = Served(Path(shutil.copytree(ready_shop, folder / "shop")), "--config", str(folder / "limits.toml"))
    yield running
    running.close()


@pytest.fixture
def quick(quick_shop: Served) -> Iterator[Served]:
    """The same, as sound at the end of the test as before."""
    before = _begin(quick_shop)
    yield quick_shop
    _expect_unharmed(quick_shop, before)
