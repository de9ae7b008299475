"""What LMDB and py-lmdb say to each single error of the disk: the table the rules of the store rest on, made anew.

`python tests/faults/single_faults.py [--lib-version 1]` prints it; the tests compare it with those rules.
"""

from __future__ import annotations

import argparse
import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import fault_shim
import msgspec
from fault_drive import WorkloadError, scratch
from fault_fork import Report, in_child
from fault_shim import Fault, Mode, Op, shim
from plain_lmdb import PlainLmdb, PlainSession

if TYPE_CHECKING:
    from collections.abc import Callable

PLACES = ("data", "sync", "meta")
ERRORS = (
    Fault("eio", Mode.BEFORE, errno.EIO),
    Fault("eio-after", Mode.AFTER, errno.EIO),
    Fault("enospc", Mode.BEFORE, errno.ENOSPC),
    Fault("edquot", Mode.BEFORE, errno.EDQUOT),
    Fault("efbig", Mode.BEFORE, errno.EFBIG),
    Fault("eintr", Mode.BEFORE, errno.EINTR),
    Fault("short", Mode.SHORT),
)
WARM_OPS = 3
FINE = "-"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What happened: each field is "-" when all went well, else the class and code of the exception."""

    place: str
    fault: str
    commit: str
    read: str
    next_seal: str
    after_reopen: str


def outcome_of(action: Callable[[], object]) -> str:
    """The class and errno of what an action raises, "-" when it does not."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - the class is what we want to know
        code = getattr(error, "code", None)
        return f"{type(error).__name__} {code}" if code else type(error).__name__
    return FINE


def try_fault(workload: PlainLmdb, folder: Path, place: str, fault: Fault) -> Row:
    """One fault at one place of a commit, in a child."""

    def body(report: Report) -> None:
        store = folder / "store"
        workload.create(store)
        session = workload.open(store)
        acks = [session.do(op) for op in range(WARM_OPS)]
        tool = shim()
        tool.scope(folder)
        mask = Op.SYNC.bit if place == "sync" else Op.WRITE.bit
        tool.arm(fault, _writes_of_a_seal(session) if place == "meta" else 1, mask=mask)
        seal = outcome_of(lambda: session.do(WARM_OPS + 1))
        if tool.fired() != 1:
            raise WorkloadError(f"{fault.name} struck {tool.fired()} times at {place}")
        tool.disarm()
        read = outcome_of(session.rows)
        following = outcome_of(lambda: session.do(WARM_OPS + 2))
        session.close()
        verdict = workload.verify(store, acks, WARM_OPS + 3)
        after = verdict.findings[0].kind.value if verdict.findings else outcome_of(lambda: _seal_anew(workload, store))
        report(Row(place=place, fault=fault.name, commit=seal, read=read, next_seal=following, after_reopen=after))

    ended = in_child(body)
    if ended.death:
        raise WorkloadError(ended.death)
    return msgspec.convert(ended.reports[-1], Row)


def _writes_of_a_seal(session: PlainSession) -> int:
    """How many writes the next commit makes; the last is the meta page. A like commit is counted before."""
    shim().count(Op.WRITE.bit)
    session.do(WARM_OPS)
    return shim().calls()


def _seal_anew(workload: PlainLmdb, store: Path) -> None:
    session = workload.open(store)
    session.do(WARM_OPS + 3)
    session.close()


def table(lib_version: int) -> list[Row]:
    """A row for every error at every place where it can occur."""
    workload = PlainLmdb("plain", lib_version=lib_version)
    rows = []
    for place in PLACES:
        for fault in ERRORS:
            if place == "sync" and fault.mode is Mode.SHORT:
                continue
            with scratch() as folder:
                rows.append(try_fault(workload, folder, place, fault))
    return rows


def main() -> None:
    """Prints the table, as text or as JSON."""
    fault_shim.reexec_with_shim(sys.argv)
    parser = argparse.ArgumentParser(description="One disk error at each place of a commit.")
    parser.add_argument("--lib-version", type=int, choices=(0, 1), default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = table(options.lib_version)
    if options.json:
        print(msgspec.json.encode(rows).decode())
        return
    for cells in (Row.__struct_fields__, *(msgspec.structs.astuple(row) for row in rows)):
        print("  ".join(f"{cell:20}" for cell in cells))


if __name__ == "__main__":
    main()
