"""Tests of the fault tools: the honest store loses nothing under them, and every planted bug is found."""

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from fault_drive import Tally, examine
from fault_fork import Report, in_child
from fault_shim import Flag, Op, environment, read_log
from plain_lmdb import PLAIN
from single_faults import Row
from workload import WORKLOADS, Kind, load

HERE = Path(__file__).parent
SHIM_SCRIPT = """
import errno, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fault_shim import *
folder, log = Path(sys.argv[2]), Path(sys.argv[3])
tool = shim()
tool.scope(folder)
tool.record(log)
"""


def program(name: str, *arguments: str, code: int = 0) -> str:
    """Runs one of the programs beside this file, demands its exit code, and gives what it printed."""
    done = subprocess.run(
        [sys.executable, str(HERE / name), *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert code == done.returncode, done.stdout + done.stderr
    return done.stdout


def campaign(kind: str, workload: str, cycles: int, *extra: str, code: int = 0) -> Tally:
    """Runs a campaign as `make faults` would, and gives its sums."""
    arguments = ("--kind", kind, "--workload", workload, "--cycles", str(cycles), "--json", *extra)
    return msgspec.json.decode(program("campaign.py", *arguments, code=code), type=Tally)


def under_shim(script: str, folder: Path, log: Path) -> str:
    """Runs a script in a Python that carries the shim and watches `folder`."""
    command = [sys.executable, "-c", SHIM_SCRIPT + script, str(HERE), str(folder), str(log)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_shim_records_calls_with_their_bytes_and_barriers(tmp_path: Path) -> None:
    (tmp_path / "watched").mkdir()
    under_shim(
        """
(folder / "sub").mkdir()
fd = os.open(folder / "sub/a", os.O_RDWR | os.O_CREAT)
os.write(fd, b"one"); os.write(fd, b"two"); os.pwrite(fd, b"X", 1); os.fdatasync(fd); os.ftruncate(fd, 2)
sync_fd = os.open(folder / "sub/a", os.O_WRONLY | os.O_DSYNC | os.O_APPEND)
os.writev(sync_fd, [b"ab", b"cd"])
tool.mark(b"a note")
Path(log.parent / "elsewhere").write_bytes(b"not watched")
(folder / "sub/a").rename(folder / "b")
folder_fd = os.open(folder, os.O_RDONLY)
os.fsync(folder_fd)
os.unlink("b", dir_fd=folder_fd)
""",
        tmp_path / "watched",
        log := tmp_path / "log",
    )

    events = [(event.op, event.flags, event.path, event.offset, event.data) for event in read_log(log)]
    nothing = Flag(0)
    assert [
        (Op.MKDIR, nothing, "sub", 0, b""),
        (Op.OPEN, Flag.CREATED, "sub/a", 0, b""),
        (Op.WRITE, nothing, "sub/a", 0, b"one"),
        (Op.WRITE, nothing, "sub/a", 3, b"two"),
        (Op.WRITE, nothing, "sub/a", 1, b"X"),
        (Op.SYNC, nothing, "sub/a", 0, b""),
        (Op.TRUNCATE, nothing, "sub/a", 0, b""),
        (Op.OPEN, nothing, "sub/a", 0, b""),
        (Op.WRITE, Flag.DSYNC, "sub/a", 2, b"abcd"),
        (Op.MARK, nothing, "", 0, b"a note"),
        (Op.RENAME, nothing, "sub/a", 0, b""),
        (Op.OPEN, Flag.FOLDER, "", 0, b""),
        (Op.SYNC, Flag.FOLDER, "", 0, b""),
        (Op.UNLINK, nothing, "b", 0, b""),
    ] == events


def test_the_shim_fails_the_nth_call_in_the_way_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "watched").mkdir()
    said = under_shim(
        """
fd = os.open(folder / "a", os.O_RDWR | os.O_CREAT)
def attempt(mode, nth, repeat=1, keep=-1):
    os.ftruncate(fd, 0)
    tool.arm(Fault("x", mode, errno.ENOSPC, repeat), nth, mask=Op.WRITE.bit, keep=keep)
    told = []
    for _ in range(3):
        try:
            told.append(str(os.pwrite(fd, b"abcd", 0)))
        except OSError as error:
            told.append(errno.errorcode[error.errno])
    tool.disarm()
    print(*told, os.pread(fd, 9, 0).decode() or "nothing", sep=",")
attempt(Mode.NONE, 1)
attempt(Mode.BEFORE, 2)
attempt(Mode.BEFORE, 1, repeat=0)
attempt(Mode.AFTER, 1, repeat=3)
attempt(Mode.SHORT, 1, repeat=3)
attempt(Mode.TORN, 1, repeat=3, keep=1)
""",
        tmp_path / "watched",
        tmp_path / "log",
    )

    full = "ENOSPC,ENOSPC,ENOSPC"
    expected = ["4,4,4,abcd", "4,ENOSPC,4,abcd", f"{full},nothing", f"{full},abcd", "2,2,2,ab", f"{full},a"]
    assert expected == said.split()


@pytest.mark.parametrize(("mode", "left"), [(5, b""), (6, b"x" * 2048), (7, b"x" * 1024)])
def test_any_program_can_be_killed_from_its_environment(tmp_path: Path, mode: int, left: bytes) -> None:
    plan = {"IOFAULT_DIR": str(tmp_path), "IOFAULT_PLAN": f"{Op.WRITE.bit}:1:{mode}:0:1:-1"}
    command = ["dd", "if=/dev/zero", f"of={tmp_path / 'a'}", "bs=2048", "count=1", "status=none"]
    done = subprocess.run(command, env=environment() | plan, check=False, timeout=60)

    assert done.returncode == -9
    assert left.replace(b"x", b"\0") == (tmp_path / "a").read_bytes()


def test_a_forked_child_reports_until_it_dies() -> None:
    def body(report: Report) -> None:
        report([1, "two"])
        os.abort()

    outcome = in_child(body)
    assert (outcome.reports, outcome.death, outcome.failure) == ([[1, "two"]], "SIGABRT", "")


def test_a_forked_child_that_raises_or_hangs_is_told_apart() -> None:
    raised = in_child(lambda _: 1 / 0)
    hung = in_child(lambda _: os.read(os.pipe()[0], 1), seconds=0.2)

    assert "ZeroDivisionError" in raised.death
    assert (hung.hung, raised.hung) == (True, False)


def test_py_lmdb_answers_each_single_error_as_the_rules_of_the_store_assume() -> None:
    rows = msgspec.json.decode(program("single_faults.py", "--json"), type=list[Row])

    errors = {
        "eio": "Error 5",
        "eio-after": "Error 5",
        "enospc": "DiskError 28",
        "edquot": "Error 122",
        "efbig": "Error 27",
    }
    for row in rows:
        if row.fault == "eintr":
            expected = "Error 4" if row.place == "sync" else "-"
        else:
            expected = errors.get(row.fault, "Error 5")
        panic = "PanicError -30795" if row.place == "meta" and expected != "-" else "-"
        assert (expected, panic, panic, "-") == (row.commit, row.read, row.next_seal, row.after_reopen), row
    assert len(rows) == 20


@pytest.mark.parametrize(("kind", "cycles"), [("io", 500), ("kill", 80), ("powerloss", 400), ("double", 300)])
def test_the_honest_store_loses_nothing(kind: str, cycles: int) -> None:
    tally = campaign(kind, "plain", cycles)

    assert (cycles, 0) == (tally.cycles, tally.total)
    assert tally.acked > cycles / 2
    if kind in {"io", "kill"}:
        assert tally.notes["died"] > cycles / 10


@pytest.mark.parametrize(
    ("kind", "workload", "cycles", "kinds"),
    [
        ("powerloss", "plain-no-sync", 100, {Kind.LOST, Kind.CORRUPT}),
        ("powerloss", "plain-no-metasync", 100, {Kind.LOST}),
        ("powerloss", "plain-no-folder-sync", 40, {Kind.CORRUPT}),
        ("powerloss", "plain-early-ack", 40, {Kind.LOST}),
        ("kill", "plain-early-ack", 20, {Kind.LOST}),
        ("io", "plain-key-outside", 80, {Kind.DOUBLED, Kind.CORRUPT}),
        ("kill", "plain-no-key", 10, {Kind.DOUBLED}),
    ],
)
def test_a_planted_bug_is_found(kind: str, workload: str, cycles: int, kinds: set[Kind]) -> None:
    tally = campaign(kind, workload, cycles, code=1)

    assert kinds <= {name for name, number in tally.counts.items() if number}
    assert all("seed 1, " in failure for failure in tally.failures)


def test_one_error_and_a_power_cut_destroy_a_store_that_is_not_synced_on_open() -> None:
    tally = campaign("double", "plain-no-sync-on-open", 300, code=1)

    assert tally.counts[Kind.CORRUPT]
    assert any("with eio-after in operation" in failure for failure in tally.failures)


def test_a_sync_on_open_that_failed_once_is_no_cure_when_it_is_merely_repeated() -> None:
    tally = campaign("double", "plain-no-meta-rewrite", 300, code=1)

    assert tally.counts[Kind.CORRUPT]
    assert all("with eio-after and a failed sync in operation" in failure for failure in tally.failures)


def test_a_lying_drive_is_seen_through() -> None:
    tally = campaign("powerloss", "plain", 200, "--lying")

    assert tally.total == 0
    assert tally.notes["lost, and seen"] > 10


def test_a_failure_names_what_replays_it() -> None:
    first = campaign("powerloss", "plain-no-sync", 60, code=1).failures[0]
    run, image = re.findall(r"run (\d+)\D.*?image (\d+)", first)[0]

    again = campaign("powerloss", "plain-no-sync", 60, "--only", f"{run}/{image}", code=1)
    assert (1, [first]) == (again.cycles, again.failures)


def test_the_table_has_a_column_for_every_kind_of_finding() -> None:
    heading, row, *_ = program("campaign.py", "--kind", "powerloss", "--cycles", "5").splitlines()

    cells = dict(zip(heading.split(), row.split(), strict=True))
    assert {"cycles": "5", **{kind.value: "0" for kind in Kind}} == {
        name: cells[name] for name in ("cycles", *Kind.__members__.values())
    }


def test_campaigns_leave_no_folders_behind() -> None:
    command = [sys.executable, str(HERE / "campaign.py"), "--kind", "io", "--workload", "plain", "--cycles", "5"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        assert 0 == process.wait(timeout=60)

    assert [] == [*Path("/dev/shm").glob(f"guichet-faults-{process.pid}-*")]


def test_an_examination_convicts_a_store_that_was_altered(tmp_path: Path) -> None:
    def body(report: Report) -> None:
        store = tmp_path / "store"
        PLAIN.create(store)
        session = PLAIN.open(store)
        acks = [session.do(op) for op in range(5)]
        session.close()
        good = examine(PLAIN, store, acks, 5)
        content = bytearray((store / "data.mdb").read_bytes())
        content[content.rindex(bytes.fromhex(acks[2].proof))] ^= 1
        (store / "data.mdb").write_bytes(content)
        report([good.verdict, examine(PLAIN, store, acks, 5).verdict])

    good, bad = in_child(body).reports[-1]
    assert good["findings"] == []
    assert bad["findings"]


def test_every_workload_can_be_loaded() -> None:
    written = [name for name in WORKLOADS if (HERE / f"{WORKLOADS[name].partition(':')[0]}.py").exists()]

    assert written == [load(name).name for name in written]
    with pytest.raises(KeyError, match="unknown workload 'nothing'"):
        load("nothing")
