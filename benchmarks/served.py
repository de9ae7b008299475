"""A shop really served for a benchmark: ``guichet serve`` on loopback, its processor time, requests for its tills."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import credentials, ticket
from benchmarks.load import Load, Summary
from engine.engine import Engine
from engine.kernel.disk import SMALL

TILLS = 256
HOST = "127.0.0.1"
SALE_PATH = "/api/v1/sales/post"
BATCH_PATH = "/api/v1/batch"
PACE = ("--sales-per-second", "1000000", "--sales-burst", "1000000")
"""A till's pace is a limit on purpose (20 a second); a benchmark asks for the machine's."""

ROOT = Path(__file__).parent.parent
ID_MARK = "\0"
UP_WITHIN_S = 60.0


def make_shop(path: Path, tills: int = TILLS, *, unsafe: bool = False) -> Path:
    """The benchmarks' shop with so many tills, each with a session and a credential."""
    limits = SMALL if unsafe else ticket.LIMITS
    Engine.create(path, limits=limits, unsafe_filesystem=unsafe)
    with ticket.open_shop(path, limits, unsafe=unsafe) as engine:
        ticket.configure(engine)
        ticket.open_tills(engine)
        for till in range(ticket.TILLS + 1, tills + 1):
            ticket.do(engine, "tills.put", {"id": till, "row": {"name": f"Caisse {till}"}})
            ticket.do(engine, "cash.open", {"float_in": 20000}, till=till, operator=1)
        credentials.enrol(engine, path, range(1, tills + 1))
    return path


class Served:
    """A running server over a shop; ``with`` ends it."""

    def __init__(self, data: Path, *flags: str, workers: int = 1) -> None:
        self.data = data
        command = [sys.executable, "-m", "server.cli.main", "serve", "--data", str(data), "--port", "0", "--json"]
        self._log = (data.parent / f"{data.name}.log").open("a+b")
        self._process = subprocess.Popen(
            [*command, "--workers", str(workers), *PACE, *flags], stdout=subprocess.PIPE, stderr=self._log, cwd=ROOT
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"nothing was served: {Path(self._log.name).read_text(encoding='utf-8')}")
        facts = json.loads(line)
        self.port = int(facts["address"].rpartition(":")[2])
        self.processes: dict[str, int] = facts["processes"]
        self.wait_up()

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
        self._end()

    def kill(self) -> None:
        """All of its processes at once, as a power cut would, but with the machine left on."""
        for pid in (self._process.pid, *self.processes.values()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._end()

    def _end(self) -> None:
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def wait_up(self) -> None:
        """Until sales are taken."""
        end = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < end:
            with contextlib.suppress(OSError), contextlib.closing(HTTPConnection(HOST, self.port, timeout=5)) as made:
                made.request("GET", "/healthz")
                if made.getresponse().status == 200:
                    return
            time.sleep(0.002)
        raise RuntimeError("the server takes no sales")

    def cpu_s(self) -> dict[str, float]:
        """Processor seconds so far of the engine, of all workers, and of the helpers beside (outbox, chores)."""
        found = {"engine": 0.0, "worker": 0.0, "helper": 0.0}
        for name, pid in self.processes.items():
            kind = name.partition(" ")[0]
            found[kind if kind in found else "helper"] += cpu_s(pid)
        return found

    def selling_cpu_s(self) -> float:
        """Processor seconds so far of what a sale goes through: the engine and all workers."""
        found = self.cpu_s()
        return found["engine"] + found["worker"]


def cpu_s(pid: int) -> float:
    """Processor seconds of a process: all its threads, as the scheduler counted them in nanoseconds."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in tasks) / 1e9


def request(path: str, body: str, headers: Mapping[str, str], method: str = "POST") -> list[str]:
    """The template of a request, cut where `ID_MARK` stands."""
    length = len(body.replace(ID_MARK, "0" * 32).encode())
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {length}"]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).split(ID_MARK)


def sale_requests(data: Path, tills: int = TILLS) -> list[list[str]]:
    """The benchmarks' sale, for each till its own template."""
    body = json.dumps(ticket.BODY)
    return [
        request(SALE_PATH, body, headers | {"Idempotency-Key": ID_MARK})
        for headers in credentials.headers_of(data, range(1, tills + 1))
    ]


def batch_requests(data: Path, commands: int, tills: int = TILLS) -> list[list[str]]:
    """A batch of sales, for each till its own template."""
    one = {"id": ID_MARK, "do": "sales.post", "body": ticket.BODY}
    body = json.dumps({"commands": [one] * commands}).replace("\\u0000", ID_MARK)
    return [request(BATCH_PATH, body, headers) for headers in credentials.headers_of(data, range(1, tills + 1))]


def one_sale(port: int, template: list[str]) -> None:
    """One sale on a connection of its own, which must be taken."""
    data = ticket.new_id().hex().join(template).encode()
    with socket.create_connection((HOST, port), timeout=UP_WITHIN_S) as made:
        made.sendall(data)
        answer = made.recv(4096)
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"not sold: {answer.decode(errors='replace')}")


class LoadProcess:
    """The load generator as a process of its own, connected and waiting for `go`."""

    def __init__(self, directory: Path, load: Load) -> None:
        self._plan, self._out = directory / "load.json", directory / "load.times"
        self._plan.write_bytes(msgspec.json.encode(load))
        command = [sys.executable, "-m", "benchmarks.load", str(self._plan), str(self._out)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            raise RuntimeError("the load generator did not begin")

    def go(self) -> None:
        """Lets it begin."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        self._process.stdin.flush()

    def result(self) -> tuple[Summary, Any]:
        """(its summary, a table of int64: due, done, status) once it has ended."""
        import numpy as np

        said, _ = self._process.communicate()
        if self._process.returncode:
            raise RuntimeError("the load generator failed")
        times = np.fromfile(self._out, dtype=np.int64).reshape(-1, 3)
        return msgspec.json.decode(said, type=Summary), times


def run_load(directory: Path, load: Load) -> tuple[Summary, Any]:
    """One load from its beginning to its end."""
    process = LoadProcess(directory, load)
    process.go()
    return process.result()


def fresh_copy(shop: Path, name: str) -> Path:
    """A copy of a closed shop beside it: every question begins with the same history."""
    path = shop.parent / name
    shutil.rmtree(path, ignore_errors=True)
    return Path(shutil.copytree(shop, path))
