"""Kills a served shop under load, process by process and all at once, and judges what its clients were told.

For example `python tests/faults/whole_system.py --cycles 200 --seed 1`. One cycle is one fault: a seeded process is
ended with kill -9, stopped for a while, or asked to end, at a seeded moment, while several tills sell over HTTP; what
does not come back by itself is started again. Then the journal's bytes are judged against the clients' own history, and
an export of it by the one-file verifier. The moments are seeded, the machine is not: a run cannot be replayed exactly.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "reference")]

import served_shop  # noqa: E402  # found by the line above
import whole_liars  # noqa: E402  # the same
from fault_drive import Progress, Tally  # noqa: E402  # the same
from whole_clients import Client  # noqa: E402  # the same
from whole_history import History, judge, notes_of, read_entries  # noqa: E402  # the same
from workload import Finding, Kind, Verdict  # noqa: E402  # the same

from engine.engine import export_journal  # noqa: E402  # the same

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 6
FLAGS = ("--workers", "2", "--sales-per-second", "100000", "--sales-burst", "100000")
LIFE_CYCLES = 40
"""Faults that one shop sees: what the verifier costs grows with what was sold."""
MOMENT_S_MAX = 0.35
PAUSE_S_MAX = 0.3
ACKS_BETWEEN = 24
"""Sales that have to be acknowledged after a fault before the next: the shop has come back."""
BACK_WITHIN_S = 90.0
VERIFY_WITHIN_S = 300.0
FOLDER_VARIABLE = "GUICHET_FAULTS_DIR"
FOLDER_USUAL = Path("/var/tmp")
HOWS = ("kill", "kill", "kill", "stop", "stop-kill", "term")
SUPERVISOR, EVERYTHING = "supervisor", "everything"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What happens in a cycle: which process (a share of those there are), how, when, and how long it stands still."""

    share: float
    how: str
    after_s: float
    pause_s: float

    def target(self, roles: list[str]) -> str:
        """The process that is struck."""
        targets = [*roles, SUPERVISOR, *roles, EVERYTHING]
        return targets[int(self.share * len(targets))]


def plan(seed: int, cycle: int) -> Fault:
    """The fault of a cycle, from the seed alone; shares go round, so that soon every process has its turn."""
    rng = random.Random(f"whole/{seed}/{cycle}")
    return Fault(
        share=(cycle * 0.618034 + random.Random(seed).random()) % 1,
        how=rng.choice(HOWS),
        after_s=rng.uniform(0, MOMENT_S_MAX),
        pause_s=rng.uniform(0.02, PAUSE_S_MAX),
    )


class Server:
    """``guichet serve`` as somebody who knows nothing of its inside sees it: a command, a port, processes."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.starts = 0
        self._served = self._start()

    @property
    def port(self) -> int:
        """Where it listens now."""
        return self._served.port

    def headers_of(self, till: int) -> bytes:
        """The credential of a till as header lines; the one place that knows how somebody is recognised."""
        return "".join(f"{name}: {value}\r\n" for name, value in self._served.headers(till).items()).encode()

    def roles(self) -> dict[str, int]:
        """Its processes but the supervisor, by role and number."""
        parent = self._served.process.pid
        found: dict[str, int] = {}
        for pid in sorted(_children(parent)):
            words = _words(pid)
            role = words[words.index("server.processes") + 1] if "server.processes" in words else f"child {words[:1]}"
            found[next(name for name in (role, *(f"{role} {n}" for n in range(2, 99))) if name not in found)] = pid
        return found

    def strike(self, fault: Fault) -> str:
        """Does it; returns what was struck."""
        roles = self.roles()
        target = fault.target(list(roles))
        pids = {SUPERVISOR: [self._served.process.pid], EVERYTHING: [self._served.process.pid, *roles.values()]}
        struck = pids.get(target) or [roles[target]]
        for step in fault.how.split("-"):
            number = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "term": signal.SIGTERM}[step]
            _send(struck, number)
            if step == "stop":
                time.sleep(fault.pause_s)
        if fault.how == "stop":
            _send(struck, signal.SIGCONT)
        return target

    def mend(self) -> None:
        """Starts it again where its supervisor has ended: killed, asked to end, or given up after three deaths."""
        if self._served.process.poll() is not None:
            self._served.close()
            self._served = self._start()

    def halt(self) -> None:
        """kill -9 of everything, and nothing of it left."""
        _send([self._served.process.pid, *self.roles().values()], signal.SIGKILL)
        self._served.process.wait()
        self._served.close()

    def restart(self) -> None:
        """Starts it after `halt`."""
        self._served = self._start()

    def stop(self) -> int:
        """A polite end."""
        return self._served.stop()

    def said(self) -> str:
        """The end of its log."""
        return self._served.said()[-2000:]

    def _start(self) -> served_shop.Served:
        self.starts += 1
        return served_shop.Served(self.data, *FLAGS)


def _children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, ppid = path.read_text().rpartition(")")[2].split()[:2]
            if int(ppid) == parent and state != "Z":
                found += [int(path.parent.name), *_children(int(path.parent.name))]
    return found


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


class Verifier:
    """The one-file verifier on an export of the live shop, in a process of its own while the next cycle runs."""

    def __init__(self, data: Path, folder: Path, notes: list[str]) -> None:
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        words = []
        for number, note in enumerate(notes):
            (folder / f"note{number}").write_text(note, encoding="utf-8")
            words += ["--checkpoint", str(folder / f"note{number}")]
        export_journal(data, folder / "export")
        self._process = subprocess.Popen(
            [sys.executable, str(folder / "export" / "verify_export.py"), str(folder / "export"), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def findings(self) -> list[Finding]:
        """Its verdict."""
        out, _ = self._process.communicate(timeout=VERIFY_WITHIN_S)
        if self._process.returncode == 0 and b"PROVEN" in out:
            return []
        return [Finding(kind=Kind.CORRUPT, detail=f"the verifier: {out[-500:].decode(errors='replace')}")]


class Life:
    """One shop through several faults."""

    def __init__(self, folder: Path, seed: int, number: int) -> None:
        self.folder = folder
        data = served_shop.make_shop(folder / "shop")
        self.server = Server(data)
        self.history = History()
        self.clients = [
            Client(
                self.history,
                served_shop.TILLS[at % len(served_shop.TILLS)],
                f"{seed}/{number}/{at}",
                lambda: self.server.port,
                self.server.headers_of,
            )
            for at in range(CLIENTS)
        ]
        for client in self.clients:
            client.start()
        self._await(ACKS_BETWEEN)

    def cycle(self, fault: Fault, *, rolled_back: bool = False) -> tuple[str, list[Finding]]:
        """One fault, and what is wrong after it; returns what was struck as well."""
        findings: list[Finding] = []
        if rolled_back:
            kept = self.folder / "kept.mdb"
            shutil.copyfile(self.server.data / whole_liars.STORE, kept)
            self._await(ACKS_BETWEEN)
            self.server.halt()
            whole_liars.forget(self.server.data, kept)
            self.server.restart()
            struck = EVERYTHING
        else:
            time.sleep(fault.after_s)
            struck = self.server.strike(fault)
        if not self._await(ACKS_BETWEEN):
            findings.append(Finding(kind=Kind.CORRUPT, detail=f"it does not come back: {self.server.said()}"))
        return struck, findings + self.judged()

    def judged(self) -> list[Finding]:
        """The journal as it is now against what clients were told up to now."""
        sales = self.history.snapshot()
        entries = read_entries(self.server.data)
        return judge(sales, entries, self.history.sales)

    def verifier(self) -> Verifier:
        """The second method, begun."""
        return Verifier(self.server.data, self.folder / "verify", notes_of(self.history.snapshot()))

    def end(self) -> list[Finding]:
        """Every doubt settled, a polite end, and the last judgement."""
        for client in self.clients:
            client.finish()
        end = time.monotonic() + BACK_WITHIN_S
        while any(client.is_alive() for client in self.clients) and time.monotonic() < end:
            self.server.mend()
            time.sleep(0.02)
        findings = [
            Finding(kind=Kind.CORRUPT, detail=f"a client never ended: {client.crash}")
            for client in self.clients
            if client.is_alive() or client.crash
        ]
        self.server.stop()
        return findings + self.judged() + self.verifier().findings()

    def _await(self, acks: int) -> bool:
        """Until so many sales are acknowledged from now on; what has ended is started again meanwhile."""
        goal = sum(client.acked for client in self.clients) + acks
        end = time.monotonic() + BACK_WITHIN_S
        while sum(client.acked for client in self.clients) < goal:
            if time.monotonic() > end:
                return False
            self.server.mend()
            time.sleep(0.01)
        return True


def campaign(seed: int, cycles: int, base: Path, planted: str | None = None) -> Tally:
    """Runs so many faults; a finding ends its shop, and the next fault meets a new one."""
    tally = Tally()
    progress = Progress("faults", cycles)
    whole_liars.plant(planted)
    done = 0
    while done < cycles:
        with _folder(base) as folder:
            done = _life(tally, progress, folder, (seed, done, min(cycles, done + LIFE_CYCLES)), planted)
    progress.end()
    whole_liars.plant(None)
    return tally


def _life(tally: Tally, progress: Progress, folder: Path, which: tuple[int, int, int], planted: str | None) -> int:
    seed, first, last = which
    life = Life(folder, seed, first)
    verifier: Verifier | None = None
    try:
        for cycle in range(first, last):
            fault = plan(seed, cycle)
            struck, findings = life.cycle(fault, rolled_back=planted == whole_liars.ROLLED_BACK)
            if verifier is not None:
                findings += verifier.findings()
            verifier = None
            final = cycle == last - 1 or bool(findings)
            if final:
                findings += life.end()
                tally.acked += life.history.acked
                tally.unacked += sum(not sale.answers for sale in life.history.snapshot())
                tally.note("started again", life.server.starts - 1)
                tally.note("sent again", sum(client.tried_again for client in life.clients))
            else:
                verifier = life.verifier()
            tally.add(f"seed {seed}, cycle {cycle} ({fault.how} of {struck})", Verdict(findings=tuple(findings)), 0)
            tally.note(f"{fault.how} of {struck}")
            progress.step()
            if final:
                return cycle + 1
        return last
    finally:
        life.server.halt()


@contextlib.contextmanager
def _folder(base: Path) -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="guichet-whole-", dir=base))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def table(seed: int, tally: Tally, planted: str | None, seconds: float) -> str:
    """The sums as one row under its headings, then what was struck, then the first findings."""
    columns = {
        "campaign": "whole",
        "with": planted or "",
        "seed": str(seed),
        "cycles": str(tally.cycles),
        "acked": str(tally.acked),
        **{kind.value: str(tally.counts[kind.value]) for kind in Kind},
        "unacked": str(tally.unacked),
        "seconds": f"{seconds:.1f}",
    }
    widths = [max(len(name), len(value)) for name, value in columns.items()]
    rows = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in (columns, columns.values())
    ]
    return "\n".join(
        [*rows, ", ".join(f"{count} {what}" for what, count in sorted(tally.notes.items())), *tally.failures]
    )


def main() -> int:
    """Runs what the command line asks for; 0 without findings, 1 with."""
    parser = argparse.ArgumentParser(description="Kill a served shop under load, and count what its clients lose.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cycles", type=int, default=30)
    parser.add_argument("--planted", choices=list(whole_liars.PLANTED), help="a bug that must be found")
    parser.add_argument("--json", action="store_true", help="print the sums as JSON instead of the table")
    options = parser.parse_args()
    base = Path(os.environ.get(FOLDER_VARIABLE) or FOLDER_USUAL)
    began = time.monotonic()
    tally = campaign(options.seed, options.cycles, base, options.planted)
    if options.json:
        print(json.dumps(msgspec.to_builtins(tally)))
    else:
        print(table(options.seed, tally, options.planted, time.monotonic() - began))
    return 1 if tally.total or not tally.cycles else 0


if __name__ == "__main__":
    sys.exit(main())
