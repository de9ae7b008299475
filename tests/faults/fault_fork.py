"""Runs a piece of work in a forked child that may be killed, crash or hang, and hears its reports over a pipe."""

from __future__ import annotations

import faulthandler
import os
import resource
import select
import signal
import time
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import msgspec

Report = Callable[[Any], None]
"""Sends one message, anything JSON can say, to the parent."""

SECONDS_MAX = 60.0
"""A child that runs longer hangs; it is killed and its cycle counts as corrupt."""
READ_BYTES = 1 << 16


class Outcome(NamedTuple):
    """How a child ended: its reports in order, the signal that ended it (0: none), and what it raised ("": nothing)."""

    reports: list[Any]
    signal: int
    failure: str
    hung: bool

    @property
    def death(self) -> str:
        """In words, why it did not end by itself; "" when it did."""
        if self.hung:
            return f"no end after {SECONDS_MAX:.0f} s"
        return signal.Signals(self.signal).name if self.signal else self.failure


def in_child(
    body: Callable[[Report], object], *, kill_after_s: float | None = None, seconds: float = SECONDS_MAX
) -> Outcome:
    """Forks, runs `body(report)` in the child, and collects what it reports until it ends.

    With `kill_after_s` the child gets SIGKILL that long after its first report. The caller must be single-threaded and
    must not have a store open.
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read_end)
        _child(body, write_end)
    os.close(write_end)
    try:
        raw, hung = _listen(read_end, pid, kill_after_s, seconds)
    finally:
        os.close(read_end)
        _, status = os.waitpid(pid, 0)
    lines = raw.split(b"\n")[:-1]
    reports = [msgspec.json.decode(line) for line in lines]
    failure = ""
    if reports and isinstance(reports[-1], dict) and "failure" in reports[-1]:
        failure = reports.pop()["failure"]
    return Outcome(reports, os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, failure, hung)


def _listen(read_end: int, pid: int, kill_after_s: float | None, seconds: float) -> tuple[bytes, bool]:
    heard: list[bytes] = []
    deadline = time.monotonic() + seconds
    kill_at: float | None = None
    while True:
        now = time.monotonic()
        if kill_at is not None and now >= kill_at:
            os.kill(pid, signal.SIGKILL)
            kill_at = None
        if now >= deadline:
            os.kill(pid, signal.SIGKILL)
            return b"".join(heard), True
        until = deadline if kill_at is None else min(deadline, kill_at)
        ready, _, _ = select.select([read_end], [], [], max(0.0, until - now))
        if not ready:
            continue
        part = os.read(read_end, READ_BYTES)
        if not part:
            return b"".join(heard), False
        if not heard and kill_after_s is not None:
            kill_at = time.monotonic() + kill_after_s
        heard.append(part)


def _child(body: Callable[[Report], object], write_end: int) -> NoReturn:
    def report(message: Any) -> None:
        line = memoryview(msgspec.json.encode(message) + b"\n")
        while line:
            line = line[os.write(write_end, line) :]

    code = 0
    try:
        faulthandler.disable()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        body(report)
    except BaseException:  # noqa: BLE001 - whatever happened, the parent must hear of it and the child must end here
        report({"failure": traceback.format_exc()})
        code = 1
    finally:
        os._exit(code)
