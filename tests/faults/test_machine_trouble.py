"""Tests of a machine in trouble: full, failing, read-only, out of descriptors, and what the engine says to it."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import engine_ops
import lmdb
import machine_trouble
import msgspec
import pytest
from engine_workload import ENGINE, LIMITS, EngineSession
from fault_fork import Report, in_child
from machine_trouble import Outcome, ask, cash_op, code, judge, readable
from workload import Ack

from engine.engine import Engine
from engine.kernel import disk
from engine.kernel.errors import Fault, KeyFault, StoreFault
from engine.kernel.events import Event
from engine.kernel.people import PeopleStore

HERE = Path(__file__).parent
SMALL_DISK = "size=1m"
SMALL_MAP_BYTES = 600 << 10
SALES_MAX = 2_000
DESCRIPTORS_MAX = 64


def trouble(*arguments: str) -> Outcome:
    """Runs one scenario in a process that carries the shim."""
    command = [sys.executable, str(HERE / "machine_trouble.py"), *arguments]
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert not done.returncode, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=Outcome)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte; the shim plays a full disk where nobody may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", SMALL_DISK, "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small file system; test_an_outage_... plays it with the shim")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def sell_until_it_fails(session: EngineSession) -> tuple[list[Ack], int, str]:
    """Acknowledged sales, the operation that was not, and the code that it was answered."""
    acks: list[Ack] = []
    for number in range(SALES_MAX):
        op = cash_op(number)
        answer = ask(session, op)
        if answer.status != "done":
            return acks, op, answer.code
        acks.append(session.do(op))
    raise AssertionError("the trouble never came")


@pytest.mark.parametrize("error", ["ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EIO"])
def test_an_outage_of_the_disk_stops_selling_not_reading_and_ends_by_itself(error: str) -> None:
    outcome = trouble("outage", error)

    assert [] == outcome.findings
    assert ({"store.lost"}, {True}, True) == (set(outcome.during), set(outcome.retry), outcome.readable)
    assert ["done"] * machine_trouble.SALES_DURING == outcome.after


@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EDQUOT", "EINTR"])
def test_any_single_failed_call_of_a_sale_is_answered_clearly_and_made_good_by_the_same_engine(error: str) -> None:
    outcome = trouble("single", error)

    full = {"store.disk_full"} if error in {"ENOSPC", "EDQUOT"} else set()
    assert [] == outcome.findings
    assert {"store.commit_unknown"} | full <= set(outcome.during) <= {"store.commit_unknown", "done"} | full
    assert [answered != "done" for answered in outcome.during] == outcome.retry
    assert {"done"} == set(outcome.after)


def test_a_full_disk_refuses_and_the_same_engine_goes_on_when_there_is_room(small_disk: Path) -> None:
    store = small_disk / "store"
    ENGINE.create(store)
    session = ENGINE.open(store)
    hog = small_disk / "hog"
    hog.write_bytes(bytes(disk.room(small_disk, LIMITS).free_bytes - (40 << 10)))
    _, failed, first = sell_until_it_fails(session)
    # The ballast is given up, so that what is in hand can be finished; then the disk is full in earnest.
    finished = code(ask(session, failed))
    acks, failed, last = sell_until_it_fails(session)
    # More tries than commits may fail in a row for reasons that nobody knows.
    during = [code(ask(session, failed)) for _ in range(8)]
    reading = readable(session)
    hog.unlink()

    assert ("store.disk_full", "done", "store.disk_full") == (first, finished, last)
    assert ({"store.disk_full"}, True) == (set(during), reading)
    assert "done" == code(ask(session, failed))
    session.close()
    assert [] == judge(store, acks, failed + 1)


def test_a_directory_turned_read_only_stops_selling_and_a_new_start_says_why(small_disk: Path) -> None:
    store = small_disk / "store"
    ENGINE.create(store)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    try:
        with pytest.raises(StoreFault, match="Read-only file system") as error:
            ENGINE.open(store)
    finally:
        subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)

    assert ("store.open", True) == (error.value.code, error.value.retry)
    assert [] == judge(store, [], 0)


def test_a_full_map_is_said_and_a_larger_one_goes_on(tmp_path: Path) -> None:
    store = tmp_path / "store"
    ENGINE.create(store)
    session = EngineSession(store, _with_map(SMALL_MAP_BYTES))
    acks, failed, first = sell_until_it_fails(session)
    again = ask(session, failed)
    reading = readable(session)
    with pytest.raises(StoreFault) as sealing:
        _fill_up(session.engine)
    with pytest.raises(StoreFault) as closing:
        session.close()
    with pytest.raises(StoreFault) as opening:
        EngineSession(store, _with_map(SMALL_MAP_BYTES))

    assert ("store.full", "store.full", False, True) == (first, again.code, again.retry, reading)
    assert ["store.full"] * 3 == [fault.value.code for fault in (sealing, closing, opening)]
    session = ENGINE.open(store)
    assert "done" == code(ask(session, failed))
    session.close()
    assert [] == judge(store, acks, failed + 1)


def _fill_up(engine: Engine) -> None:
    """What is smaller than a sale may still fit for a while."""
    for _ in range(SALES_MAX):
        engine.write_own(Event(code=0, what="test.filling", detail={}))


def _with_map(count: int) -> disk.Limits:
    return disk.Limits(map_bytes=count, ballast_bytes=0, ahead_bytes=0, free_bytes_min=0, free_percent_min=0)


def test_a_process_out_of_descriptors_sells_on_and_says_what_it_cannot_open(tmp_path: Path) -> None:
    store = tmp_path / "store"

    def body(report: Report) -> None:
        ENGINE.create(store)
        session = ENGINE.open(store)
        taken = _take_descriptors()
        sold = [code(ask(session, cash_op(number))) for number in range(40)]
        rotated = _code_of(session.engine.rotate_key)
        opened = _code_of(lambda: Engine(tmp_path / "other", limits=LIMITS, unsafe_filesystem=True))
        created = _code_of(lambda: Engine.create(tmp_path / "third", limits=LIMITS, unsafe_filesystem=True))
        for descriptor in taken:
            os.close(descriptor)
        session.engine.rotate_key()
        after = code(ask(session, cash_op(40)))
        session.close()
        report([sorted(set(sold)), rotated, opened, created, after, judge(store, [], cash_op(41))])

    ENGINE.create(tmp_path / "other")
    outcome = in_child(body)
    assert not outcome.death, outcome.death
    assert [["done"], "seal.key_not_written", "store.open", "store.create", "done", []] == outcome.reports[-1]
    assert not (tmp_path / "third").exists()


def _take_descriptors() -> list[int]:
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS_MAX, DESCRIPTORS_MAX))
    taken = []
    try:
        while True:
            taken.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        return taken


def _code_of(action: object) -> str:
    try:
        action()  # type: ignore[operator]  # a callable of any kind
    except Fault as fault:
        return fault.code
    return "done"


def test_a_limit_on_the_size_of_files_is_a_full_disk(tmp_path: Path) -> None:
    store = tmp_path / "store"

    def body(report: Report) -> None:
        ENGINE.create(store)
        session = ENGINE.open(store)
        size = (store / "store" / "data.mdb").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        acks, failed, first = sell_until_it_fails(session)
        during = [code(ask(session, failed)) for _ in range(5)]
        reading = readable(session)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        after = code(ask(session, failed))
        session.close()
        report([first, sorted(set(during)), reading, after, judge(store, acks, failed + 1)])

    outcome = in_child(body)
    assert not outcome.death, outcome.death
    assert ["store.disk_full", ["store.disk_full"], True, "done", []] == outcome.reports[-1]


def test_a_key_is_never_written_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, bytes(data[:7])))
    disk.write_durably(tmp_path / "key", b"0123456789" * 5)

    assert b"0123456789" * 5 == (tmp_path / "key").read_bytes()


def test_a_rotation_that_cannot_be_written_leaves_the_old_key_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ENGINE.create(tmp_path / "store")
    session = ENGINE.open(tmp_path / "store")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(disk, "write_durably", full)
        with pytest.raises(KeyFault) as error:
            session.engine.rotate_key()

    assert "seal.key_not_written" == error.value.code
    ack = session.do(cash_op(0))
    assert 2 == session.engine.rotate_key()
    session.close()
    assert [] == judge(tmp_path / "store", [ack], 1)


def test_a_people_store_that_was_cut_off_while_it_was_made_is_made_again(tmp_path: Path) -> None:
    store = tmp_path / "store"
    Engine.create(store, limits=LIMITS, unsafe_filesystem=True)
    (store / "people.new").mkdir()
    (store / "people.new" / "data.mdb").touch()
    (store / "people").mkdir()
    ENGINE.create(store)
    session = ENGINE.open(store)
    ack = session.do(engine_ops.operation("hire"))
    session.close()

    assert [] == judge(store, [ack], ack.op + 1)


def test_a_people_store_that_does_not_answer_is_a_clear_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ENGINE.create(tmp_path / "store")

    def fail(self: PeopleStore, path: Path, *, create: bool) -> lmdb.Environment:
        raise lmdb.Error("Input/output error")

    monkeypatch.setattr(PeopleStore, "_open", fail)
    with pytest.raises(StoreFault) as error:
        ENGINE.open(tmp_path / "store")

    assert ("people.open", True) == (error.value.code, error.value.retry)
