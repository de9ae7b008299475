"""What a run is measured against: S (SHA-256 of 1 KB), F (a sync of the disk), and the machine as it was meanwhile."""

import os
import platform
import ssl
import time
from pathlib import Path
from typing import Any

from benchmarks.timing import ForeignCpu, percentile, quickest_ns
from engine.kernel import disk
from engine_ext import seal

KILOBYTE = bytes(1024)
SYNC_ROUNDS = 150


def s_ns() -> float:
    """S: nanoseconds of one bare SHA-256 over 1 KB, by the same OpenSSL context that seals."""
    return quickest_ns(lambda: seal.sha256_repeated(KILOBYTE, 100)) / 100


def f_ns(directory: Path, rounds: int = SYNC_ROUNDS) -> float:
    """F: nanoseconds, median, of ``fdatasync`` after overwriting 4 KiB of a zero-filled file in a directory."""
    path = directory / "probe"
    disk.fill(path, 0, disk.PAGE_BYTES_MIN)
    page = b"\1" * disk.PAGE_BYTES_MIN
    fd = os.open(path, os.O_RDWR)
    times = []
    try:
        for _ in range(rounds):
            started = time.perf_counter_ns()
            os.pwrite(fd, page, 0)
            os.fdatasync(fd)
            times.append(time.perf_counter_ns() - started)
    finally:
        os.close(fd)
        path.unlink()
    return percentile(times, 0.5)


def load() -> float:
    """The machine's load average of the last minute: how many wanted a processor, us included."""
    return os.getloadavg()[0]


def machine(directory: Path) -> dict[str, Any]:
    """Everything that a figure depends on besides our code; taken at the start of every run."""
    foreign = ForeignCpu()
    probes = {"s_ns": round(s_ns(), 1), "f_ns": round(f_ns(directory))}
    stat = os.statvfs(directory)
    return probes | {
        "foreign_cpu": round(foreign.share(), 3),
        "load": load(),
        "scheduler": "real-time" if os.sched_getscheduler(0) in {os.SCHED_FIFO, os.SCHED_RR} else "ordinary",
        "cores": os.cpu_count(),
        "cpu": _cpu_name(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "openssl": ssl.OPENSSL_VERSION,
        "filesystem": disk.filesystem(directory),
        "disk_bytes": stat.f_blocks * stat.f_frsize,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def written_bytes() -> int:
    """Bytes that this process has handed to write calls so far (``wchar``)."""
    for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(": ")
        if name == "wchar":
            return int(value)
    return 0


def memory_bytes() -> int:
    """Anonymous memory of this process now: what it really holds, pages of the store's file not counted."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return 0
