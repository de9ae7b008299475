"""Print queues in threads: one for each printer, none waiting for another's, none tried before its time."""

import threading
from typing import Any, NamedTuple

import pytest
from served_shop import wait_until

from server.outbox.print_queues import PAUSE_MS, PrintQueues


class Job(NamedTuple):
    """The head of a queue."""

    printer: int
    name: str = "a"


class Works:
    """Work that waits where it is told to; remembers what was tried."""

    def __init__(self, *heads: Job) -> None:
        self.waiting = list(heads)
        self.tried: list[Job] = []
        self.hold: dict[int, threading.Event] = {}
        self.due: dict[int, int] = {}
        self.bug: set[int] = set()

    def heads(self) -> list[Any]:
        """The oldest of each."""
        return list(self.waiting)

    def work(self, job: Job) -> bool:
        """Tries one."""
        self.tried.append(job)
        if job.printer in self.hold:
            assert self.hold[job.printer].wait(10)
        if job.printer in self.bug:
            raise RuntimeError("a bug")
        return True

    def due_ms(self, job: Job) -> int:
        """When."""
        return self.due.get(job.printer, 0)


class Clock:
    """Milliseconds that tests set."""

    now = 1_000

    def __call__(self) -> int:
        return self.now


def test_a_printer_that_blocks_keeps_its_own_queue_and_no_other() -> None:
    works = Works(Job(1), Job(2), Job(3))
    works.hold[1] = threading.Event()
    done: list[str] = []
    queues = PrintQueues(works, Clock(), lambda: done.append(threading.current_thread().name))

    queues.look()
    wait_until(lambda: 2 == len(done), "the others are done")
    queues.look()
    wait_until(lambda: 4 == len(done), "the others are done again")
    busy = queues.busy
    works.hold[1].set()
    wait_until(lambda: not queues.busy, "the slow one is done too")

    assert 1 == busy
    assert [1, 2, 2, 3, 3] == sorted(job.printer for job in works.tried)
    assert {"printer 1", "printer 2", "printer 3"} == set(done)


def test_a_job_is_tried_when_it_is_due_and_the_soonest_says_when_to_look_again() -> None:
    works = Works(Job(1), Job(2))
    works.due = {1: 4_000, 2: 2_500}
    clock = Clock()
    queues = PrintQueues(works, clock, lambda: None)

    first = queues.look()
    clock.now = 2_500
    second = queues.look()
    wait_until(lambda: not queues.busy, "it is done")

    assert (1_500, 1_500) == (first, second)
    assert [Job(2)] == works.tried


def test_nothing_that_waits_means_no_time_to_look_again() -> None:
    assert PrintQueues(Works(), Clock(), lambda: None).look() is None


def test_a_bug_of_ours_pauses_its_queue_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    works = Works(Job(1), Job(2))
    works.bug.add(1)
    clock = Clock()
    queues = PrintQueues(works, clock, lambda: None)

    queues.look()
    wait_until(lambda: not queues.busy, "both are done")
    wait_ms = queues.look()
    wait_until(lambda: not queues.busy, "the other is done again")

    assert PAUSE_MS == wait_ms
    assert [1, 2, 2] == sorted(job.printer for job in works.tried)
    assert "the queue of printer 1 broke off" in caplog.text
