"""Tests of the real engine under the fault campaigns: it loses nothing, and every planted bug of it is convicted."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import engine_ops
import engine_walker
import msgspec
import pytest
from engine_workload import ENGINE
from fault_drive import Tally
from workload import Ack, Kind, Verdict

HERE = Path(__file__).parent
SECONDS_MAX = 850
pytestmark = pytest.mark.timeout(900)  # seconds of work each, minutes where others use the machine as well
EVERY_POINT = 100_000
"""More points than any operation has: its campaign ends by itself."""
Campaign = Callable[..., Tally]


@pytest.fixture
def campaign(record_property: Callable[[str, object], None]) -> Campaign:
    """Runs a campaign in a program of its own, and leaves its sums for the table at the end of all tests."""

    def run(kind: str, cycles: int, *extra: str, workload: str = "engine", seed: int = 1, code: int = 0) -> Tally:
        arguments = ["--kind", kind, "--workload", workload, "--cycles", str(cycles), "--seed", str(seed), *extra]
        command = [sys.executable, str(HERE / "campaign.py"), "--json", *arguments]
        done = subprocess.run(command, capture_output=True, check=False, timeout=SECONDS_MAX)
        assert code == done.returncode, (done.stdout + done.stderr).decode()
        tally = msgspec.json.decode(done.stdout, type=Tally)
        record_property("campaign", [kind, workload, " ".join(extra), tally.cycles, *tally.counts.values()])
        return tally

    return run


def test_every_operation_is_made_of_commands_that_the_engine_takes(tmp_path: Path) -> None:
    ENGINE.create(tmp_path / "store")
    session = ENGINE.open(tmp_path / "store")
    count = len(engine_ops.OPERATIONS)
    acks = [session.do(op) for op in reversed(range(count))]
    again = [session.do(op) for op in reversed(range(count))]
    session.close()

    assert acks == again
    assert Verdict() == ENGINE.verify(tmp_path / "store", acks, count)


@pytest.mark.parametrize("name", ["cash", "whole-refund", "session"])
def test_every_call_of_one_sale_one_refund_and_one_closing_may_fail_in_every_way(name: str, campaign: Campaign) -> None:
    tally = campaign("io", EVERY_POINT, "--operation", str(engine_ops.operation(name)))

    assert 0 == tally.total
    assert 0 == tally.cycles % 16
    assert tally.cycles >= 16 * 4
    assert tally.notes["died"] == tally.cycles * 3 // 16


def test_creating_and_opening_a_shop_may_fail_at_any_call(campaign: Campaign) -> None:
    tally = campaign("io", 250, seed=7)

    assert (250, 0) == (tally.cycles, tally.total)


@pytest.mark.parametrize(("seed", "workload"), [(1, "engine"), (2, "engine-bare")])
def test_a_killed_engine_loses_nothing_and_does_nothing_twice(seed: int, workload: str, campaign: Campaign) -> None:
    tally = campaign("kill", 150, seed=seed, workload=workload)

    assert (150, 0) == (tally.cycles, tally.total)
    assert tally.notes["died"] > 100
    assert tally.acked > 20


@pytest.mark.parametrize(
    ("kind", "seed", "cycles", "workload"),
    [
        ("powerloss", 1, 500, "engine"),
        ("powerloss", 2, 500, "engine-bare"),
        ("double", 1, 400, "engine"),
        ("double", 2, 400, "engine-bare"),
    ],
)
def test_no_power_cut_takes_what_was_acknowledged(
    kind: str, seed: int, cycles: int, workload: str, campaign: Campaign
) -> None:
    tally = campaign(kind, cycles, seed=seed, workload=workload)

    assert (cycles, 0) == (tally.cycles, tally.total)
    assert tally.acked > cycles


def test_a_rollback_by_a_lying_drive_is_noticed_by_whoever_remembers_a_checkpoint(campaign: Campaign) -> None:
    tally = campaign("powerloss", 200, "--lying")

    assert (200, 0) == (tally.cycles, tally.total)
    assert tally.notes["lost, and seen"] > 5


@pytest.mark.parametrize(
    ("bug", "kind", "seed", "cycles", "kinds"),
    [
        ("no-sync", "powerloss", 1, 80, {Kind.LOST, Kind.CORRUPT}),
        ("no-metasync", "powerloss", 1, 80, {Kind.LOST}),
        ("early-ack", "kill", 1, 30, {Kind.LOST}),
        ("id-outside", "io", 1, 140, {Kind.CORRUPT}),
        ("no-sync-on-open", "double", 2, 400, {Kind.CORRUPT}),
        ("skipped-fold", "kill", 1, 6, {Kind.CORRUPT}),
        ("wrong-link", "kill", 1, 6, {Kind.CORRUPT}),
        ("stale-head", "kill", 1, 6, {Kind.CORRUPT}),
        ("unsigned", "kill", 1, 6, {Kind.CORRUPT}),
    ],
)
def test_a_planted_bug_of_the_engine_is_found(
    bug: str, kind: str, seed: int, cycles: int, kinds: set[Kind], campaign: Campaign
) -> None:
    tally = campaign(kind, cycles, seed=seed, workload=f"engine-{bug}", code=1)

    assert kinds <= {name for name, number in tally.counts.items() if number}


def _raw(store: Path) -> engine_walker.Shop:
    session = ENGINE.open(store)
    try:
        return engine_walker.read_shop(session.engine.store.env)
    finally:
        session.close()


@pytest.fixture
def sold(tmp_path: Path) -> tuple[engine_walker.Shop, list[Ack]]:
    """The raw rows of a shop after one operation of every kind."""
    ENGINE.create(tmp_path / "store")
    session = ENGINE.open(tmp_path / "store")
    acks = [session.do(op) for op in range(len(engine_ops.OPERATIONS))]
    session.close()
    return _raw(tmp_path / "store"), acks


def _kinds(shop: engine_walker.Shop) -> set[Kind]:
    return {finding.kind for finding in engine_walker.walk(shop)}


def test_the_walker_finds_nothing_in_a_sound_shop_and_what_is_wrong_in_others(
    sold: tuple[engine_walker.Shop, list[Ack]],
) -> None:
    shop, _ = sold
    attempted = len(engine_ops.OPERATIONS)

    assert [] == engine_walker.walk(shop) + engine_walker.operations(shop, attempted)
    assert {Kind.LEAKED} == {finding.kind for finding in engine_walker.operations(shop, attempted - 1)}
    total, head, ticket = min(shop.rows[b"lb"]), min(shop.rows[b"kh"]), min(shop.rows[b"tk"])
    for table, key, place in ((b"lb", total, 0), (b"kh", head, 0), (b"tk", ticket, 0)):
        row = list(shop.rows[table][key])
        row[place] += 1
        bent = msgspec.structs.replace(shop, rows={**shop.rows, table: {**shop.rows[table], key: row}})
        assert {Kind.CORRUPT} == _kinds(bent)
    stored = shop.checkpoints[len(shop.entries)]
    unsigned = {**shop.checkpoints, len(shop.entries): stored[:-1] + bytes([stored[-1] ^ 1])}
    assert {Kind.CORRUPT} == _kinds(msgspec.structs.replace(shop, checkpoints=unsigned))
    sale = next(at for at, entry in enumerate(shop.entries) if entry["rec"][0]["is"] == "sales.posted")
    assert {Kind.GAPS, Kind.CORRUPT} == _kinds(_picked(shop, [at for at in range(len(shop.entries)) if at != sale]))
    assert Kind.DOUBLED in _kinds(_picked(shop, [*range(len(shop.entries)), sale]))


def _picked(shop: engine_walker.Shop, places: list[int]) -> engine_walker.Shop:
    """The shop with these entries only."""
    return msgspec.structs.replace(
        shop,
        entries=[shop.entries[at] for at in places],
        leaves=[shop.leaves[at] for at in places],
        places=[shop.places[at] for at in places],
    )
