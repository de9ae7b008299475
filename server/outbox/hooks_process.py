"""The delivering process and the thread that feeds it: started when a shop has an endpoint, and again when it dies."""

import contextlib
import logging
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping

import msgspec

from engine.engine import Fault, Refusal
from server.outbox.feed_webhooks import Ask, Feed
from server.outbox.pump_webhooks import ChildGone, Pump, Submit
from server.outbox.webhooks import HookOptions

LOOK_AGAIN_S = 10.0  # without any news: what was delivered is reported at least so often, endpoints are looked at
AGAIN_FIRST_S, AGAIN_MAX_S = 0.2, 60.0  # before the process is started again; twice as long each time
STEADY_S = 60.0  # a process that lived so long begins with the first of these again
PIPE_S = 10.0  # a process that takes nothing for so long hangs
ENDS_WITHIN_S = 0.5
KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""All of the environment that the process gets: how to find this program, a language, and whom to trust."""

_log = logging.getLogger("guichet.webhooks")


class Delivering:
    """The process as its parent has it: its number, and the pipe to it."""

    def __init__(self, options: HookOptions) -> None:
        self.pipe, theirs = socket.socketpair()
        self.pipe.settimeout(PIPE_S)
        encoded = msgspec.json.encode(options).decode()
        command = [sys.executable, "-m", "server.processes", "hooks", encoded, str(os.getpid()), str(theirs.fileno())]
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603  # our own program, no shell
                    command, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, env=kept
                )
        except OSError:
            self.pipe.close()
            raise
        self.began = time.monotonic()
        self.pid = self._process.pid

    def end(self) -> int:
        """The end of it, by force where it does not go by itself; its exit code."""
        self.pipe.close()
        try:
            return self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


class Hooks:
    """A thread that keeps a delivering process fed while the shop has an active endpoint.

    ``start`` makes the process (`Delivering`); `wake` says that the journal grew, `stop` ends it all.
    """

    def __init__(self, ask: Ask, submit: Submit, start: Callable[[], Delivering], *, public_url: str = "") -> None:
        self._ask = ask
        self._submit = submit
        self._start = start
        self._public_url = public_url
        self._child: Delivering | None = None
        self._pump: Pump | None = None
        self._again_s = AGAIN_FIRST_S
        self._stopping = False
        self._wake_read, self._wake_write = socket.socketpair()
        for end in (self._wake_read, self._wake_write):
            end.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def begin(self) -> None:
        """Begins."""
        self._thread.start()

    def wake(self) -> None:
        """There may be something to tell."""
        with contextlib.suppress(OSError):  # full, or closed: it is awake, or gone
            self._wake_write.send(b"\0")

    def stop(self) -> None:
        """Asks for the end: what was delivered is reported, the process goes."""
        self._stopping = True
        self.wake()

    @property
    def alive(self) -> bool:
        """Whether it still works."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._wait(self._turn())
        finally:
            self._end()
            self._wake_read.close()
            self._wake_write.close()

    def _turn(self) -> float:
        """One round; how long to wait for news."""
        try:
            if self._pump is None and not self._begin():
                return LOOK_AGAIN_S
            assert self._pump is not None
            self._pump.turn(int(time.time()))
        except ChildGone as gone:
            return self._lost(str(gone))
        except (Fault, Refusal, OSError) as error:
            return self._lost(f"it could not be fed: {error}")
        except Exception:  # noqa: BLE001  # a bug in here must not end the deliveries for good
            _log.exception("the deliveries broke off")
            return self._lost("an error of our own")
        return LOOK_AGAIN_S

    def _begin(self) -> bool:
        """Starts the process where the shop has an endpoint to be told."""
        if not any(hook.active for hook in self._ask("integrations.hooks", {})):
            return False
        self._child = self._start()
        self._pump = Pump(Feed(self._ask, public_url=self._public_url), self._child.pipe, self._submit)
        return True

    def _lost(self, why: str) -> float:
        """Lets go of the process, and says how long to wait before the next."""
        child, code = self._child, self._end()
        if child is not None and time.monotonic() - child.began > STEADY_S:
            self._again_s = AGAIN_FIRST_S
        wait, self._again_s = self._again_s, min(self._again_s * 2, AGAIN_MAX_S)
        if not self._stopping:
            ended = "" if code is None else f" (ended with {code})"
            _log.warning("webhooks are delivered again in %.1f s%s: %s", wait, ended, why)
            self._rest(wait)
        return 0.0

    def _end(self) -> int | None:
        """Reports what is known to be delivered and ends the process; its exit code, None where there was none."""
        pump, self._pump = self._pump, None
        child, self._child = self._child, None
        if pump is not None:
            with contextlib.suppress(Fault, OSError):  # then it is delivered once more, under the same ids
                pump.close(int(time.time()))
        return None if child is None else child.end()

    def _rest(self, wait_s: float) -> None:
        """Waits whatever happens, but for the end."""
        end = time.monotonic() + wait_s
        while not self._stopping and (left := end - time.monotonic()) > 0:
            select.select([self._wake_read], [], [], left)
            self._drain()

    def _wait(self, wait_s: float) -> None:
        """Waits for news of either side."""
        if wait_s and not self._stopping:
            files = [self._wake_read] if self._child is None else [self._wake_read, self._child.pipe]
            select.select(files, [], [], wait_s)
        self._drain()

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._wake_read.recv(4096):
                pass


def submitting(submit: Callable[[str, Mapping[str, object], bytes], object], id: Callable[[], bytes]) -> Submit:
    """A pump's way to submit: each report under an id of its own, a lost answer told as a fault."""

    def send(name: str, body: Mapping[str, object]) -> str:
        try:
            answer = submit(name, body, id())
        except Fault:
            return "fault"
        return str(getattr(answer, "status", "fault"))

    return send
