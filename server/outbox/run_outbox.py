"""The outbox process: what waits for paper and for other people's servers leaves from here, until SIGTERM."""

import asyncio
import contextlib
import logging
import os
import signal
import time
from pathlib import Path

from drivers.printers.registry import make_printer
from engine.engine import Fault, Refusal
from server.options import Options, allowed_of, loopback_endpoints
from server.outbox.bridge import Bridge, new_id
from server.outbox.hooks_process import Delivering, Hooks, submitting
from server.outbox.print_queues import PrintQueues
from server.outbox.printing import PrintOutbox
from server.outbox.webhooks import HookOptions
from server.surroundings import surroundings_of
from server.wire.link import Link
from server.wire.sockets import OUTBOX

LOOK_AGAIN_S = 10.0  # without news from the engine, which tells of every commit: in case one was lost
LOOK_EACH_S = 0.05  # a shop that sells all the time is looked at twenty times a second, not after every commit
FAULT_WAIT_S = 1.0
STOP_WITHIN_S = 2.0  # what is on its way to paper is finished within this, or stays begun
STOP_LOOK_S = 0.01
RUN_BYTES = 16

_log = logging.getLogger("guichet.outbox")


def run_outbox(options: Options) -> int:
    """The process, from its start to its end."""
    asyncio.run(Outbox(options).run())
    return 0


class Outbox:
    """One shop's outbox: print queues in threads of their own, webhooks by a process of their own."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._link = Link(Path(options.data), OUTBOX)
        self._loop: asyncio.AbstractEventLoop
        self._woken = False

    async def run(self) -> None:
        """Works until SIGTERM or SIGINT."""
        loop = self._loop = asyncio.get_running_loop()
        self._link.start()
        bridge = Bridge(Path(self._options.data), self._link, loop, surroundings_of(self._options))
        queues = PrintQueues(self._printing(bridge), _now_ms, self._wake_from_thread)
        hooks = self._hooks(bridge)
        hooks.begin()
        work = asyncio.create_task(self._work(queues, hooks))
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, work.cancel)
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await work
        finally:
            hooks.stop()
            await _finish(queues, hooks)
            await self._link.close()
            bridge.close()

    async def _work(self, queues: PrintQueues, hooks: Hooks) -> None:
        while True:
            await self._turn(queues, hooks)

    def _printing(self, bridge: Bridge) -> PrintOutbox:
        allowed = allowed_of(self._options)
        return PrintOutbox(
            bridge.ask,
            bridge.submit,
            lambda setup: make_printer(setup, allowed=allowed),
            _now_ms,
            os.urandom(RUN_BYTES).hex(),
        )

    def _hooks(self, bridge: Bridge) -> Hooks:
        options = self._options
        told = HookOptions(ports=options.webhook_port, loopback=loopback_endpoints(options))
        if told.loopback:
            _log.warning("webhooks for %s go to this machine's loopback: a test", ", ".join(told.loopback))
        submit = submitting(bridge.submit, new_id)
        return Hooks(bridge.ask, submit, lambda: Delivering(told), public_url=options.public_url)

    async def _turn(self, queues: PrintQueues, hooks: Hooks) -> None:
        """Looks once, then waits for the next commit, a printer that is done, or the next try of a waiting job."""
        if not await self._link.wait_up(LOOK_AGAIN_S):
            return
        seen, self._woken = self._link.position, False
        wait_s = LOOK_AGAIN_S
        try:
            due_ms = queues.look()
        except (Fault, Refusal) as error:
            _log.error("the print queues cannot be read: %s", error)
            wait_s = FAULT_WAIT_S
        else:
            wait_s = LOOK_AGAIN_S if due_ms is None else min(due_ms / 1000, LOOK_AGAIN_S)
        hooks.wake()
        await asyncio.sleep(LOOK_EACH_S)
        if self._link.position == seen and not self._woken:
            await self._link.wait_moved(wait_s)

    def _wake(self) -> None:
        self._woken = True
        self._link.wake()

    def _wake_from_thread(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
            self._loop.call_soon_threadsafe(self._wake)


async def _finish(queues: PrintQueues, hooks: Hooks) -> None:
    """Gives what is in hand the time that there is; a job whose printer hangs stays begun."""
    end = time.monotonic() + STOP_WITHIN_S
    while (queues.busy or hooks.alive) and time.monotonic() < end:
        await asyncio.sleep(STOP_LOOK_S)
    if queues.busy:
        _log.warning("%d printers did not finish in time: their jobs are of unknown outcome", queues.busy)


def _now_ms() -> int:
    return int(time.time() * 1000)
