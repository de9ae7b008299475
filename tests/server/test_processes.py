"""What a process of the server does with itself before it serves."""

import os
import subprocess
import sys

import pytest

from server.processes import be_ordinary


def test_a_worker_puts_off_the_engine_s_scheduling_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    monkeypatch.setattr(os, "sched_getscheduler", lambda pid: os.SCHED_FIFO)
    monkeypatch.setattr(os, "sched_setscheduler", lambda pid, policy, param: taken.append(policy))

    be_ordinary()

    assert [os.SCHED_OTHER] == taken


def test_the_ordinary_policy_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    monkeypatch.setattr(os, "sched_getscheduler", lambda pid: os.SCHED_OTHER)
    monkeypatch.setattr(os, "sched_setscheduler", lambda pid, policy, param: taken.append(policy))

    be_ordinary()

    assert [] == taken


def test_the_process_that_calls_other_people_s_servers_never_loads_the_store() -> None:
    code = "import sys, server.processes, server.outbox.webhooks; print('lmdb' in sys.modules, 'numpy' in sys.modules)"

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert ["False", "False"] == ended.stdout.split()
