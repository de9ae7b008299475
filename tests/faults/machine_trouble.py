"""Troubles of the machine met by one open engine, and what it answered during and after them, as JSON for the tests.

`python machine_trouble.py outage ENOSPC` fails every changing call until the trouble is over; `single EIO` fails each
call of a sale once, in every way. The same engine stays open all the while, as in a shop where nobody restarts it.
"""

from __future__ import annotations

import errno
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import engine_ops
import fault_shim
import msgspec
from fault_drive import scratch
from fault_shim import Fault, Mode, shim

if TYPE_CHECKING:
    from engine_workload import EngineSession
    from workload import Ack

    from engine.kernel.messages import Answer

SALES_BEFORE, SALES_DURING = 3, 5
MODES = (Mode.BEFORE, Mode.AFTER, Mode.SHORT, Mode.TORN)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen: the codes answered while the trouble lasted and whether the engine said to send again, whether
    reading went on, the codes of the same sales sent again afterwards by the same engine, and every finding at the
    end (with a new engine, where the first one does not sell any more)."""

    during: list[str]
    retry: list[bool]
    readable: bool
    after: list[str]
    findings: list[str]


def ask(session: EngineSession, op: int, name: str = "cash") -> Answer:
    """One sale under its id, sent once."""
    from engine.features import FEATURES
    from engine.kernel.messages import Actor, Envelope

    (order,) = next(dict(engine_ops.OPERATIONS)[name](op))
    command = FEATURES.decode_command(order.name, order.body)
    actor = Actor(till=order.till, operator=order.operator)
    return session.engine.submit([Envelope(id=engine_ops.id_of(op, 0), actor=actor, command=command)])[0]


def code(answer: Answer) -> str:
    """The answer's code, or "done"."""
    return answer.code or answer.status


def cash_op(number: int) -> int:
    """The number of the n-th sale in cash among the operations."""
    return engine_ops.operation("cash") + number * len(engine_ops.OPERATIONS)


def readable(session: EngineSession) -> bool:
    """Whether the shop answers a query."""
    return session.engine.reader().ask_by_name("sales.ticket", {"no": 1}, till=1, operator=1) is not None


def judge(store: Path, acks: list[Ack], attempted: int) -> list[str]:
    """What the full verification finds."""
    from engine_workload import ENGINE

    return [finding.detail for finding in ENGINE.verify(store, acks, attempted).findings]


def outage(folder: Path, error: int) -> Outcome:
    """Every call that changes the disk fails until the trouble is over."""
    from engine_workload import ENGINE

    store = folder / "store"
    ENGINE.create(store)
    session = ENGINE.open(store)
    acks = [session.do(cash_op(number)) for number in range(SALES_BEFORE)]
    tool = shim()
    tool.scope(folder)
    tool.arm(Fault("outage", Mode.BEFORE, error, 0), 1)
    asked = range(SALES_BEFORE, SALES_BEFORE + SALES_DURING)
    answers = [ask(session, cash_op(number)) for number in asked]
    reading = readable(session)
    tool.disarm()
    after = [ask(session, cash_op(number)) for number in asked]
    session.close()
    acks += [_again(store, cash_op(number)) for number in asked]
    return Outcome(
        during=[code(answer) for answer in answers],
        retry=[answer.retry for answer in answers],
        readable=reading,
        after=[code(answer) for answer in after],
        findings=judge(store, acks, cash_op(SALES_BEFORE + SALES_DURING)),
    )


def _again(store: Path, op: int) -> Ack:
    from engine_workload import ENGINE

    session = ENGINE.open(store)
    try:
        return session.do(op)
    finally:
        session.close()


def single(folder: Path, error: int) -> Outcome:
    """Each call of a sale fails once, in every way, and the same engine is asked again at once."""
    from engine_workload import ENGINE

    store = folder / "store"
    ENGINE.create(store)
    session = ENGINE.open(store)
    tool = shim()
    tool.scope(folder)
    acks, first, after = [session.do(cash_op(0))], [], []
    tool.count()
    acks.append(session.do(cash_op(1)))
    number = 2
    for nth in range(1, tool.calls() + 2):
        for mode in MODES:
            tool.arm(Fault("single", mode, error), nth)
            first.append(ask(session, cash_op(number)))
            tool.disarm()
            after.append(ask(session, cash_op(number)))
            acks.append(session.do(cash_op(number)))
            number += 1
    session.close()
    return Outcome(
        during=[code(answer) for answer in first],
        retry=[answer.retry for answer in first],
        readable=True,
        after=[code(answer) for answer in after],
        findings=judge(store, acks, cash_op(number)),
    )


def main() -> None:
    """Prints the outcome of the trouble that the command line names."""
    fault_shim.reexec_with_shim(sys.argv)
    sys.path.append(str(Path(__file__).resolve().parent.parent.parent))
    logging.disable()
    trouble = {"outage": outage, "single": single}[sys.argv[1]]
    with scratch() as folder:
        print(msgspec.json.encode(trouble(folder, getattr(errno, sys.argv[2]))).decode())


if __name__ == "__main__":
    main()
