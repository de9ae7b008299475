"""The storage rules S1 to S13, each broken on purpose."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import lmdb
import pytest
from shop_harness import Shop

from engine.engine import Engine
from engine.kernel import disk
from engine.kernel.disk import SMALL, Limits
from engine.kernel.errors import Fault, IntegrityFault, KeyFault, StoreFault
from engine.kernel.reader import Reader
from engine.kernel.store import COMMIT_FAILURES_MAX, Store


def code(error: pytest.ExceptionInfo[Fault]) -> str:
    return error.value.code


def test_the_environment_is_durable_and_never_write_mapped(toy: Shop) -> None:
    flags = toy.engine.store.env.flags()

    assert {name: flags[name] for name in ("sync", "metasync", "writemap", "lock")} == {
        "sync": True,
        "metasync": True,
        "writemap": False,
        "lock": True,
    }


def test_the_engine_version_cannot_be_changed_from_outside(toy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.close()
    monkeypatch.setenv("LMDB_DEFAULT_LIB_VERSION", "1")

    with pytest.raises(StoreFault) as error:
        toy.open()

    assert code(error) == "store.environment"


def test_a_file_shorter_than_its_meta_page_says_is_not_mapped(toy: Shop) -> None:
    for n in range(40):
        toy.do("toy.add", {"count": n})
    toy.close()
    data = toy.path / "store" / "data.mdb"
    os.truncate(data, data.stat().st_size - 8192)

    with pytest.raises(StoreFault) as error:
        toy.open()

    assert code(error) == "store.truncated"


@pytest.mark.parametrize("content", [b"", b"\0" * 16_384, b"not a store" * 1000])
def test_a_file_without_a_meta_page_is_not_mapped(toy: Shop, content: bytes) -> None:
    toy.close()
    (toy.path / "store" / "data.mdb").write_bytes(content)

    with pytest.raises(StoreFault) as error:
        Reader(toy.path, toy.features)

    assert code(error) == "store.damaged"


def test_one_process_writes_and_others_read(toy: Shop) -> None:
    toy.do("toy.add", {"count": 4})
    script = (
        "import sys; from pathlib import Path\n"
        "from engine.engine import Engine, Reader\n"
        "from engine.features import FEATURES\n"
        "from engine.kernel.disk import SMALL\n"
        "path = Path(sys.argv[1])\n"
        "print(Reader(path, FEATURES, limits=SMALL).position())\n"
        "try:\n    Engine(path, limits=SMALL, unsafe_filesystem=True)\n"
        "except Exception as error:\n    print(error.code, 'process' in error.text)\n"
    )

    out = subprocess.run([sys.executable, "-c", script, str(toy.path)], capture_output=True, text=True, check=True)

    assert out.stdout.splitlines() == ["(1, 3)", "store.owned True"]


def test_the_owner_lock_names_the_process_that_holds_it(toy: Shop) -> None:
    with pytest.raises(StoreFault) as error:
        Engine(toy.path, features=toy.features, limits=SMALL, unsafe_filesystem=True)

    assert code(error) == "store.owned"
    assert str(os.getpid()) in error.value.text


def test_a_forked_child_cannot_write(toy: Shop) -> None:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            toy.engine.store.begin()
        except StoreFault as fault:
            status = 42 if fault.code == "store.forked" else 1
        os._exit(status)
    _, status = os.waitpid(pid, 0)

    assert os.waitstatus_to_exitcode(status) == 42


def test_a_replaced_lock_file_stops_the_commit(toy: Shop) -> None:
    lock = toy.path / "store" / "lock.mdb"
    shutil.copy(lock, lock.with_suffix(".new"))
    lock.unlink()
    lock.with_suffix(".new").rename(lock)

    answer = toy.send("toy.add", {"count": 1})

    assert (answer.status, answer.code) == ("fault", "store.lock_lost")


def test_a_shop_that_exists_is_never_made_again(toy: Shop) -> None:
    with pytest.raises(StoreFault) as error:
        Engine.create(toy.path, limits=SMALL, unsafe_filesystem=True)

    assert code(error) == "store.exists"


def test_a_creation_that_was_cut_leaves_no_shop(tmp_path: Path) -> None:
    def fail(directory: Path) -> None:
        raise OSError("power cut")

    with pytest.raises(StoreFault, match="power cut") as error:
        Store.create(tmp_path / "shop", fail, {}, limits=SMALL, unsafe=True)

    assert (code(error), []) == ("store.create", list(tmp_path.iterdir()))


def test_a_missing_or_open_or_foreign_key_seals_nothing(toy: Shop) -> None:
    toy.close()
    path = toy.path / "keys" / "seal-1-1.key"
    seed = path.read_bytes()

    for mode, content, expected in (
        (0o644, seed, "seal.key_open"),
        (0o600, b"short\n", "seal.bad_key"),
        (0o600, b"00" * 32 + b"\n", "seal.wrong_key"),
        (None, b"", "seal.no_key"),
    ):
        path.unlink(missing_ok=True)
        if mode is not None:
            path.write_bytes(content)
            path.chmod(mode)
        with pytest.raises(KeyFault) as error:
            toy.open()
        assert code(error) == expected


def test_a_nearly_full_disk_refuses_new_work_and_finishes_the_rest(toy: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "room", lambda path, limits: disk.Room(free_bytes=5 << 20, low=True, warn=True))
    toy.engine.store.look_at_room()

    answer = toy.refused("toy.add", {"count": 1})
    finished = toy.do("toy.take", {"units": -1})
    monkeypatch.undo()

    assert (answer.code, finished.status) == ("store.disk_low", "done")
    assert toy.do("toy.add", {"count": 1}).status == "done", "room that is there again is seen at once"


def test_room_is_judged_by_bytes_and_by_share(tmp_path: Path) -> None:
    free = disk.room(tmp_path, SMALL).free_bytes

    assert not disk.room(tmp_path, Limits(free_bytes_min=1, free_percent_min=0)).low
    assert disk.room(tmp_path, Limits(free_bytes_min=free * 2, free_percent_min=0)).low
    assert disk.room(tmp_path, Limits(free_bytes_min=0, free_percent_min=100)).low


def test_a_full_address_space_is_a_clear_fault_and_loses_nothing(tmp_path: Path, toy: Shop) -> None:
    toy.close()
    tight = Limits(map_bytes=1 << 20, ballast_bytes=0, ahead_bytes=0, free_bytes_min=0, free_percent_min=0)
    engine = Engine(toy.path, features=toy.features, clock=toy.clock, limits=tight, unsafe_filesystem=True)
    accepted = 0
    for _ in range(200):
        answer = engine.submit([toy.envelope("toy.add", {"count": 1, "how": "y" * 20_000})])[0]
        if answer.status != "done":
            break
        accepted += 1

    assert (answer.status, answer.code) == ("fault", "store.full")
    assert accepted > 10
    engine.abandon()
    toy.open()
    assert toy.ask("toy.total", {"till": 1}) == accepted
    assert toy.do("toy.add", {"count": 1}).status == "done"


def test_commits_that_fail_in_a_row_stop_writing_and_reading_goes_on(
    toy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy.do("toy.add", {"count": 7})

    def fail(self: object) -> None:
        raise lmdb.Error("disk says no")

    monkeypatch.setattr("engine.kernel.store.WriteTransaction.commit", fail)
    answers = [toy.send("toy.add", {"count": 1}) for _ in range(COMMIT_FAILURES_MAX + 1)]

    assert [(answer.status, answer.code) for answer in answers[:-1]] == [
        ("fault", "store.commit_unknown")
    ] * COMMIT_FAILURES_MAX
    assert (answers[-1].code, answers[0].retry) == ("store.read_only", True)
    assert toy.ask("toy.total", {"till": 1}) == 7


def test_a_commit_that_failed_but_reached_the_disk_is_answered_as_done(
    toy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Store.commit

    def commit_then_fail(self: Store, txn: object) -> None:
        real(self, txn)  # type: ignore[arg-type]  # the store's own transaction
        self.failures += 1
        raise StoreFault("store.commit_unknown", "the answer was lost", retry=True)

    monkeypatch.setattr(Store, "commit", commit_then_fail)
    answers = toy.engine.submit(
        [toy.envelope("toy.add", {"count": n, "how": how}) for n, how in ((1, ""), (2, "refuse"))]
    )
    monkeypatch.undo()

    assert [answer.status for answer in answers] == ["done", "refused"]
    assert toy.do("toy.add", {"count": 1}).seq == answers[0].seq + 1
    assert toy.ask("toy.total", {"till": 1}) == 2


def test_a_commit_that_failed_and_did_not_reach_the_disk_may_be_sent_again(
    toy: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    envelope = toy.envelope("toy.add", {"count": 1})

    def fail(self: object) -> None:
        raise lmdb.Error("disk says no")

    monkeypatch.setattr("engine.kernel.store.WriteTransaction.commit", fail)
    first = toy.engine.submit([envelope])[0]
    monkeypatch.undo()
    second = toy.engine.submit([envelope])[0]

    assert (first.status, first.retry, second.status, second.repeated) == ("fault", True, "done", False)
    assert toy.ask("toy.total", {"till": 1}) == 1


@pytest.mark.parametrize(
    ("kind", "unsafe", "allowed"),
    [
        ("ext4", False, True),
        ("xfs", False, True),
        ("tmpfs", False, False),
        ("tmpfs", True, True),
        ("overlay", True, True),
        ("btrfs", True, False),
        ("nfs4", True, False),
        ("fuse.sshfs", True, False),
    ],
)
def test_only_proven_file_systems_keep_a_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, unsafe: bool, allowed: bool
) -> None:
    monkeypatch.setattr(disk, "filesystem", lambda path: kind)

    if allowed:
        assert disk.require_filesystem(tmp_path, unsafe=unsafe) == kind
    else:
        with pytest.raises(StoreFault) as error:
            disk.require_filesystem(tmp_path, unsafe=unsafe)
        assert code(error) == "store.filesystem"


def test_the_file_system_is_read_from_the_mount_table() -> None:
    assert disk.filesystem(Path("/proc")) == "proc"


def test_pages_ahead_are_filled_and_ballast_is_kept(tmp_path: Path) -> None:
    limits = Limits(map_bytes=1 << 30, ballast_bytes=disk.MIB, ahead_bytes=2 * disk.MIB, ahead_step_bytes=disk.MIB)
    Store.create(tmp_path / "shop", lambda directory: None, {}, limits=limits, unsafe=True)
    store = Store(tmp_path / "shop", writable=True, limits=limits, unsafe=True)

    sizes = store.sizes()
    store.close()

    assert sizes["file_bytes"] - sizes["used_bytes"] >= 2 * disk.MIB
    assert (tmp_path / "shop" / "ballast").stat().st_size == disk.MIB


def test_a_reader_refuses_to_write_and_a_store_without_journal_is_said(tmp_path: Path) -> None:
    Store.create(tmp_path / "shop", lambda directory: None, {}, limits=SMALL, unsafe=True)

    store = Store(tmp_path / "shop", writable=False, limits=SMALL)
    with pytest.raises(StoreFault, match="read"):
        store.begin()
    store.close()
    with pytest.raises(IntegrityFault):
        Engine(tmp_path / "shop", limits=SMALL, unsafe_filesystem=True)


def test_a_backup_taken_by_copy_opens_and_holds_everything(toy: Shop, tmp_path: Path) -> None:
    toy.do("toy.add", {"count": 9})
    (tmp_path / "copy" / "store").mkdir(parents=True)

    toy.engine.store.copy(tmp_path / "copy" / "store")

    reader = Reader(tmp_path / "copy", toy.features, limits=SMALL)
    assert reader.ask_by_name("toy.total", {"till": 1}, till=1, operator=1) == 9
    reader.close()


def test_pages_taken_and_given_back_in_one_transaction_leave_a_file_that_opens(tmp_path: Path) -> None:
    Store.create(tmp_path / "shop", lambda directory: None, {}, limits=SMALL, unsafe=True)
    store = Store(tmp_path / "shop", writable=True, limits=SMALL, unsafe=True)

    drawn = random.Random(1)
    short = []
    for _ in range(30):
        rows = sorted((drawn.randbytes(8), b"x" * 5000) for _ in range(drawn.randrange(1, 400)))
        txn = store.begin()
        txn.put_many("rows", rows)
        for key, _ in rows:
            txn.delete("rows", key)
        store.commit(txn)
        sizes = store.sizes()
        short.append(sizes["file_bytes"] < sizes["used_bytes"])
    store.close()

    assert not any(short)
    Store(tmp_path / "shop", writable=True, limits=SMALL, unsafe=True).close()


def test_ballast_given_up_for_a_full_disk_is_not_taken_again_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = Limits(map_bytes=1 << 30, ballast_bytes=disk.MIB, ahead_bytes=0, free_bytes_min=0, free_percent_min=0)
    Store.create(tmp_path / "shop", lambda directory: None, {}, limits=limits, unsafe=True)
    store = Store(tmp_path / "shop", writable=True, limits=limits, unsafe=True)
    ballast = tmp_path / "shop" / "ballast"
    kept = ballast.exists()

    def full(self: object) -> None:
        raise lmdb.DiskError("No space left on device")

    monkeypatch.setattr("engine.kernel.store.WriteTransaction.commit", full)
    txn = store.begin()
    with pytest.raises(StoreFault):
        store.commit(txn)
    txn.close()
    store.reopen()
    given_up = not ballast.exists()
    store.close()

    assert (kept, given_up) == (True, True)


def test_a_short_write_on_a_full_disk_gives_up_the_ballast_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(map_bytes=1 << 30, ballast_bytes=disk.MIB, ahead_bytes=0, free_bytes_min=0, free_percent_min=0)
    Store.create(tmp_path / "shop", lambda directory: None, {}, limits=limits, unsafe=True)
    store = Store(tmp_path / "shop", writable=True, limits=limits, unsafe=True)

    def short(self: object) -> None:
        raise lmdb.Error("Input/output error")

    monkeypatch.setattr("engine.kernel.store.WriteTransaction.commit", short)
    monkeypatch.setattr(disk, "room", lambda path, limits: disk.Room(free_bytes=0, low=True, warn=True))
    txn = store.begin()
    with pytest.raises(StoreFault):
        store.commit(txn)
    txn.close()
    store.close()

    assert not (tmp_path / "shop" / "ballast").exists()


def test_nobody_but_its_owner_reads_a_shop(toy: Shop) -> None:
    toy.do("things.put", {"id": 1, "row": {"title": "a", "name": "Zoé", "pin": {"hash": "h", "key": "k"}}})

    folders = [toy.path, *(path for path in toy.path.rglob("*") if path.is_dir())]
    secret = [toy.path / "store" / "data.mdb", toy.path / "people" / "data.mdb", *(toy.path / "keys").iterdir()]

    assert {path.name: oct(path.stat().st_mode & 0o077) for path in folders + secret} == {
        path.name: "0o0" for path in folders + secret
    }
